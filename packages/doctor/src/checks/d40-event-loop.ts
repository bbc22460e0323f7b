import { attempt } from '../attempt.ts'
import { check } from '../check.ts'
import type { DoctorContext } from '../context.ts'
import { type Finding, finding } from '../finding.ts'
import { knocked } from '../probes/peers.ts'
import { words } from '../words.ts'

const EVENT_LOOP = words('DOCTOR_EVENT_LOOP', {
  happened: 'This process stood still for a long time.',
  why: 'The machine has too little CPU, or code blocks the event loop. Ticks come late, and peers drop the link.',
  hint: 'Give the machine more CPU, and move long computations into a worker.',
})

/** A quarter of OTP's `net_ticktime`: a process that stops for longer sends its tick too late. */
const TICK_MS = 15_000

/** Worth a warning long before ticks come late. */
const LONG_MS = 5_000

/** D40: how long this process stood still. */
export function judgeEventLoop({ longestMs }: { readonly longestMs: number }): Finding[] {
  if (longestMs < LONG_MS) return []
  const message = `this process stood still for ${(longestMs / 1_000).toFixed(1)} s`
  return [finding(longestMs >= TICK_MS ? 'error' : 'warning', EVENT_LOOP, message)]
}

/** Watches while the other checks work: how much later than it should a timer comes. */
async function watched(context: DoctorContext): Promise<{ longestMs: number }> {
  const { clock } = context.world
  let [longestMs, last] = [0, clock.monotonic()]
  const timer = clock.setInterval(() => {
    const now = clock.monotonic()
    longestMs = Math.max(longestMs, now - last - EVERY_MS)
    last = now
  }, EVERY_MS)
  await attempt(context.get(knocked))
  clock.clearInterval(timer)
  return { longestMs }
}

const EVERY_MS = 50

export const D40 = check({
  id: 'D40',
  group: 'self',
  place: 5,
  title: 'this process keeps running',
  words: [EVENT_LOOP],
  look: watched,
  judge: judgeEventLoop,
})
