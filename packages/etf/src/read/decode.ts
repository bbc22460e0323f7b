import { EtfError } from '../error.ts'
import { COMPRESSED, LOCAL_EXT, VERSION } from '../tag.ts'
import { type Atom, LocalTerm, type Term } from '../term.ts'
import type { DecodeOptions } from './decode-options.ts'
import { inflateTerm } from './inflate.ts'
import { TermReader } from './term-reader.ts'

/** LOCAL_EXT begins with a hash of four bytes. */
const LOCAL_HASH_BYTES = 4

const NOTHING = new Uint8Array(0)

/**
 * The term that `bytes` are the external term format of, as `binary_to_term/1` does, but for the whole input.
 *
 * Binaries in it lie on the memory of the input unless they become text: do not write there while the term is in use.
 *
 * @throws {EtfError} `ETF_TRAILING_BYTES` when more follows; else see {@link EtfErrorCode}. Never anything else.
 * @see OTP `erl_ext_dist`
 */
export function decode(bytes: Uint8Array, options?: DecodeOptions): Term {
  if (bytes.length > 1 && bytes[0] === VERSION && bytes[1] !== COMPRESSED && bytes[1] !== LOCAL_EXT) {
    return decodePlain(bytes, options)
  }
  const { value, end, isWhole } = decodeAt(bytes, options)
  if (end !== bytes.length) throw trailing(bytes.length - end, end)
  if (!isWhole) throw new EtfError('ETF_TRAILING_BYTES', 'bytes follow the term inside its compressed form')
  return value
}

/** The reader of the last call, for the next one with the same options: making one takes as long as a small term. */
let kept = { reader: new TermReader(NOTHING, 0, undefined), binary: undefined, map: undefined, float: undefined } as {
  readonly reader: TermReader
  readonly binary: DecodeOptions['binary']
  readonly map: DecodeOptions['map']
  readonly float: DecodeOptions['float']
}

function readerFor(options: DecodeOptions | undefined): TermReader {
  if (options?.binary === kept.binary && options?.map === kept.map && options?.float === kept.float) {
    if (options?.limits === undefined) return kept.reader
  }
  const reader = new TermReader(NOTHING, 0, options)
  if (options?.limits === undefined) {
    kept = { reader, binary: options?.binary, map: options?.map, float: options?.float }
  }
  return reader
}

/** A term as nearly every one is: neither compressed nor of one VM alone. */
function decodePlain(bytes: Uint8Array, options: DecodeOptions | undefined): Term {
  const reader = readerFor(options)
  try {
    reader.open(bytes, 1, bytes.length, undefined)
    const value = reader.read(0)
    if (reader.at !== bytes.length) throw trailing(bytes.length - reader.at, reader.at)
    return value
  } finally {
    reader.close()
  }
}

function trailing(count: number, offset: number): EtfError {
  return new EtfError('ETF_TRAILING_BYTES', `${count} bytes follow the term`, { offset })
}

/** As {@link decode}, for a term in front of other bytes, which come as `rest`, on the same memory. */
export function decodeFirst(
  bytes: Uint8Array,
  options?: DecodeOptions,
): { readonly value: Term; readonly rest: Uint8Array } {
  const { value, end } = decodeAt(bytes, options)
  return { value, rest: bytes.subarray(end) }
}

/**
 * The term at `offset`, which has no version byte in front, and where it ends: what stands behind a distribution
 * header, whose atoms are given in `atoms`.
 *
 * @throws {EtfError} as {@link decode}; `ETF_BAD_ATOM_REF` for an atom that the header does not name
 */
export function decodeTerm(
  bytes: Uint8Array,
  offset: number,
  options?: DecodeOptions & { readonly atoms?: readonly Atom[] },
): { readonly value: Term; readonly end: number } {
  const reader = new TermReader(bytes, offset, options)
  const value = reader.read(0)
  return { value, end: reader.at }
}

function decodeAt(
  bytes: Uint8Array,
  options: DecodeOptions | undefined,
): { readonly value: Term; readonly end: number; readonly isWhole: boolean } {
  if (bytes.length === 0) throw new EtfError('ETF_TRUNCATED', 'there are no bytes', { offset: 0 })
  if (bytes[0] !== VERSION) {
    throw new EtfError('ETF_BAD_VERSION', `a term begins with ${VERSION}, not ${bytes[0]}`, { offset: 0 })
  }
  const reader = new TermReader(bytes, 1, options)
  if (bytes[1] === COMPRESSED) return decodeCompressed(reader, options)
  if (bytes[1] === LOCAL_EXT) return { value: localTerm(reader), end: bytes.length, isWhole: true }
  const value = reader.read(0)
  return { value, end: reader.at, isWhole: true }
}

function decodeCompressed(
  reader: TermReader,
  options: DecodeOptions | undefined,
): { readonly value: Term; readonly end: number; readonly isWhole: boolean } {
  const start = reader.skip(1)
  const announcedSize = reader.u32()
  const { inflated, end } = inflateTerm({
    bytes: reader.bytes,
    start: reader.at,
    announcedSize,
    maxSize: reader.limits.inflatedBytes,
  })
  try {
    const inner = new TermReader(inflated, 0, options)
    const value = inflated[0] === LOCAL_EXT ? localTerm(inner) : inner.read(0)
    return { value, end, isWhole: inner.at === inflated.length }
  } catch (error) {
    if (!(error instanceof EtfError)) throw error
    const cause = new EtfError('ETF_BAD_COMPRESSED', 'inside this compressed term', { offset: start })
    throw new EtfError(error.code, error.message, { offset: error.offset, limit: error.limit, cause })
  }
}

function localTerm(reader: TermReader): LocalTerm {
  const start = reader.skip(1 + LOCAL_HASH_BYTES) + 1
  reader.at = reader.end
  return new LocalTerm(reader.view(start, reader.end - start))
}
