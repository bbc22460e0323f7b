import { type Atom, type DecodeOptions, decodeTerm } from '@dynsrv/etf'
import { type DecodedControl, decodeControl } from './control-decode.ts'
import type { ControlMessage } from './control-message.ts'
import { decodeWithAtoms } from './decode-with-atoms.ts'
import { HeaderReader } from './distribution-header.ts'
import { EncodedTerm } from './encoded-term.ts'
import { DistError } from './error.ts'
import { DFLAG_DIST_HDR_ATOM_CACHE, DFLAG_FRAGMENTS } from './flags.ts'
import { type FragmentLimits, type PartialMessage, Reassembler } from './fragment.ts'
import { FIRST_FRAGMENT, FRAGMENT_PREFIX_BYTES, FURTHER_FRAGMENT, HEADER, PASS_THROUGH, VERSION } from './frame.ts'
import type { Placement } from './packet.ts'

/** A control message with what belongs to it. */
export interface IncomingMessage {
  readonly type: 'message'
  readonly control: ControlMessage
  /** The message, exit reason or argument list of those that have one. */
  readonly payload?: EncodedTerm
}

/** Frames to messages, in the framing that the negotiated flags fix. */
export class FrameReader {
  readonly #header: HeaderReader | undefined
  readonly #reassembler: Reassembler | undefined
  readonly #decode: DecodeOptions

  constructor(flags: bigint, limits: FragmentLimits, decode: DecodeOptions) {
    const fragments = (flags & DFLAG_FRAGMENTS) !== 0n
    this.#header = fragments || (flags & DFLAG_DIST_HDR_ATOM_CACHE) !== 0n ? new HeaderReader() : undefined
    this.#reassembler = fragments ? new Reassembler(limits) : undefined
    this.#decode = decode
  }

  /**
   * One frame, not empty and without its length.
   *
   * @returns the message, unless it is not whole yet
   * @throws {DistError | EtfError} when the peer broke the protocol
   */
  read(frame: Uint8Array): IncomingMessage | undefined {
    const header = this.#header
    if (header === undefined) return this.#passThrough(frame)
    if (frame[0] !== VERSION) throw malformed(`a frame that starts with byte ${frame[0]} where ${VERSION} is due`)
    const kind = frame[1]
    if (kind === HEADER) return this.#whole(frame, header, 2)
    if (this.#reassembler !== undefined) {
      if (kind === FIRST_FRAGMENT) return this.#firstFragment(frame, header, this.#reassembler)
      if (kind === FURTHER_FRAGMENT) return this.#furtherFragment(frame, this.#reassembler)
    }
    throw malformed(`a frame of kind ${kind}`)
  }

  /** @throws {DistError} `DIST_FRAGMENT_LIMIT` when an unfinished message stands still for too long */
  expire(now: number): void {
    this.#reassembler?.expire(now)
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
      place(head, restBytes) {
        if (head[0] !== VERSION || head[1] !== FURTHER_FRAGMENT) return undefined
        const { sequence, fragment } = fragmentIds(head)
        return reassembler.place(sequence, fragment, restBytes)
      },
    }
  }

  /** A fragment that was gathered in its place is there. */
  readPlaced(): IncomingMessage | undefined {
    return this.#finish(this.#reassembler!.continuePlaced())
  }

  #whole(frame: Uint8Array, header: HeaderReader, at: number): IncomingMessage {
    const atoms = header.read(frame, at)
    const { value, end } = decodeWithAtoms(frame, header.end, this.#decode, atoms)
    return message(decodeControl(value), this.#payload(frame, end, atoms))
  }

  #passThrough(frame: Uint8Array): IncomingMessage {
    if (frame[0] !== PASS_THROUGH || frame[1] !== VERSION)
      throw malformed('a frame that is not pass-through, as was agreed')
    const { value, end } = decodeTerm(frame, 2, this.#decode)
    const decoded = decodeControl(value)
    // Bytes behind the control tuple of an op without payload mean nothing.
    if (decoded.payload === false || end === frame.length) return message(decoded, undefined)
    if (frame[end] !== VERSION) throw malformed('a payload without its version byte')
    return message(decoded, this.#payload(frame, end + 1, []))
  }

  #firstFragment(frame: Uint8Array, header: HeaderReader, reassembler: Reassembler): IncomingMessage | undefined {
    const { sequence, fragment } = fragmentIds(frame)
    if (fragment < 1 || !Number.isSafeInteger(fragment)) throw malformed(`a message of ${fragment} fragments`)
    if (fragment === 1) return this.#whole(frame, header, FRAGMENT_PREFIX_BYTES)
    const atoms = header.read(frame, FRAGMENT_PREFIX_BYTES)
    const { value, end } = decodeWithAtoms(frame, header.end, this.#decode, atoms)
    reassembler.begin(sequence, fragment, decodeControl(value), atoms, frame.subarray(end))
    return undefined
  }

  #furtherFragment(frame: Uint8Array, reassembler: Reassembler): IncomingMessage | undefined {
    const { sequence, fragment } = fragmentIds(frame)
    return this.#finish(reassembler.continue(sequence, fragment, frame.subarray(FRAGMENT_PREFIX_BYTES)))
  }

  #finish(whole: PartialMessage | undefined): IncomingMessage | undefined {
    if (whole === undefined) return undefined
    const { decoded, atoms, bytes, filled } = whole
    return message(decoded, this.#payload(bytes.subarray(0, filled), 0, atoms))
  }

  #payload(bytes: Uint8Array, at: number, atoms: readonly Atom[]): EncodedTerm | undefined {
    return at < bytes.length ? new EncodedTerm(bytes, at, bytes.length, atoms, this.#decode) : undefined
  }
}

function fragmentIds(frame: Uint8Array): { sequence: bigint; fragment: number } {
  if (frame.length < FRAGMENT_PREFIX_BYTES) throw malformed('a fragment that ends in its prefix')
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  return { sequence: view.getBigUint64(2), fragment: Number(view.getBigUint64(10)) }
}

/** One message as it comes out: reasons of the older opcodes come as payload too. */
function message({ control, payload, inlineReason }: DecodedControl, came: EncodedTerm | undefined): IncomingMessage {
  if (inlineReason !== undefined) return { type: 'message', control, payload: EncodedTerm.of(inlineReason.term) }
  if (payload === false) return { type: 'message', control }
  if (came !== undefined) return { type: 'message', control, payload: came }
  if (payload === true) throw malformed(`${control.op} without its payload`)
  return { type: 'message', control }
}

function malformed(what: string): DistError {
  return new DistError('DIST_MALFORMED', `the peer sent ${what}`)
}
