import { filledText } from '@dynsrv/kit'
import { checks } from '../argument-checks.ts'
import { CHECKS } from '../checks.ts'
import { CHECK_FAILED } from '../finding.ts'
import type { CodeWords } from '../words.ts'
import { RUNTIME_ERRORS } from './runtime.ts'

const DOCTOR_ERRORS: Readonly<Record<string, CodeWords>> = Object.fromEntries(
  [CHECK_FAILED, ...CHECKS.flatMap(({ words }) => words)].map(({ code, ...entry }) => [code, entry]),
)

/** Every code that a person may meet, by who reports it: the doctor alone, or a running node as well. */
export const CATALOGUE: Readonly<Record<string, Readonly<Record<string, CodeWords>>>> = {
  doctor: DOCTOR_ERRORS,
  ...RUNTIME_ERRORS,
}

const ENTRIES: ReadonlyMap<string, CodeWords> = new Map(Object.values(CATALOGUE).flatMap(Object.entries))

/**
 * What a code means; undefined for an unknown one.
 *
 * @throws {DynsrvError} `DYNSRV_BAD_OPTION` for a code that is not a text
 */
export function entryOf(code: string): CodeWords | undefined {
  checks.argument('entryOf', 'code', filledText, code)
  return ENTRIES.get(code)
}
