import { ByteWriter, type DecodeOptions, decodeTerm, EtfError, type Term, writeTerm } from '@dynsrv/etf'
import { type DecodedControl, decodeControl } from './control-decode.ts'
import { type ControlContext, encodeControl, inlinesReason, takesPayload } from './control-encode.ts'
import type { ControlMessage } from './control-message.ts'
import { HeaderReader, HeaderWriter } from './distribution-header.ts'
import { EncodedTerm } from './encoded-term.ts'
import { DistError } from './error.ts'
import { DFLAG_DIST_HDR_ATOM_CACHE, DFLAG_FRAGMENTS } from './flags.ts'
import { type FragmentLimits, Reassembler } from './fragment.ts'
import type { NodeIdentity } from './node-identity.ts'
import { PacketReader } from './packet.ts'
import { transcode } from './transcode.ts'

/** How much a peer may make us hold. */
export interface ChannelLimits extends FragmentLimits {
  /** The largest frame that is let in. Unit: bytes, without the length. */
  readonly maxFrameBytes: number
}

/** @see ChannelLimits */
export const CHANNEL_LIMITS: ChannelLimits = {
  maxFrameBytes: 64 * 1024 * 1024,
  maxPartialMessages: 1024,
  maxPartialBytes: 64 * 1024 * 1024,
  maxPartialAgeMs: 300_000,
}

export interface ChannelOptions {
  readonly self: NodeIdentity
  readonly peer: NodeIdentity
  /** The negotiated flags, from the handshake's `connected`. They fix the framing. */
  readonly flags: bigint
  readonly limits?: Partial<ChannelLimits>
  /** How payloads, reasons and tokens are decoded. */
  readonly decode?: DecodeOptions
}

/** What came from the peer. */
export type ChannelOutput =
  | { readonly type: 'message'; readonly control: ControlMessage; readonly payload?: EncodedTerm }
  /** The peer is there, and has nothing to say. */
  | { readonly type: 'tick' }
  /** Close the connection; nothing more will come out of this channel. */
  | { readonly type: 'failed'; readonly error: DistError }

const VERSION = 131
const PASS_THROUGH = 112
const HEADER = 68
const FIRST_FRAGMENT = 69
const FURTHER_FRAGMENT = 70

/** What a fragment carries of the payload, as BEAM cuts it. Unit: bytes. */
export const FRAGMENT_BYTES = 64 * 1024

/** From here on a frame's body travels as a chunk of its own rather than being copied behind the others. */
const OWN_CHUNK_BYTES = 16 * 1024

/** Fragments bear sequence id and fragment id, 64 bits each. */
const FRAGMENT_PREFIX_BYTES = 18

/**
 * The connected phase of one link: bytes to messages, messages to bytes.
 *
 * The framing follows from the negotiated flags: pass-through, or distribution headers with or without atom cache and
 * fragments. Nothing is written to a socket here: take the bytes with `takeOutput`, best once per turn of the event loop.
 *
 * @see OTP `erl_dist_protocol`, "Protocol between Connected Nodes"
 */
export class Channel {
  readonly self: NodeIdentity
  readonly peer: NodeIdentity
  readonly flags: bigint
  readonly #context: ControlContext
  readonly #decode: DecodeOptions
  readonly #reader: PacketReader
  readonly #headerReader: HeaderReader | undefined
  readonly #headerWriter: HeaderWriter | undefined
  readonly #fragments: boolean
  readonly #reassembler: Reassembler
  readonly #out = new ByteWriter()
  readonly #body = new ByteWriter()
  #chunks: Uint8Array[] = []
  #chunkBytes = 0
  #sequence = 0
  #error: DistError | undefined

  /** @throws {DistError} `DIST_BAD_OPTION` for a limit that is no positive number */
  constructor({ self, peer, flags, limits = {}, decode = {} }: ChannelOptions) {
    const all = { ...CHANNEL_LIMITS, ...limits }
    for (const [name, value] of Object.entries(all)) {
      if (typeof value !== 'number' || !(value > 0))
        throw new DistError('DIST_BAD_OPTION', `${name} must be positive, not ${value}`)
    }
    this.self = self
    this.peer = peer
    this.flags = flags
    this.#context = { flags, self: self.name, peer: peer.name }
    this.#decode = decode
    this.#reader = new PacketReader(4, all.maxFrameBytes)
    this.#fragments = (flags & DFLAG_FRAGMENTS) !== 0n
    const atomCache = (flags & DFLAG_DIST_HDR_ATOM_CACHE) !== 0n
    this.#headerReader = atomCache || this.#fragments ? new HeaderReader() : undefined
    // A header that names atoms on a link without atom cache crashes the peer's whole VM.
    this.#headerWriter = atomCache ? new HeaderWriter() : undefined
    this.#reassembler = new Reassembler(all)
  }

  get state(): 'open' | 'failed' {
    return this.#error === undefined ? 'open' : 'failed'
  }

  /** Why the channel failed. */
  get error(): DistError | undefined {
    return this.#error
  }

  /**
   * Bytes came from the peer, cut anywhere.
   *
   * Payloads are views of the chunk (or of memory of the channel's own): valid as long as nobody overwrites it. What the
   * channel itself keeps for later is copied.
   *
   * @returns what came, in order; nothing once the channel has failed
   */
  receive(chunk: Uint8Array): ChannelOutput[] {
    const outputs: ChannelOutput[] = []
    if (this.#error !== undefined) return outputs
    const reader = this.#reader
    try {
      reader.push(chunk)
      while (reader.next()) {
        if (reader.start === reader.end) outputs.push({ type: 'tick' })
        else this.#frame(reader.bytes.subarray(reader.start, reader.end), outputs)
      }
    } catch (cause) {
      outputs.push(this.#fail(cause))
    }
    return outputs
  }

  /**
   * Where the socket's next bytes are best written, when a large frame is under way; hand that part of it to `receive`
   * and it is not copied any more. Undefined when it does not matter.
   */
  readTarget(): Uint8Array | undefined {
    return this.#error === undefined ? this.#reader.readTarget() : undefined
  }

  /** Gives up messages whose fragments stopped coming. Call it now and then. Unit: milliseconds, on any steady clock. */
  expire(now: number): ChannelOutput[] {
    if (this.#error !== undefined) return []
    try {
      this.#reassembler.expire(now)
      return []
    } catch (cause) {
      return [this.#fail(cause)]
    }
  }

  /**
   * Queues a message.
   *
   * @param payload the message, exit reason or argument list of those that take one; an `EncodedTerm` is passed on as it is
   * @throws {DistError} `DIST_BAD_CONTROL` for what would make the peer drop the connection, `DIST_BAD_STATE` once failed
   * @throws {EtfError} for a term that has no encoding; nothing is queued then
   */
  send(control: ControlMessage, ...payload: [payload?: Term | EncodedTerm]): void {
    if (this.#error !== undefined)
      throw new DistError('DIST_BAD_STATE', 'the channel has failed', { cause: this.#error })
    if (takesPayload(control) !== payload.length > 0) {
      throw new DistError(
        'DIST_BAD_CONTROL',
        `${control.op} ${payload.length > 0 ? 'takes no payload' : 'needs a payload'}`,
      )
    }
    const body = this.#body
    body.reset()
    this.#headerWriter?.begin()
    try {
      this.#writeControl(control, payload)
    } catch (error) {
      body.reset()
      this.#headerWriter?.abandon()
      throw error
    }
  }

  /** Queues a tick, which tells the peer that we are there. */
  tick(): void {
    this.#out.u32(0)
  }

  /** Bytes that wait for `takeOutput`. */
  get pendingBytes(): number {
    return this.#chunkBytes + this.#out.length
  }

  /** Hands over everything queued, to be written in this order. */
  takeOutput(): Uint8Array[] {
    this.#cut()
    const chunks = this.#chunks
    this.#chunks = []
    this.#chunkBytes = 0
    return chunks
  }

  #writeControl(control: ControlMessage, payload: [payload?: Term | EncodedTerm]): void {
    const body = this.#body
    const [given] = payload
    if (inlinesReason(control, this.flags)) {
      this.#writeTerm(encodeControl(control, this.#context, given instanceof EncodedTerm ? given.decode() : given))
      return this.#emit(body.length)
    }
    this.#writeTerm(encodeControl(control, this.#context))
    const controlBytes = body.length
    if (payload.length > 0) {
      if (given instanceof EncodedTerm) this.#forward(given)
      else this.#writeTerm(given)
    }
    this.#emit(controlBytes)
  }

  #writeTerm(term: Term): void {
    if (this.#headerReader === undefined) this.#body.u8(VERSION)
    if (this.#headerWriter === undefined) writeTerm(this.#body, term)
    else writeTerm(this.#body, term, { atomRef: this.#headerWriter.ref })
  }

  #forward(term: EncodedTerm): void {
    if (term.decoded !== undefined) return this.#writeTerm(term.decoded.term)
    if (this.#headerReader === undefined) this.#body.u8(VERSION)
    transcode(term, this.#body, this.#headerWriter?.ref ?? INLINE)
  }

  /** Puts the body, control and payload, into frames. */
  #emit(controlBytes: number): void {
    const out = this.#out
    const body = this.#body
    if (this.#headerReader === undefined) {
      out.u32(1 + body.length)
      out.u8(PASS_THROUGH)
      return this.#emitBody()
    }
    if (this.#fragments && body.length - controlBytes > FRAGMENT_BYTES) return this.#emitFragments(controlBytes)
    const start = out.length
    out.u32(0)
    out.u8(VERSION)
    out.u8(HEADER)
    this.#writeHeader()
    out.setU32(start, out.length - start - 4 + body.length)
    this.#emitBody()
  }

  #emitBody(): void {
    const body = this.#body.take()
    if (body.length < OWN_CHUNK_BYTES) this.#out.bytes(body)
    else this.#emitChunk(body)
  }

  #emitFragments(controlBytes: number): void {
    const out = this.#out
    const body = this.#body.take()
    const payloadBytes = body.length - controlBytes
    // Sequence 0 and fragment 0 crash some releases: both count from 1.
    this.#sequence++
    let fragment = Math.ceil(payloadBytes / FRAGMENT_BYTES)
    const start = out.length
    this.#fragmentPrefix(FIRST_FRAGMENT, fragment)
    this.#writeHeader()
    let cut = controlBytes + FRAGMENT_BYTES
    out.setU32(start, out.length - start - 4 + cut)
    this.#emitChunk(body.subarray(0, cut))
    for (fragment--; fragment > 0; fragment--) {
      const next = Math.min(body.length, cut + FRAGMENT_BYTES)
      const at = out.length
      this.#fragmentPrefix(FURTHER_FRAGMENT, fragment)
      out.setU32(at, FRAGMENT_PREFIX_BYTES + next - cut)
      this.#emitChunk(body.subarray(cut, next))
      cut = next
    }
  }

  #fragmentPrefix(kind: number, fragment: number): void {
    const out = this.#out
    out.u32(0)
    out.u8(VERSION)
    out.u8(kind)
    out.u32(Math.floor(this.#sequence / 0x1_0000_0000))
    out.u32(this.#sequence % 0x1_0000_0000)
    out.u32(0)
    out.u32(fragment)
  }

  #writeHeader(): void {
    if (this.#headerWriter === undefined) this.#out.u8(0)
    else this.#headerWriter.write(this.#out)
  }

  #emitChunk(chunk: Uint8Array): void {
    this.#cut()
    this.#chunks.push(chunk)
    this.#chunkBytes += chunk.length
  }

  /** Ends the run of small frames, so that what comes next follows it. */
  #cut(): void {
    if (this.#out.length === 0) return
    const chunk = this.#out.take()
    this.#chunks.push(chunk)
    this.#chunkBytes += chunk.length
  }

  #frame(frame: Uint8Array, outputs: ChannelOutput[]): void {
    const header = this.#headerReader
    if (header === undefined) return this.#passThrough(frame, outputs)
    if (frame[0] !== VERSION) throw malformed(`a frame that starts with byte ${frame[0]} where ${VERSION} is due`)
    const kind = frame[1]
    if (kind === HEADER) {
      const atoms = header.read(frame, 2)
      const { value, end } = decodeTerm(frame, header.end, { ...this.#decode, atoms })
      const decoded = decodeControl(value)
      outputs.push(
        message(
          decoded,
          end < frame.length ? new EncodedTerm(frame, end, frame.length, atoms, this.#decode) : undefined,
        ),
      )
    } else if (this.#fragments && (kind === FIRST_FRAGMENT || kind === FURTHER_FRAGMENT)) {
      this.#fragment(frame, kind, header, outputs)
    } else {
      throw malformed(`a frame of kind ${kind}`)
    }
  }

  #passThrough(frame: Uint8Array, outputs: ChannelOutput[]): void {
    if (frame[0] !== PASS_THROUGH || frame[1] !== VERSION)
      throw malformed('a frame that is not pass-through, as was agreed')
    const { value, end } = decodeTerm(frame, 2, this.#decode)
    const decoded = decodeControl(value)
    if (end === frame.length) {
      outputs.push(message(decoded, undefined))
    } else if (decoded.payload === false) {
      // Bytes behind the control tuple of an op without payload mean nothing, as in BEAM.
      outputs.push(message(decoded, undefined))
    } else {
      if (frame[end] !== VERSION) throw malformed('a payload without its version byte')
      outputs.push(
        message(
          decoded,
          end + 1 < frame.length ? new EncodedTerm(frame, end + 1, frame.length, [], this.#decode) : undefined,
        ),
      )
    }
  }

  #fragment(frame: Uint8Array, kind: number, header: HeaderReader, outputs: ChannelOutput[]): void {
    if (frame.length < FRAGMENT_PREFIX_BYTES) throw malformed('a fragment that ends in its prefix')
    const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
    const sequence = view.getBigUint64(2)
    const fragment = Number(view.getBigUint64(10))
    if (kind === FURTHER_FRAGMENT) {
      const whole = this.#reassembler.continue(sequence, fragment, frame.subarray(FRAGMENT_PREFIX_BYTES))
      if (whole === undefined) return
      const payload = new EncodedTerm(whole.bytes, 0, whole.filled, whole.atoms, this.#decode)
      outputs.push(message(whole.decoded, whole.filled > 0 ? payload : undefined))
      return
    }
    if (fragment === 0 || !Number.isSafeInteger(fragment)) throw malformed(`a message of ${fragment} fragments`)
    const atoms = header.read(frame, FRAGMENT_PREFIX_BYTES)
    const { value, end } = decodeTerm(frame, header.end, { ...this.#decode, atoms })
    const decoded = decodeControl(value)
    if (fragment > 1) return this.#reassembler.begin(sequence, fragment, decoded, atoms, frame.subarray(end))
    outputs.push(
      message(decoded, end < frame.length ? new EncodedTerm(frame, end, frame.length, atoms, this.#decode) : undefined),
    )
  }

  #fail(cause: unknown): ChannelOutput {
    const error =
      cause instanceof EtfError
        ? new DistError('DIST_MALFORMED', `the peer sent a control message that does not decode: ${cause.message}`, {
            cause,
          })
        : cause
    if (!(error instanceof DistError)) throw error
    this.#error = error
    this.#reassembler.clear()
    return { type: 'failed', error }
  }
}

const INLINE = (): number => -1

/** One message as it comes out: reasons of the older opcodes come as payload too. */
function message({ control, payload, inlineReason }: DecodedControl, came: EncodedTerm | undefined): ChannelOutput {
  if (inlineReason !== undefined) return { type: 'message', control, payload: EncodedTerm.of(inlineReason.term) }
  if (payload === false) return { type: 'message', control }
  if (came !== undefined) return { type: 'message', control, payload: came }
  if (payload === true) throw malformed(`${control.op} without its payload`)
  return { type: 'message', control }
}

function malformed(what: string): DistError {
  return new DistError('DIST_MALFORMED', `the peer sent ${what}`)
}
