import { type Rule, rule } from '@dynsrv/kit'
import { checkBytes, checks, flagsRule, isBytes, u32 } from '../checks.ts'
import { DistError } from '../error.ts'
import { DIGEST_BYTES } from './digest.ts'

/** The initiator's first message: `N` (version 6), or `n` (version 5, low half of the flags, no creation). */
export interface SendNameMessage {
  readonly kind: 'sendName'
  readonly version: 5 | 6
  readonly flags: bigint
  /** 0 when it is to be assigned, or (version 5) comes later. */
  readonly creation: number
  readonly name: string
}

/** The acceptor's verdict on the name. */
export type HandshakeStatus = 'ok' | 'ok_simultaneous' | 'nok' | 'not_allowed' | 'alive' | 'named'

/** The verdict of the acceptor on the name that it got. @see `erl_dist_protocol`, "Distribution Handshake" */
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

/** The acceptor introduces itself, and asks for the digest of its challenge and the cookie. @see `erl_dist_protocol`, "Distribution Handshake" */
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

/** The answer of the initiator, with a challenge of its own. @see `erl_dist_protocol`, "Distribution Handshake" */
export interface ChallengeReplyMessage {
  readonly kind: 'challengeReply'
  readonly challenge: number
  readonly digest: Uint8Array
}

/** The answer of the acceptor to that challenge: both sides have shown that they know the cookie. @see `erl_dist_protocol`, "Distribution Handshake" */
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

/** A part of a handshake message that holds one of its properties. */
export interface PropertyPart {
  /** `assigned.name` is the property `name` of the property `assigned`. */
  readonly name: string
  /** `low u32` are the lower 32 of 64 bits; `text` goes to the end of the packet, `u16 text` has its length in front. */
  readonly is: 'u32' | 'u64' | 'low u32' | 'text' | 'u16 text' | 'digest'
}

/** A part that is always the same: a number, the beginning of a text, or a text to the end of the packet. */
export type FixedPart =
  | { readonly what: string; readonly always: number; readonly is: 'u16' }
  | { readonly what: string; readonly always: string; readonly is: 'start' | 'text' }

/** One part of a handshake message behind its tag. */
export type LayoutPart = PropertyPart | FixedPart

/** One layout of a handshake message. */
export interface HandshakeLayout {
  readonly from: 'initiator' | 'acceptor'
  /** The first byte, as a character. */
  readonly tag: string
  readonly parts: readonly LayoutPart[]
  /** What the message is, without the properties that its parts hold. */
  readonly message: { readonly kind: HandshakeMessage['kind']; readonly [name: string]: unknown }
}

const VERSION_5 = { what: 'version', always: 5, is: 'u16' } as const
const FLAGS = { name: 'flags', is: 'u64' } as const
const LOW_FLAGS = { name: 'flags', is: 'low u32' } as const
const CREATION = { name: 'creation', is: 'u32' } as const
const CHALLENGE = { name: 'challenge', is: 'u32' } as const
const NAME = { name: 'name', is: 'u16 text' } as const
const NAME_TO_THE_END = { name: 'name', is: 'text' } as const
const DIGEST = { name: 'digest', is: 'digest' } as const

const PLAIN_STATUSES = ['ok', 'ok_simultaneous', 'nok', 'not_allowed', 'alive'] as const

/**
 * Every layout of every handshake message: reading, writing and docs/protocol.md follow from it.
 *
 * @see OTP `erl_dist_protocol`, "Distribution Handshake"
 */
export const HANDSHAKE_LAYOUTS: readonly HandshakeLayout[] = [
  { from: 'initiator', tag: 'N', message: { kind: 'sendName', version: 6 }, parts: [FLAGS, CREATION, NAME] },
  {
    from: 'initiator',
    tag: 'n',
    message: { kind: 'sendName', version: 5, creation: 0 },
    parts: [VERSION_5, LOW_FLAGS, NAME_TO_THE_END],
  },
  ...PLAIN_STATUSES.map((status): HandshakeLayout => {
    return {
      from: 'acceptor',
      tag: 's',
      message: { kind: 'status', status },
      parts: [{ what: 'status', always: status, is: 'text' }],
    }
  }),
  {
    from: 'acceptor',
    tag: 's',
    message: { kind: 'status', status: 'named' },
    parts: [
      { what: 'status', always: 'named:', is: 'start' },
      { name: 'assigned.name', is: 'u16 text' },
      { name: 'assigned.creation', is: 'u32' },
    ],
  },
  ...[true, false].map((proceed): HandshakeLayout => {
    const parts = [{ what: 'status reply', always: String(proceed), is: 'text' } as const]
    return { from: 'initiator', tag: 's', message: { kind: 'statusReply', proceed }, parts }
  }),
  {
    from: 'acceptor',
    tag: 'N',
    message: { kind: 'challenge', version: 6 },
    parts: [FLAGS, CHALLENGE, CREATION, NAME],
  },
  {
    from: 'acceptor',
    tag: 'n',
    message: { kind: 'challenge', version: 5, creation: 0 },
    parts: [VERSION_5, LOW_FLAGS, CHALLENGE, NAME_TO_THE_END],
  },
  {
    from: 'initiator',
    tag: 'c',
    message: { kind: 'complement' },
    parts: [{ name: 'flagsHigh', is: 'u32' }, CREATION],
  },
  { from: 'initiator', tag: 'r', message: { kind: 'challengeReply' }, parts: [CHALLENGE, DIGEST] },
  { from: 'acceptor', tag: 'a', message: { kind: 'challengeAck' }, parts: [DIGEST] },
]

type Properties = Readonly<Record<string, unknown>>

const withLayout: Rule = rule(
  'a handshake message with the properties of its kind',
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    HANDSHAKE_LAYOUTS.some((layout) => isLayoutOf(layout, value as Properties)),
)

/** A packet of the handshake over TCP has room for no more. */
const MOST_TEXT_BYTES = 65_000

const latin1: Rule = rule(
  `Latin-1 text of at most ${MOST_TEXT_BYTES} characters`,
  (value) => typeof value === 'string' && value.length <= MOST_TEXT_BYTES && /^[\0-\xff]*$/.test(value),
)

/** What a property may be that stands in such a part. */
const PART_RULES: Readonly<Record<PropertyPart['is'], Rule>> = {
  u32,
  u64: flagsRule,
  'low u32': flagsRule,
  text: latin1,
  'u16 text': latin1,
  digest: rule(`a Uint8Array of ${DIGEST_BYTES} bytes`, (value) => isBytes(value) && value.length === DIGEST_BYTES),
}

/**
 * The body of a handshake packet, without its length.
 *
 * @throws {DistError} `DIST_BAD_OPTION` for a message that has no layout
 */
export function encodeHandshakeMessage(message: HandshakeMessage): Uint8Array {
  checks.argument('encodeHandshakeMessage', 'message', withLayout, message)
  const properties = message as unknown as Properties
  const layout = HANDSHAKE_LAYOUTS.find((candidate) => isLayoutOf(candidate, properties))!
  const parts = layout.parts.map((part) => {
    if ('always' in part) return fixedBytes(part)
    const value = valueIn(properties, part.name)
    checks.argument('encodeHandshakeMessage', part.name, PART_RULES[part.is], value)
    return bytesOf(part.is, value)
  })
  return new Uint8Array(Buffer.concat([text(layout.tag), ...parts]))
}

/** The creation of a version 5 message is not sent, whatever it is. */
function isLayoutOf({ message: { creation: _, ...fixed }, parts }: HandshakeLayout, properties: Properties): boolean {
  const isSame = Object.entries(fixed).every(([name, value]) => properties[name] === value)
  return isSame && parts.every((part) => 'always' in part || valueIn(properties, part.name) !== undefined)
}

function fixedBytes({ always }: FixedPart): Buffer {
  return typeof always === 'number' ? unsigned(2, BigInt(always)) : text(always)
}

function bytesOf(is: PropertyPart['is'], value: unknown): Uint8Array {
  switch (is) {
    case 'u32':
      return unsigned(4, BigInt(value as number))
    case 'u64':
      return unsigned(8, value as bigint)
    case 'low u32':
      return unsigned(4, (value as bigint) & 0xffff_ffffn)
    case 'text':
      return text(value as string)
    case 'u16 text':
      return Buffer.concat([unsigned(2, BigInt((value as string).length)), text(value as string)])
    case 'digest':
      return value as Uint8Array
  }
}

function unsigned(bytes: number, value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * bytes, '0'), 'hex')
}

function text(value: string): Buffer {
  return Buffer.from(value, 'latin1')
}

/** The value of a property, or of one inside another. */
function valueIn(properties: Properties, path: string): unknown {
  return path.split('.').reduce<unknown>((value, name) => (value as Properties | undefined)?.[name], properties)
}

/**
 * Reads what an initiator sent.
 *
 * @throws {DistError} `DIST_MALFORMED` when it has another layout, `DIST_UNEXPECTED_MESSAGE` for a tag initiators never send
 */
export function decodeInitiatorMessage(packet: Uint8Array): InitiatorMessage {
  checkBytes('decodeInitiatorMessage', 'packet', packet)
  return decodeFrom('initiator', packet) as InitiatorMessage
}

/**
 * Reads what an acceptor sent.
 *
 * @throws {DistError} `DIST_MALFORMED` when it has another layout, `DIST_UNEXPECTED_MESSAGE` for a tag acceptors never send
 */
export function decodeAcceptorMessage(packet: Uint8Array): AcceptorMessage {
  checkBytes('decodeAcceptorMessage', 'packet', packet)
  return decodeFrom('acceptor', packet) as AcceptorMessage
}

function decodeFrom(from: 'initiator' | 'acceptor', packet: Uint8Array): HandshakeMessage {
  if (packet.length === 0) throw malformed('it ends after 0 bytes')
  const tag = String.fromCharCode(packet[0]!)
  const layouts = HANDSHAKE_LAYOUTS.filter((layout) => layout.from === from && layout.tag === tag)
  let odd: unknown
  for (const { parts, message } of layouts) {
    const found = readParts(new BodyReader(packet), parts)
    if ('properties' in found) return { ...message, ...found.properties } as unknown as HandshakeMessage
    odd = found.odd
  }
  if (odd !== undefined) throw malformed(String(odd))
  throw new DistError('DIST_UNEXPECTED_MESSAGE', `no ${from}'s message starts with ${inAscii(tag)}`)
}

/** The properties that the parts hold, or the part that should be always the same and is another one. */
function readParts(
  input: BodyReader,
  parts: readonly LayoutPart[],
): { readonly properties: Properties } | { readonly odd: string } {
  const properties: Record<string, unknown> = {}
  for (const part of parts) {
    if ('always' in part) {
      const came = input.fixed(part)
      if (came === part.always) continue
      return { odd: `${part.what} ${typeof came === 'number' ? came : inAscii(came)}` }
    }
    const [name = '', inner] = part.name.split('.')
    const value = input.read(part.is)
    properties[name] = inner === undefined ? value : { ...(properties[name] as Properties | undefined), [inner]: value }
  }
  return { properties }
}

function malformed(what: string): DistError {
  return new DistError('DIST_MALFORMED', `malformed handshake message: ${what}`)
}

/** The longest text of a peer that an error shows. */
const MOST_SHOWN_CHARACTERS = 40

/** Text of a peer, quoted, so that no terminal takes it for more than text. */
export function inAscii(peerText: string): string {
  return JSON.stringify(peerText.slice(0, MOST_SHOWN_CHARACTERS)).replace(/[^ -~]/g, '?')
}

/** A bounds-checked cursor behind the tag. Bytes behind a complete message are ignored, as the protocol wants it. */
class BodyReader {
  readonly #bytes: Buffer
  #at = 1

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** A part that should be always the same; a text that is too short is another one. */
  fixed({ is, always }: FixedPart): number | string {
    if (is === 'u16') return this.#u16()
    return is === 'text' ? this.#rest() : this.#text(Math.min(always.length, this.#left))
  }

  read(is: PropertyPart['is']): number | bigint | string | Uint8Array {
    switch (is) {
      case 'u32':
        return this.#bytes.readUInt32BE(this.#advance(4))
      case 'u64':
        return this.#bytes.readBigUInt64BE(this.#advance(8))
      case 'low u32':
        return BigInt(this.#bytes.readUInt32BE(this.#advance(4)))
      case 'text':
        return this.#rest()
      case 'u16 text':
        return this.#text(this.#u16())
      case 'digest':
        return Uint8Array.prototype.slice.call(this.#bytes, this.#advance(DIGEST_BYTES), this.#at)
    }
  }

  get #left(): number {
    return this.#bytes.length - this.#at
  }

  #u16(): number {
    return this.#bytes.readUInt16BE(this.#advance(2))
  }

  #rest(): string {
    return this.#text(this.#left)
  }

  // Latin-1, so that a byte outside ASCII stays visible to the check of the name.
  #text(length: number): string {
    const at = this.#advance(length)
    return this.#bytes.toString('latin1', at, at + length)
  }

  #advance(length: number): number {
    const at = this.#at
    if (length > this.#left) throw malformed(`it ends after ${this.#bytes.length} bytes`)
    this.#at = at + length
    return at
  }
}
