import { ALTACT, type ControlMessage, DFLAG_ALIAS, DFLAG_UNLINK_ID, EncodedTerm } from '@dynsrv/dist-protocol'
import { Atom, atom, type DecodeOptions, decode, encode, Pid, Reference, type Term } from '@dynsrv/etf'
import { messageOf, type Rule, wrong } from '@dynsrv/kit'
import { atomName, cannotBeSent, checks, checkTerm, peerName } from '../checks.ts'
import { NodeError } from '../error.ts'
import type { Connection } from '../link/connection.ts'
import type { Warning } from '../node-event.ts'
import type { Destination, Recipient, SendOptions } from '../signature.ts'
import { withoutEncoding } from './exit-reason.ts'
import type { LifeSignal, LinksAndMonitors } from './links-and-monitors.ts'
import { type LocalProcess, nodeOf, type ProcessKind, type Target } from './local-process.ts'
import { firstReferences, OverLimit, readPayload } from './over-limit.ts'
import { MAX_IN_ALL, Origin, type PeerUses } from './peer-use.ts'
import type { Registry } from './registry.ts'
import { checkSound, type Told } from './verbatim.ts'

export type SpawnRequest = Extract<ControlMessage, { op: 'SPAWN_REQUEST' }>

/** What to do with the operations that are neither messages nor about ends of processes. */
export interface SpawnSignals {
  /** @param read gives the arguments */
  request(origin: Origin, control: SpawnRequest, read: () => Term | OverLimit): void
  reply(peer: string, control: Extract<ControlMessage, { op: 'SPAWN_REPLY' }>): void
}

export interface SignalRouterParts {
  /** Our node's name. */
  readonly self: string
  readonly registry: Registry
  /** Set after construction: the parts need each other. */
  readonly life: () => LinksAndMonitors
  readonly spawns: () => SpawnSignals
  readonly connection: (node: string) => Connection | undefined
  /** Begins to connect to a peer; false when that is not wanted. */
  readonly connect: (node: string) => boolean
  /** How many messages may wait for a connection to come up. */
  readonly maxWaiting: number
  /** How the node decodes. */
  readonly decode: DecodeOptions | undefined
  readonly uses: PeerUses
  readonly warn: (warning: Omit<Warning, 'type'>) => void
}

/** The term that goes with a signal, when there is one. */
type Payload = readonly [payload?: Told]

interface Waiting {
  readonly control: ControlMessage
  readonly payload: Payload
}

/** The kinds of processes in which messages may wait for the program. */
const QUEUES: ReadonlySet<ProcessKind> = new Set(['mailbox', 'server', 'pubsub'])

/** What became of a signal: with `busy`, the peer takes less than is sent. */
type Way = 'taken' | 'busy' | 'nowhere'

/** Worth a connection of their own; the others only make sense on the one that they belong to. */
const CONNECTING = new Set<ControlMessage['op']>([
  'SEND',
  'SEND_SENDER',
  'REG_SEND',
  'LINK',
  'MONITOR_P',
  'EXIT2',
  'SPAWN_REQUEST',
])

/**
 * End what another signal began. Where that one waits for a link, they wait behind it, as with BEAM: else the peer would hear
 * of a beginning and never of its end. No link or monitor outlives its connection, so that there are no more of them than of
 * what waits.
 */
const ENDING = new Set<ControlMessage['op']>(['DEMONITOR_P', 'UNLINK_ID', 'EXIT'])

/** Bear a reason. */
const REASONED = new Set<ControlMessage['op']>(['EXIT', 'EXIT2', 'MONITOR_P_EXIT'])

const DESTINATION = 'a pid, a registered name, or an object with name and node'

/** Says why something is no destination. */
const destination: Rule = {
  what: DESTINATION,
  check: (value, at) => {
    if (typeof value === 'string') return atomName.check(value, at)
    if (typeof value !== 'object' || value === null || !('name' in value && 'node' in value)) {
      return wrong(at, DESTINATION, value)
    }
    const { name, node } = value
    const fault = name instanceof Atom ? undefined : atomName.check(name, `${at}.name`)
    return fault ?? wrong(`${at}.node`, peerName.what, node)
  },
}

function isReference(to: unknown): to is Reference {
  try {
    return typeof to === 'object' && to instanceof Reference
  } catch {
    // A proxy that throws.
    return false
  }
}

/** Reads a destination; undefined for what is none. */
function targetOf(to: Destination, self: string): Target | undefined {
  try {
    if (typeof to === 'string') return { name: atom(to), node: self }
    if (to instanceof Pid) return to
    if (to instanceof Atom) return { name: to, node: self }
    const { name, node } = to
    if (typeof node !== 'string') return undefined
    if (typeof name === 'string') return { name: atom(name), node }
    return name instanceof Atom ? { name, node } : undefined
  } catch {
    return undefined
  }
}

/** Brings signals to where they belong: from our processes to connections, from connections to our processes. */
export class SignalRouter {
  readonly #parts: SignalRouterParts
  readonly #waiting = new Map<string, Waiting[]>()
  /** Peers for which more waits than is kept; each such episode gives one warning. */
  readonly #overflowing = new Set<string>()

  constructor(parts: SignalRouterParts) {
    this.#parts = parts
  }

  /**
   * Sends a message.
   *
   * @returns false when the peer is busy, or there is no way to it
   * @throws {NodeError} `NODE_MESSAGE_INVALID` for a term without encoding, `NODE_PEER_BUSY` with `whenBusy: 'fail'`
   */
  send(from: Pid, to: Recipient, message: Term, { whenBusy = 'queue' }: SendOptions = {}): boolean {
    // The whole way to a connected peer is looked up once.
    const target = isReference(to) ? to : this.#aim(to)
    const node = nodeOf(target)
    if (node === this.#parts.self) {
      const { registry } = this.#parts
      if (target instanceof Reference) return registry.sendToAlias(target, message)
      const process = 'name' in target ? registry.byName(target.name.name) : registry.byPid(target)
      process?.behaviour.message(message)
      return process !== undefined
    }
    const connection = this.#parts.connection(node)
    if (connection === undefined) {
      this.#checkNode(target)
      this.checkBeforeDial(node, message)
    } else if (whenBusy !== 'queue' && connection.busy) {
      if (whenBusy === 'drop') return false
      const busy = { peer: node, didNotRun: true }
      throw new NodeError('NODE_PEER_BUSY', `${node} has not taken what was sent before`, busy)
    }
    // A peer that does not know aliases would drop the link; only the link that it came over makes sense for an alias.
    if (target instanceof Reference && ((connection?.flags ?? 0n) & DFLAG_ALIAS) === 0n) return false
    const control: ControlMessage =
      'name' in target
        ? { op: 'REG_SEND', from, toName: target.name }
        : target instanceof Reference
          ? { op: 'ALIAS_SEND', from, to: target }
          : { op: 'SEND_SENDER', from, to: target }
    try {
      const payload = [message] as const
      const way =
        connection === undefined ? this.#dial(node, control, payload) : this.#over(connection, control, payload)
      return way === 'taken'
    } catch (cause) {
      // Whatever it is: a getter of the message may throw anything.
      throw cannotBeSent(`the message to ${node}`, cause)
    }
  }

  /**
   * Hands a term of another node, as `Origin.verbatim` gives it, to a process of ours, which gets it as it has its terms
   * decoded; false when nobody has the name.
   */
  pass(name: string, term: Term): boolean {
    const { registry, decode: nodes } = this.#parts
    const process = registry.byName(name)
    process?.behaviour.message(decode(encode(term), process.behaviour.decode ?? nodes))
    return process !== undefined
  }

  /** Sends a signal to a node, of which ours is one; false when there is no way to it. */
  transmit(node: string, control: ControlMessage, payload?: Told): boolean {
    if (node === this.#parts.self) {
      this.receive(node, control, payload instanceof EncodedTerm ? payload : EncodedTerm.of(payload))
      return true
    }
    const args: Payload = REASONED.has(control.op) || payload !== undefined ? [payload] : []
    return this.#transmit(node, control, args) !== 'nowhere'
  }

  /** A link came up: what waited for it goes first. */
  connected(connection: Connection): void {
    const waiting = this.#waiting.get(connection.peer)
    if (waiting === undefined) return
    this.#waiting.delete(connection.peer)
    this.#overflowing.delete(connection.peer)
    for (const { control, payload } of waiting) {
      try {
        this.#over(connection, control, payload)
      } catch (cause) {
        const message = `a ${control.op} to ${connection.peer} cannot be sent: ${messageOf(cause)}`
        this.#parts.warn({ code: 'MESSAGE_DROPPED', message, peer: connection.peer, cause })
      }
    }
  }

  /** There will be no link: drops what waited for it, and informs those who watch a process there. */
  unreachable(node: string, cause: unknown): void {
    const waiting = this.#waiting.get(node)
    if (waiting === undefined) return
    this.#waiting.delete(node)
    this.#overflowing.delete(node)
    const message = `${waiting.length} signals to ${node} are dropped: ${messageOf(cause)}`
    this.#parts.warn({ code: 'MESSAGE_DROPPED', message, peer: node, cause })
    this.#parts.life().connectionLost(node)
  }

  /** A recipient with its node. @throws {NodeError} `NODE_BAD_OPTION`, `NODE_NAME_*` */
  recipient(to: Recipient): Target | Reference {
    return isReference(to) ? to : this.target(to)
  }

  /** A destination with its node. @throws {NodeError} `NODE_BAD_OPTION`, `NODE_NAME_*` */
  target(to: Destination): Target {
    const target = this.#aim(to)
    this.#checkNode(target)
    return target
  }

  /** Refuses a term that has no encoding before its node is dialled for it. @throws {NodeError} `NODE_MESSAGE_INVALID` */
  checkBeforeDial(node: string, term: Term): void {
    if (node === this.#parts.self || this.#parts.connection(node) !== undefined) return
    checkTerm(`the message to ${node}`, term)
  }

  /**
   * A signal came over a connection.
   *
   * @throws {NodeError} `DIST_MALFORMED` for a payload that does not decode: BEAM drops the connection then
   */
  receive(peer: string, control: ControlMessage, payload: EncodedTerm | undefined): void {
    const { registry, life, spawns, warn } = this.#parts
    switch (control.op) {
      case 'SEND':
      case 'SEND_SENDER':
        this.#deliver(peer, control.op, registry.byPid(control.to), payload!)
        return
      case 'REG_SEND':
        this.#deliver(peer, control.op, registry.byName(control.toName.name), payload!)
        return
      case 'ALIAS_SEND':
        this.#deliverToAlias(peer, control.to, payload!)
        return
      case 'ALTACT_SIG_SEND':
        this.#altact(peer, control, payload)
        return
      case 'SPAWN_REQUEST':
        spawns().request(this.#origin(peer, payload!), control, () => this.#read(peer, control.op, payload!))
        return
      case 'SPAWN_REPLY':
        spawns().reply(peer, control)
        return
      case 'GROUP_LEADER':
        return
      case 'UNKNOWN':
        warn({ code: 'UNKNOWN_SIGNAL', message: `${peer} sent the unknown operation ${control.opcode}`, peer })
        return
      case 'EXIT':
      case 'EXIT2':
      case 'MONITOR_P_EXIT': {
        const reason = payload === undefined ? undefined : this.#read(peer, control.op, payload)
        life().receive(peer, control, reason, payload?.refusal === undefined ? payload : reason)
        return
      }
      default:
        life().receive(peer, control satisfies LifeSignal)
        return
    }
  }

  /** Whether anybody wants the payload of a message that begins to arrive: what is dropped in the end costs no memory then. */
  wants(peer: string, control: ControlMessage): boolean {
    const { registry } = this.#parts
    switch (control.op) {
      case 'SEND':
      case 'SEND_SENDER':
        return this.#hasRoom(peer, registry.byPid(control.to))
      case 'REG_SEND':
        return this.#hasRoom(peer, registry.byName(control.toName.name))
      case 'ALIAS_SEND':
        return registry.byAlias(control.to) !== undefined
      default:
        return true
    }
  }

  #hasRoom(peer: string, process: LocalProcess | undefined): boolean {
    if (process === undefined || process.behaviour.isFull?.() === true) return false
    const { uses } = this.#parts
    return !isQueue(process) || uses.limitOnWaiting(uses.of(peer)) === undefined
  }

  /** Reads a payload; one that is over a limit gives a warning, and what stands in for it. */
  #read(peer: string, op: ControlMessage['op'], payload: EncodedTerm, process?: LocalProcess): Term | OverLimit {
    const term = readPayload(peer, op, payload, process?.behaviour.decode)
    if (term instanceof OverLimit) {
      const { message, limit, cause } = term.error
      const pid = process === undefined ? {} : { pid: process.pid }
      this.#parts.warn({ code: 'OVER_LIMIT', message, peer, cause, ...(limit !== undefined && { limit }), ...pid })
    }
    return term
  }

  #deliver(peer: string, op: ControlMessage['op'], process: LocalProcess | undefined, payload: EncodedTerm): void {
    // What a full mailbox drops whatever it is need not be read.
    if (process === undefined || process.behaviour.dropsNext?.() === true) return
    const origin = this.#origin(peer, payload)
    const message = this.#admit(origin, op, process, payload)
    if (!(message instanceof OverLimit)) {
      process.behaviour.message(message, origin)
      return
    }
    // A caller that waits for an answer to it, or for it as an answer, hears at once that it is lost.
    const { life, registry } = this.#parts
    for (const ref of firstReferences(payload, origin.use.atoms)) {
      if (!life().failWatcher(process, ref, message) && registry.ownerOfAlias(ref) === undefined) {
        registry.byAlias(ref)?.(message)
      }
    }
  }

  #deliverToAlias(peer: string, ref: Reference, payload: EncodedTerm): void {
    const { registry } = this.#parts
    const receive = registry.byAlias(ref)
    if (receive === undefined) return
    const process = registry.ownerOfAlias(ref)
    if (process?.behaviour.dropsNext?.() === true) return
    const origin = this.#origin(peer, payload)
    const message =
      process === undefined
        ? this.#read(peer, 'ALIAS_SEND', payload)
        : this.#admit(origin, 'ALIAS_SEND', process, payload)
    // An alias that a program made is for messages only; the others are calls, which want to know.
    if (!(message instanceof OverLimit) || process === undefined) receive(message, origin)
  }

  #origin(peer: string, payload: EncodedTerm): Origin {
    return new Origin(peer, this.#parts.uses.of(peer), payload)
  }

  /** The message, or what stands in for it when there is no room for it or it is over a limit. */
  #admit(origin: Origin, op: ControlMessage['op'], process: LocalProcess, payload: EncodedTerm): Term | OverLimit {
    // Those of the node itself take their messages at once, and must not miss one.
    if (!isQueue(process)) return this.#read(origin.peer, op, payload, process)
    const refusal = this.#refusal(origin, op, 0)
    if (refusal !== undefined) return refusal
    const message = this.#read(origin.peer, op, payload, process)
    // How much it takes is known only now.
    return message instanceof OverLimit ? message : (this.#refusal(origin, op, payload.memoryBytes) ?? message)
  }

  /** What stands in for a message of a peer that has no room here for it; undefined as long as it has. */
  #refusal({ peer, use }: Origin, op: ControlMessage['op'], bytes: number): OverLimit | undefined {
    const { uses, warn } = this.#parts
    const { maxUnreadBytes } = uses.limits
    const limit = uses.limitOnWaiting(use, bytes)
    if (limit === undefined) {
      // Room for half of it ends the episode.
      if (use.isDropping && use.unreadBytes < maxUnreadBytes / 2) use.isDropping = false
      return undefined
    }
    if (limit === MAX_IN_ALL) {
      uses.refuse(use, limit, 'messages that wait to be read')
      const message = `${peer} has no room here for a ${op} that waits to be read: ${limit} allows ${uses.all.most} bytes`
      return new OverLimit(new NodeError('NODE_OVER_LIMIT', message, { peer, limit }))
    }
    const message = `messages of ${peer} that wait to be read take more than ${limit} allows: ${maxUnreadBytes} (${op})`
    if (!use.isDropping) {
      use.isDropping = true
      warn({ code: 'OVER_LIMIT', message: `${message}; more are dropped`, peer, limit })
    }
    return new OverLimit(new NodeError('NODE_OVER_LIMIT', message, { peer, limit }))
  }

  #altact(
    peer: string,
    { flags, from, to }: Extract<ControlMessage, { op: 'ALTACT_SIG_SEND' }>,
    payload: EncodedTerm | undefined,
  ): void {
    if ((flags & ALTACT.EXIT) !== 0) {
      const pid = to instanceof Reference ? this.#parts.registry.ownerOfAlias(to)?.pid : to
      if (pid instanceof Pid) this.receive(peer, { op: 'EXIT2', from, to: pid }, payload)
      return
    }
    if (to instanceof Pid) {
      this.receive(peer, { op: 'SEND_SENDER', from, to }, payload)
      return
    }
    if (to instanceof Reference) {
      this.receive(peer, { op: 'ALIAS_SEND', from, to }, payload)
      return
    }
    this.receive(peer, { op: 'REG_SEND', from, toName: to }, payload)
    return
  }

  /** What the peer does not know is not sent: BEAM closes no link over it, and neither asks for more than the link's end. */
  #over(connection: Connection, control: ControlMessage, payload: Payload): Way {
    switch (control.op) {
      case 'MONITOR_P':
      case 'DEMONITOR_P':
      case 'MONITOR_P_EXIT':
        // The monitor is kept here, and fires when the link goes.
        if (!connection.takesMonitors) return 'taken'
        break
      case 'UNLINK_ID': {
        if ((connection.flags & DFLAG_UNLINK_ID) !== 0n) break
        // A peer from before takes UNLINK, which it does not acknowledge: that is over when it is sent.
        const { id, from, to } = control
        connection.send({ op: 'UNLINK', from, to })
        this.#parts.life().receive(connection.peer, { op: 'UNLINK_ID_ACK', id, from: to, to: from })
        return 'taken'
      }
      case 'SPAWN_REQUEST':
        if (connection.takesSpawns) break
        this.#parts.spawns().reply(connection.peer, {
          op: 'SPAWN_REPLY',
          ref: control.ref,
          to: control.from,
          flags: 0,
          result: atom('notsup'),
        })
        return 'nowhere'
    }
    try {
      checkSound(payload[0])
      return connection.send(control, ...payload) ? 'taken' : 'busy'
    } catch (cause) {
      if (!REASONED.has(control.op)) throw cause
      // The end of a process must be told even if its reason cannot.
      return connection.send(control, withoutEncoding(cause)) ? 'taken' : 'busy'
    }
  }

  #aim(to: Destination): Target {
    const target = targetOf(to, this.#parts.self)
    if (target === undefined) checks.argument('the destination', 'to', destination, to)
    return target as Target
  }

  /** Pids are not looked at: what names their nodes have is the choice of those who made them. */
  #checkNode(target: Target | Reference): void {
    if (!('name' in target) || target.node === this.#parts.self) return
    if (this.#parts.connection(target.node) === undefined)
      checks.argument('the destination', 'node', peerName, target.node)
  }

  #transmit(node: string, control: ControlMessage, payload: Payload): Way {
    const connection = this.#parts.connection(node)
    return connection === undefined ? this.#dial(node, control, payload) : this.#over(connection, control, payload)
  }

  /** Keeps a signal until there is a link. */
  #dial(node: string, control: ControlMessage, payload: Payload): Way {
    if (ENDING.has(control.op)) {
      const before = this.#waiting.get(node)
      before?.push({ control, payload })
      return before === undefined ? 'nowhere' : 'taken'
    }
    if (!CONNECTING.has(control.op) || !this.#parts.connect(node)) return 'nowhere'
    const waiting = this.#waiting.get(node) ?? []
    if (waiting.length >= this.#parts.maxWaiting) {
      if (this.#overflowing.has(node)) return 'nowhere'
      this.#overflowing.add(node)
      const message = `more than ${this.#parts.maxWaiting} signals wait for the connection to ${node}: the rest is dropped`
      this.#parts.warn({ code: 'MESSAGE_DROPPED', message, peer: node })
      return 'nowhere'
    }
    if (waiting.length === 0) this.#waiting.set(node, waiting)
    waiting.push({ control, payload })
    return 'taken'
  }
}

function isQueue({ behaviour: { kind = 'system' } }: LocalProcess): boolean {
  return QUEUES.has(kind)
}
