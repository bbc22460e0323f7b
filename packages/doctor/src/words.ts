import type { ErrorEntry } from './catalogue/error-entry.ts'

/** A code that only the doctor reports, and what it stands for. */
export interface Words extends ErrorEntry {
  readonly code: string
}

/** The words of a code, which stand beside the check that reports it. */
export function words(code: `DOCTOR_${string}` | `DYNSRV_${string}`, entry: ErrorEntry): Words {
  return { code, ...entry }
}
