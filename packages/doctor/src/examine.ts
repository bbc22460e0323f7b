import { listOf, rule } from '@dynsrv/kit'
import { checks } from './argument-checks.ts'
import type { Check } from './check.ts'
import { NotApplicable } from './check.ts'
import type { DoctorContext } from './context.ts'
import { type Finding, findingOf } from './finding.ts'

/** How a check ended. */
export interface Result {
  readonly check: Check
  /** `skipped`: there was nothing to look at, or something more basic is broken. */
  readonly status: 'ok' | 'info' | 'warning' | 'error' | 'skipped'
  readonly findings: readonly Finding[]
  /** Why it was skipped. */
  readonly reason?: string
}

/**
 * Makes all checks at once; each waits only for those it needs, and is left out when one of them found an error.
 *
 * @param done gets each result as it comes
 */
export async function examine(
  checks: readonly Check[],
  context: DoctorContext,
  done: (result: Result) => void = () => undefined,
): Promise<Result[]> {
  const results = new Map<string, Promise<Result>>()
  // Every promise is there before the first one looks for another.
  const begin = Promise.resolve()
  for (const each of checks) {
    results.set(
      each.id,
      begin
        .then(() => resultOf(each, context, results))
        .then((result) => {
          done(result)
          return result
        }),
    )
  }
  return Promise.all(results.values())
}

async function resultOf(
  each: Check,
  context: DoctorContext,
  results: ReadonlyMap<string, Promise<Result>>,
): Promise<Result> {
  for (const id of each.needs) {
    const needed = await results.get(id)
    if (needed?.status === 'error')
      return { check: each, status: 'skipped', findings: [], reason: `${id} must be fixed first` }
  }
  try {
    const findings = await each.run(context)
    return { check: each, status: worst(findings), findings }
  } catch (error) {
    if (error instanceof NotApplicable) return { check: each, status: 'skipped', findings: [], reason: error.message }
    const findings = [findingOf(error, 'warning')]
    return { check: each, status: 'warning', findings }
  }
}

const recordLike = rule('an object', (value) => typeof value === 'object' && value !== null)

const ORDER = ['error', 'warning', 'info'] as const

/**
 * The gravest of them; `ok` for none.
 *
 * @throws {DynsrvError} `DYNSRV_BAD_OPTION`
 */
export function worst(findings: readonly Pick<Finding, 'severity'>[]): 'ok' | 'info' | 'warning' | 'error' {
  checks.argument('worst', 'findings', listOf(recordLike), findings)
  return ORDER.find((severity) => findings.some((one) => one.severity === severity)) ?? 'ok'
}
