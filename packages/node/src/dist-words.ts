import { DistError, type DistErrorCode } from '@dynsrv/dist-protocol'
import type { ErrorCategory, ErrorTable } from '@dynsrv/kit'

/** Which stage each code of the handshake and of the link belongs to. */
const STAGES: Readonly<Record<DistErrorCode, ErrorCategory>> = {
  DIST_ALIVE: 'handshake',
  DIST_BAD_CONTROL: 'option',
  DIST_BAD_OPTION: 'option',
  DIST_BAD_STATE: 'closed',
  DIST_CLOSED_BY_PEER: 'handshake',
  DIST_COOKIE_MISMATCH: 'handshake',
  DIST_COOKIE_REJECTED: 'handshake',
  DIST_FLAGS_MISSING: 'handshake',
  DIST_FRAGMENT_LIMIT: 'limit',
  DIST_FRAME_TOO_LARGE: 'limit',
  DIST_MALFORMED: 'link',
  DIST_NAME_INVALID: 'handshake',
  DIST_NAME_MISMATCH: 'handshake',
  DIST_NOK: 'handshake',
  DIST_NOT_ALLOWED: 'handshake',
  DIST_NOT_DISTRIBUTION: 'handshake',
  DIST_REFLECTED: 'handshake',
  DIST_TIMEOUT: 'handshake',
  DIST_UNEXPECTED_MESSAGE: 'handshake',
}

/** The words of the codes that the handshake and the link pass on; what to do is what their own error says. */
export const DIST_WORDS = Object.fromEntries(
  Object.entries(STAGES).map(([code, category]) => {
    const { hint, retryable, fault } = new DistError(code as DistErrorCode, '')
    return [code, { happened: '', why: '', hint, category, retryable, fault }]
  }),
) as ErrorTable<DistErrorCode>
