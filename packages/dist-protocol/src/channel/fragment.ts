import { type Atom, type EtfError, SeededMap } from '@dynsrv/etf'
import type { DecodedControl } from '../control/control-codec.ts'
import { DistError } from '../error.ts'
import { AHEAD_BYTES } from '../packet.ts'
import type { Asked } from './asked.ts'
import type { EncodedTerm } from './encoded-term.ts'

/** The number of a fragmented message, of 64 bits; a `bigint` only where a `number` is not exact, for one takes long to make. */
export type Sequence = number | bigint

/** How much of unfinished messages is kept. */
export interface FragmentLimits {
  /** Unfinished messages at once; more end the link. A BEAM node sends one for each process. */
  readonly maxPartialMessages: number
  /** Bytes that came of all of them together. A message over it comes without its payload, whose `decode` says why. */
  readonly maxPartialBytes: number
  /**
   * How long one may go without its next fragment before it is given up: it then comes without its payload, whose `decode`
   * says why. The sender of OTP 23 that is killed within a message never ends it. Unit: milliseconds.
   */
  readonly maxPartialAgeMs: number
}

/**
 * The limit by which unfinished messages may not hold so many bytes in all; undefined while none does. Beside the limits of
 * the channel, for those who count several together.
 */
export type LimitOnUnfinished = (bytes: number) => string | undefined

/** A control message, and the exit reason of the older opcodes, which have it in the control tuple. */
export interface ReadControl extends DecodedControl {
  readonly reason?: EncodedTerm
  /** Why its payload cannot be read here. */
  readonly refusal?: EtfError | undefined
}

/** A control message that cannot be read here, as it is over a limit. */
export interface RefusedControl {
  readonly control?: undefined
  readonly refusal: EtfError
  /** Who waits for an answer to it. */
  readonly asked: Asked | undefined
}

/** What the first fragment of a message says in front of the payload. */
export interface MessageHead {
  /** How many fragments there are, at least 2. */
  readonly count: number
  readonly decoded: ReadControl | RefusedControl
  readonly atoms: readonly Atom[]
  /** How long the control message was. Unit: bytes. */
  readonly bytes: number
  /** Whether anybody wants the payload. */
  readonly isWanted: boolean
}

/** A message of which fragments are missing, or that has just become whole. */
export interface PartialMessage {
  readonly decoded: ReadControl | RefusedControl
  readonly atoms: readonly Atom[]
  /** The payload so far: `bytes[start, filled)`. */
  bytes: Uint8Array
  start: number
  filled: number
  /** The number of the fragment that must come next, counting down; 0 when the message is whole. */
  next: number
  /** About how much room it will need, from the size of its first fragment. */
  readonly expectedBytes: number
  /** When it was first seen without progress, by the caller's clock. */
  idleSince: number | undefined
  /** What is held of it beside the payload. Unit: bytes. */
  readonly headBytes: number
  /** Whether its payload was let go of: there was no room, or nobody wants it. */
  isDropped: boolean
  /** The limit by which it was let go of. */
  limit: string | undefined
  /** Whether it was given up; fragments of it that still come count for nothing. */
  isExpired: boolean
}

/** About what an unfinished message takes beside its bytes. Unit: bytes. */
const MESSAGE_BYTES = 512

/** So much stays of a payload that is let go of. Unit: bytes. */
const KEPT_BYTES = 1024

const NOTHING = new Uint8Array(0)

/** The room for a payload stays in proportion to what came of it. */
const ROOM_FACTOR = 16

/** Announced by a first fragment of which only the head is here, a message gets no more room than this. */
const FIRST_ROOM_BYTES = (1 << 20) + (1 << 16)

/** A message in two fragments is most often one that is a little too large for one: then the second is this small. */
const SMALL_REST_BYTES = 1024

/** What nobody wants is read to here, by all links alike: it costs no memory. */
const nowhere = new Uint8Array(128 * 1024)

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
  readonly #limitOn: LimitOnUnfinished | undefined
  /** The peer chooses the numbers, and might choose some that a `Map` hashes badly. */
  readonly #open = new SeededMap<Sequence, PartialMessage>()
  /** What came of them. */
  #bytes = 0
  #held = 0
  #placed: { readonly sequence: Sequence; readonly bytes: number } | undefined
  #first: Uint8Array | undefined
  /** Nobody wanted the last one that began, so the next is most likely not wanted, too. */
  #isUnwanted = false

  constructor(limits: FragmentLimits, limitOn: LimitOnUnfinished | undefined) {
    this.#limits = limits
    this.#limitOn = limitOn
  }

  /** What unfinished messages hold, with the room that they have been given. */
  get heldBytes(): number {
    return this.#held
  }

  /** The limit by which no more bytes may come; undefined while there is room. @param more how much more would be held */
  #limitOnMore(bytes: number, more: number): string | undefined {
    if (this.#bytes + bytes > this.#limits.maxPartialBytes) return 'limits.maxPartialBytes'
    return more > 0 ? this.#limitOn?.(this.#held + more) : undefined
  }

  /** How much room to give: as much as will be needed, or only what is where more may not be held. */
  #room(wanted: number, least: number, before: number): number {
    return wanted > least && this.#limitOn?.(this.#held + wanted - before) !== undefined ? least : wanted
  }

  #give(message: PartialMessage, bytes: Uint8Array): void {
    this.#held += bytes.length - message.bytes.length
    message.bytes = bytes
  }

  /**
   * A message begins.
   *
   * @param part the beginning of its payload
   * @throws {DistError} `DIST_MALFORMED`, `DIST_FRAGMENT_LIMIT`
   */
  begin(sequence: Sequence, head: MessageHead, part: Uint8Array): void {
    const message = this.#start(sequence, head, NOTHING, 0, part.length)
    if (head.isWanted) this.#append(message, part)
    else this.#keepBeginning(message, part)
  }

  /** Where the bytes of a first fragment that is still arriving go, with room behind them for the other fragments. */
  placeFirst(count: number, bytes: number): Uint8Array | undefined {
    if (!(count > 1) || bytes > MOST_PLACED_BYTES) return undefined
    if (this.#isUnwanted && bytes <= nowhere.length - AHEAD_BYTES) {
      this.#first = nowhere
      return nowhere.subarray(0, bytes)
    }
    const all = count === 2 ? bytes + SMALL_REST_BYTES + AHEAD_BYTES : bytes * count
    const room = this.#room(Math.max(bytes, Math.min(all, bytes * ROOM_FACTOR, FIRST_ROOM_BYTES)), bytes, 0)
    this.#first = new Uint8Array(Buffer.allocUnsafeSlow(room).buffer)
    return this.#first.subarray(0, bytes)
  }

  /**
   * As `begin`, for a first fragment that was gathered in its place.
   *
   * @param start where in it the payload begins
   * @param end where it ends
   */
  beginPlaced(sequence: Sequence, head: MessageHead, start: number, end: number): void {
    const first = this.#first!
    this.#first = undefined
    if (!head.isWanted || first === nowhere) {
      this.begin(sequence, head, first.subarray(start, end))
      return
    }
    const message = this.#start(sequence, head, first, start, end - start)
    message.limit = this.#limitOnMore(end - start, first.length)
    this.#held += first.length
    this.#bytes += end - start
    message.filled = end
    if (message.limit !== undefined) this.#drop(message)
  }

  #start(sequence: Sequence, head: MessageHead, bytes: Uint8Array, start: number, firstBytes: number): PartialMessage {
    const before = this.#open.get(sequence)
    // A process that was killed within a message leaves its number to another one.
    if (before?.isExpired === true) this.#forget(sequence, before)
    else if (before !== undefined) throw malformed(`sequence ${sequence} was started twice`)
    const { maxPartialMessages, maxPartialBytes } = this.#limits
    if (this.#open.size >= maxPartialMessages) this.#forgetExpired()
    if (this.#open.size >= maxPartialMessages) {
      throw new DistError(
        'DIST_FRAGMENT_LIMIT',
        `more messages are unfinished than limits.maxPartialMessages allows: ${maxPartialMessages}`,
      )
    }
    const headBytes = MESSAGE_BYTES + head.bytes
    const limit = this.#limitOnMore(headBytes, headBytes)
    if (limit !== undefined) {
      const message = `the control messages of unfinished messages hold more bytes than ${limit} allows`
      throw new DistError('DIST_FRAGMENT_LIMIT', message)
    }
    this.#bytes += headBytes
    this.#held += headBytes
    const { decoded, atoms, count, isWanted } = head
    this.#isUnwanted = !isWanted
    const expectedBytes = Math.min(start + firstBytes * count, maxPartialBytes)
    const rest = {
      next: count - 1,
      expectedBytes,
      idleSince: undefined,
      headBytes,
      isDropped: !isWanted,
      limit: undefined,
      isExpired: false,
    }
    const message: PartialMessage = { decoded, atoms, bytes, start, filled: start, ...rest }
    this.#open.set(sequence, message)
    return message
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
    if (message.isDropped) {
      if (bytes > nowhere.length - AHEAD_BYTES) return undefined
      this.#placed = { sequence, bytes }
      return nowhere.subarray(0, bytes)
    }
    if (this.#limitOnMore(bytes, message.filled + bytes - message.bytes.length) !== undefined) return undefined
    this.#makeRoom(message, message.filled + bytes, message.filled)
    this.#placed = { sequence, bytes }
    return message.bytes.subarray(message.filled, message.filled + bytes)
  }

  /** The fragment that `place` was asked for is there; else as `continue`. */
  continuePlaced(): PartialMessage | undefined {
    const { sequence, bytes } = this.#placed!
    const message = this.#open.get(sequence)!
    this.#placed = undefined
    if (!message.isDropped) {
      this.#bytes += bytes
      message.filled += bytes
    }
    return this.#advance(sequence, message)
  }

  /** Gives up the messages that have made no progress for too long. */
  expire(now: number): PartialMessage[] {
    const given: PartialMessage[] = []
    for (const [, message] of this.#open) {
      if (message.isExpired) continue
      message.idleSince ??= now
      if (now - message.idleSince < this.#limits.maxPartialAgeMs) continue
      this.#drop(message)
      message.isExpired = true
      given.push(message)
    }
    return given
  }

  #forget(sequence: Sequence, { bytes, filled, start, headBytes }: PartialMessage): void {
    this.#open.delete(sequence)
    this.#held -= bytes.length + headBytes
    this.#bytes -= filled - start + headBytes
  }

  #forgetExpired(): void {
    for (const [sequence, message] of this.#open) if (message.isExpired) this.#forget(sequence, message)
  }

  /** Drops everything. */
  clear(): void {
    this.#open.clear()
    this.#bytes = 0
    this.#held = 0
    this.#first = undefined
  }

  /** Whether there is room for more of a payload; else what came of it is let go of, and so is what will come. */
  #admits(message: PartialMessage, bytes: number, more: number): boolean {
    if (message.isDropped) return false
    message.limit = this.#limitOnMore(bytes, more)
    if (message.limit === undefined) return true
    this.#drop(message)
    return false
  }

  /** Lets go of a payload but for its beginning, which tells who waits for an answer. */
  #drop(message: PartialMessage): void {
    if (message.isDropped) return
    const { bytes, start, filled } = message
    message.isDropped = true
    this.#bytes -= filled - start
    this.#keepBeginning(message, bytes.subarray(start, filled))
  }

  #keepBeginning(message: PartialMessage, payload: Uint8Array): void {
    this.#give(message, payload.slice(0, KEPT_BYTES))
    message.start = 0
    message.filled = message.bytes.length
    this.#bytes += message.filled
  }

  #append(message: PartialMessage, part: Uint8Array): void {
    const filled = message.filled + part.length
    if (!this.#admits(message, part.length, filled - message.bytes.length)) return
    this.#bytes += part.length
    this.#makeRoom(message, filled, filled)
    message.bytes.set(part, message.filled)
    message.filled = filled
  }

  /** @param came how much of it is here: what is only announced gets no room in advance */
  #makeRoom(message: PartialMessage, needed: number, came: number): void {
    if (needed <= message.bytes.length) return
    const most = needed <= message.expectedBytes ? message.expectedBytes : this.#limits.maxPartialBytes
    const wanted = Math.max(needed, Math.min(most, came * ROOM_FACTOR))
    const room = this.#room(wanted, needed, message.bytes.length)
    const grown = new Uint8Array(Buffer.allocUnsafeSlow(room).buffer)
    grown.set(message.bytes.subarray(0, message.filled))
    this.#give(message, grown)
  }

  #advance(sequence: Sequence, message: PartialMessage): PartialMessage | undefined {
    message.next--
    message.idleSince = undefined
    if (message.next > 0) return undefined
    this.#forget(sequence, message)
    return message.isExpired ? undefined : message
  }
}

function malformed(what: string): DistError {
  return new DistError('DIST_MALFORMED', `the peer's fragments do not fit: ${what}`)
}
