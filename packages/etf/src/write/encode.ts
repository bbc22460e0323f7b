import { LOCAL_EXT, VERSION } from '../tag.ts'
import { LocalTerm, type Term } from '../term.ts'
import { ByteWriter } from './byte-writer.ts'
import { deflateTerm } from './deflate.ts'
import type { EncodeOptions, WriteOptions } from './encode-options.ts'
import { TermEncoder } from './term-encoder.ts'
import { TermWriter } from './term-writer.ts'

/** Reused by {@link encode}; absent while one is under way, since a getter of a value may encode too. */
let idle: ByteWriter | undefined = new ByteWriter()

/** From here on {@link encodedLength} counts a binary without copying it. */
const MEASURED_ON_THEIR_OWN = 64

/** What {@link encodedLength} keeps of the memory that a term took. */
const KEPT_FOR_MEASURING = 64 * 1024

/** Reused by {@link encodedLength}, absent while one is under way. */
let measure: ByteWriter | undefined

/** Reused by {@link writeTerm} where no option is given; it is a third of the time of a small term. */
let idleTerms: TermEncoder | undefined

/**
 * The external term format of a term, with the version byte 131 in front, as `term_to_binary/1` gives it.
 *
 * The result is the caller's. Small results share a chunk of memory with one another, as small `Buffer`s do.
 *
 * @throws {EtfError} `ETF_NOT_ENCODABLE` for a value that no Erlang term stands for; `ETF_LIMIT_DEPTH` for one that
 * nests too deeply or contains itself; `ETF_LIMIT_INTEGER`, `ETF_LIMIT_ATOM`, `ETF_LIMIT_SIZE`, `ETF_BAD_OPTION`
 * @see OTP `erl_ext_dist`
 */
export function encode(term: Term, options?: EncodeOptions): Uint8Array {
  const writer = idle ?? new ByteWriter()
  idle = undefined
  try {
    encodeInto(writer, term, options)
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
export function encodedLength(term: Term, options?: EncodeOptions): number {
  const writer = measure ?? new ByteWriter(undefined, MEASURED_ON_THEIR_OWN)
  measure = undefined
  try {
    encodeInto(writer, term, options)
    return writer.length
  } finally {
    writer.reset()
    if (writer.buffer.length <= KEPT_FOR_MEASURING) measure = writer
  }
}

/** As {@link encode}, to the end of a writer, which is the fastest way to send many terms. */
export function encodeInto(writer: ByteWriter, term: Term, options?: EncodeOptions): void {
  writer.u8(VERSION)
  if (term instanceof LocalTerm) {
    writer.u8(LOCAL_EXT)
    writer.bytes(term.bytes)
    return
  }
  if (options === undefined) {
    writeTerm(writer, term)
    return
  }
  const start = writer.length
  writeTerm(writer, term, options)
  const compressed = options.compressed
  if (compressed !== undefined && compressed !== false) deflateTerm(writer, start, compressed === true ? 6 : compressed)
}

/**
 * Writes a term without the version byte, as it stands behind a distribution header. Never compressed.
 *
 * @throws {EtfError} as {@link encode}
 */
export function writeTerm(writer: ByteWriter, term: Term, options?: WriteOptions): void {
  if (options !== undefined) {
    new TermWriter(writer, options).write(term, 0)
    return
  }
  idleTerms ??= new TermEncoder()
  idleTerms.write(writer, term)
}
