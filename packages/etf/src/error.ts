import { CodedError, type CodedErrorOptions, type ErrorTable, given, isCoded, messageOf } from '@dynsrv/kit'

/** Every reason for which bytes are no term, or a value has none. Stable: handlers may switch on it. */
export type EtfErrorCode =
  | 'ETF_BAD_ATOM'
  | 'ETF_BAD_ATOM_REF'
  | 'ETF_BAD_BITS'
  | 'ETF_BAD_COMPRESSED'
  | 'ETF_BAD_FLOAT'
  | 'ETF_BAD_FUN'
  | 'ETF_BAD_IDENTIFIER'
  | 'ETF_BAD_OPTION'
  | 'ETF_BAD_RECORD'
  | 'ETF_BAD_VERSION'
  | 'ETF_DUPLICATE_KEY'
  | 'ETF_LIMIT_ATOM'
  | 'ETF_LIMIT_ATOM_TABLE'
  | 'ETF_LIMIT_DEPTH'
  | 'ETF_LIMIT_INFLATED'
  | 'ETF_LIMIT_INTEGER'
  | 'ETF_LIMIT_MEMORY'
  | 'ETF_LIMIT_SIZE'
  | 'ETF_MISMATCH'
  | 'ETF_NOT_ENCODABLE'
  | 'ETF_TRAILING_BYTES'
  | 'ETF_TRUNCATED'
  | 'ETF_UNKNOWN_TAG'

/** For bytes that somebody else made. */
const SENDER = 'Look at the program that made the bytes.'
const LIMIT = 'If such terms are wanted, raise the limit that the message names.'

/** What each code of this package means. The category `limit`: it is a term, and the next one can be read. */
export const ETF_ERRORS: ErrorTable<EtfErrorCode> = {
  ETF_BAD_ATOM: {
    happened: 'An atom is malformed.',
    why: 'Its name is not UTF-8, or holds half of a surrogate pair.',
    hint: SENDER,
    category: 'term',
  },
  ETF_BAD_ATOM_REF: {
    happened: 'The bytes refer to an atom of a distribution header, and there is none.',
    why: 'The header lacks this atom, or the term was cut out of its frame.',
    hint: SENDER,
    category: 'term',
  },
  ETF_BAD_BITS: {
    happened: 'A bit string is malformed.',
    why: 'It uses an impossible number of bits of its last byte.',
    hint: SENDER,
    category: 'term',
  },
  ETF_BAD_COMPRESSED: {
    happened: 'A compressed term cannot be inflated.',
    why: 'Its zlib data is broken, or inflates to another size than it announces.',
    hint: SENDER,
    category: 'term',
  },
  ETF_BAD_FLOAT: {
    happened: 'A float is malformed.',
    why: 'It is not a finite number. Erlang has no others.',
    hint: SENDER,
    category: 'term',
  },
  ETF_BAD_FUN: {
    happened: 'A fun is malformed.',
    why: 'One of its parts is of a wrong kind, or out of range.',
    hint: SENDER,
    category: 'term',
  },
  ETF_BAD_IDENTIFIER: {
    happened: 'A pid, a port or a reference is malformed.',
    why: 'One of its parts is of a wrong kind, or out of range.',
    hint: SENDER,
    category: 'term',
  },
  ETF_BAD_OPTION: {
    happened: 'The codec got an option or an argument that cannot work.',
    why: 'It is misspelled, has the wrong type, or is out of range.',
    hint: 'Correct what the message names.',
    category: 'option',
  },
  ETF_BAD_RECORD: {
    happened: 'A native record is malformed.',
    why: 'It has unknown flags, or names a field twice.',
    hint: SENDER,
    category: 'term',
  },
  ETF_BAD_VERSION: {
    happened: 'The bytes do not begin with 131.',
    why: 'They are not a term, or the version byte was cut off.',
    hint: SENDER,
    category: 'term',
  },
  ETF_DUPLICATE_KEY: {
    happened: 'A map names a key twice.',
    why: 'No Erlang map can do that. BEAM refuses it too.',
    hint: SENDER,
    category: 'term',
  },
  ETF_LIMIT_ATOM: {
    happened: 'An atom is too long.',
    why: 'It has more characters than the limit allows. BEAM takes at most 255.',
    hint: 'Shorten the name, or send text in place of an atom.',
    category: 'limit',
  },
  ETF_LIMIT_ATOM_TABLE: {
    happened: 'Too many atoms are in use.',
    why: 'Terms with a great many atoms that nobody else has came from one source and are in use, or the program has made them.',
    hint: 'Let go of terms that are not needed, or raise the limit that the message names.',
    category: 'limit',
  },
  ETF_LIMIT_DEPTH: {
    happened: 'A term nests too deeply.',
    why: 'The limit protects programs that walk a term. When writing: perhaps the value contains itself.',
    hint: LIMIT,
    category: 'limit',
  },
  ETF_LIMIT_INFLATED: {
    happened: 'A compressed term is too large.',
    why: 'Once inflated, it has more bytes than the limit allows.',
    hint: LIMIT,
    category: 'limit',
  },
  ETF_LIMIT_INTEGER: {
    happened: 'An integer is too large.',
    why: 'It has more bytes than the limit allows, or than BEAM takes.',
    hint: LIMIT,
    category: 'limit',
  },
  ETF_LIMIT_MEMORY: {
    happened: 'A term would take too much memory.',
    why: 'A few bytes can become a large term. The limit protects this process.',
    hint: LIMIT,
    category: 'limit',
  },
  ETF_LIMIT_SIZE: {
    happened: 'A term is too large to be written, or a message too large to be put together.',
    why: 'The format has no room for it, memory ran out, or unfinished messages hold too much.',
    hint: LIMIT,
    category: 'limit',
  },
  ETF_MISMATCH: {
    happened: 'A term has another shape than the program asked for.',
    why: 'The message names the part that differs.',
    hint: 'Compare the shape with what the other side sends.',
    category: 'term',
  },
  ETF_NOT_ENCODABLE: {
    happened: 'A value has no Erlang term.',
    why: 'Erlang has no functions of JavaScript, no symbols, promises, NaN or infinities, and no map with one key twice.',
    hint: 'Give a value that has a term: see the table in the README of @dynsrv/etf.',
    category: 'term',
  },
  ETF_TRAILING_BYTES: {
    happened: 'Bytes follow the term.',
    why: 'Two terms stand together, or the bytes are more than a term.',
    hint: 'decode takes one term and no more. decodeFirst gives the first term and what follows it.',
    category: 'term',
  },
  ETF_TRUNCATED: {
    happened: 'The bytes end before the term does.',
    why: 'A part is missing, or a count announces more than there is.',
    hint: SENDER,
    category: 'term',
  },
  ETF_UNKNOWN_TAG: {
    happened: 'A tag is unknown, or must not stand where it does.',
    why: 'The bytes are no term, or come from a newer release of OTP.',
    hint: SENDER,
    category: 'term',
  },
}

/** What a handler needs beside the code and the message. */
export interface EtfErrorOptions extends CodedErrorOptions {
  readonly offset?: number | undefined
  readonly path?: string | undefined
  readonly limit?: string | undefined
}

/** The one error of this package: `code` and `message` say what is wrong, `hint` what to do. */
export class EtfError extends CodedError<EtfErrorCode> {
  override readonly name = 'EtfError'
  /**
   * Where the reader stood: bytes from the start of the input. Inside a compressed term it counts from the start of the
   * inflated bytes, and `cause` says where the compressed term began. Absent when no input is involved.
   */
  readonly offset: number | undefined
  /**
   * Which part of a term a matcher refused, or which part of a value cannot be sent, such as `[1].name`; empty for the whole.
   * Absent with codes that are about something else.
   */
  readonly path: string | undefined
  /** The option that raises the limit, such as `limits.depth`; absent when there is none, or no limit. */
  readonly limit: string | undefined

  constructor(code: EtfErrorCode, message: string, options?: EtfErrorOptions) {
    const { offset, path, limit } = given(options)
    const where = typeof message === 'string' && typeof offset === 'number' ? ` (at byte ${offset})` : ''
    super(ETF_ERRORS, code, where === '' ? message : message + where, options)
    this.offset = offset
    this.path = path
    this.limit = limit
  }
}

/** What was thrown while bytes were read: an error of this package, or one of the engine, which has bounds of its own. */
export function readingError(cause: unknown): EtfError {
  if (isEtfError(cause)) return cause
  return new EtfError('ETF_LIMIT_SIZE', `JavaScript has no room for the term: ${messageOf(cause)}`, { cause })
}

/** What a caller's value threw when it was read, as an error of this package; errors of this package stay as they are. */
export function unreadable(code: 'ETF_NOT_ENCODABLE' | 'ETF_BAD_OPTION', cause: unknown): EtfError {
  if (isEtfError(cause)) return cause
  return new EtfError(code, `the value cannot be read: ${messageOf(cause)}`, { cause })
}

/** Whether something that was thrown is an error of this package, whichever copy of it is in use. */
export function isEtfError(error: unknown): error is EtfError {
  return isCoded(error) && Object.hasOwn(ETF_ERRORS, error.code)
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
