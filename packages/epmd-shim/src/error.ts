/** What can be wrong with a node name, a distribution port, an address lookup or an epmd. */
export type EpmdErrorCode =
  | 'NODE_NAME_NO_AT'
  | 'NODE_NAME_MANY_AT'
  | 'NODE_NAME_EMPTY_PART'
  | 'NODE_NAME_TOO_LONG'
  | 'NODE_NAME_ILLEGAL_CHARACTER'
  | 'NODE_NAME_SHORT_HOST'
  | 'NODE_NAME_LONG_HOST'
  | 'EPMD_BAD_OPTION'
  | 'EPMD_CLOSED'
  | 'EPMD_DIST_PORT_MISSING'
  | 'EPMD_DIST_PORT_NOT_A_NUMBER'
  | 'EPMD_DIST_PORT_OUT_OF_RANGE'
  | 'EPMD_NOT_FOUND'
  | 'EPMD_NO_ADDRESS'
  | 'EPMD_LOOKUP_FAILED'
  | 'EPMD_NAMES_UNKNOWN'
  | 'EPMD_DUPLICATE_NAME'
  | 'EPMD_LISTEN_FAILED'
  | 'EPMD_MALFORMED_REPLY'
  | 'EPMD_NO_REPLY'
  | 'EPMD_TIMEOUT'
  | 'EPMD_UNREACHABLE'
  | 'EPMD_VERSION_UNSUPPORTED'

/** Details beside the message of an {@link EpmdError}. */
export interface EpmdErrorOptions extends ErrorOptions {
  /** What to do about it, as a sentence for a person. */
  readonly hint: string
  /** Whether the same call can succeed later with nothing changed by the caller; default `false`. */
  readonly retryable?: boolean
}

/**
 * An error of this package: a stable `code`, a message that says what is wrong and a `hint` that says what to do.
 *
 * `cause` is the resolver's or the socket's own error, where there was one.
 */
export class EpmdError extends Error {
  override readonly name = 'EpmdError'
  readonly code: EpmdErrorCode
  readonly hint: string
  readonly retryable: boolean

  constructor(code: EpmdErrorCode, message: string, { hint, retryable = false, ...options }: EpmdErrorOptions) {
    super(message, options)
    this.code = code
    this.hint = hint
    this.retryable = retryable
  }
}
