import { numberFrom, type Rule, rule, whole } from '@dynsrv/kit'
import { checkBytes, checks, isBytes, isCount, isU32 } from '../checks.ts'
import { EtfError } from '../error.ts'

/** A chunk that serves many small results; larger ones get a chunk to their measure. */
const CHUNK_BYTES = 8 * 1024

/** What is left of a chunk below this size is not worth keeping after {@link ByteWriter.take}. */
const LEAST_REST_BYTES = 256

/** Bytes without the cost of clearing them first. */
function allocate(size: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(Buffer.allocUnsafeSlow(size).buffer as ArrayBuffer)
  } catch (cause) {
    throw new EtfError('ETF_LIMIT_SIZE', `there is no memory for ${size} bytes`, { cause })
  }
}

/** Memory does not hold as much. A writer that is never to share is made with `Infinity`. */
const MOST_BYTES = 2 ** 47

const capacityRule: Rule = whole(0, MOST_BYTES)
const shareRule: Rule = numberFrom(0)
const u8: Rule = whole(0, 0xff)
const u16: Rule = whole(0, 0xffff)
const u32: Rule = whole(0, 0xffff_ffff)
const roomRule: Rule = whole(0, MOST_BYTES)

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = allocate(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** Memory of somebody else among what was written. */
interface SharedBytes {
  readonly bytes: Uint8Array
  /** How many bytes of the writer's own stand before it. */
  readonly at: number
}

/**
 * A growable sequence of bytes: big-endian numbers and runs of bytes are appended to it.
 *
 * Keep one and call {@link reset} or {@link take} between messages; then nearly every message is written without an
 * allocation.
 */
export class ByteWriter {
  /** The memory behind it. For encoders that write more than one byte at a time; call {@link reserve} first. */
  buffer: Uint8Array<ArrayBuffer>
  view: DataView
  /** Where in `buffer` the next byte goes. */
  at = 0
  #start = 0
  /** The chunk that small results share, while a large one is written elsewhere, and where its next result begins. */
  #chunk: Uint8Array<ArrayBuffer> | undefined
  #chunkAt = 0
  /**
   * Binaries of so many bytes and more are not copied by {@link writeTerm}, but handed out as they are by
   * {@link takeParts}.
   */
  shareFrom: number
  #shared: SharedBytes[] = []
  #sharedBytes = 0

  /**
   * @param capacity bytes to begin with; it grows by itself
   * @param shareFrom the least length at which a binary inside a term is not copied; default: each is copied
   * @throws {EtfError} `ETF_BAD_OPTION`, `ETF_LIMIT_SIZE`
   */
  constructor(capacity: number = CHUNK_BYTES, shareFrom: number = Number.POSITIVE_INFINITY) {
    checks.argument('ByteWriter', 'capacity', capacityRule, capacity)
    checks.argument('ByteWriter', 'shareFrom', shareRule, shareFrom)
    this.buffer = allocate(Math.max(16, capacity))
    this.view = new DataView(this.buffer.buffer)
    this.shareFrom = shareFrom
  }

  /** Bytes written since the writer was made, reset or taken from. */
  get length(): number {
    return this.at - this.#start + this.#sharedBytes
  }

  /** How many of them lie on memory of somebody else. */
  get sharedLength(): number {
    return this.#sharedBytes
  }

  u8(value: number): void {
    if (!(isU32(value) && value <= 0xff)) checks.argument('u8', 'value', u8, value)
    if (this.at === this.buffer.length) this.#grow(1)
    this.buffer[this.at++] = value
  }

  u16(value: number): void {
    if (!(isU32(value) && value <= 0xffff)) checks.argument('u16', 'value', u16, value)
    this.reserve(2)
    this.view.setUint16(this.at, value)
    this.at += 2
  }

  u32(value: number): void {
    if (!isU32(value)) checks.argument('u32', 'value', u32, value)
    this.reserve(4)
    this.view.setUint32(this.at, value)
    this.at += 4
  }

  /** Appends a copy. */
  bytes(bytes: Uint8Array): void {
    if (!isBytes(bytes)) checkBytes('bytes', bytes)
    const length = bytes.length
    this.reserve(length)
    const at = this.at
    this.at = at + length
    if (length > 24) {
      this.buffer.set(bytes, at)
      return
    }
    const buffer = this.buffer
    for (let index = 0; index < length; index++) buffer[at + index] = bytes[index]!
  }

  /** Appends these bytes themselves, without a copy: nobody may write to them until they are done with. */
  share(bytes: Uint8Array): void {
    if (!isBytes(bytes)) checkBytes('share', bytes)
    this.#shared.push({ bytes, at: this.at - this.#start })
    this.#sharedBytes += bytes.length
  }

  /**
   * Writes over four bytes at `at`, counted from the first byte since the last {@link take} or {@link reset}; before any
   * shared ones.
   */
  setU32(at: number, value: number): void {
    const last = this.at - this.#start - 4
    if (!(isCount(at) && at <= last)) checks.argument('setU32', 'at', whole(0, last), at)
    if (!isU32(value)) checks.argument('setU32', 'value', u32, value)
    this.view.setUint32(this.#start + at, value)
  }

  /** Makes room for `count` bytes, so that they may be put into `buffer` without a check. */
  reserve(count: number): void {
    if (!isCount(count)) checks.argument('reserve', 'count', roomRule, count)
    if (this.at + count > this.buffer.length) this.#grow(count)
  }

  /** Drops what was written after the first `length` bytes. */
  truncate(length: number): void {
    if (!isCount(length)) checks.argument('truncate', 'length', roomRule, length)
    if (length >= this.length) return
    for (let last = this.#shared.pop(); last !== undefined; last = this.#shared.pop()) {
      this.#sharedBytes -= last.bytes.length
      const keeps = length - last.at - this.#sharedBytes
      if (keeps <= 0) continue
      this.at = this.#start + last.at
      this.share(last.bytes.subarray(0, keeps))
      this.at += Math.max(0, keeps - last.bytes.length)
      return
    }
    this.at = this.#start + length
  }

  /** Drops everything written and not taken; the memory is used again. */
  reset(): void {
    this.at = this.#start
    this.#forgetShared()
  }

  /**
   * What was written since the last {@link take} or {@link reset}, on the writer's memory: valid until it writes. With
   * shared bytes among them it is a copy.
   */
  written(): Uint8Array<ArrayBuffer> {
    return this.#sharedBytes === 0 ? this.#own(0, this.at - this.#start) : joined(this.#parts())
  }

  /**
   * The bytes written so far; the writer starts anew.
   *
   * They are the caller's: the writer never writes there again. Small results may share one chunk of memory.
   */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.written()
    this.#startAnew()
    return taken
  }

  /** As {@link take}, but without a copy of what is shared: pieces that make up the bytes in this order. */
  takeParts(): Uint8Array[] {
    const parts = this.#parts()
    this.#startAnew()
    return parts
  }

  #parts(): Uint8Array[] {
    const parts: Uint8Array[] = []
    let from = 0
    for (const { bytes, at } of this.#shared) {
      if (at > from) parts.push(this.#own(from, at))
      parts.push(bytes)
      from = at
    }
    const end = this.at - this.#start
    if (end > from) parts.push(this.#own(from, end))
    return parts
  }

  #own(from: number, to: number): Uint8Array<ArrayBuffer> {
    return this.buffer.subarray(this.#start + from, this.#start + to)
  }

  #forgetShared(): void {
    if (this.#shared.length === 0) return
    this.#shared = []
    this.#sharedBytes = 0
  }

  #startAnew(): void {
    this.#forgetShared()
    this.#start = this.at
    if (this.buffer.length - this.at >= LEAST_REST_BYTES) return
    this.buffer = this.#chunk ?? allocate(CHUNK_BYTES)
    this.view = new DataView(this.buffer.buffer)
    this.#start = this.#chunkAt
    this.at = this.#chunkAt
    this.#chunk = undefined
    this.#chunkAt = 0
  }

  #grow(count: number): void {
    const length = this.at - this.#start
    const size = 2 * length + count
    if (
      size > CHUNK_BYTES &&
      this.buffer.length === CHUNK_BYTES &&
      this.buffer.length - this.#start >= LEAST_REST_BYTES
    ) {
      this.#chunk = this.buffer
      this.#chunkAt = this.#start
    }
    const grown = allocate(Math.max(CHUNK_BYTES, size))
    grown.set(this.buffer.subarray(this.#start, this.at))
    this.buffer = grown
    this.view = new DataView(grown.buffer)
    this.#start = 0
    this.at = length
  }
}

/** Whether it is a writer; false for a proxy that throws. */
export function isByteWriter(value: unknown): value is ByteWriter {
  try {
    return value instanceof ByteWriter
  } catch {
    return false
  }
}

export const byteWriter: Rule = rule('a ByteWriter', isByteWriter)
