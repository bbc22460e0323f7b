import { anything, callable, either, flag, oneOf, required } from '@dynsrv/kit'
import { checks, headerBytesRule, namelessRule, nodeName, selfRule, u32 } from '../checks.ts'
import { DistError } from '../error.ts'
import {
  DFLAG_HANDSHAKE_23,
  DFLAG_MANDATORY_25_DIGEST,
  DFLAG_NAME_ME,
  DFLAG_PUBLISHED,
  expandFlags,
  refusals,
} from '../flags.ts'
import { isNodeName, type NodeIdentity } from '../node-identity.ts'
import type { HeaderBytes } from '../packet.ts'
import { type Cookie, type CookieSet, cookieRule, cookieSet } from './cookie.ts'
import { challengeDigest, digestEquals } from './digest.ts'
import { flagsProblem } from './flags-problem.ts'
import { describeState, HandshakeMachine, type HandshakeOutput, type HandshakeStep, play } from './handshake-machine.ts'
import {
  type AcceptorMessage,
  type ChallengeAckMessage,
  type ChallengeMessage,
  decodeAcceptorMessage,
  inAscii,
  type StatusMessage,
} from './handshake-message.ts'
import { INITIATOR_TRANSITIONS, type InitiatorEvent, type InitiatorState } from './handshake-transitions.ts'
import { never, reflected } from './reflected.ts'

/** What the side that dials needs for a handshake. */
export interface InitiatorOptions {
  /** Who we are. With `askForName`, `name` is the host part only and `creation` is ignored; 0 is refused without it. */
  readonly self: NodeIdentity
  /** The node that was dialled; a peer that calls itself otherwise is refused. Left out, any name will do. */
  readonly peerName?: string
  readonly cookie: Cookie
  /** A fresh, cryptographically random unsigned 32-bit number. */
  readonly challenge: number
  /**
   * Whether a challenge is one that this side has open itself, in any handshake and in either role. A peer that shows such a
   * one wants us to prove it the cookie that it does not know: the handshake fails with `DIST_REFLECTED`. Default: never.
   */
  readonly isOwnChallenge?: (challenge: number) => boolean
  /**
   * What to do when the peer believes that a connection is up already: false (the default) replaces it, true keeps it
   * and gives this attempt up. Replace it whenever no live connection is held on this side.
   */
  readonly keepExisting?: boolean | (() => boolean)
  /** Ask the peer for a node name, as `erl_call` and remote shells do. Default: false. */
  readonly askForName?: boolean
  /**
   * The version of the first message. 6, the default, is understood since OTP 23; 5 is for OTP 23 and 24 whose address
   * lookup said 5. OTP 25.0 to 25.2 close on 5 without a word.
   */
  readonly version?: 5 | 6
  /** Bytes of a packet's length: 2, the default, over TCP; 4 over TLS. */
  readonly headerBytes?: HeaderBytes
}

const checkOptions = checks.options<InitiatorOptions>('InitiatorHandshake', {
  self: required(anything),
  peerName: nodeName,
  cookie: required(cookieRule),
  challenge: required(u32),
  isOwnChallenge: callable,
  keepExisting: either(flag, callable),
  askForName: flag,
  version: oneOf(5, 6),
  headerBytes: headerBytesRule,
})

function checked(options: InitiatorOptions): InitiatorOptions {
  checkOptions(options)
  const { self, askForName = false, version = 6 } = options
  checks.argument('InitiatorHandshake', 'self', askForName ? namelessRule : selfRule, self)
  if (askForName && version === 5) {
    throw new DistError('DIST_BAD_OPTION', 'InitiatorHandshake: only version 6 can ask for a name')
  }
  return options
}

/**
 * The side that dialled.
 *
 * @see OTP `erl_dist_protocol`, "Distribution Handshake"; `dist_util:handshake_we_started/1`
 */
export class InitiatorHandshake extends HandshakeMachine<InitiatorState, InitiatorEvent, AcceptorMessage> {
  readonly #peerName: string | undefined
  readonly #cookie: CookieSet
  readonly #challenge: number
  readonly #isOwnChallenge: (challenge: number) => boolean
  readonly #keepExisting: () => boolean
  readonly #askForName: boolean
  readonly #version: 5 | 6
  #self: NodeIdentity
  #peer: NodeIdentity | undefined

  /** @throws {DistError} `DIST_BAD_OPTION` when an option could never work */
  constructor(options: InitiatorOptions) {
    super(INITIATOR_TRANSITIONS, checked(options).headerBytes ?? 2)
    const { self, peerName, keepExisting = false, askForName = false, version = 6 } = options
    this.#askForName = askForName
    this.#version = version
    this.#self = askForName ? nameless(self) : self
    this.#peerName = peerName
    this.#cookie = cookieSet(options.cookie)
    this.#challenge = options.challenge
    this.#isOwnChallenge = options.isOwnChallenge ?? never
    this.#keepExisting = typeof keepExisting === 'function' ? keepExisting : () => keepExisting
    play<InitiatorState, InitiatorEvent, AcceptorMessage>(this, {
      opening: [{ kind: 'sendName', version: this.#version, ...this.#self }],
      decode: decodeAcceptorMessage,
      answer: (message) => this.#answer(message),
      closed: (state, half) => this.#closed(state, half),
      peerName: () => this.#peer?.name ?? this.#peerName,
      connected: (rest) => this.#connected(rest),
    })
  }

  get peer(): NodeIdentity | undefined {
    return this.#peer
  }

  #answer(message: AcceptorMessage): HandshakeStep<InitiatorEvent> {
    switch (message.kind) {
      case 'status':
        return this.#status(message)
      case 'challenge':
        return this.#reply(message)
      case 'challengeAck':
        return this.#verify(message)
    }
  }

  #status({ status, assigned }: StatusMessage): HandshakeStep<InitiatorEvent> {
    const peer = this.#peerName
    switch (status) {
      case 'ok':
      case 'ok_simultaneous':
        if (this.#askForName) throw unexpected('the peer gave no name though one was asked for', peer)
        return { event: `status ${status}` }
      case 'named':
        if (!this.#askForName || assigned === undefined) {
          throw unexpected('the peer gave a name that was not asked for', peer)
        }
        if (!isNodeName(assigned.name)) {
          throw new DistError('DIST_NAME_INVALID', 'the peer gave no usable node name', { peer })
        }
        this.#self = { ...this.#self, ...assigned }
        return { event: 'status named' }
      case 'alive':
        return this.#alive()
      case 'nok':
        return {
          event: 'status nok',
          error: new DistError('DIST_NOK', 'the peer dials us at the same moment and its own attempt goes on', {
            peer,
          }),
        }
      case 'not_allowed':
        return { event: 'status not_allowed', error: this.#notAllowed() }
    }
  }

  #alive(): HandshakeStep<InitiatorEvent> {
    if (!this.#keepExisting()) return { event: 'status alive', send: [{ kind: 'statusReply', proceed: true }] }
    return {
      event: 'status alive, keep the old',
      send: [{ kind: 'statusReply', proceed: false }],
      error: new DistError('DIST_ALIVE', 'both sides hold a live connection already; this attempt was given up', {
        peer: this.#peerName,
      }),
    }
  }

  #notAllowed(): DistError {
    const refused = refusals(this.#self.flags).map(({ release, missing }) => `OTP ${release}: ${missing.join(', ')}`)
    const hint =
      refused.length === 0 ? undefined : `The flags we announce lack what a peer may require (${refused.join('; ')}).`
    return new DistError('DIST_NOT_ALLOWED', `the peer refused us (status not_allowed) as ${this.#self.name}`, {
      peer: this.#peerName,
      ...(hint === undefined ? {} : { hint }),
    })
  }

  #reply({ version, name, flags, creation, challenge }: ChallengeMessage): HandshakeStep<InitiatorEvent> {
    if (!isNodeName(name)) throw new DistError('DIST_NAME_INVALID', `the peer calls itself ${inAscii(name)}`)
    this.#peer = { name, flags, creation }
    if (this.#peerName !== undefined && name !== this.#peerName) {
      throw nameMismatch(this.#peerName, name)
    }
    // Only OTP 22 and older answer in version 5.
    const understood = version === 6 ? flags : flags & ~(DFLAG_HANDSHAKE_23 | DFLAG_MANDATORY_25_DIGEST)
    const problem = flagsProblem(understood, name)
    if (problem !== undefined) throw problem
    if (this.#isOwnChallenge(challenge)) throw reflected(name)
    const digest = challengeDigest(this.#cookie.offered, challenge)
    const reply = { kind: 'challengeReply', challenge: this.#challenge, digest } as const
    if (this.#version === 6) return { event: 'challenge', send: [reply] }
    const flagsHigh = Number(this.#self.flags >> 32n)
    return { event: 'challenge', send: [{ kind: 'complement', flagsHigh, creation: this.#self.creation }, reply] }
  }

  #verify({ digest }: ChallengeAckMessage): HandshakeStep<InitiatorEvent> {
    const challenge = this.#challenge
    const known = this.#cookie.accepted.filter((cookie) => digestEquals(challengeDigest(cookie, challenge), digest))
    if (known.length > 0) return { event: 'challengeAck' }
    throw new DistError(
      'DIST_COOKIE_MISMATCH',
      'the peer took our cookie but proved another one: we refused it; name, port and flags were right',
      { peer: this.#peer?.name, hint: 'Give both nodes one cookie for each other, in both directions.' },
    )
  }

  #connected(rest: Uint8Array): HandshakeOutput<InitiatorState> {
    const peer = this.#peer!
    return {
      type: 'connected',
      self: this.#self,
      peer,
      flags: expandFlags(this.#self.flags) & expandFlags(peer.flags),
      rest,
    }
  }

  #closed(state: string, half: boolean): DistError {
    const peer = this.#peer?.name ?? this.#peerName
    if (state === 'awaitingAck') {
      return new DistError(
        'DIST_COOKIE_REJECTED',
        'the peer closed after our answer to its challenge: it refused our cookie; name, port and flags were right',
        { peer },
      )
    }
    const middle = half ? ' in the middle of a message' : ''
    const hint =
      state === 'awaitingStatus'
        ? 'No Erlang node listens on this port, or it takes our name for none. Check the port and our own node name.'
        : undefined
    return new DistError('DIST_CLOSED_BY_PEER', `the peer closed${middle} ${describeState(state)}`, {
      peer,
      ...(hint === undefined ? {} : { hint }),
    })
  }
}

function nameMismatch(dialled: string, name: string): DistError {
  const onlyCase = dialled.toLowerCase() === name.toLowerCase()
  const hint = 'Only the case of letters differs: DNS ignores it, node names do not. Spell both alike.'
  const message = `dialled ${dialled}, it calls itself ${name}`
  return new DistError('DIST_NAME_MISMATCH', message, { peer: name, ...(onlyCase && { hint }) })
}

function nameless({ name, flags }: NodeIdentity): NodeIdentity {
  return { name, flags: (flags | DFLAG_NAME_ME) & ~DFLAG_PUBLISHED, creation: 0 }
}

function unexpected(message: string, peer: string | undefined): DistError {
  return new DistError('DIST_UNEXPECTED_MESSAGE', message, { peer })
}
