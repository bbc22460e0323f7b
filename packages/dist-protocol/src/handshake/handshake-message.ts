import { DistError } from '../error.ts'
import { DIGEST_BYTES } from './digest.ts'

/** The initiator's first message: `N` (version 6), or `n` (version 5, low half of the flags, no creation). */
export interface SendNameMessage {
  readonly kind: 'sendName'
  readonly version: 5 | 6
  readonly flags: bigint
  /** 0 when it is to be assigned, or (version 5) is told later. */
  readonly creation: number
  readonly name: string
}

/** The acceptor's verdict on the name. */
export type HandshakeStatus = 'ok' | 'ok_simultaneous' | 'nok' | 'not_allowed' | 'alive' | 'named'

export interface StatusMessage {
  readonly kind: 'status'
  readonly status: HandshakeStatus
  /** With `named`: the name and creation that the acceptor gave. */
  readonly assigned?: { readonly name: string; readonly creation: number }
}

/** The initiator's answer to the status `alive`: whether it wants the new connection all the same. */
export interface StatusReplyMessage {
  readonly kind: 'statusReply'
  readonly proceed: boolean
}

export interface ChallengeMessage {
  readonly kind: 'challenge'
  /** 5 comes from OTP 22 and older only. */
  readonly version: 5 | 6
  readonly flags: bigint
  readonly challenge: number
  readonly creation: number
  readonly name: string
}

/** What a version 5 name could not carry. */
export interface ComplementMessage {
  readonly kind: 'complement'
  readonly flagsHigh: number
  readonly creation: number
}

export interface ChallengeReplyMessage {
  readonly kind: 'challengeReply'
  readonly challenge: number
  readonly digest: Uint8Array
}

export interface ChallengeAckMessage {
  readonly kind: 'challengeAck'
  readonly digest: Uint8Array
}

/** What an initiator sends. */
export type InitiatorMessage = SendNameMessage | StatusReplyMessage | ComplementMessage | ChallengeReplyMessage
/** What an acceptor sends. */
export type AcceptorMessage = StatusMessage | ChallengeMessage | ChallengeAckMessage
/** Any message of a handshake, in either direction. */
export type HandshakeMessage = InitiatorMessage | AcceptorMessage

/**
 * The body of a handshake packet, without its length.
 *
 * @see OTP `erl_dist_protocol`, "Distribution Handshake"
 */
export function encodeHandshakeMessage(message: HandshakeMessage): Uint8Array {
  switch (message.kind) {
    case 'sendName':
      return message.version === 6
        ? body('N', u64(message.flags), u32(message.creation), lengthAndText(message.name))
        : body('n', u16(5), u32(Number(message.flags & 0xffff_ffffn)), text(message.name))
    case 'status':
      return message.assigned === undefined
        ? body('s', text(message.status))
        : body('s', text('named:'), lengthAndText(message.assigned.name), u32(message.assigned.creation))
    case 'statusReply':
      return body('s', text(message.proceed ? 'true' : 'false'))
    case 'challenge':
      return message.version === 6
        ? body('N', u64(message.flags), u32(message.challenge), u32(message.creation), lengthAndText(message.name))
        : body('n', u16(5), u32(Number(message.flags & 0xffff_ffffn)), u32(message.challenge), text(message.name))
    case 'complement':
      return body('c', u32(message.flagsHigh), u32(message.creation))
    case 'challengeReply':
      return body('r', u32(message.challenge), message.digest)
    case 'challengeAck':
      return body('a', message.digest)
  }
}

/**
 * Reads what an initiator sent.
 *
 * @throws {DistError} `DIST_MALFORMED` when it has another layout, `DIST_UNEXPECTED_MESSAGE` for a tag initiators never send
 */
export function decodeInitiatorMessage(packet: Uint8Array): InitiatorMessage {
  const input = new BodyReader(packet)
  const tag = input.tag()
  switch (tag) {
    case 'N':
      return { kind: 'sendName', version: 6, flags: input.u64(), creation: input.u32(), name: input.lengthAndText() }
    case 'n':
      return { kind: 'sendName', version: 5, flags: input.version5Flags(), creation: 0, name: input.remainingText() }
    case 's': {
      const status = input.remainingText()
      if (status !== 'true' && status !== 'false') throw malformed(`status reply ${JSON.stringify(status)}`)
      return { kind: 'statusReply', proceed: status === 'true' }
    }
    case 'c':
      return { kind: 'complement', flagsHigh: input.u32(), creation: input.u32() }
    case 'r':
      return { kind: 'challengeReply', challenge: input.u32(), digest: input.bytes(DIGEST_BYTES) }
    default:
      throw new DistError('DIST_UNEXPECTED_MESSAGE', `no initiator's message starts with ${JSON.stringify(tag)}`)
  }
}

const PLAIN_STATUSES: ReadonlySet<string> = new Set(['ok', 'ok_simultaneous', 'nok', 'not_allowed', 'alive'])

/**
 * Reads what an acceptor sent.
 *
 * @throws {DistError} `DIST_MALFORMED` when it has another layout, `DIST_UNEXPECTED_MESSAGE` for a tag acceptors never send
 */
export function decodeAcceptorMessage(packet: Uint8Array): AcceptorMessage {
  const input = new BodyReader(packet)
  const tag = input.tag()
  switch (tag) {
    case 's':
      return decodeStatus(input)
    case 'N': {
      const flags = input.u64()
      const challenge = input.u32()
      return { kind: 'challenge', version: 6, flags, challenge, creation: input.u32(), name: input.lengthAndText() }
    }
    case 'n': {
      const flags = input.version5Flags()
      return { kind: 'challenge', version: 5, flags, challenge: input.u32(), creation: 0, name: input.remainingText() }
    }
    case 'a':
      return { kind: 'challengeAck', digest: input.bytes(DIGEST_BYTES) }
    default:
      throw new DistError('DIST_UNEXPECTED_MESSAGE', `no acceptor's message starts with ${JSON.stringify(tag)}`)
  }
}

function decodeStatus(input: BodyReader): StatusMessage {
  if (input.startsWith('named:')) {
    input.bytes(6)
    return { kind: 'status', status: 'named', assigned: { name: input.lengthAndText(), creation: input.u32() } }
  }
  const status = input.remainingText()
  if (!PLAIN_STATUSES.has(status)) throw malformed(`status ${JSON.stringify(status.slice(0, 40))}`)
  return { kind: 'status', status: status as HandshakeStatus }
}

function malformed(what: string): DistError {
  return new DistError('DIST_MALFORMED', `malformed handshake message: ${what}`)
}

/** A bounds-checked cursor. Bytes behind a complete message are ignored, as the protocol wants it. */
class BodyReader {
  #bytes: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  tag(): string {
    return this.#text(1)
  }

  startsWith(start: string): boolean {
    return this.#bytes.toString('latin1', this.#at, this.#at + start.length) === start
  }

  u32(): number {
    return this.#bytes.readUInt32BE(this.#advance(4))
  }

  u64(): bigint {
    return this.#bytes.readBigUInt64BE(this.#advance(8))
  }

  version5Flags(): bigint {
    const version = this.#bytes.readUInt16BE(this.#advance(2))
    if (version !== 5) throw malformed(`version ${version} in an old-style message`)
    return BigInt(this.u32())
  }

  bytes(length: number): Uint8Array {
    const at = this.#advance(length)
    return Uint8Array.prototype.slice.call(this.#bytes, at, at + length)
  }

  lengthAndText(): string {
    return this.#text(this.#bytes.readUInt16BE(this.#advance(2)))
  }

  remainingText(): string {
    return this.#text(this.#bytes.length - this.#at)
  }

  // Latin-1, so that a byte outside ASCII stays visible to the check of the name.
  #text(length: number): string {
    const at = this.#advance(length)
    return this.#bytes.toString('latin1', at, at + length)
  }

  #advance(length: number): number {
    const at = this.#at
    if (at + length > this.#bytes.length) throw malformed(`it ends after ${this.#bytes.length} bytes`)
    this.#at = at + length
    return at
  }
}

function body(tag: string, ...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat([text(tag), ...parts]))
}

function text(value: string): Buffer {
  return Buffer.from(value, 'latin1')
}

function lengthAndText(value: string): Buffer {
  return Buffer.concat([u16(value.length), text(value)])
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(value)
  return bytes
}
