import { Atom, atom, inspect, Pid, type Term, Tuple, tuple } from '@dynsrv/etf'
import { GEN_CAST, type GenFrom, readGenMessage } from '../gen-message.ts'
import { pidKey } from '../identifiers.ts'
import type { LinksAndMonitors } from '../links-and-monitors.ts'
import type { LocalProcess } from '../local-process.ts'
import type { Registry } from '../registry.ts'
import { GlobalLocks } from './global-locks.ts'

/** The version of the protocol that OTP 25 to 29 speak. OTP 23 speaks 5. */
const VERSION = 8
/** From here on a node confirms the pair of tags. */
const ACK_VERSION = 8
/** From here on the connections that a node knows are a map, before they are a list. */
const MAP_VERSION = 6
const NAME = 'global_name_server'

export interface GlobalNameServerParts {
  readonly self: string
  readonly registry: Registry
  readonly life: LinksAndMonitors
  readonly send: (from: Pid, to: Pid | { name: string; node: string }, message: Term) => void
  readonly reply: (own: Pid, from: GenFrom, reply: Term) => void
  /** Begins to connect to a node of the mesh. */
  readonly connect: (node: string) => void
  /** Ends the link to a node, since the cluster wants it so. */
  readonly disconnect: (node: string) => void
  readonly isConnected: (node: string) => boolean
}

interface GlobalName {
  readonly name: Term
  readonly pid: Pid
  readonly method: Term
  readonly unwatch: () => void
}

/** What we agreed on with a visible peer. */
interface Link {
  /** The lower of both sides' versions of the protocol. */
  readonly version: number
  readonly theirTag: Term
  readonly ourTag: number
}

/**
 * The part of `global` that a visible node owes its peers: the exchange that lets `global:sync/0` return, locks, and
 * the table of names. We answer and never begin, which every BEAM peer is content with.
 *
 * @see OTP `global`, "The protocol between nodes"
 */
export class GlobalNameServer {
  readonly process: LocalProcess
  readonly #parts: GlobalNameServerParts
  readonly #links = new Map<string, Link>()
  readonly #known = new Set<string>()
  readonly #names = new Map<string, GlobalName>()
  readonly #locks = new GlobalLocks()
  readonly #lockWatches = new Set<string>()
  #tags = 0

  constructor(parts: GlobalNameServerParts) {
    this.#parts = parts
    this.process = parts.registry.spawn({ message: (message) => this.#message(message) })
    parts.registry.register(NAME, this.process)
  }

  /** The process that has a name in the cluster. */
  whereis(name: Term): Pid | undefined {
    return this.#names.get(inspect(name))?.pid
  }

  /** Every name that is registered in the cluster. */
  names(): Term[] {
    return [...this.#names.values()].map(({ name }) => name)
  }

  /** The nodes with which the exchange is complete. */
  known(): string[] {
    return [...this.#known]
  }

  /** A link is gone. */
  connectionLost(node: string): void {
    this.#links.delete(node)
    this.#known.delete(node)
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
    switch (kind instanceof Atom ? kind.name : '') {
      case 'set_lock': {
        const [resource, requester] = first instanceof Tuple ? first.elements : []
        const granted = this.#locks.set(resource, requester, pidKey(from.pid))
        if (granted) this.#watchHolder(from.pid)
        answer(granted)
        return
      }
      case 'del_lock': {
        const [resource, requester] = first instanceof Tuple ? first.elements : []
        this.#locks.delete(resource, requester, pidKey(from.pid))
        answer(true)
        return
      }
      case 'register':
      case 'register_ext':
        if (pid instanceof Pid) this.#insert(first, pid, method)
        answer(atom('yes'))
        return
      case 'unregister':
        this.#remove(first)
        answer(atom('ok'))
        return
      default:
        answer(tuple(atom('error'), atom('notsup')))
    }
  }

  #cast([kind, first, second, third, fourth, , sixth]: readonly Term[]): void {
    switch (kind instanceof Atom ? kind.name : '') {
      case 'init_connect':
        if (first instanceof Tuple && second instanceof Atom) this.#initConnect(second.name, first.elements)
        return
      case 'lock_set':
        if (first instanceof Pid && second === true) this.#lockSet(first, fourth)
        return
      case 'exchange':
        if (first instanceof Atom) this.#exchange(first.name, second, fourth)
        return
      case 'resolved':
        if (!(first instanceof Atom) || this.#link(first.name, sixth) === undefined) return
        this.#apply(second)
        this.#known.add(first.name)
        this.#mesh(third)
        return
      case 'new_nodes':
        this.#apply(second)
        this.#mesh(fourth)
        return
      case 'in_sync':
        if (first instanceof Atom) this.#inSync(first.name)
        return
      case 'cancel_connect':
        if (first instanceof Atom) this.#restart(first.name)
        return
      case 'remove_connection':
        if (first instanceof Atom) this.#parts.disconnect(first.name)
        return
      default:
      // init_connect_ack, lost_connection and what later releases add: nothing follows from them for us.
    }
  }

  /** A node of the other partition knows us. One that we told so before it did has dropped that, so it is told again. */
  #inSync(node: string): void {
    if (this.#known.has(node) || !this.#parts.isConnected(node)) return
    this.#known.add(node)
    this.#castTo(node, tuple(atom('in_sync'), atom(this.#parts.self), true))
  }

  #initConnect(node: string, [theirVersion, theirTag]: readonly Term[]): void {
    const ourTag = ++this.#tags
    const version = typeof theirVersion === 'number' ? Math.min(theirVersion, VERSION) : VERSION
    this.#links.set(node, { version, theirTag, ourTag })
    this.#begin(node, version, ourTag)
    if (version < ACK_VERSION) return
    this.#send(node, tuple(atom('init_connect_ack'), atom(this.#parts.self), theirTag, ourTag))
  }

  #begin(node: string, version: number, ourTag: number): void {
    const known = version < MAP_VERSION ? [] : new Map()
    const locker = tuple(atom('locker'), atom('no_longer_a_pid'), known, this.process.pid)
    this.#castTo(node, tuple(atom('init_connect'), tuple(version, ourTag), atom(this.#parts.self), locker))
  }

  #restart(node: string): void {
    const link = this.#links.get(node)
    if (link === undefined) return
    const ourTag = ++this.#tags
    this.#links.set(node, { ...link, ourTag })
    this.#begin(node, link.version, ourTag)
  }

  #lockSet(locker: Pid, tag: Term): void {
    const node = locker.node.name
    // Old lockers talk to each other without the name server between them, and without a tag.
    const direct = tag === undefined
    const link = direct ? this.#links.get(node) : this.#link(node, tag)
    if (link === undefined) return
    const accepted = [atom('lock_set'), this.process.pid, true, []] as const
    if (direct) this.#parts.send(this.process.pid, locker, tuple(...accepted))
    else this.#castTo(node, tuple(...accepted, link.theirTag))
    const names = [...this.#names.values()].map(({ name, pid, method }) => tuple(name, pid, method))
    this.#castTo(node, tuple(atom('exchange'), atom(this.#parts.self), names, [], link.theirTag))
  }

  #exchange(node: string, names: Term, tag: Term): void {
    const link = this.#link(node, tag)
    if (link === undefined) return
    for (const entry of list(names)) {
      const [name, pid, method] = entry instanceof Tuple ? entry.elements : []
      if (pid instanceof Pid && this.whereis(name) === undefined) this.#insert(name, pid, method)
    }
    const known = this.known().map((peer) => atom(peer))
    const self = atom(this.#parts.self)
    this.#castTo(node, tuple(atom('resolved'), self, [], known, atom('unused'), [], link.theirTag))
  }

  /** Operations of somebody who resolved a conflict of names. */
  #apply(operations: Term): void {
    for (const operation of list(operations)) {
      const [kind, what] = operation instanceof Tuple ? operation.elements : []
      if (kind === atom('insert') && what instanceof Tuple) {
        const [name, pid, method] = what.elements
        if (pid instanceof Pid) this.#insert(name, pid, method)
      } else if (kind === atom('delete')) this.#remove(what)
    }
  }

  /** Nodes of the other partition: we and each of them become known to each other without an exchange of our own. */
  #mesh(nodes: Term): void {
    for (const node of list(nodes)) {
      if (!(node instanceof Atom) || node.name === this.#parts.self) continue
      if (!this.#parts.isConnected(node.name)) this.#parts.connect(node.name)
      this.#castTo(node.name, tuple(atom('in_sync'), atom(this.#parts.self), true))
    }
  }

  #insert(name: Term, pid: Pid, method: Term): void {
    const key = inspect(name)
    this.#remove(name)
    // Set before the monitor is: for a process that is gone already it fires at once.
    let unwatch = (): void => undefined
    this.#names.set(key, { name, pid, method, unwatch: () => unwatch() })
    const ref = this.#parts.life.monitor(this.process, pid, () => {
      if (this.#names.get(key)?.pid === pid) this.#names.delete(key)
    })
    unwatch = () => void this.#parts.life.demonitor(ref)
  }

  #remove(name: Term): void {
    const key = inspect(name)
    const entry = this.#names.get(key)
    this.#names.delete(key)
    entry?.unwatch()
  }

  #watchHolder(pid: Pid): void {
    const holder = pidKey(pid)
    if (this.#lockWatches.has(holder)) return
    this.#lockWatches.add(holder)
    this.#parts.life.monitor(this.process, pid, () => {
      this.#lockWatches.delete(holder)
      this.#locks.release(holder)
    })
  }

  /** The agreement with a peer, when the message belongs to it and not to an earlier link. */
  #link(node: string, tag: Term): Link | undefined {
    const link = this.#links.get(node)
    return link?.ourTag === tag ? link : undefined
  }

  #castTo(node: string, message: Term): void {
    this.#send(node, tuple(GEN_CAST, message))
  }

  #send(node: string, message: Term): void {
    this.#parts.send(this.process.pid, { name: NAME, node }, message)
  }
}

function list(term: Term): readonly Term[] {
  return Array.isArray(term) ? (term as readonly Term[]) : []
}
