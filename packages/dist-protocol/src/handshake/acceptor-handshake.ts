import { callable, optionsOf, required, shown, text, whole } from '@dynsrv/kit'
import { checks, headerBytesRule, nodeName, selfRule, u32 } from '../checks.ts'
import { DistError } from '../error.ts'
import { DFLAG_HANDSHAKE_23, DFLAG_NAME_ME, DFLAG_PUBLISHED, expandFlags } from '../flags.ts'
import { isHostPart, isNodeName, type NodeIdentity } from '../node-identity.ts'
import type { HeaderBytes } from '../packet.ts'
import { type Cookie, cookieOrFunction, cookieRule, cookieSet } from './cookie.ts'
import { challengeDigest, digestEquals } from './digest.ts'
import { flagsProblem } from './flags-problem.ts'
import { describeState, HandshakeMachine, type HandshakeOutput, type HandshakeStep, play } from './handshake-machine.ts'
import {
  type ChallengeMessage,
  type ChallengeReplyMessage,
  type ComplementMessage,
  decodeInitiatorMessage,
  type InitiatorMessage,
  inAscii,
  type SendNameMessage,
} from './handshake-message.ts'
import { ACCEPTOR_TRANSITIONS, type AcceptorEvent, type AcceptorState } from './handshake-transitions.ts'
import { never, reflected } from './reflected.ts'

/**
 * What an acceptor can say to a name.
 *
 * `ok` goes on; `ok_simultaneous` goes on and promises that our own attempt to this peer is given up; `nok` refuses
 * because our own attempt goes on; `not_allowed` refuses; `alive` asks whether the connection that we hold is dead.
 */
export type AcceptorDecision = 'ok' | 'ok_simultaneous' | 'nok' | 'not_allowed' | 'alive'

/** A name that we hand out, with a creation that was never used with it before. */
export interface AssignedName {
  readonly name: string
  readonly creation: number
}

/** What the side that was dialled needs for a handshake. */
export interface AcceptorOptions {
  readonly self: NodeIdentity
  /** The cookie, or a look-up by the name the peer announced. */
  readonly cookie: Cookie | ((peerName: string) => Cookie)
  /** A fresh, cryptographically random unsigned 32-bit number. */
  readonly challenge: number
  /**
   * Whether a challenge is one that this side has open itself, in any handshake and in either role. A peer that shows such a
   * one wants us to prove it the cookie that it does not know: the handshake fails with `DIST_REFLECTED`. Default: never.
   */
  readonly isOwnChallenge?: (challenge: number) => boolean
  /**
   * Judges a peer by what it announced, before it has proved anything. A version 5 peer's creation is still 0 here.
   * See {@link resolveSimultaneous} for the rule when both sides dial.
   */
  readonly decide: (peer: NodeIdentity) => AcceptorDecision
  /** Gives a name to a peer that asks for one; undefined, or no such function, refuses it. */
  readonly assignName?: (host: string) => AssignedName | undefined
  /** Bytes of a packet's length: 2, the default, over TCP; 4 over TLS. */
  readonly headerBytes?: HeaderBytes
}

const checkOptions = checks.options<AcceptorOptions>('AcceptorHandshake', {
  self: required(selfRule),
  cookie: required(cookieOrFunction),
  challenge: required(u32),
  isOwnChallenge: callable,
  decide: required(callable),
  assignName: callable,
  headerBytes: headerBytesRule,
})

function checked(options: AcceptorOptions): AcceptorOptions {
  checkOptions(options)
  return options
}

/** What `assignName` gives. */
const assignedName = optionsOf<AssignedName>({ name: required(nodeName), creation: required(whole(1, 0xffff_ffff)) })

/**
 * Which attempt goes on when a peer's name comes in while we dial it: `nok` keeps ours, `ok_simultaneous` gives ours up.
 *
 * @see OTP `net_kernel`, the greater name's own attempt wins
 */
export function resolveSimultaneous(self: string, peer: string): 'nok' | 'ok_simultaneous' {
  checks.argument('resolveSimultaneous', 'self', text, self)
  checks.argument('resolveSimultaneous', 'peer', text, peer)
  return self > peer ? 'nok' : 'ok_simultaneous'
}

/**
 * The side that was dialled.
 *
 * @see OTP `erl_dist_protocol`, "Distribution Handshake"; `dist_util:handshake_other_started/1`
 */
export class AcceptorHandshake extends HandshakeMachine<AcceptorState, AcceptorEvent, InitiatorMessage> {
  readonly #options: AcceptorOptions
  readonly #self: NodeIdentity
  #peer: NodeIdentity | undefined
  #version: 5 | 6 = 6

  /** @throws {DistError} `DIST_BAD_OPTION` when an option could never work */
  constructor(options: AcceptorOptions) {
    super(ACCEPTOR_TRANSITIONS, checked(options).headerBytes ?? 2)
    this.#options = options
    this.#self = options.self
    play<AcceptorState, AcceptorEvent, InitiatorMessage>(this, {
      opening: [],
      decode: decodeInitiatorMessage,
      answer: (message) => this.#answer(message),
      closed: (state, half) => this.#closed(state, half),
      peerName: () => this.#peer?.name,
      connected: (rest) => this.#connected(rest),
    })
  }

  get peer(): NodeIdentity | undefined {
    return this.#peer
  }

  #answer(message: InitiatorMessage): HandshakeStep<AcceptorEvent> {
    switch (message.kind) {
      case 'sendName':
        return this.#judge(message)
      case 'statusReply':
        return this.#goOn(message.proceed)
      case 'complement':
        return this.#complete(message)
      case 'challengeReply':
        return this.#verify(message)
    }
  }

  #judge(message: SendNameMessage): HandshakeStep<AcceptorEvent> {
    const { version, name, flags, creation } = message
    this.#version = version
    if (version === 6 && (flags & DFLAG_NAME_ME) !== 0n) return this.#nameIt(message)
    if (name === this.#self.name) {
      const hint = 'Two nodes share one name, or this one was given its own address for another node.'
      return this.#refuse('nok', new DistError('DIST_NAME_INVALID', 'the peer has our own name', { peer: name, hint }))
    }
    if (/[^\0-\x7f]/.test(name)) {
      return this.#refuse('nok', new DistError('DIST_NAME_INVALID', "the peer's name is not ASCII"))
    }
    if (!isNodeName(name)) throw new DistError('DIST_NAME_INVALID', `the peer calls itself ${inAscii(name)}`)
    this.#peer = { name, flags, creation }
    const lacking = flagsProblem(version === 6 ? flags : flags & 0xffff_ffffn, name)
    if (lacking !== undefined) return this.#refuse('not_allowed', lacking)
    const decision = this.#options.decide(this.#peer)
    switch (decision) {
      case 'ok':
      case 'ok_simultaneous': {
        const event = version === 6 ? 'sendName ok' : 'sendName ok, version 5'
        return { event, send: [{ kind: 'status', status: decision }, this.#challengeMessage()] }
      }
      case 'alive':
        return { event: 'sendName alive', send: [{ kind: 'status', status: 'alive' }] }
      case 'nok':
        return this.#refuse(
          'nok',
          new DistError('DIST_NOK', 'we dial the peer already and our attempt goes on', { peer: name }),
        )
      case 'not_allowed':
        return this.#refuse(
          'not_allowed',
          new DistError('DIST_NOT_ALLOWED', 'we refused the peer (status not_allowed)', { peer: name }),
        )
      default:
        throw new DistError(
          'DIST_BAD_OPTION',
          `AcceptorHandshake: decide gave ${shown(decision)}, which is no decision`,
        )
    }
  }

  #nameIt({ name: host, flags }: SendNameMessage): HandshakeStep<AcceptorEvent> {
    if (!isHostPart(host)) {
      throw new DistError('DIST_NAME_INVALID', `the peer asks for a name on ${inAscii(host)}`)
    }
    const lacking = flagsProblem(flags, host)
    if (lacking !== undefined) return this.#refuse('not_allowed', lacking)
    const assigned = this.#options.assignName?.(host)
    if (assigned === undefined) {
      const hint = 'Start the peer with a name of its own, or let this node hand out names.'
      return this.#refuse(
        'not_allowed',
        new DistError('DIST_NOT_ALLOWED', 'the peer asked us for a node name', { hint }),
      )
    }
    checks.argument('AcceptorHandshake', 'what assignName gave', assignedName, assigned)
    this.#peer = { ...assigned, flags }
    return { event: 'sendName named', send: [{ kind: 'status', status: 'named', assigned }, this.#challengeMessage()] }
  }

  #refuse(status: 'nok' | 'not_allowed', error: DistError): HandshakeStep<AcceptorEvent> {
    return { event: `sendName ${status}`, send: [{ kind: 'status', status }], error }
  }

  /** A peer that was given its name sees that in our flags, and both count the link as hidden. */
  #challengeMessage(): ChallengeMessage {
    const named = (this.#peer!.flags & DFLAG_NAME_ME) !== 0n && this.#version === 6
    const flags = named ? (this.#self.flags | DFLAG_NAME_ME) & ~DFLAG_PUBLISHED : this.#self.flags
    const { name, creation } = this.#self
    return {
      kind: 'challenge',
      version: 6,
      flags: flags | DFLAG_HANDSHAKE_23,
      challenge: this.#options.challenge,
      creation,
      name,
    }
  }

  #goOn(proceed: boolean): HandshakeStep<AcceptorEvent> {
    if (proceed) {
      const event = this.#version === 6 ? 'statusReply true' : 'statusReply true, version 5'
      return { event, send: [this.#challengeMessage()] }
    }
    const message = 'the peer keeps the connection that is up and gave this attempt up'
    return { event: 'statusReply false', error: new DistError('DIST_ALIVE', message, { peer: this.#peer?.name }) }
  }

  #complete({ flagsHigh, creation }: ComplementMessage): HandshakeStep<AcceptorEvent> {
    const { name, flags } = this.#peer!
    this.#peer = { name, flags: (flags & 0xffff_ffffn) | (BigInt(flagsHigh) << 32n), creation }
    return { event: 'complement' }
  }

  #verify({ challenge, digest }: ChallengeReplyMessage): HandshakeStep<AcceptorEvent> {
    const { name } = this.#peer!
    const { cookie, isOwnChallenge = never } = this.#options
    if (isOwnChallenge(challenge)) throw reflected(name)
    const { offered, accepted } = cookieSet(typeof cookie === 'function' ? cookieFrom(cookie, name) : cookie)
    const ours = this.#options.challenge
    const known = accepted.filter((candidate) => digestEquals(challengeDigest(candidate, ours), digest))
    if (known.length === 0) {
      const message = 'the peer proved another cookie than ours: we refused it; name, port and flags were right'
      throw new DistError('DIST_COOKIE_MISMATCH', message, { peer: name })
    }
    // While a cookie is being changed the peer expects an answer with the one that it used itself.
    const proof = accepted.includes(offered) ? known[0]! : offered
    return { event: 'challengeReply', send: [{ kind: 'challengeAck', digest: challengeDigest(proof, challenge) }] }
  }

  #connected(rest: Uint8Array): HandshakeOutput<AcceptorState> {
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
    const hint =
      state === 'awaitingReply'
        ? `It dialled another name than ${this.#self.name}, or requires flags that we lack, or gave up.`
        : undefined
    const middle = half ? ' in the middle of a message' : ''
    return new DistError('DIST_CLOSED_BY_PEER', `the peer closed${middle} ${describeState(state)}`, {
      peer: this.#peer?.name,
      ...(hint === undefined ? {} : { hint }),
    })
  }
}

function cookieFrom(find: (peerName: string) => Cookie, peer: string): Cookie {
  const cookie = find(peer)
  checks.argument('AcceptorHandshake', 'what the cookie function gave', cookieRule, cookie)
  return cookie
}
