import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import type { Check } from '@dynsrv/doctor'
import {
  checksFor,
  DoctorContext,
  type DoctorOptions,
  examine,
  type MemberState,
  memberStates,
  type Result,
  resolvConf,
  type Verdict,
  verdictKey,
  verdicts,
  worst,
} from '@dynsrv/doctor'
import { type DoctorCommandOptions, doctorOptions } from '../doctor/doctor-options.ts'
import { doctorView } from '../doctor/doctor-view.ts'
import { EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK } from '../terminal/exit-code.ts'
import { exitSignal } from '../terminal/exit-signal.ts'

/** Something bites later, and nothing keeps nodes apart. */
export const EXIT_WARNINGS = 3

/** What one round found. */
export interface Report {
  readonly results: readonly Result[]
  readonly verdicts: readonly Verdict[]
  readonly ms: number
  /** What `resolv.conf` said, when it could be read. */
  readonly resolvConf?: string
  /** How the members were found; only with `--watch`, and when DNS answered. */
  readonly members?: ReadonlyMap<string, MemberState>
  /** Only with `--watch`: since when each verdict has been found, round after round, by its key; as `Date.now()` tells it. */
  readonly since?: ReadonlyMap<string, number>
}

/**
 * Examines a cluster and says what is wrong.
 *
 * @returns the exit code: 0 nothing is wrong, 1 something keeps nodes apart, 3 warnings only, 130 interrupted
 * @throws {DynsrvError} for an argument with which nothing can be looked at
 */
export async function doctor(options: DoctorCommandOptions): Promise<number> {
  const told = await doctorOptions(options)
  const view = doctorView(options)
  const checks = checksFor(told)
  using exit = exitSignal()
  view.begin(told, checks)
  if (options.watch !== true) {
    // Nothing is held that would have to be given back, but the terminal.
    void exit.received.then(() => {
      view.interrupted()
      process.exit(EXIT_INTERRUPTED)
    })
    const report = await round(told, checks, (result) => view.done(result))
    view.end(report)
    return exitCode(report)
  }
  let first: Report | undefined
  let last: Report | undefined
  let rounds: readonly ReadonlyMap<string, MemberState>[] = []
  while (!exit.signal.aborted) {
    const file = first?.resolvConf
    const seen = { ...told, rounds, ...(file !== undefined && { firstResolvConf: file }) }
    const found = await round(seen, checks, (result) => last === undefined && view.done(result))
    const report = { ...found, since: sinceWhen(found, last) }
    if (last === undefined) view.end(report)
    else view.changed(last, report)
    first ??= report
    last = report
    if (report.members !== undefined) rounds = [...rounds, report.members].slice(-ROUNDS_KEPT)
    await pause(told.intervalMs, undefined, { signal: exit.signal }).catch((error: unknown) => {
      if (!exit.signal.aborted) throw error
    })
  }
  return last === undefined ? EXIT_OK : exitCode(last)
}

/** A member that has been calm for so long flaps no more. */
const ROUNDS_KEPT = 12

async function round(told: DoctorOptions, checks: readonly Check[], done: (result: Result) => void): Promise<Report> {
  const began = performance.now()
  await using context = new DoctorContext(told)
  const results = await examine(checks, context, done)
  const file = await context.get(resolvConf)
  const seen = told.rounds === undefined ? undefined : await context.get(memberStates)
  const ms = performance.now() - began
  return {
    results,
    verdicts: verdicts(results),
    ms,
    ...(file.ok && { resolvConf: file.value.text }),
    ...(seen !== undefined && { members: seen }),
  }
}

function sinceWhen({ verdicts: found }: Report, before: Report | undefined): ReadonlyMap<string, number> {
  const now = Date.now()
  return new Map(found.map(verdictKey).map((key) => [key, before?.since?.get(key) ?? now]))
}

function exitCode({ verdicts: found }: Report): number {
  const gravest = worst(found)
  if (gravest === 'error') return EXIT_FAILED
  return gravest === 'warning' ? EXIT_WARNINGS : EXIT_OK
}
