import { monitorEventLoopDelay } from 'node:perf_hooks'
import { attempt } from '../attempt.ts'
import { type Check, check } from '../check.ts'
import type { DoctorContext } from '../context.ts'
import { type Finding, finding } from '../finding.ts'
import { knocked } from '../probes/peers.ts'

/** A quarter of OTP's `net_ticktime`: a process that stops for longer sends its tick too late. */
const TICK_MS = 15_000
/** Worth a word long before ticks come late. */
const LONG_MS = 5_000

/** D40: how long this process stood still. */
export function judgeEventLoop({ longestMs }: { readonly longestMs: number }): Finding[] {
  if (longestMs < LONG_MS) return []
  const message = `this process stood still for ${(longestMs / 1_000).toFixed(1)} s`
  return [finding(longestMs >= TICK_MS ? 'error' : 'warning', 'DOCTOR_EVENT_LOOP', message)]
}

/** Watches while the others work. */
async function watched(context: DoctorContext): Promise<{ longestMs: number }> {
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  await attempt(context.get(knocked))
  delay.disable()
  return { longestMs: delay.max / 1e6 }
}

export const RUNTIME_CHECKS: readonly Check[] = [
  check({ id: 'D40', group: 'self', title: 'this process is not held up', look: watched, judge: judgeEventLoop }),
]
