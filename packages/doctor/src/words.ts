import type { ErrorWords } from '@dynsrv/kit'

/** What a code stands for, in words for a person who never read the Erlang documentation. */
export type CodeWords = Pick<ErrorWords, 'happened' | 'why' | 'hint'>

/** A code that only the doctor reports, and what it stands for. */
export interface Words extends CodeWords {
  readonly code: string
}

/** The words of a code, which stand beside the check that reports it. */
export function words(code: `DOCTOR_${string}` | `DYNSRV_${string}`, entry: CodeWords): Words {
  return { code, ...entry }
}
