/**
 * What went wrong, in one stable word.
 *
 * Reading: `ETF_BAD_VERSION` no 131 in front · `ETF_TRUNCATED` the bytes end too early, or a count announces more than
 * what is left · `ETF_TRAILING_BYTES` bytes after the term · `ETF_UNKNOWN_TAG` no such tag, or one that must not stand
 * there · `ETF_BAD_ATOM` `ETF_BAD_ATOM_REF` `ETF_BAD_FLOAT` `ETF_BAD_BITS` `ETF_BAD_IDENTIFIER` `ETF_BAD_FUN`
 * `ETF_BAD_RECORD` `ETF_BAD_COMPRESSED` malformed inside · `ETF_DUPLICATE_KEY` a map names a key twice.
 *
 * Limits: `ETF_LIMIT_DEPTH` `ETF_LIMIT_MEMORY` `ETF_LIMIT_INFLATED` `ETF_LIMIT_INTEGER` `ETF_LIMIT_ATOM`
 * `ETF_LIMIT_ATOM_TABLE` `ETF_LIMIT_SIZE`.
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
  | 'ETF_LIMIT_MEMORY'
  | 'ETF_LIMIT_INFLATED'
  | 'ETF_LIMIT_INTEGER'
  | 'ETF_LIMIT_ATOM'
  | 'ETF_LIMIT_ATOM_TABLE'
  | 'ETF_LIMIT_SIZE'
  | 'ETF_NOT_ENCODABLE'
  | 'ETF_MISMATCH'
  | 'ETF_BAD_OPTION'

/**
 * `term` the bytes are no term, or no term stands for the value, or it has another shape · `limit` it is a term, but over a
 * limit; the next one may be read · `option` an option cannot work.
 */
export type EtfErrorCategory = 'term' | 'limit' | 'option'

const CATEGORIES: Readonly<Record<EtfErrorCode, EtfErrorCategory>> = {
  ETF_BAD_VERSION: 'term',
  ETF_TRUNCATED: 'term',
  ETF_TRAILING_BYTES: 'term',
  ETF_UNKNOWN_TAG: 'term',
  ETF_BAD_ATOM: 'term',
  ETF_BAD_ATOM_REF: 'term',
  ETF_BAD_FLOAT: 'term',
  ETF_BAD_BITS: 'term',
  ETF_BAD_IDENTIFIER: 'term',
  ETF_BAD_FUN: 'term',
  ETF_BAD_RECORD: 'term',
  ETF_BAD_COMPRESSED: 'term',
  ETF_DUPLICATE_KEY: 'term',
  ETF_LIMIT_DEPTH: 'limit',
  ETF_LIMIT_MEMORY: 'limit',
  ETF_LIMIT_INFLATED: 'limit',
  ETF_LIMIT_INTEGER: 'limit',
  ETF_LIMIT_ATOM: 'limit',
  ETF_LIMIT_ATOM_TABLE: 'limit',
  ETF_LIMIT_SIZE: 'limit',
  ETF_NOT_ENCODABLE: 'term',
  ETF_MISMATCH: 'term',
  ETF_BAD_OPTION: 'option',
}

export interface EtfErrorOptions extends ErrorOptions {
  readonly offset?: number | undefined
  readonly path?: string
  readonly limit?: string | undefined
}

/** The only error that this package raises on purpose. */
export class EtfError extends Error {
  override readonly name = 'EtfError'
  readonly code: EtfErrorCode
  readonly category: EtfErrorCategory
  /**
   * Where the reader stood: bytes from the start of the input given to the call.
   *
   * Inside a compressed term it counts from the start of the inflated bytes, and `cause` tells where the compressed
   * term began. Absent when no input is involved.
   */
  readonly offset: number | undefined
  /** Which part of a term a matcher refused, such as `[1].name`; only with `ETF_MISMATCH`. */
  readonly path: string | undefined
  /** The option that raises the limit, such as `limits.depth`; absent when there is none, or no limit. */
  readonly limit: string | undefined

  constructor(code: EtfErrorCode, message: string, { offset, path, limit, ...options }: EtfErrorOptions = {}) {
    super(offset === undefined ? message : `${message} (at byte ${offset})`, options)
    this.code = code
    this.category = CATEGORIES[code]
    this.offset = offset
    this.path = path
    this.limit = limit
  }
}

/** What is over a limit. */
interface Excess {
  /** The option. */
  readonly limit: string
  readonly most: number
  /** The beginning of the sentence, which ends "than limits.depth allows: 100000". */
  readonly what: string
  readonly offset?: number
}

export function overLimit(code: EtfErrorCode, { limit, most, what, offset }: Excess): EtfError {
  return new EtfError(code, `${what} than ${limit} allows: ${most}`, { offset, limit })
}
