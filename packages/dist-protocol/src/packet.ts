import { bound, having, optional, type Rule, text } from '@dynsrv/kit'
import { checkBytes, checks, headerBytesRule } from './checks.ts'
import { DistError } from './error.ts'

/** How many bytes announce a packet's length: 2 in the handshake over TCP, 4 after it and in the handshake over TLS. */
export type HeaderBytes = 2 | 4

const EMPTY: Uint8Array = new Uint8Array(0)

/** A packet that has not arrived whole is stored at once up to this size; beyond, its room grows with what arrived. */
const FIRST_ROOM_BYTES = 1 << 20

/** What has not arrived gets at most so many times the room of what has. */
const ROOM_FACTOR = 4

/** Below this, aiming a read costs more than the copy it saves. */
const AIM_BYTES = 4096

/** After a packet of this size another such packet is expected. */
const LARGE_BYTES = 16 * 1024
/** Between large packets only the bytes that say where the next one belongs are read ahead, because they are copied. Unit: bytes. */
export const AHEAD_BYTES = 2048
/** So many smaller packets may come between two large ones. */
const SMALLER_BETWEEN = 2

/** Sends the bodies of large packets straight to where they belong. */
export interface Placement {
  /** How many bytes at the beginning of a packet say where the rest belongs. */
  readonly headBytes: number
  /**
   * The place for the rest of a packet whose head begins at `bytes[at]`, exactly as long as it, or undefined when it has none.
   *
   * What the place's memory has behind it is written to as well, until the packet is whole.
   */
  readonly place: (bytes: Uint8Array, at: number, restBytes: number) => Uint8Array | undefined
}

function allocate(bytes: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer)
}

const placementRule: Rule = optional(having('place'))

/**
 * Splits a stream of length-prefixed packets, wherever the chunks are cut.
 *
 * A cursor: after `push`, each `next()` that answers true shows one packet as `bytes`, `start` and `end`. A packet that
 * lies whole in its chunk is shown in place; one that straddles chunks is gathered in storage of its own.
 */
export class PacketReader {
  /** Where the packet lies; valid until the next call. */
  bytes: Uint8Array = EMPTY
  start = 0
  end = 0
  /** The packet's head was given to the placement, and what is shown is the rest, in its place. */
  isPlaced = false
  readonly #headerBytes: HeaderBytes
  readonly #maxBytes: number
  readonly #placement: Placement | undefined
  #chunk = EMPTY
  #offset = 0
  #header = 0
  #headerFill = 0
  #gathered: Uint8Array | undefined
  #filled = 0
  #length = 0
  #smallerExpected = 0

  readonly #limit: string

  /**
   * @param maxBytes the largest packet that is let in, without its length
   * @param limit what an error calls this limit
   * @throws {DistError} `DIST_BAD_OPTION`
   */
  constructor(headerBytes: HeaderBytes, maxBytes: number, placement?: Placement, limit = 'the limit') {
    checks.argument('PacketReader', 'headerBytes', headerBytesRule, headerBytes)
    checks.argument('PacketReader', 'maxBytes', bound, maxBytes)
    checks.argument('PacketReader', 'placement', placementRule, placement)
    checks.argument('PacketReader', 'limit', text, limit)
    this.#limit = limit
    this.#headerBytes = headerBytes
    this.#maxBytes = maxBytes
    this.#placement = placement
  }

  /** Takes the next bytes of the stream; every packet of the chunk before must have been seen. */
  push(chunk: Uint8Array): void {
    checkBytes('push', 'chunk', chunk)
    this.#chunk = chunk
    this.#offset = 0
  }

  /**
   * Moves on to the next packet.
   *
   * @returns false when no further packet is whole yet
   * @throws {DistError} `DIST_FRAME_TOO_LARGE` as soon as a length above the limit is known
   */
  next(): boolean {
    if (this.#gathered !== undefined) return this.#gather()
    const chunk = this.#chunk
    const { length } = chunk
    let at = this.#offset
    let size: number
    if (this.#headerFill === 0 && length - at >= this.#headerBytes) {
      size =
        this.#headerBytes === 4
          ? ((chunk[at]! << 24) | (chunk[at + 1]! << 16) | (chunk[at + 2]! << 8) | chunk[at + 3]!) >>> 0
          : (chunk[at]! << 8) | chunk[at + 1]!
      at += this.#headerBytes
    } else {
      while (this.#headerFill < this.#headerBytes && at < length) {
        this.#header = this.#header * 256 + chunk[at++]!
        this.#headerFill++
      }
      this.#offset = at
      if (this.#headerFill < this.#headerBytes) return this.#drained()
      size = this.#header
      this.#header = 0
      this.#headerFill = 0
    }
    if (size > this.#maxBytes) {
      throw new DistError(
        'DIST_FRAME_TOO_LARGE',
        `a packet of ${size} bytes was announced, more than ${this.#limit} allows: ${this.#maxBytes}`,
      )
    }
    this.#offset = at
    if (size >= LARGE_BYTES) this.#smallerExpected = SMALLER_BETWEEN
    else if (this.#smallerExpected > 0) this.#smallerExpected--
    if (length - at < size) return this.#begin(size)
    this.bytes = chunk
    this.start = at
    this.end = at + size
    this.isPlaced = false
    this.#offset = at + size
    return true
  }

  /** The bytes behind the packet that was shown last. */
  rest(): Uint8Array {
    const rest = this.#chunk.subarray(this.#offset)
    this.#chunk = EMPTY
    this.#offset = 0
    return rest
  }

  /** How many bytes of an unfinished packet are held, its length prefix included. */
  get partialBytes(): number {
    return this.#gathered === undefined ? this.#headerFill : this.#headerBytes + this.#filled
  }

  /**
   * Where the next bytes of the stream are best written: the tail of an unfinished large packet, and where there is
   * room behind it a little more, so that the same read brings the head of the next one.
   *
   * What was written there is handed to `push` as a view of the same memory; what belongs to the packet is then not copied.
   */
  readTarget(): Uint8Array | undefined {
    const gathered = this.#gathered
    if (gathered === undefined) return undefined
    const end = Math.min(gathered.length, this.#length)
    const room = end - this.#filled
    if (room < AIM_BYTES) return undefined
    const { buffer, byteOffset } = gathered
    const behind = end < this.#length ? 0 : Math.min(buffer.byteLength - byteOffset - end, AHEAD_BYTES)
    return new Uint8Array(buffer, byteOffset + this.#filled, room + behind)
  }

  /** How much is best read at once where `readTarget` does not matter. Unit: bytes. */
  get readAhead(): number {
    return this.#smallerExpected > 0 ? AHEAD_BYTES : Number.POSITIVE_INFINITY
  }

  /** A packet that continues behind this chunk. */
  #begin(size: number): boolean {
    this.#length = size
    this.#filled = 0
    const placed = this.#place(size)
    this.isPlaced = placed !== undefined
    const ahead = size >= LARGE_BYTES ? AHEAD_BYTES : 0
    this.#gathered = placed ?? allocate(Math.min(size + ahead, FIRST_ROOM_BYTES))
    return this.#gather()
  }

  #place(size: number): Uint8Array | undefined {
    if (this.#placement === undefined || size < AIM_BYTES) return undefined
    const { headBytes, place } = this.#placement
    if (this.#chunk.length - this.#offset < headBytes) return undefined
    const placed = place(this.#chunk, this.#offset, size - headBytes)
    if (placed === undefined) return undefined
    this.#offset += headBytes
    this.#length = placed.length
    return placed
  }

  #gather(): boolean {
    let gathered = this.#gathered!
    const take = Math.min(this.#chunk.length - this.#offset, this.#length - this.#filled)
    if (this.#filled + take > gathered.length) gathered = this.#grow(this.#filled + take)
    const aimed =
      this.#chunk.buffer === gathered.buffer &&
      this.#chunk.byteOffset + this.#offset === gathered.byteOffset + this.#filled
    if (!aimed) gathered.set(this.#chunk.subarray(this.#offset, this.#offset + take), this.#filled)
    this.#filled += take
    this.#offset += take
    if (this.#filled < this.#length) {
      if (this.#filled === gathered.length) this.#grow(this.#filled + 1)
      return this.#drained()
    }
    this.bytes = gathered
    this.start = 0
    this.end = this.#length
    this.#gathered = undefined
    // What was read ahead lies where the next fragment goes, or would keep all of this packet's memory alive.
    if (aimed && this.#offset < this.#chunk.length) this.push(new Uint8Array(this.#chunk.subarray(this.#offset)))
    return true
  }

  #grow(needed: number): Uint8Array {
    const old = this.#gathered!
    const room = Math.min(this.#length, Math.max(needed, old.length * ROOM_FACTOR))
    const grown = allocate(room)
    grown.set(old.subarray(0, this.#filled))
    this.#gathered = grown
    return grown
  }

  /** Lets go of a chunk that was used up, so that it can be freed. */
  #drained(): false {
    this.#chunk = EMPTY
    this.#offset = 0
    this.bytes = EMPTY
    this.start = 0
    this.end = 0
    return false
  }
}

/** The longest packet that a length of two bytes can announce. */
const MOST_SHORT_BYTES = 0xffff

/**
 * A packet with its length in front.
 *
 * @throws {DistError} `DIST_BAD_OPTION`, also for a body that is too long for the length
 */
export function framePacket(headerBytes: HeaderBytes, body: Uint8Array): Uint8Array {
  checks.argument('framePacket', 'headerBytes', headerBytesRule, headerBytes)
  checkBytes('framePacket', 'body', body)
  if (headerBytes === 2 && body.length > MOST_SHORT_BYTES) {
    throw new DistError('DIST_BAD_OPTION', `framePacket: a length of two bytes cannot announce ${body.length}`)
  }
  const packet = new Uint8Array(headerBytes + body.length)
  const view = new DataView(packet.buffer)
  if (headerBytes === 4) view.setUint32(0, body.length)
  else view.setUint16(0, body.length)
  packet.set(body, headerBytes)
  return packet
}
