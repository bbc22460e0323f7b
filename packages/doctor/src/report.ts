import { DynsrvError } from '@dynsrv/cluster'
import { callable, messageOf, optional } from '@dynsrv/kit'
import { checks } from './argument-checks.ts'
import { checksFor } from './checks.ts'
import { checkOptions, DoctorContext, type DoctorOptions, type MemberState } from './context.ts'
import { examine, type Result } from './examine.ts'
import type { Incarnation } from './incarnations.ts'
import { incarnations } from './probes/incarnations.ts'
import { memberStates } from './probes/rounds.ts'
import { resolvConf } from './probes/system.ts'
import { type Verdict, verdicts } from './verdict.ts'
import { doctorWorld } from './world.ts'

/** What one examination found. */
export interface Report {
  /** How each check ended, causes before consequences. */
  readonly results: readonly Result[]
  /** What is wrong, the gravest first. */
  readonly verdicts: readonly Verdict[]
  /** How long it took. Unit: milliseconds. */
  readonly ms: number
  /** What `resolv.conf` said, when it could be read. */
  readonly resolvConf?: string
  /** How the members were found; only with `rounds`, and when DNS answered. */
  readonly members?: ReadonlyMap<string, MemberState>
  /** What is known of each peer's life; only with `incarnations`. */
  readonly incarnations?: ReadonlyMap<string, Incarnation>
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

const checkDiagnosis = checkOptions('diagnose')

/**
 * Examines a cluster once: this host, DNS, every peer and the mesh.
 *
 * It opens what it needs and closes it again. Peers see a hidden node that listens nowhere and is gone afterwards.
 *
 * @param options what is left out is 5 s for times, `/etc/resolv.conf`, and the environment of the process
 * @param done gets each result as it comes
 * @throws {DynsrvError} `DYNSRV_BAD_OPTION` for an option that is unknown or wrong, before anything is opened; for a `done`
 *   that throws, with what it threw as the cause
 */
export async function diagnose(
  options: Partial<DoctorOptions>,
  done: (result: Result) => void = () => undefined,
): Promise<Report> {
  checkDiagnosis(options)
  checks.argument('diagnose', 'done', optional(callable), done)
  const { world = doctorWorld } = options
  const whole: DoctorOptions = { ...DEFAULTS, env: world.system.env, ...options }
  const began = world.clock.monotonic()
  await using context = new DoctorContext(whole)
  const results = await examine(checksFor(whole), context, (result) => handOver(result, done))
  const file = await context.get(resolvConf)
  const seen = whole.rounds === undefined ? undefined : await context.get(memberStates)
  const lives = whole.incarnations === undefined ? undefined : await context.get(incarnations)
  const ms = world.clock.monotonic() - began
  return {
    ...{ results, verdicts: verdicts(results), ms },
    ...(file.ok && { resolvConf: file.value.text }),
    ...(seen !== undefined && { members: seen }),
    ...(lives !== undefined && { incarnations: lives }),
  }
}

function handOver(result: Result, done: (result: Result) => void): void {
  try {
    done(result)
  } catch (cause) {
    throw new DynsrvError('DYNSRV_BAD_OPTION', `diagnose: done threw: ${messageOf(cause)}`, {
      hint: 'Let done catch its own errors.',
      cause,
    })
  }
}
