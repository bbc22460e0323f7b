import { performance } from 'node:perf_hooks'
import { checksFor } from './checks.ts'
import { DoctorContext, type DoctorOptions, type MemberState } from './context.ts'
import { examine, type Result } from './examine.ts'
import { memberStates } from './probes/rounds.ts'
import { resolvConf } from './probes/system.ts'
import { type Verdict, verdicts } from './verdict.ts'

/** What one examination found. */
export interface Report {
  /** How each check ended, causes before consequences. */
  readonly results: readonly Result[]
  /** What is wrong, the gravest first. */
  readonly verdicts: readonly Verdict[]
  /** How long it took, in milliseconds. */
  readonly ms: number
  /** What `resolv.conf` said, when it could be read. */
  readonly resolvConf?: string
  /** How the members were found; only with `rounds`, and when DNS answered. */
  readonly members?: ReadonlyMap<string, MemberState>
}

const DEFAULTS = {
  services: [],
  dns: [],
  peers: [],
  timeoutMs: 5_000,
  intervalMs: 5_000,
  fingerprint: false,
  resolvConf: '/etc/resolv.conf',
} as const

/**
 * Examines a cluster once: this host, DNS, every peer and the mesh.
 *
 * It opens what it needs and closes it again. Peers see a hidden node that listens nowhere and is gone afterwards.
 *
 * @param options what is left out is 5 s for times, `/etc/resolv.conf` and `process.env`
 * @param done gets each result as it comes
 */
export async function diagnose(
  options: Partial<DoctorOptions>,
  done: (result: Result) => void = () => undefined,
): Promise<Report> {
  const whole: DoctorOptions = { ...DEFAULTS, env: process.env, ...options }
  const began = performance.now()
  await using context = new DoctorContext(whole)
  const results = await examine(checksFor(whole), context, done)
  const file = await context.get(resolvConf)
  const seen = whole.rounds === undefined ? undefined : await context.get(memberStates)
  const ms = performance.now() - began
  return {
    ...{ results, verdicts: verdicts(results), ms },
    ...(file.ok && { resolvConf: file.value.text }),
    ...(seen !== undefined && { members: seen }),
  }
}
