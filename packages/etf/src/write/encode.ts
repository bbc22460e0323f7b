import { checks, hasOnly } from '../checks.ts'
import { LOCAL_EXT, VERSION } from '../tag.ts'
import { LocalTerm, type Sendable } from '../term.ts'
import { ByteWriter, byteWriter, isByteWriter } from './byte-writer.ts'
import { deflateTerm } from './deflate.ts'
import { ENCODE_RULES, type EncodeOptions, type WriteOptions } from './encode-options.ts'
import { TermEncoder } from './term-encoder.ts'

/** Reused by {@link encode}; absent while one is under way, since a getter of a value may encode too. */
let idle: ByteWriter | undefined = new ByteWriter()

/** From here on {@link encodedLength} counts a binary without copying it. */
const MEASURED_ON_THEIR_OWN = 64

/** What {@link encodedLength} keeps of the memory that a term took. */
const KEPT_FOR_MEASURING = 64 * 1024

/** Reused by {@link encodedLength}, absent while one is under way. */
let measure: ByteWriter | undefined

/** For calls without options, which are most. Making one takes a third of the time of a small term. */
let plain: TermEncoder | undefined

/** The encoder of the last options, for the next call with the same. */
let kept: { readonly encoder: TermEncoder; readonly options: EncodeOptions; readonly of: EncodeOptions } | undefined

const checkEncode = checks.options('encode', ENCODE_RULES)

/**
 * The external term format of a term, with the version byte 131 in front, as `term_to_binary/1` gives it.
 *
 * The result is the caller's. Small results share a chunk of memory with one another, as small `Buffer`s do.
 *
 * @throws {EtfError} `ETF_NOT_ENCODABLE` for a value that no Erlang term stands for; `ETF_LIMIT_DEPTH` for one that
 * nests too deeply or contains itself; `ETF_LIMIT_INTEGER`, `ETF_LIMIT_ATOM`, `ETF_LIMIT_SIZE`, `ETF_BAD_OPTION`
 * @see OTP `erl_ext_dist`
 */
export function encode(term: Sendable, options?: EncodeOptions): Uint8Array {
  const writer = idle ?? new ByteWriter()
  idle = undefined
  try {
    append(writer, term, options)
    return writer.take()
  } finally {
    writer.reset()
    idle = writer
  }
}

/**
 * How many bytes {@link encode} makes of a term, the version byte included. Large binaries are only counted, not copied.
 *
 * @throws {EtfError} as {@link encode}
 */
export function encodedLength(term: Sendable, options?: EncodeOptions): number {
  const writer = measure ?? new ByteWriter(undefined, MEASURED_ON_THEIR_OWN)
  measure = undefined
  try {
    append(writer, term, options)
    return writer.length
  } finally {
    writer.reset()
    if (writer.buffer.length <= KEPT_FOR_MEASURING) measure = writer
  }
}

/**
 * As {@link encode}, to the end of a writer, which is the fastest way to send many terms.
 *
 * @throws {EtfError} as {@link encode}; the writer is as before then
 */
export function encodeInto(writer: ByteWriter, term: Sendable, options?: EncodeOptions): void {
  if (!isByteWriter(writer)) checks.argument('encodeInto', 'writer', byteWriter, writer)
  const start = writer.length
  try {
    append(writer, term, options)
  } catch (error) {
    writer.truncate(start)
    throw error
  }
}

function append(writer: ByteWriter, term: Sendable, options: EncodeOptions | undefined): void {
  const encoder = options === undefined ? plainEncoder() : encoderFor(options)
  writer.u8(VERSION)
  if (isLocal(term)) {
    writer.u8(LOCAL_EXT)
    writer.bytes(term.bytes)
    return
  }
  const start = writer.length
  encoder.write(writer, term)
  const compressed = options?.compressed
  if (compressed !== undefined && compressed !== false) deflateTerm(writer, start, compressed === true ? 6 : compressed)
}

function isLocal(term: Sendable): term is LocalTerm {
  try {
    return term instanceof LocalTerm
  } catch {
    return false
  }
}

function plainEncoder(): TermEncoder {
  plain ??= new TermEncoder()
  return plain
}

function encoderFor(options: EncodeOptions): TermEncoder {
  if (kept !== undefined && fits(options, kept)) return kept.encoder
  checkEncode(options)
  const encoder = new TermEncoder(options)
  if (hasOnly(ENCODE_RULES, options)) kept = { encoder, options, of: { ...options } }
  return encoder
}

function fits(options: EncodeOptions, { options: last, of }: NonNullable<typeof kept>): boolean {
  try {
    return (
      options.keys === of.keys &&
      options.deterministic === of.deterministic &&
      options.compressed === of.compressed &&
      options.maxDepth === of.maxDepth &&
      (options === last || hasOnly(ENCODE_RULES, options))
    )
  } catch {
    return false
  }
}

/**
 * Writes a term without the version byte, as it stands behind a distribution header. Never compressed.
 *
 * @throws {EtfError} as {@link encode}; the writer is as before then
 */
export function writeTerm(writer: ByteWriter, term: Sendable, options?: WriteOptions): void {
  if (!isByteWriter(writer)) checks.argument('writeTerm', 'writer', byteWriter, writer)
  const encoder = options === undefined ? plainEncoder() : new TermEncoder(options)
  const start = writer.length
  try {
    encoder.write(writer, term)
  } catch (error) {
    writer.truncate(start)
    throw error
  }
}
