import { checkBytes } from '../checks.ts'
import { DistError, isDistError } from '../error.ts'
import type { NodeIdentity } from '../node-identity.ts'
import { framePacket, type HeaderBytes, PacketReader } from '../packet.ts'
import { foreignProtocol } from './foreign-protocol.ts'
import { encodeHandshakeMessage, type HandshakeMessage } from './handshake-message.ts'
import type { Transitions } from './handshake-transitions.ts'

/** What the caller of a handshake machine has to do, in this order. */
export type HandshakeOutput<State extends string = string> =
  /** Write these bytes. */
  | { readonly type: 'send'; readonly bytes: Uint8Array }
  /** The machine is in a new state; OTP starts its set-up timer anew at each. */
  | { readonly type: 'progress'; readonly state: State }
  /** Both sides proved that they know the cookie. */
  | {
      readonly type: 'connected'
      /** Who we are to this peer: what the machine was given, or the name and creation that the peer gave us. */
      readonly self: NodeIdentity
      readonly peer: NodeIdentity
      /** What both sides announced, the shorthand expanded: what a `Channel` needs. */
      readonly flags: bigint
      /** Bytes behind the handshake: the first ones for the channel. */
      readonly rest: Uint8Array
    }
  /** It is over: write what was to be sent before, then close. */
  | { readonly type: 'failed'; readonly error: DistError }

/** What one message leads to. */
export interface HandshakeStep<Event extends string> {
  readonly event: Event
  readonly send?: readonly HandshakeMessage[]
  /** Why, when the event leads to `failed`. */
  readonly error?: DistError
}

/** What the two sides do differently. No program reaches it: what it would call here could let anybody in. */
export interface HandshakeRole<State extends string, Event extends string, Message extends HandshakeMessage> {
  /** What is sent first. */
  readonly opening: readonly HandshakeMessage[]
  readonly decode: (packet: Uint8Array) => Message
  /** What a message leads to, in a state that knows messages of this kind. */
  readonly answer: (message: Message) => HandshakeStep<Event>
  /** Why the peer may have closed in this state. */
  readonly closed: (state: string, half: boolean) => DistError
  readonly peerName: () => string | undefined
  readonly connected: (rest: Uint8Array) => HandshakeOutput<State>
}

/** Gives a machine its side; each side does it once, when it is made. */
export let play: <State extends string, Event extends string, Message extends HandshakeMessage>(
  machine: HandshakeMachine<State, Event, Message>,
  role: HandshakeRole<State, Event, Message>,
) => void

/** Far above every message of the protocol, far below any text protocol's first two bytes read as a length. */
const MAX_HANDSHAKE_PACKET_BYTES = 4096

/**
 * What both handshake machines share: bytes to messages, messages through the table, failures that stay.
 *
 * A fault of the peer never throws, it comes out as `failed`. Only misuse by the caller throws.
 */
export abstract class HandshakeMachine<State extends string, Event extends string, Message extends HandshakeMessage> {
  readonly #transitions: Transitions<State | 'idle' | 'connected' | 'failed', Event | 'start'>
  readonly #headerBytes: HeaderBytes
  readonly #reader: PacketReader
  readonly #firstBytes: number[] = []
  #role!: HandshakeRole<State, Event, Message>
  #state: State | 'idle' | 'connected' | 'failed' = 'idle'
  #error: DistError | undefined
  #packets = 0

  static {
    play = (machine, role) => {
      machine.#role = role
    }
  }

  constructor(
    transitions: Transitions<State | 'idle' | 'connected' | 'failed', Event | 'start'>,
    headerBytes: HeaderBytes,
  ) {
    this.#transitions = transitions
    this.#headerBytes = headerBytes
    this.#reader = new PacketReader(headerBytes, MAX_HANDSHAKE_PACKET_BYTES)
  }

  get state(): State | 'idle' | 'connected' | 'failed' {
    return this.#state
  }

  /** Why the handshake failed. */
  get error(): DistError | undefined {
    return this.#error
  }

  /** What the peer said about itself, as soon as it did. */
  abstract get peer(): NodeIdentity | undefined

  /**
   * The socket is open.
   *
   * @throws {DistError} `DIST_BAD_STATE` when called twice
   */
  start(): HandshakeOutput<State>[] {
    if (this.#state !== 'idle') {
      throw new DistError('DIST_BAD_STATE', `a handshake starts once, this one is ${this.#state}`)
    }
    return this.#apply({ event: 'start' as Event, send: this.#role.opening })
  }

  /**
   * Bytes came from the peer, cut anywhere.
   *
   * @returns what to do; nothing once the machine has failed
   * @throws {DistError} `DIST_BAD_STATE` before `start`, and after `connected`: later bytes belong to the channel
   */
  receive(chunk: Uint8Array): HandshakeOutput<State>[] {
    checkBytes('receive', 'chunk', chunk)
    if (this.#state === 'failed') return []
    if (this.#state === 'idle' || this.#state === 'connected') {
      throw new DistError('DIST_BAD_STATE', `a handshake takes no bytes when it is ${this.#state}`)
    }
    for (let i = 0; this.#firstBytes.length < 2 && i < chunk.length; i++) this.#firstBytes.push(chunk[i]!)
    const outputs: HandshakeOutput<State>[] = []
    try {
      this.#reader.push(chunk)
      while (this.#reader.next()) {
        this.#packets++
        const packet = this.#reader.bytes.subarray(this.#reader.start, this.#reader.end)
        outputs.push(...this.#step(this.#role.decode(packet)))
        if (this.#isOver) break
      }
    } catch (error) {
      if (!isDistError(error)) {
        this.#state = 'failed'
        throw error
      }
      outputs.push(...this.#fail(this.#explain(error)))
    }
    return outputs
  }

  /** The peer ended the connection: gives the reason, as far as the state shows it. */
  end(): HandshakeOutput<State>[] {
    return this.#isOver ? [] : this.#fail(this.#role.closed(this.#state, this.#reader.partialBytes > 0))
  }

  /** The caller's set-up time is over. */
  timeout(): HandshakeOutput<State>[] {
    if (this.#isOver) return []
    const half = this.#reader.partialBytes > 0 ? ', and half a message came' : ''
    return this.#fail(
      new DistError(
        'DIST_TIMEOUT',
        `the peer did not answer in time: the handshake ended ${describeState(this.#state)}${half}`,
        {
          peer: this.#role.peerName(),
        },
      ),
    )
  }

  get #isOver(): boolean {
    return this.#state === 'connected' || this.#state === 'failed'
  }

  #step(message: Message): HandshakeOutput<State>[] {
    const known = Object.keys(this.#transitions[this.#state])
    if (!known.some((event) => event === message.kind || event.startsWith(`${message.kind} `))) {
      throw new DistError('DIST_UNEXPECTED_MESSAGE', `${message.kind} came ${describeState(this.#state)}`, {
        peer: this.#role.peerName(),
      })
    }
    return this.#apply(this.#role.answer(message))
  }

  #apply({ event, send = [], error }: HandshakeStep<Event>): HandshakeOutput<State>[] {
    const next = this.#transitions[this.#state][event]
    if (next === undefined) throw new DistError('DIST_BAD_STATE', `the table lacks ${event} in ${this.#state}`)
    const outputs: HandshakeOutput<State>[] = send.map((message) => ({
      type: 'send',
      bytes: framePacket(this.#headerBytes, encodeHandshakeMessage(message)),
    }))
    if (error !== undefined) return [...outputs, ...this.#fail(error)]
    this.#state = next
    outputs.push(
      next === 'connected' ? this.#role.connected(this.#reader.rest()) : { type: 'progress', state: next as State },
    )
    return outputs
  }

  #fail(error: DistError): HandshakeOutput<State>[] {
    this.#state = 'failed'
    this.#error = error
    return [{ type: 'failed', error }]
  }

  /** A first packet of absurd length is another protocol; which one, its first two bytes often tell. */
  #explain(error: DistError): DistError {
    if (error.code !== 'DIST_FRAME_TOO_LARGE' || this.#packets > 0) return error
    return foreignProtocol(this.#firstBytes, this.#role.peerName()) ?? error
  }
}

const STATE_TEXT: Readonly<Record<string, string>> = {
  idle: 'before it began',
  awaitingStatus: 'while waiting for the status after our name',
  awaitingChallenge: "while waiting for the peer's challenge",
  awaitingAck: "while waiting for the peer's answer to our challenge",
  awaitingName: "while waiting for the peer's name",
  awaitingStatusReply: 'while waiting whether the peer wants to replace its live connection',
  awaitingComplement: "while waiting for the rest of the peer's flags",
  awaitingReply: "while waiting for the peer's answer to our challenge",
}

/** Where a handshake stands, as the end of a sentence. */
export function describeState(state: string): string {
  return STATE_TEXT[state] ?? `in state ${state}`
}
