import type { Atom } from '@dynsrv/etf'
import type { DecodedControl } from '../control/control-codec.ts'
import { DistError } from '../error.ts'
import { AHEAD_BYTES } from '../packet.ts'

/** The number of a fragmented message, of 64 bits; a `bigint` only where a `number` is not exact, for one takes long to make. */
export type Sequence = number | bigint

/** How much of unfinished messages is kept. */
export interface FragmentLimits {
  /** Unfinished messages at once. */
  readonly maxPartialMessages: number
  /** Bytes that came of all of them together. */
  readonly maxPartialBytes: number
  /** How long one may go without its next fragment. Unit: milliseconds. */
  readonly maxPartialAgeMs: number
}

/** A message of which fragments are missing, or that has just become whole. */
export interface PartialMessage {
  readonly decoded: DecodedControl
  readonly atoms: readonly Atom[]
  /** The payload so far: `bytes[start, filled)`. */
  bytes: Uint8Array
  readonly start: number
  filled: number
  /** The number of the fragment that must come next, counting down; 0 when the message is whole. */
  next: number
  /** About how much room it will need, from the size of its first fragment. */
  readonly expectedBytes: number
  /** When it was first seen without progress, by the caller's clock. */
  idleSince: number | undefined
}

/** The room for a payload stays in proportion to what came of it. */
const ROOM_FACTOR = 16

/** Announced by a first fragment of which only the head is here, a message gets no more room than this. */
const FIRST_ROOM_BYTES = (1 << 20) + (1 << 16)

/** A message in two fragments is most often one that is a little too large for one: then the second is this small. */
const SMALL_REST_BYTES = 1024

/** A larger fragment is gathered apart first: its length is only announced. BEAM's have 64 KiB. */
const MOST_PLACED_BYTES = 1 << 20

/**
 * Puts fragmented messages together, any number of them interleaved, each in memory of its own.
 *
 * Fragments of one message come in order, counting down to 1. A fragment that arrives in pieces can be gathered where it
 * belongs (`place`); every other one is copied there.
 *
 * @see OTP `erl_dist_protocol`, "Protocol between connected nodes", fragments
 */
export class Reassembler {
  readonly #limits: FragmentLimits
  readonly #open = new Map<Sequence, PartialMessage>()
  #bytes = 0
  #placed: { readonly sequence: Sequence; readonly bytes: number } | undefined
  #first: Uint8Array | undefined

  constructor(limits: FragmentLimits) {
    this.#limits = limits
  }

  /**
   * A message begins.
   *
   * @param count how many fragments it has, at least 2
   * @throws {DistError} `DIST_MALFORMED`, `DIST_FRAGMENT_LIMIT`
   */
  begin(sequence: Sequence, count: number, decoded: DecodedControl, atoms: readonly Atom[], part: Uint8Array): void {
    this.#admit(sequence)
    const expectedBytes = Math.min(part.length * count, this.#limits.maxPartialBytes)
    const bytes = new Uint8Array(0)
    const message = { decoded, atoms, bytes, start: 0, filled: 0, next: count - 1, expectedBytes, idleSince: undefined }
    this.#append(message, part)
    this.#open.set(sequence, message)
  }

  /** Where the bytes of a first fragment that is still arriving go, with room behind them for the other fragments. */
  placeFirst(count: number, bytes: number): Uint8Array | undefined {
    if (!(count > 1) || bytes > MOST_PLACED_BYTES) return undefined
    const all = count === 2 ? bytes + SMALL_REST_BYTES + AHEAD_BYTES : bytes * count
    const room = Math.max(bytes, Math.min(all, bytes * ROOM_FACTOR, FIRST_ROOM_BYTES))
    this.#first = new Uint8Array(Buffer.allocUnsafeSlow(room).buffer)
    return this.#first.subarray(0, bytes)
  }

  /**
   * As `begin`, for a first fragment that was gathered in its place.
   *
   * @param start where in it the payload begins
   * @param end where it ends
   */
  beginPlaced(
    sequence: Sequence,
    count: number,
    decoded: DecodedControl,
    atoms: readonly Atom[],
    start: number,
    end: number,
  ): void {
    this.#admit(sequence)
    this.#hold(end - start)
    const bytes = this.#first!
    this.#first = undefined
    const expectedBytes = Math.min(start + (end - start) * count, this.#limits.maxPartialBytes)
    this.#open.set(sequence, {
      decoded,
      atoms,
      bytes,
      start,
      filled: end,
      next: count - 1,
      expectedBytes,
      idleSince: undefined,
    })
  }

  /**
   * A further fragment.
   *
   * @returns the message when this was its last fragment
   * @throws {DistError} `DIST_MALFORMED`, `DIST_FRAGMENT_LIMIT`
   */
  continue(sequence: Sequence, fragment: number, part: Uint8Array): PartialMessage | undefined {
    const message = this.#open.get(sequence)
    if (message === undefined) throw malformed(`sequence ${sequence} was never started`)
    if (fragment !== message.next) throw malformed(`fragment ${fragment} came where ${message.next} was due`)
    this.#append(message, part)
    return this.#advance(sequence, message)
  }

  /** Where the bytes of a fragment that is still arriving belong; undefined when `continue` would refuse it. */
  place(sequence: Sequence, fragment: number, bytes: number): Uint8Array | undefined {
    const message = this.#open.get(sequence)
    if (message?.next !== fragment || bytes > MOST_PLACED_BYTES) return undefined
    if (this.#bytes + bytes > this.#limits.maxPartialBytes) return undefined
    this.#makeRoom(message, message.filled + bytes, message.filled)
    this.#placed = { sequence, bytes }
    return message.bytes.subarray(message.filled, message.filled + bytes)
  }

  /** The fragment that `place` was asked for is there; else as `continue`. */
  continuePlaced(): PartialMessage | undefined {
    const { sequence, bytes } = this.#placed!
    const message = this.#open.get(sequence)!
    this.#placed = undefined
    this.#bytes += bytes
    message.filled += bytes
    return this.#advance(sequence, message)
  }

  /**
   * Looks for messages that stand still.
   *
   * @throws {DistError} `DIST_FRAGMENT_LIMIT` when one has made no progress for too long
   */
  expire(now: number): void {
    for (const [sequence, message] of this.#open) {
      message.idleSince ??= now
      if (now - message.idleSince < this.#limits.maxPartialAgeMs) continue
      throw new DistError(
        'DIST_FRAGMENT_LIMIT',
        `the message of sequence ${sequence} waits for its next fragment since ${now - message.idleSince} ms`,
      )
    }
  }

  /** Drops everything. */
  clear(): void {
    this.#open.clear()
    this.#bytes = 0
    this.#first = undefined
  }

  #admit(sequence: Sequence): void {
    if (this.#open.has(sequence)) throw malformed(`sequence ${sequence} was started twice`)
    if (this.#open.size < this.#limits.maxPartialMessages) return
    throw new DistError(
      'DIST_FRAGMENT_LIMIT',
      `more than ${this.#limits.maxPartialMessages} messages are unfinished at once`,
    )
  }

  #hold(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes <= this.#limits.maxPartialBytes) return
    throw new DistError(
      'DIST_FRAGMENT_LIMIT',
      `unfinished messages hold more than ${this.#limits.maxPartialBytes} bytes`,
    )
  }

  #append(message: PartialMessage, part: Uint8Array): void {
    this.#hold(part.length)
    const filled = message.filled + part.length
    this.#makeRoom(message, filled, filled)
    message.bytes.set(part, message.filled)
    message.filled = filled
  }

  /** @param came how much of it is here: what is only announced gets no room in advance */
  #makeRoom(message: PartialMessage, needed: number, came: number): void {
    if (needed <= message.bytes.length) return
    const most = needed <= message.expectedBytes ? message.expectedBytes : this.#limits.maxPartialBytes
    const room = Math.max(needed, Math.min(most, came * ROOM_FACTOR))
    const grown = new Uint8Array(Buffer.allocUnsafeSlow(room).buffer)
    grown.set(message.bytes.subarray(0, message.filled))
    message.bytes = grown
  }

  #advance(sequence: Sequence, message: PartialMessage): PartialMessage | undefined {
    message.next--
    message.idleSince = undefined
    if (message.next > 0) return undefined
    this.#open.delete(sequence)
    this.#bytes -= message.filled - message.start
    return message
  }
}

function malformed(what: string): DistError {
  return new DistError('DIST_MALFORMED', `the peer's fragments do not fit: ${what}`)
}
