import type { ErrorEntry } from '@dynsrv/cluster'
import type { EtfErrorCode } from '@dynsrv/etf'

const SENDER = 'Look at who made the bytes; they are no sound Erlang term.'
const LIMIT = 'Raise the limit that the message names when such terms are wanted.'

/** Terms: bytes to values and back. */
export const ETF_ERRORS = {
  ETF_BAD_VERSION: { happened: 'The bytes do not begin with 131.', why: 'They are no external term.', remedy: SENDER },
  ETF_TRUNCATED: { happened: 'The bytes end too early.', why: 'A part of the term is missing.', remedy: SENDER },
  ETF_TRAILING_BYTES: {
    happened: 'There are bytes behind the term.',
    why: 'Two terms stand together, or the bytes are not a term alone.',
    remedy: 'Decode one term at a time.',
  },
  ETF_UNKNOWN_TAG: { happened: 'A tag is unknown.', why: 'The term is broken or of a newer release.', remedy: SENDER },
  ETF_BAD_ATOM: { happened: 'An atom is malformed.', why: 'It is no UTF-8 or too long.', remedy: SENDER },
  ETF_BAD_ATOM_REF: {
    happened: 'A cached atom is not there.',
    why: 'The header of the frame lacks it.',
    remedy: SENDER,
  },
  ETF_BAD_FLOAT: { happened: 'A float is malformed.', why: 'Erlang has no NaN and no infinity.', remedy: SENDER },
  ETF_BAD_BITS: {
    happened: 'A bit string is malformed.',
    why: 'Its last byte has an impossible size.',
    remedy: SENDER,
  },
  ETF_BAD_IDENTIFIER: {
    happened: 'A pid, port or reference is malformed.',
    why: 'A part is out of range.',
    remedy: SENDER,
  },
  ETF_BAD_FUN: { happened: 'A fun is malformed.', why: 'Its parts do not go together.', remedy: SENDER },
  ETF_BAD_RECORD: { happened: 'A native record is malformed.', why: 'Its parts do not go together.', remedy: SENDER },
  ETF_BAD_COMPRESSED: {
    happened: 'A compressed term cannot be inflated.',
    why: 'Its zlib data is broken.',
    remedy: SENDER,
  },
  ETF_DUPLICATE_KEY: { happened: 'A map names a key twice.', why: 'No Erlang map can.', remedy: SENDER },
  ETF_LIMIT_DEPTH: { happened: 'A term is nested too deeply.', why: 'The limit protects this process.', remedy: LIMIT },
  ETF_LIMIT_MEMORY: {
    happened: 'A term would take too much memory.',
    why: 'The limit protects this process.',
    remedy: LIMIT,
  },
  ETF_LIMIT_INFLATED: {
    happened: 'A compressed term is too large.',
    why: 'The limit protects this process.',
    remedy: LIMIT,
  },
  ETF_LIMIT_INTEGER: { happened: 'An integer is too large.', why: 'The limit protects this process.', remedy: LIMIT },
  ETF_LIMIT_ATOM: { happened: 'An atom is longer than 255 characters.', why: 'Erlang allows no more.', remedy: LIMIT },
  ETF_LIMIT_ATOM_TABLE: { happened: 'Too many atoms are alive.', why: 'A peer sends ever new ones.', remedy: LIMIT },
  ETF_LIMIT_SIZE: {
    happened: 'A term is too large to be written, or a message too large to be put together.',
    why: 'The limit protects the peer, or this process.',
    remedy: LIMIT,
  },
  ETF_NOT_ENCODABLE: {
    happened: 'A value has no Erlang term.',
    why: 'It is a function, a symbol, NaN, or an object of an unknown class.',
    remedy: 'Turn it into plain values first.',
  },
  ETF_MISMATCH: {
    happened: 'A term has another shape than was asked for.',
    why: 'The other side sends something else than this program expects.',
    remedy: 'Compare the matcher with the term; path tells which part.',
  },
  ETF_BAD_OPTION: {
    happened: 'An option cannot work.',
    why: 'It has the wrong type or is out of range.',
    remedy: 'Correct the option that the message names.',
  },
} as const satisfies Readonly<Record<EtfErrorCode, ErrorEntry>>
