import { AtomShare, type DecodeOptions, isEtfError, type Term } from '@dynsrv/etf'
import {
  anything,
  bound,
  bytes,
  callable,
  duration,
  flag,
  numberFrom,
  oneOf,
  optionsOf,
  required,
  rule,
  text,
} from '@dynsrv/kit'
import { checkBytes, checks, flagsRule, identityRule } from '../checks.ts'
import type { ControlMessage } from '../control/control-message.ts'
import { DistError, isDistError, unsendable } from '../error.ts'
import type { NodeIdentity } from '../node-identity.ts'
import { PacketReader } from '../packet.ts'
import type { EncodedTerm } from './encoded-term.ts'
import type { FragmentLimits, LimitOnUnfinished } from './fragment.ts'
import { FrameReader, type IncomingMessage, type RefusedMessage } from './frame-reader.ts'
import { FrameWriter } from './frame-writer.ts'
import { moment } from './tick-clock.ts'

/** How much a peer may make us hold. */
export interface ChannelLimits extends FragmentLimits {
  /** The largest frame that is let in. Unit: bytes, without the length. */
  readonly maxFrameBytes: number
}

/** @see ChannelLimits */
export const CHANNEL_LIMITS: ChannelLimits = {
  maxFrameBytes: 128 * 1024 * 1024,
  maxPartialMessages: 65_536,
  maxPartialBytes: 256 * 1024 * 1024,
  maxPartialAgeMs: 300_000,
}

/** What a channel is made of: what the handshake found out, and limits. */
export interface ChannelOptions {
  readonly self: NodeIdentity
  readonly peer: NodeIdentity
  /** The negotiated flags, from the handshake's `connected`. They fix the framing. */
  readonly flags: bigint
  readonly limits?: Partial<ChannelLimits>
  /**
   * Whether the payload of a message that comes in fragments is wanted; asked when its first fragment is here. One that is
   * not costs no memory, and comes without its payload, whose `decode` says why. Default: all are.
   */
  readonly wants?: (control: ControlMessage) => boolean
  /**
   * Says by which limit of the program messages that come in fragments may not hold so many bytes in all while they are not
   * whole; undefined while they may. A message over it is dropped as one over `limits.maxPartialBytes`. Default: none does.
   */
  readonly limitOnUnfinished?: LimitOnUnfinished
  /** How payloads, reasons and tokens are decoded. */
  readonly decode?: DecodeOptions
  /** Whose atoms are that the peer brings, to `decode.limits.atomBytes`. Default: of this channel alone. */
  readonly atoms?: AtomShare
  /**
   * From which length on a binary inside a sent term is not copied: `takeOutput` hands out its own memory, to which
   * nobody may write until it has been sent. One that is less than half of its memory is copied, so that what waits holds
   * no more than about its bytes. Unit: bytes; default 4096, `Infinity` copies each.
   */
  readonly shareBinariesFrom?: number
  /**
   * Whether processes that control messages name must be of the two nodes, as BEAM wants it; default true. Set it to false
   * only to read what two other nodes said to each other, such as a capture.
   */
  readonly checkSenders?: boolean
  /** The handshake's `connected` may be given as it is. */
  readonly type?: 'connected'
  /** Likewise. Not looked at: hand these bytes to {@link Channel.receive}. */
  readonly rest?: Uint8Array
}

const checkOptions = checks.options<ChannelOptions>('Channel', {
  self: required(identityRule),
  peer: required(identityRule),
  flags: required(flagsRule),
  limits: optionsOf<ChannelLimits>({
    maxFrameBytes: bound,
    maxPartialMessages: bound,
    maxPartialBytes: bound,
    maxPartialAgeMs: duration({ min: 1 }),
  }),
  // The reader of terms checks these.
  decode: anything,
  atoms: rule('an AtomShare', (value) => value instanceof AtomShare),
  wants: callable,
  limitOnUnfinished: callable,
  shareBinariesFrom: numberFrom(1),
  checkSenders: flag,
  type: oneOf('connected'),
  rest: bytes,
})

/** Options without those that count as left out. */
function given(limits: Partial<ChannelLimits>): Partial<ChannelLimits> {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined))
}

/** What came from the peer. */
export type ChannelOutput =
  | IncomingMessage
  /** Something that is left out because it is over a limit. */
  | RefusedMessage
  /** The peer is there, and has nothing to say. */
  | { readonly type: 'tick' }
  /** Close the connection; nothing more will come out of this channel. */
  | { readonly type: 'failed'; readonly error: DistError }

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
  readonly #packets: PacketReader
  readonly #frames: FrameReader
  readonly #writer: FrameWriter
  #error: DistError | undefined

  /** @throws {DistError | EtfError} `DIST_BAD_OPTION`; `ETF_BAD_OPTION` for `decode` */
  constructor(options: ChannelOptions) {
    checkOptions(options)
    const { self, peer, flags, limits = {}, decode, wants, atoms, shareBinariesFrom, checkSenders = true } = options
    const { limitOnUnfinished } = options
    const all = { ...CHANNEL_LIMITS, ...given(limits) }
    this.self = self
    this.peer = peer
    this.flags = flags
    const link = { self: self.name, peer: peer.name }
    this.#frames = new FrameReader(flags, checkSenders ? link : undefined, all, decode, wants, atoms, limitOnUnfinished)
    this.#packets = new PacketReader(4, all.maxFrameBytes, this.#frames.placement(), 'limits.maxFrameBytes')
    this.#writer = new FrameWriter(flags, peer.flags, link, shareBinariesFrom)
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
    checkBytes('receive', 'chunk', chunk)
    const outputs: ChannelOutput[] = []
    if (this.#error !== undefined) return outputs
    const packets = this.#packets
    try {
      packets.push(chunk)
      while (packets.next()) {
        if (packets.start === packets.end) {
          outputs.push({ type: 'tick' })
          continue
        }
        const message = packets.isPlaced
          ? this.#frames.readPlaced(packets.bytes, packets.end)
          : this.#frames.read(packets.bytes, packets.start, packets.end)
        if (message !== undefined) outputs.push(message)
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
    return this.#error === undefined ? this.#packets.readTarget() : undefined
  }

  /** What the channel keeps of frames and messages that are not whole yet. Unit: bytes. */
  get unfinishedBytes(): number {
    return this.#packets.partialBytes + this.#frames.unfinishedBytes
  }

  /** How much is best read from the socket at once when there is no `readTarget`. Unit: bytes. */
  get readAhead(): number {
    return this.#packets.readAhead
  }

  /**
   * Gives up unfinished messages that have waited too long for their next fragment.
   *
   * @param now on any steady clock. Unit: milliseconds
   * @returns those messages, without their payloads, whose `decode` says why
   */
  expire(now: number): (IncomingMessage | RefusedMessage)[] {
    checks.argument('expire', 'now', moment, now)
    return this.#error === undefined ? this.#frames.expire(now) : []
  }

  /**
   * Queues a message. A `Uint8Array` of 4 KiB or more inside it is not copied: see `ChannelOptions.shareBinariesFrom`.
   *
   * @param payload the message, exit reason or argument list of those that take one; an `EncodedTerm` is passed on as it is
   * @throws {DistError} `DIST_BAD_CONTROL` for what would make the peer drop the connection, `DIST_BAD_STATE` once failed
   * @throws {EtfError} for a term that has no encoding; nothing is queued then
   */
  send(control: ControlMessage, ...payload: [payload?: Term | EncodedTerm]): void {
    if (this.#error !== undefined) {
      throw new DistError('DIST_BAD_STATE', 'the channel has failed', { cause: this.#error })
    }
    try {
      this.#writer.write(control, payload)
    } catch (cause) {
      throw unsendable(cause)
    }
  }

  /** Whether the peer takes messages of this kind; `send` refuses the others with `DIST_BAD_CONTROL`. */
  takes(op: ControlMessage['op']): boolean {
    checks.argument('takes', 'op', text, op)
    return this.#writer.takes(op)
  }

  /** Queues a tick: we are there, and have nothing to say. */
  tick(): void {
    this.#writer.tick()
  }

  /** Bytes that wait for `takeOutput`. */
  get pendingBytes(): number {
    return this.#writer.pendingBytes
  }

  /**
   * Hands over what is queued, to be written in this order.
   *
   * @param maxBytes once so much is handed over, further fragments of large messages wait for the next call, and
   * whatever other processes send until then goes before them. Default: no limit.
   */
  takeOutput(maxBytes: number = Number.POSITIVE_INFINITY): Uint8Array[] {
    if (typeof maxBytes !== 'number' || !(maxBytes >= 0))
      checks.argument('takeOutput', 'maxBytes', numberFrom(0), maxBytes)
    return this.#writer.take(maxBytes)
  }

  #fail(cause: unknown): ChannelOutput {
    const error = isEtfError(cause)
      ? new DistError('DIST_MALFORMED', `a control message does not decode: ${cause.message}`, { cause })
      : cause
    if (!isDistError(error)) throw error
    this.#error = error
    this.#frames.clear()
    return { type: 'failed', error }
  }
}
