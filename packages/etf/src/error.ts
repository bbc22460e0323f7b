/**
 * What went wrong, in one stable word.
 *
 * Reading: `ETF_BAD_VERSION` no 131 in front · `ETF_TRUNCATED` the bytes end too early, or a count announces more than
 * what is left · `ETF_TRAILING_BYTES` bytes after the term · `ETF_UNKNOWN_TAG` no such tag, or one that must not stand
 * there · `ETF_BAD_ATOM` `ETF_BAD_ATOM_REF` `ETF_BAD_FLOAT` `ETF_BAD_BITS` `ETF_BAD_IDENTIFIER` `ETF_BAD_FUN`
 * `ETF_BAD_RECORD` `ETF_BAD_COMPRESSED` malformed inside · `ETF_DUPLICATE_KEY` a map names a key twice.
 *
 * Limits: `ETF_LIMIT_DEPTH` `ETF_LIMIT_KEY_DEPTH` `ETF_LIMIT_TERMS` `ETF_LIMIT_INFLATED` `ETF_LIMIT_INTEGER`
 * `ETF_LIMIT_ATOM` `ETF_LIMIT_ATOM_TABLE` `ETF_LIMIT_SIZE` · `ETF_LIMIT_KEYS` numbers as keys of a map that were chosen
 * to collide.
 *
 * Writing: `ETF_NOT_ENCODABLE` the value has no Erlang term. Matching: `ETF_MISMATCH`. Options: `ETF_BAD_OPTION`.
 */
export type EtfErrorCode =
  | 'ETF_BAD_VERSION'
  | 'ETF_TRUNCATED'
  | 'ETF_TRAILING_BYTES'
  | 'ETF_UNKNOWN_TAG'
  | 'ETF_BAD_ATOM'
  | 'ETF_BAD_ATOM_REF'
  | 'ETF_BAD_FLOAT'
  | 'ETF_BAD_BITS'
  | 'ETF_BAD_IDENTIFIER'
  | 'ETF_BAD_FUN'
  | 'ETF_BAD_RECORD'
  | 'ETF_BAD_COMPRESSED'
  | 'ETF_DUPLICATE_KEY'
  | 'ETF_LIMIT_DEPTH'
  | 'ETF_LIMIT_KEY_DEPTH'
  | 'ETF_LIMIT_TERMS'
  | 'ETF_LIMIT_INFLATED'
  | 'ETF_LIMIT_INTEGER'
  | 'ETF_LIMIT_ATOM'
  | 'ETF_LIMIT_ATOM_TABLE'
  | 'ETF_LIMIT_SIZE'
  | 'ETF_LIMIT_KEYS'
  | 'ETF_NOT_ENCODABLE'
  | 'ETF_MISMATCH'
  | 'ETF_BAD_OPTION'

export interface EtfErrorOptions extends ErrorOptions {
  readonly offset?: number
  readonly path?: string
}

/** The only error that this package raises on purpose. */
export class EtfError extends Error {
  override readonly name = 'EtfError'
  readonly code: EtfErrorCode
  /**
   * Where the reader stood: bytes from the start of the input given to the call.
   *
   * Inside a compressed term it counts from the start of the inflated bytes, and `cause` tells where the compressed
   * term began. Absent when no input is involved.
   */
  readonly offset: number | undefined
  /** Which part of a term a matcher refused, such as `[1].name`; only with `ETF_MISMATCH`. */
  readonly path: string | undefined

  constructor(code: EtfErrorCode, message: string, { offset, path, ...options }: EtfErrorOptions = {}) {
    super(offset === undefined ? message : `${message} (at byte ${offset})`, options)
    this.code = code
    this.offset = offset
    this.path = path
  }
}
