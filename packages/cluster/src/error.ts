/** What can be wrong with what `start` and the command line are given, and with a cluster that does not form. */
export type DynsrvErrorCode =
  | 'DYNSRV_BAD_OPTION'
  | 'DYNSRV_BAD_TERM'
  | 'DYNSRV_NAME_MISSING'
  | 'DYNSRV_SERVICE_MISSING'
  | 'DYNSRV_SERVICE_INVALID'
  | 'DYNSRV_DNS_SERVER_INVALID'
  | 'DYNSRV_PORT_INVALID'
  | 'DYNSRV_LISTEN_FAILED'
  | 'DYNSRV_CONFIG'
  | 'DYNSRV_COOKIE_MISSING'
  | 'DYNSRV_COOKIE_EMPTY'
  | 'DYNSRV_COOKIE_INVALID'
  | 'DYNSRV_COOKIE_FILE'
  | 'DYNSRV_DEREGISTERED'
  | 'DYNSRV_NOT_READY'
  | 'DYNSRV_CLOSED'

/** Details beside the message. */
export interface DynsrvErrorOptions extends ErrorOptions {
  /** What to do about it, as a sentence for a person. */
  readonly hint: string
}

/** An error of this package: a stable `code`, a message that says what is wrong and a `hint` that says what to do. */
export class DynsrvError extends Error {
  override readonly name = 'DynsrvError'
  readonly code: DynsrvErrorCode
  readonly hint: string

  constructor(code: DynsrvErrorCode, message: string, { hint, ...options }: DynsrvErrorOptions) {
    super(message, options)
    this.code = code
    this.hint = hint
  }
}
