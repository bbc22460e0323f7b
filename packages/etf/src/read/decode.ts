import { whole } from '@dynsrv/kit'
import { checkBytes, checks, hasOnly } from '../checks.ts'
import { EtfError, isEtfError, readingError } from '../error.ts'
import { COMPRESSED, LOCAL_EXT, VERSION } from '../tag.ts'
import { type Atom, LocalTerm, type Term } from '../term.ts'
import { DECODE_RULES, type DecodeOptions, type DecodeTermOptions, headerAtoms } from './decode-options.ts'
import { type DirectRead, MISS, readDirect } from './direct-read.ts'
import { inflateTerm } from './inflate.ts'
import { refuseAtoms } from './recent-atoms.ts'
import { TermReader } from './term-reader.ts'

/** LOCAL_EXT begins with a hash of four bytes. */
const LOCAL_HASH_BYTES = 4

const NOTHING = new Uint8Array(0)

const checkDecode = checks.options('decode', DECODE_RULES)
const checkDecodeTerm = checks.options<DecodeTermOptions>('decodeTerm', { ...DECODE_RULES, atoms: headerAtoms })

/**
 * The term that `bytes` are the external term format of, as `binary_to_term/1` does, but for the whole input.
 *
 * Binaries in it lie on the memory of the input unless they become text: do not write there while the term is in use.
 *
 * @throws {EtfError} `ETF_TRAILING_BYTES` when more follows; else see {@link EtfErrorCode}. Never anything else.
 * @see OTP `erl_ext_dist`
 */
export function decode(bytes: Uint8Array, options?: DecodeOptions): Term {
  checkBytes('decode', bytes)
  const reader = forTerms.for(options)
  if (isPlainForm(bytes)) return decodePlain(reader, bytes)
  const { value, end, isWhole } = decodeAt(reader, bytes)
  if (end !== bytes.length) throw trailing(bytes.length - end, end)
  if (!isWhole) throw new EtfError('ETF_TRAILING_BYTES', 'bytes follow the term inside its compressed form')
  return value
}

/** The readers that calls share: making one takes as long as a small term. */
class SharedReaders {
  /** For calls without options, which are most. */
  readonly #plain = new TermReader(NOTHING, 0, undefined)
  /** The reader of the last options, for the next call with the same. */
  #kept: KeptReader = { reader: this.#plain, options: {} }

  for(options: DecodeOptions | undefined): TermReader {
    if (options === undefined) return this.#plain
    if (fits(this.#kept, options)) return this.#kept.reader
    checkDecode(options)
    const reader = new TermReader(NOTHING, 0, options)
    const { binary, map, float, values, structs, limits } = options
    // Objects may change.
    const isLasting = limits === undefined && structs === undefined && typeof values !== 'object'
    if (isLasting && hasOnly(DECODE_RULES, options)) this.#kept = { reader, options, binary, map, float, values }
    return reader
  }
}

interface KeptReader {
  readonly reader: TermReader
  readonly options: object
  readonly binary?: DecodeOptions['binary']
  readonly map?: DecodeOptions['map']
  readonly float?: DecodeOptions['float']
  readonly values?: DecodeOptions['values']
}

function fits(kept: KeptReader, options: DecodeOptions): boolean {
  try {
    return (
      options.binary === kept.binary &&
      options.map === kept.map &&
      options.float === kept.float &&
      options.values === kept.values &&
      options.structs === undefined &&
      options.limits === undefined &&
      (options === kept.options || hasOnly(DECODE_RULES, options))
    )
  } catch {
    return false
  }
}

const forTerms = new SharedReaders()
const forShapes = new SharedReaders()
let isReadingShape = false

/**
 * The value that a shape reads straight from an encoding; {@link MISS} where the term has to be decoded and matched: it may
 * have another shape, be compressed, or be none.
 */
export function decodeDirect<T>(
  bytes: Uint8Array,
  options: DecodeOptions | undefined,
  read: DirectRead<T>,
): T | typeof MISS {
  // A function that the program gave to a shape may decode something itself.
  if (isReadingShape || !isPlainForm(bytes)) return MISS
  const reader = forShapes.for(options)
  isReadingShape = true
  try {
    const value = readDirect(reader, read, { bytes, start: 1, end: bytes.length })
    return reader.at === bytes.length ? value : MISS
  } finally {
    isReadingShape = false
  }
}

function isPlainForm(bytes: Uint8Array): boolean {
  return bytes.length > 1 && bytes[0] === VERSION && bytes[1] !== COMPRESSED && bytes[1] !== LOCAL_EXT
}

/** A term as nearly every one is: neither compressed nor of one VM alone. */
function decodePlain(reader: TermReader, bytes: Uint8Array): Term {
  try {
    reader.open(bytes, 1, bytes.length, undefined)
    const value = reader.read(0)
    if (reader.at !== bytes.length) throw trailing(bytes.length - reader.at, reader.at)
    return value
  } catch (cause) {
    throw readingError(cause)
  } finally {
    reader.close()
  }
}

function trailing(count: number, offset: number): EtfError {
  return new EtfError('ETF_TRAILING_BYTES', `${count} ${count === 1 ? 'byte follows' : 'bytes follow'} the term`, {
    offset,
  })
}

/** As {@link decode}, for a term in front of other bytes, which come as `rest`, on the same memory. */
export function decodeFirst(
  bytes: Uint8Array,
  options?: DecodeOptions,
): { readonly value: Term; readonly rest: Uint8Array } {
  checkBytes('decodeFirst', bytes)
  const { value, end } = decodeAt(forTerms.for(options), bytes)
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
  options?: DecodeTermOptions,
): { readonly value: Term; readonly end: number } {
  checkBytes('decodeTerm', bytes)
  checks.argument('decodeTerm', 'offset', whole(0, bytes.length), offset)
  if (options !== undefined) checkDecodeTerm(options)
  const reader = new TermReader(NOTHING, 0, options)
  return readFrom(reader, bytes, offset, options?.atoms)
}

/** What is read, and where it ends. */
interface Read {
  readonly value: Term
  readonly end: number
}

function readFrom(reader: TermReader, bytes: Uint8Array, at: number, atoms?: readonly Atom[]): Read {
  try {
    reader.open(bytes, at, bytes.length, atoms)
    const value = reader.read(0)
    return { value, end: reader.at }
  } catch (cause) {
    refuseAtoms()
    throw readingError(cause)
  } finally {
    reader.close()
  }
}

/** @returns besides, whether it ends where its compressed form does */
function decodeAt(reader: TermReader, bytes: Uint8Array): Read & { readonly isWhole: boolean } {
  if (bytes.length === 0) throw new EtfError('ETF_TRUNCATED', 'there are no bytes', { offset: 0 })
  if (bytes[0] !== VERSION) {
    throw new EtfError('ETF_BAD_VERSION', `a term begins with ${VERSION}, not ${bytes[0]}`, { offset: 0 })
  }
  if (bytes[1] === COMPRESSED) return decodeCompressed(reader, bytes)
  if (bytes[1] === LOCAL_EXT) return { ...localTerm(bytes, 1), isWhole: true }
  return { ...readFrom(reader, bytes, 1), isWhole: true }
}

function decodeCompressed(reader: TermReader, bytes: Uint8Array): Read & { readonly isWhole: boolean } {
  const start = 1 + 1 + 4
  if (bytes.length < start) throw truncated(bytes)
  const announcedSize = ((bytes[2]! << 24) | (bytes[3]! << 16) | (bytes[4]! << 8) | bytes[5]!) >>> 0
  const { inflated, end } = inflateTerm({ bytes, start, announcedSize, maxSize: reader.limits.inflatedBytes })
  try {
    const inner = inflated[0] === LOCAL_EXT ? localTerm(inflated, 0) : readFrom(reader, inflated, 0)
    return { value: inner.value, end, isWhole: inner.end === inflated.length }
  } catch (error) {
    if (!isEtfError(error)) throw error
    const cause = new EtfError('ETF_BAD_COMPRESSED', 'inside this compressed term', { offset: 1 })
    throw new EtfError(error.code, error.message, { offset: error.offset, limit: error.limit, cause })
  }
}

/** @param at where its tag stands */
function localTerm(bytes: Uint8Array, at: number): Read {
  const start = at + 1
  if (bytes.length < start + LOCAL_HASH_BYTES) throw truncated(bytes)
  const own = new Uint8Array(bytes.buffer, bytes.byteOffset + start, bytes.length - start)
  return { value: new LocalTerm(own), end: bytes.length }
}

function truncated(bytes: Uint8Array): EtfError {
  return new EtfError('ETF_TRUNCATED', 'the bytes end before the term does', { offset: bytes.length })
}
