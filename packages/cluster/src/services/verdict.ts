import { isCoded } from '@dynsrv/kit'
import { isRemoteError, type NodeError } from '@dynsrv/node'
import type { CallEnd } from './health.ts'

/** What the error of a call means for it and for the member that was called. */
export interface Verdict {
  /**
   * `elsewhere`: it surely did not run, and another member may run it. `lacking`: the same, since the member does not have the
   * function. `unknown`: it may have run, so that only a call that may happen twice is made elsewhere. `final`: another member
   * would say the same, or the caller is at fault.
   */
  readonly next: 'elsewhere' | 'lacking' | 'unknown' | 'final'
  /** What it says of the member. */
  readonly end: CallEnd
}

const FINAL_ANSWER: Verdict = { next: 'final', end: 'ok' }
const LACKING: Verdict = { next: 'lacking', end: 'none' }
const REFUSED: Verdict = { next: 'elsewhere', end: 'refused' }
const UNKNOWN: Verdict = { next: 'unknown', end: 'failed' }
const OURS: Verdict = { next: 'final', end: 'none' }

/**
 * Judges by the category and the facts of an error, never by its text. The table in the guide on services says the same by code.
 *
 * A function that is not there says nothing of the member: it is another one that the caller may have meant.
 */
export function verdictOf(error: unknown): Verdict {
  if (!isCoded(error)) return OURS
  const isRaised = isRemoteError(error)
  if ((error as Partial<NodeError>).didNotRun === true) return isRaised ? LACKING : REFUSED
  // It ran and raised, or gave another shape than the caller expects: both are answers.
  if (isRaised || error.code === 'NODE_REPLY_MISMATCH') return FINAL_ANSWER
  switch (error.category) {
    case 'limit':
      // An answer that is too large for us is one. What can end otherwise the next time was none.
      return error.retryable ? UNKNOWN : FINAL_ANSWER
    case 'call':
    case 'connect':
    case 'handshake':
    case 'link':
    case 'lookup':
      return UNKNOWN
    default:
      return OURS
  }
}
