import { isCoded } from '@dynsrv/kit'
import { isRemoteError, type NodeError } from '@dynsrv/node'
import type { CallEnd } from './health.ts'

/** What the error of a call means for it and for the member that was called. */
export interface Verdict {
  /**
   * `elsewhere`: it surely did not run, and another member may run it. `unknown`: it may have run, so that only a call that may
   * happen twice is made elsewhere. `final`: another member would say the same, or the caller is at fault.
   */
  readonly next: 'elsewhere' | 'unknown' | 'final'
  /** What it says of the member. */
  readonly end: CallEnd
}

const FINAL_ANSWER: Verdict = { next: 'final', end: 'ok' }
const OURS: Verdict = { next: 'final', end: 'none' }

/**
 * Judges by the category and the facts of an error, never by its text. The table in the guide on services says the same by code.
 *
 * A function that is not there says nothing of the member: it is another one that the caller may have meant.
 */
export function verdictOf(error: unknown): Verdict {
  if (!isCoded(error)) return OURS
  const isRaised = isRemoteError(error)
  if ((error as Partial<NodeError>).didNotRun === true) return { next: 'elsewhere', end: isRaised ? 'none' : 'refused' }
  // It ran and raised, which is an answer.
  if (isRaised) return FINAL_ANSWER
  switch (error.category) {
    case 'limit':
      // The peer takes nothing now; or its answer is too large for us, which is an answer.
      return error.retryable ? { next: 'elsewhere', end: 'failed' } : FINAL_ANSWER
    case 'call':
    case 'connect':
    case 'handshake':
    case 'link':
    case 'lookup':
      return { next: 'unknown', end: 'failed' }
    default:
      return OURS
  }
}
