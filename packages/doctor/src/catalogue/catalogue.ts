import { CHECKS } from '../checks.ts'
import { CHECK_FAILED } from '../finding.ts'
import type { ErrorEntry } from './error-entry.ts'
import { RUNTIME_ERRORS } from './runtime.ts'

const DOCTOR_ERRORS: Readonly<Record<string, ErrorEntry>> = Object.fromEntries(
  [CHECK_FAILED, ...CHECKS.flatMap(({ words }) => words)].map(({ code, ...entry }) => [code, entry]),
)

/** Every code that a person may meet, by who reports it: the doctor alone, or a running node as well. */
export const CATALOGUE: Readonly<Record<string, Readonly<Record<string, ErrorEntry>>>> = {
  doctor: DOCTOR_ERRORS,
  ...RUNTIME_ERRORS,
}

const ENTRIES: ReadonlyMap<string, ErrorEntry> = new Map(Object.values(CATALOGUE).flatMap(Object.entries))

/** What a code stands for; undefined when it is none of ours. */
export function entryOf(code: string): ErrorEntry | undefined {
  return ENTRIES.get(code)
}
