import {
  type Atom,
  type AtomShare,
  type DecodeOptions,
  EtfError,
  isEtfError,
  Tag,
  type Term,
  TermDecoder,
  Tuple,
} from '@dynsrv/etf'
import { CONTROL, type LinkNames } from '../control/control-codec.ts'
import type { ControlMessage } from '../control/control-message.ts'
import { DistError } from '../error.ts'
import { DFLAG_DIST_HDR_ATOM_CACHE, DFLAG_FRAGMENTS } from '../flags.ts'
import type { Placement } from '../packet.ts'
import { type Asked, askedIn } from './asked.ts'
import { HeaderReader } from './distribution-header.ts'
import { EncodedTerm } from './encoded-term.ts'
import {
  type FragmentLimits,
  type LimitOnUnfinished,
  type MessageHead,
  type PartialMessage,
  type ReadControl,
  Reassembler,
  type RefusedControl,
  type Sequence,
} from './fragment.ts'
import { FIRST_FRAGMENT, FRAGMENT_PREFIX_BYTES, FURTHER_FRAGMENT, HEADER, PASS_THROUGH, VERSION } from './frame.ts'
import { LastPrefix } from './last-prefix.ts'

/** A control message with what belongs to it. */
export interface IncomingMessage {
  readonly type: 'message'
  readonly control: ControlMessage
  /** The message, exit reason or argument list of those that have one. */
  readonly payload?: EncodedTerm
}

/** A message whose control message is over a limit: nothing more is known of it. Whatever else the peer sends is sound. */
export interface RefusedMessage {
  readonly type: 'refused'
  /** Of the category `limit`. */
  readonly error: EtfError
  /** Who waits for an answer to it, where that can be read. */
  readonly asked?: Asked
}

/** Whether the payload of a message that comes in fragments is wanted. */
export type Wants = (control: ControlMessage) => boolean

const always: Wants = () => true

/** Frames to messages, in the framing that the negotiated flags fix. */
export class FrameReader {
  readonly #header: HeaderReader | undefined
  readonly #reassembler: Reassembler | undefined
  readonly #link: LinkNames | undefined
  readonly #limits: FragmentLimits
  readonly #wants: Wants
  readonly #decoder: TermDecoder
  readonly #last = new LastPrefix()
  /** The ids of the first fragment that is being gathered in its place. */
  #placedFirst: FragmentIds | undefined

  constructor(
    flags: bigint,
    link: LinkNames | undefined,
    limits: FragmentLimits,
    decode: DecodeOptions | undefined,
    wants: Wants = always,
    atoms?: AtomShare,
    limitOn?: LimitOnUnfinished,
  ) {
    this.#wants = wants
    this.#decoder = new TermDecoder(decode, atoms)
    this.#link = link
    const fragments = (flags & DFLAG_FRAGMENTS) !== 0n
    this.#header = fragments || (flags & DFLAG_DIST_HDR_ATOM_CACHE) !== 0n ? new HeaderReader(this.#decoder) : undefined
    this.#reassembler = fragments ? new Reassembler(limits, limitOn) : undefined
    this.#limits = limits
  }

  /**
   * One frame, `bytes[start, end)`, not empty and without its length.
   *
   * @returns the message, unless it is not whole yet
   * @throws {DistError | EtfError} when the peer broke the protocol
   */
  read(bytes: Uint8Array, start: number, end: number): Incoming | undefined {
    const { control, atoms, length } = this.#last
    if (control !== undefined && this.#last.matches(bytes, start, end)) {
      return { type: 'message', control, payload: new EncodedTerm(bytes, start + length, end, atoms, this.#decoder) }
    }
    const header = this.#header
    if (header === undefined) return this.#passThrough(bytes, start, end)
    if (bytes[start] !== VERSION)
      throw malformed(`a frame that starts with byte ${bytes[start]} where ${VERSION} is due`)
    const kind = end - start > 1 ? bytes[start + 1] : undefined
    if (kind === HEADER) return this.#whole(bytes, start, end, header, 2)
    if (this.#reassembler !== undefined) {
      if (kind === FIRST_FRAGMENT) return this.#firstFragment(bytes, start, end, header, this.#reassembler)
      if (kind === FURTHER_FRAGMENT) return this.#furtherFragment(bytes, start, end, this.#reassembler)
    }
    throw malformed(`a frame of kind ${kind}`)
  }

  /** The unfinished messages that stand still for too long, without their payloads. */
  expire(now: number): Incoming[] {
    const given = this.#reassembler?.expire(now) ?? []
    return given.map((partial) => message(partial.decoded, refused(tooOld(this.#limits), partial)))
  }

  /** What unfinished messages hold. */
  get unfinishedBytes(): number {
    return this.#reassembler?.heldBytes ?? 0
  }

  /** Drops unfinished messages. */
  clear(): void {
    this.#reassembler?.clear()
  }

  /** How the bytes of a fragment that is still arriving find their place. */
  placement(): Placement | undefined {
    const reassembler = this.#reassembler
    if (reassembler === undefined) return undefined
    return {
      headBytes: FRAGMENT_PREFIX_BYTES,
      place: (bytes, at, restBytes) => {
        if (bytes[at] !== VERSION) return undefined
        const kind = bytes[at + 1]
        if (kind !== FIRST_FRAGMENT && kind !== FURTHER_FRAGMENT) return undefined
        const ids = fragmentIds(bytes, at)
        if (kind === FURTHER_FRAGMENT) return reassembler.place(ids.sequence, ids.fragment, restBytes)
        const placed = reassembler.placeFirst(ids.fragment, restBytes)
        // One without a place is gathered like any frame, and must not be taken for the next that has one.
        this.#placedFirst = placed === undefined ? undefined : ids
        return placed
      },
    }
  }

  /** A fragment that was gathered in its place, `bytes[0, end)`, is there. */
  readPlaced(bytes: Uint8Array, end: number): Incoming | undefined {
    const first = this.#placedFirst
    if (first === undefined) return this.#finish(this.#reassembler!.continuePlaced())
    this.#placedFirst = undefined
    const head = this.#head(bytes, 0, end, this.#header!, first.fragment)
    this.#reassembler!.beginPlaced(first.sequence, head, this.#decoder.end, end)
    return undefined
  }

  /** What stands in front of the payload of the first of `count` fragments. */
  #head(bytes: Uint8Array, at: number, end: number, header: HeaderReader, count: number): MessageHead {
    const atoms = header.read(bytes, at, end)
    if (header.isNew) this.#last.forget()
    const decoded = this.#control(bytes, header.end, end, atoms)
    const isWanted = decoded.control !== undefined && decoded.refusal === undefined && this.#wants(decoded.control)
    return { count, atoms, decoded, isWanted, bytes: this.#decoder.end - header.end }
  }

  #whole(bytes: Uint8Array, start: number, end: number, header: HeaderReader, skipped: number): Incoming | undefined {
    const atoms = header.read(bytes, start + skipped, end)
    const decoded = this.#control(bytes, header.end, end, atoms)
    if (header.isNew) this.#last.forget()
    if (decoded.control === undefined) return message(decoded, undefined)
    const at = this.#decoder.end
    if (!header.isNew && decoded.refusal === undefined && decoded.payload === true && at < end)
      this.#last.keep(bytes, start, at, decoded.control, atoms)
    return message(decoded, this.#payload(bytes, at, end, atoms))
  }

  #passThrough(bytes: Uint8Array, start: number, end: number): Incoming {
    if (end - start < 2 || bytes[start] !== PASS_THROUGH || bytes[start + 1] !== VERSION)
      throw malformed('a frame that is not pass-through, as was agreed')
    const decoded = this.#control(bytes, start + 2, end, NO_ATOMS)
    const at = this.#decoder.end
    if (decoded.control === undefined) return message(decoded, undefined)
    // Bytes behind the control tuple of an op without payload mean nothing.
    if (decoded.reason !== undefined || decoded.payload === false || at === end) return message(decoded, undefined)
    if (bytes[at] !== VERSION) throw malformed('a payload without its version byte')
    if (decoded.payload === true && at + 1 < end) this.#last.keep(bytes, start, at + 1, decoded.control, NO_ATOMS)
    return message(decoded, this.#payload(bytes, at + 1, end, NO_ATOMS))
  }

  #firstFragment(
    bytes: Uint8Array,
    start: number,
    end: number,
    header: HeaderReader,
    reassembler: Reassembler,
  ): Incoming | undefined {
    if (end - start < FRAGMENT_PREFIX_BYTES) throw endsInPrefix()
    const { sequence, fragment } = fragmentIds(bytes, start)
    if (fragment < 1 || !Number.isSafeInteger(fragment)) throw malformed(`a message of ${fragment} fragments`)
    if (fragment === 1) return this.#whole(bytes, start, end, header, FRAGMENT_PREFIX_BYTES)
    const head = this.#head(bytes, start + FRAGMENT_PREFIX_BYTES, end, header, fragment)
    reassembler.begin(sequence, head, bytes.subarray(this.#decoder.end, end))
    return undefined
  }

  #furtherFragment(bytes: Uint8Array, start: number, end: number, reassembler: Reassembler): Incoming | undefined {
    if (end - start < FRAGMENT_PREFIX_BYTES) throw endsInPrefix()
    const { sequence, fragment } = fragmentIds(bytes, start)
    return this.#finish(reassembler.continue(sequence, fragment, bytes.subarray(start + FRAGMENT_PREFIX_BYTES, end)))
  }

  #finish(whole: PartialMessage | undefined): Incoming | undefined {
    if (whole === undefined) return undefined
    const { decoded, atoms, bytes, start, filled, isDropped, limit } = whole
    return message(
      decoded,
      isDropped
        ? refused(limit === undefined ? unwanted() : tooLarge(limit), whole)
        : this.#payload(bytes, start, filled, atoms),
    )
  }

  /** The control message that begins at `bytes[start]`; the payload begins where the decoder ends. */
  #control(bytes: Uint8Array, start: number, end: number, atoms: readonly Atom[]): ReadControl | RefusedControl {
    const refusal = this.#header?.refusal
    try {
      const read = this.#readControl(bytes, start, end, atoms)
      return refusal === undefined ? read : { ...read, refusal }
    } catch (cause) {
      if (!isEtfError(cause)) throw cause
      this.#decoder.end = start
      // An atom that was left out is missing.
      const isLeftOut = cause.code === 'ETF_BAD_ATOM_REF' && refusal !== undefined
      if (cause.category !== 'limit' && !isLeftOut) throw cause
      const asked = askedIn(this.#decoder, bytes, start, end, atoms)
      this.#decoder.end = start
      return { refusal: isLeftOut ? refusal : cause, asked }
    }
  }

  #readControl(bytes: Uint8Array, start: number, end: number, atoms: readonly Atom[]): ReadControl {
    const isSmall = bytes[start] === Tag.SMALL_TUPLE_EXT
    const first = start + (isSmall ? 2 : 5)
    const opcode = bytes[first] === Tag.SMALL_INTEGER_EXT && first + 1 < end ? bytes[first + 1]! : -1
    if (!((isSmall || bytes[start] === Tag.LARGE_TUPLE_EXT) && CONTROL.hasReason(opcode))) {
      return CONTROL.decode(this.#decoder.decode(bytes, start, end, atoms), this.#link)
    }
    // The reason is not read here: one that is over a limit must not cost more than itself.
    const elements: Term[] = []
    let at = first
    for (let left = isSmall ? bytes[start + 1]! : u32(bytes, start + 1); left > 1; left--) {
      elements.push(this.#decoder.decode(bytes, at, end, atoms))
      at = this.#decoder.end
    }
    elements.push(undefined)
    const decoded = CONTROL.decode(new Tuple(elements), this.#link)
    // In memory of its own: where fragments follow, the frame's is used anew.
    return { ...decoded, reason: new EncodedTerm(bytes, at, end, atoms, this.#decoder).copy() }
  }

  #payload(bytes: Uint8Array, at: number, end: number, atoms: readonly Atom[]): EncodedTerm | undefined {
    return at < end ? new EncodedTerm(bytes, at, end, atoms, this.#decoder) : undefined
  }
}

/** The upper half of the first 64-bit number that a `number` does not hold exactly. */
const EXACT_HIGH_HALF = 1 << 21

const NO_ATOMS: readonly Atom[] = []

interface FragmentIds {
  readonly sequence: Sequence
  readonly fragment: number
}

/** What the prefix of a fragment that begins at `bytes[at]`, and is there whole, says. */
function fragmentIds(bytes: Uint8Array, at: number): FragmentIds {
  const high = u32(bytes, at + 2)
  const low = u32(bytes, at + 6)
  const sequence = high < EXACT_HIGH_HALF ? high * 0x1_0000_0000 + low : (BigInt(high) << 32n) | BigInt(low)
  return { sequence, fragment: u32(bytes, at + 10) * 0x1_0000_0000 + u32(bytes, at + 14) }
}

function u32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}

function endsInPrefix(): DistError {
  return malformed('a fragment that ends in its prefix')
}

function refused(why: EtfError, { bytes, start, filled, atoms }: PartialMessage): EncodedTerm {
  return EncodedTerm.refused(why, bytes.subarray(start, filled), atoms)
}

function tooLarge(limit: string): EtfError {
  const message = `unfinished messages hold more bytes than ${limit} allows`
  return new EtfError('ETF_LIMIT_SIZE', message, { limit })
}

function unwanted(): EtfError {
  return new EtfError('ETF_LIMIT_SIZE', 'there was no room for it when it began to arrive')
}

function tooOld({ maxPartialAgeMs }: FragmentLimits): EtfError {
  const limit = 'limits.maxPartialAgeMs'
  const message = `a message waits longer for its next fragment than ${limit} allows: ${maxPartialAgeMs}`
  return new EtfError('ETF_LIMIT_SIZE', message, { limit })
}

/** What comes out of frames. */
type Incoming = IncomingMessage | RefusedMessage

/** One message as it comes out: reasons of the older opcodes come as payload too. */
function message(read: ReadControl | RefusedControl, came: EncodedTerm | undefined): Incoming {
  if (read.control === undefined) {
    return { type: 'refused', error: read.refusal, ...(read.asked !== undefined && { asked: read.asked }) }
  }
  const { control, payload, reason, refusal } = read
  const term = reason ?? (payload === false ? undefined : came)
  if (term === undefined) {
    if (payload === true) throw malformed(`${control.op} without its payload`)
    return { type: 'message', control }
  }
  if (refusal === undefined) return { type: 'message', control, payload: term }
  return {
    type: 'message',
    control,
    payload: EncodedTerm.refused(refusal, term.bytes.subarray(term.start, term.end), term.atoms),
  }
}

function malformed(what: string): DistError {
  return new DistError('DIST_MALFORMED', `the peer sent ${what}`)
}
