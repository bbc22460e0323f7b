import { explain } from '@dynsrv/cluster'
import { oneLine } from '@dynsrv/kit'
import { hintOf, type RuntimeCode } from './catalogue/runtime.ts'
import { type Words, words } from './words.ts'

/** An error keeps nodes apart, a warning bites later, a remark is good to know. */
export type Severity = 'error' | 'warning' | 'info'

/** What is wrong, how it was seen, and what to do. Each text is one line that does nothing to a terminal. */
export interface Finding {
  /** The same code as that of a runtime error, or one that only the doctor sees (`DOCTOR_…`). */
  readonly code: string
  readonly severity: Severity
  readonly message: string
  /** What was seen, one line each. */
  readonly evidence: readonly string[]
  /** What to do. */
  readonly hint: string
  /** The node that it is about, where it is about one. */
  readonly node?: string
}

/** What a judge adds to the code. */
export interface FindingDetails {
  readonly evidence?: readonly string[]
  /** What to do; the code's own hint when left out. */
  readonly hint?: string
  readonly node?: string
}

/** What a check says when it fails itself. */
export const CHECK_FAILED = words('DOCTOR_CHECK_FAILED', {
  happened: 'The doctor could not finish one of its checks.',
  why: 'Something unexpected happened. The message says what.',
  hint: 'Correct what the message names and run the doctor again.',
})

/** How many of many examples stand as evidence. */
export const SHOWN_EXAMPLES = 5

/**
 * Makes a finding.
 *
 * @param what the words of the check, or the code of a runtime error, which has words of its own
 */
export function finding(
  severity: Severity,
  what: Words | RuntimeCode,
  message: string,
  { evidence = [], hint, node }: FindingDetails = {},
): Finding {
  const words = typeof what === 'string' ? { code: what, hint: hintOf(what) } : what
  return {
    code: words.code,
    severity,
    message: oneLine(message),
    evidence: evidence.map(oneLine),
    hint: oneLine(hint ?? words.hint),
    ...(node !== undefined && { node }),
  }
}

/** A runtime error as a finding: its own code, message and hint. */
export function findingOf(error: unknown, severity: Severity, details: FindingDetails = {}): Finding {
  const { code = CHECK_FAILED.code, message, hint } = explain(error)
  return {
    code: oneLine(code),
    severity,
    message,
    evidence: (details.evidence ?? []).map(oneLine),
    hint: oneLine(details.hint ?? hint ?? (code === CHECK_FAILED.code ? CHECK_FAILED.hint : hintOf(code))),
    ...(details.node !== undefined && { node: details.node }),
  }
}

/** `1 target`, `2 targets`. */
export function counted(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
