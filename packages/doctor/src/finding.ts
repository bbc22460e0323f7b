import { explain } from '@dynsrv/cluster'
import { type AnyCode, remedyOf } from './catalogue/catalogue.ts'

/** An error keeps nodes apart, a warning bites later, a remark is good to know. */
export type Severity = 'error' | 'warning' | 'info'

/** What is wrong, how it was seen, and what to do. */
export interface Finding {
  /** The same code that a runtime error bears, or one that only the doctor sees (`DOCTOR_…`). */
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
  /** What to do; the code's own remedy when left out. */
  readonly hint?: string
  readonly node?: string
}

/** Makes a finding; what is not said comes from the table of all codes. */
export function finding(
  severity: Severity,
  code: AnyCode,
  message: string,
  { evidence = [], hint = remedyOf(code), node }: FindingDetails = {},
): Finding {
  return { code, severity, message, evidence, hint, ...(node !== undefined && { node }) }
}

/** A runtime error as a finding: its own code, message and hint. */
export function findingOf(error: unknown, severity: Severity, details: FindingDetails = {}): Finding {
  const { code = 'DOCTOR_CHECK_FAILED', message, hint } = explain(error)
  return {
    code,
    severity,
    message,
    evidence: details.evidence ?? [],
    hint: details.hint ?? hint ?? remedyOf(code),
    ...(details.node !== undefined && { node: details.node }),
  }
}
