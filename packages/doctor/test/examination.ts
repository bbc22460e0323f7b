import type { DoctorOptions } from '../src/context.ts'
import { worst } from '../src/examine.ts'
import { diagnose } from '../src/report.ts'
import type { Verdict } from '../src/verdict.ts'

/** What the doctor found. */
export interface Examination {
  readonly verdicts: readonly Verdict[]
  readonly checks: readonly { readonly id: string; readonly status: string; readonly reason?: string | undefined }[]
  readonly gravest: 'ok' | 'info' | 'warning' | 'error'
  /** All that it says. */
  readonly text: string
}

/** Examines with this environment alone: nothing of the tester's own cluster leaks in. */
export async function examineAs({ env = {}, ...options }: Partial<DoctorOptions>): Promise<Examination> {
  const { verdicts, results } = await diagnose({ ...options, env: { HOME: '/nonexistent', ...env } })
  const checks = results.map(({ check: { id }, status, reason }) => ({ id, status, reason }))
  return { verdicts, checks, gravest: worst(verdicts), text: JSON.stringify([verdicts, checks]) }
}

/** The errors in their order: what a person reads first must be the cause. */
export function errorsOf({ verdicts }: Examination): string[] {
  return verdicts.filter(({ severity }) => severity === 'error').map(({ check, code }) => `${check} ${code}`)
}

/** The warnings in their order. */
export function warningsOf({ verdicts }: Examination): string[] {
  return verdicts.filter(({ severity }) => severity === 'warning').map(({ check, code }) => `${check} ${code}`)
}
