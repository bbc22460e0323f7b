import { Atom, atom, Pid, type Term, Tuple, tuple } from '@dynsrv/etf'
import { messageOf } from '../error.ts'
import type { GenCalls } from '../gen-call.ts'
import { GEN_CAST, type GenFrom, readGenMessage } from '../gen-message.ts'
import type { LinksAndMonitors } from '../links-and-monitors.ts'
import type { LocalProcess } from '../local-process.ts'
import type { Warning } from '../node-event.ts'
import type { Registry } from '../registry.ts'
import { GlobalConflict, type GlobalConflictParts } from './global-conflict.ts'
import { NAMES_LOCK } from './global-lock-round.ts'
import { GlobalLocks } from './global-locks.ts'
import { type GlobalLink, GlobalMeeting } from './global-meeting.ts'
import { GlobalNameTable } from './global-name-table.ts'
import { list, readOperations } from './global-operation.ts'
import { PeerTimers } from './peer-timers.ts'

/** The version of the protocol that OTP 25 to 29 speak. OTP 23 speaks 5. */
const VERSION = 8
/** From here on a node confirms the pair of tags. */
const ACK_VERSION = 8
/** From here on the connections that a node knows are a map, before they are a list. */
const MAP_VERSION = 6
const NAME = 'global_name_server'
/** A BEAM node says at once that it wants to share names; whoever has not by then may wait for us. Unit: milliseconds. */
const BEGIN_MS = 1_000
/** Pauses between our tries to meet a node that waits. Unit: milliseconds. */
const TRY_MS = { first: 100, least: 1_000, spread: 2_000 } as const

export interface GlobalNameServerParts {
  readonly self: string
  readonly registry: Registry
  readonly life: LinksAndMonitors
  readonly calls: GenCalls
  readonly erpc: GlobalConflictParts['erpc']
  readonly send: (from: Pid, to: Pid | { name: string; node: string }, message: Term) => void
  readonly reply: (own: Pid, from: GenFrom, reply: Term) => void
  /** Begins to connect to a node of the mesh. */
  readonly connect: (node: string) => void
  /** Ends the link to a node, since the cluster wants it so. */
  readonly disconnect: (node: string) => void
  readonly isConnected: (node: string) => boolean
  readonly warn: (warning: Omit<Warning, 'type'>) => void
}

/**
 * The part of `global` that a visible node owes its peers: locks, the table of names, and the meetings in which two parts
 * of a cluster become one. BEAM nodes begin these; we begin with those who do not, such as nodes of ours.
 *
 * @see OTP `global`, "The protocol between nodes"
 */
export class GlobalNameServer {
  readonly process: LocalProcess
  /** What other nodes ask as `global:resolve_it/4`. */
  readonly conflict: GlobalConflict
  readonly #parts: GlobalNameServerParts
  readonly #meetings = new Map<string, GlobalMeeting>()
  /** Our tags in meetings that we began and that the other side has not answered. */
  readonly #begun = new Map<string, number>()
  readonly #timers = new PeerTimers()
  /** Our part of the cluster: whoever joins it through us is told to all of these. */
  readonly #known = new Set<string>()
  /** Those of them that know us too. */
  readonly #synced = new Set<string>()
  readonly #names: GlobalNameTable
  readonly #locks: GlobalLocks
  #tags = 0

  constructor(parts: GlobalNameServerParts) {
    this.#parts = parts
    this.process = parts.registry.spawn({
      message: (message) => this.#message(message),
      ended: () => this.#timers.clear(),
    })
    parts.registry.register(NAME, this.process)
    this.#names = new GlobalNameTable(this.process, parts.life)
    this.#locks = new GlobalLocks(this.process, parts.life)
    this.conflict = new GlobalConflict({
      self: parts.self,
      send: (to, message) => parts.send(this.process.pid, to, message),
      kill: (pid) => parts.life.sendExit(this.process, pid, atom('kill')),
      erpc: parts.erpc,
    })
  }

  /** The process that has a name in the cluster. */
  whereis(name: Term): Pid | undefined {
    return this.#names.get(name)?.pid
  }

  /** Every name that is registered in the cluster. */
  names(): Term[] {
    return this.#names.entries().map(({ name }) => name)
  }

  /** The nodes with which we share the names. */
  known(): string[] {
    return [...this.#known]
  }

  /** A link to a visible node is up. */
  connectionUp(node: string): void {
    this.#later(node, BEGIN_MS, () => {
      if (this.#synced.has(node) || this.#meetings.has(node)) return
      if (this.#known.has(node)) this.#tellInSync(node)
      else this.#begin(node, VERSION, ++this.#tags, true)
    })
  }

  /** A link is gone, or could not be made. */
  connectionLost(node: string): void {
    this.#timers.delete(node)
    this.#begun.delete(node)
    this.#meetings.get(node)?.end()
    this.#meetings.delete(node)
    this.#known.delete(node)
    this.#synced.delete(node)
  }

  #message(message: Term): void {
    const read = readGenMessage(message)
    if (read.type === 'call') this.#call(read.from, read.request)
    else {
      const content = read.type === 'cast' ? read.request : read.message
      if (content instanceof Tuple) this.#cast(content.elements)
    }
  }

  #call(from: GenFrom, request: Term): void {
    const answer = (reply: Term): void => this.#parts.reply(this.process.pid, from, reply)
    const [kind, first, pid, method] = request instanceof Tuple ? request.elements : []
    const [resource, requester] = first instanceof Tuple ? first.elements : []
    switch (kind instanceof Atom ? kind.name : '') {
      case 'set_lock':
        answer(this.#locks.set(resource, requester, from.pid))
        return
      case 'del_lock':
        this.#locks.delete(resource, requester, from.pid)
        answer(true)
        return
      case 'register':
      case 'register_ext':
        if (pid instanceof Pid) this.#names.insert(first, pid, method)
        answer(atom('yes'))
        return
      case 'unregister':
        this.#names.remove(first)
        answer(atom('ok'))
        return
      default:
        answer(tuple(atom('error'), atom('notsup')))
    }
  }

  #cast([kind, first, second, third, fourth, , sixth]: readonly Term[]): void {
    const node = first instanceof Atom ? first.name : undefined
    switch (kind instanceof Atom ? kind.name : '') {
      case 'init_connect':
        if (first instanceof Tuple && second instanceof Atom) this.#initConnect(second.name, first.elements, third)
        return
      case 'lock_set':
        if (first instanceof Pid) this.#lockSet(first, second === true, fourth)
        return
      case 'exchange':
        if (node !== undefined) this.#meeting(node, fourth)?.exchange(second)
        return
      case 'resolved':
        if (node !== undefined) this.#meeting(node, sixth)?.resolved(second, third)
        return
      case 'new_nodes':
        this.#names.apply(readOperations(second))
        this.#mesh(list(fourth))
        return
      case 'in_sync':
        if (node !== undefined) this.#inSync(node)
        return
      case 'cancel_connect':
        if (node !== undefined) this.#restart(node)
        return
      case 'remove_connection':
        if (node !== undefined) this.#parts.disconnect(node)
        return
      // Nothing follows for us from init_connect_ack, lost_connection and what later releases add.
    }
  }

  /** A node of the other partition knows us. One that we told so before it did has dropped that, so it is told again. */
  #inSync(node: string): void {
    if (this.#synced.has(node) || !this.#parts.isConnected(node)) return
    this.#known.add(node)
    this.#synced.add(node)
    this.#meetings.get(node)?.end()
    this.#tellInSync(node)
  }

  #initConnect(node: string, [theirVersion, theirTag]: readonly Term[], locker: Term): void {
    const [, , , theirLocker] = locker instanceof Tuple ? locker.elements : []
    if (!(theirLocker instanceof Pid)) return
    const version = typeof theirVersion === 'number' ? Math.min(theirVersion, VERSION) : VERSION
    const begun = this.#begun.get(node)
    const ourTag = begun ?? ++this.#tags
    this.#begun.delete(node)
    this.#meet({ node, version, theirTag, ourTag, locker: theirLocker })
    if (begun === undefined) this.#begin(node, version, ourTag)
    else this.#later(node, TRY_MS.first * (1 + Math.random()), () => this.#try(node))
    if (version < ACK_VERSION) return
    this.#send(node, tuple(atom('init_connect_ack'), atom(this.#parts.self), theirTag, ourTag))
  }

  #begin(node: string, version: number, ourTag: number, first = false): void {
    if (first) this.#begun.set(node, ourTag)
    const known = version < MAP_VERSION ? [] : new Map()
    const locker = tuple(atom('locker'), atom('no_longer_a_pid'), known, this.process.pid)
    this.#castTo(node, tuple(atom('init_connect'), tuple(version, ourTag), atom(this.#parts.self), locker))
  }

  #restart(node: string): void {
    const link = this.#meetings.get(node)?.link
    if (link === undefined) return
    const ourTag = ++this.#tags
    this.#meet({ ...link, ourTag })
    this.#begin(node, link.version, ourTag)
  }

  #meet(link: GlobalLink): void {
    const { self, calls, life, send } = this.#parts
    this.#meetings.get(link.node)?.end()
    const meeting = new GlobalMeeting(link, {
      self,
      locker: this.process.pid,
      calls,
      life,
      conflict: this.conflict,
      cast: (node, message) => this.#castTo(node, message),
      sendToLocker: (locker, message) => send(this.process.pid, locker, message),
      names: () => this.#names.entries(),
      entry: (name) => this.#names.get(name),
      apply: (operations) => this.#names.apply(operations),
      known: () => this.known(),
      requester: () => this.#locks.requester(NAMES_LOCK),
      failed: (peer, cause) => {
        const message = `sharing the global names with ${peer} failed: ${messageOf(cause)}`
        this.#parts.warn({ code: 'HANDLER_THREW', message, peer, cause })
      },
      met: (node, theirKnown) => {
        this.#known.add(node)
        this.#synced.add(node)
        this.#mesh(theirKnown)
      },
    })
    this.#meetings.set(link.node, meeting)
  }

  /** Tries to meet a node that waits for us, until it is known. */
  #try(node: string): void {
    const meeting = this.#meetings.get(node)
    if (meeting === undefined || this.#known.has(node)) return
    const again = () => this.#later(node, TRY_MS.least + TRY_MS.spread * Math.random(), () => this.#try(node))
    if (meeting.busy) again()
    else void meeting.begin().then(again)
  }

  #later(node: string, delayMs: number, work: () => void): void {
    if (this.#parts.isConnected(node) && this.process.alive) this.#timers.set(node, delayMs, work)
    else this.#timers.delete(node)
  }

  #lockSet(locker: Pid, set: boolean, tag: Term): void {
    const node = locker.node.name
    // Old lockers talk to each other without the name server between them, and without a tag.
    ;(tag === undefined ? this.#meetings.get(node) : this.#meeting(node, tag))?.lockSet(set)
  }

  /** Nodes of the other partition are of ours from now on, without a meeting of our own with each. */
  #mesh(nodes: readonly Term[]): void {
    for (const node of nodes) {
      if (!(node instanceof Atom) || node.name === this.#parts.self) continue
      this.#known.add(node.name)
      if (!this.#parts.isConnected(node.name)) this.#parts.connect(node.name)
      this.#tellInSync(node.name)
    }
  }

  #tellInSync(node: string): void {
    this.#castTo(node, tuple(atom('in_sync'), atom(this.#parts.self), true))
  }

  /** The meeting with a peer, when the message belongs to it and not to an earlier one. */
  #meeting(node: string, tag: Term): GlobalMeeting | undefined {
    const meeting = this.#meetings.get(node)
    return meeting?.link.ourTag === tag ? meeting : undefined
  }

  #castTo(node: string, message: Term): void {
    this.#send(node, tuple(GEN_CAST, message))
  }

  #send(node: string, message: Term): void {
    this.#parts.send(this.process.pid, { name: NAME, node }, message)
  }
}
