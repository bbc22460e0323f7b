import { EventEmitter } from 'node:events'
import { atom, Pid, type Reference, type Term, Tuple, tuple } from '@dynsrv/etf'
import { messageOf, oneLine } from '@dynsrv/kit'
import { GEN_CAST } from '../call/gen-message.ts'
import type { ServerParts } from '../call/served-process.ts'
import { SystemServer } from '../call/system-server.ts'
import { checks, checkTerm, pidOf, signalOption } from '../checks.ts'
import { type Deferred, deferred } from '../deferred.ts'
import { NodeError } from '../error.ts'
import { pidKey } from '../process/identifiers.ts'
import type { LinksAndMonitors } from '../process/links-and-monitors.ts'
import type { LocalProcess } from '../process/local-process.ts'
import { type Origin, type PeerUse, type PeerUses, Place } from '../process/peer-use.ts'
import { termKey } from '../process/term-key.ts'
import { tellListeners } from '../program-calls.ts'
import type { ProcessRef } from '../signature.ts'
import { PgMembers } from './pg-members.ts'
import { PgSearch } from './pg-search.ts'

const DISCOVER = atom('discover')
const SYNC = atom('sync')
const JOIN = atom('join')
const LEAVE = atom('leave')

/** What the scope of another node takes beside our monitor of it. */
const SCOPE_BYTES = 400

/** Processes that joined or left a group, on whichever node. */
export interface PgChange {
  readonly group: Term
  readonly pids: readonly Pid[]
}

/** The events of a scope: who joined or left which group, here or on another node. */
export interface PgEvents {
  join: [PgChange]
  leave: [PgChange]
}

/** What ends the wait of `PgScope.synced`. */
export interface SyncedOptions {
  /** Ends the wait early. */
  readonly signal?: AbortSignal
}

const checkSynced = checks.options<SyncedOptions>('synced', signalOption)

export interface PgScopeParts {
  readonly servers: ServerParts
  readonly uses: PeerUses
  readonly send: (from: Pid, to: Pid | { name: string; node: string }, message: Term) => void
  readonly connected: () => readonly string[]
  /** Takes the scope out of the node's books. */
  readonly onClosed: (reason: Term) => void
}

/** The scope of another node. */
interface RemoteScope {
  readonly pid: Pid
  members: PgMembers
  /** What the peer that told it makes us hold. */
  readonly use: PeerUse | undefined
}

/** A process of ours that is a member. */
interface Watched {
  /** The groups that it is in, by their key. */
  readonly groups: Map<string, Term>
  /** Takes the monitor back. */
  readonly stop: () => void
}

/** Joins a scope; programs do it by `Node.pg`. @throws {NodeError} `NODE_NAME_TAKEN` when a process has its name */
export let makeScope: (scope: string, parts: PgScopeParts) => PgScope
/** Tells the scope of a node that came up about ours. */
export let discover: (scope: PgScope, node: string) => void

/**
 * A scope of OTP's process groups: the same groups as `pg` of every connected BEAM node has, whether we are hidden or
 * not. Made by `node.pg()`.
 *
 * It speaks the first version of the protocol, which every release from OTP 23 on understands, and never sends anything
 * else: `pg` crashes on messages that it does not know.
 *
 * @see OTP `pg`
 */
export class PgScope extends EventEmitter<PgEvents> implements Disposable {
  /** The scope's name, `pg` by default as in OTP. */
  readonly scope: string
  readonly #parts: PgScopeParts
  readonly #server: SystemServer
  readonly #local = new PgMembers()
  readonly #remote = new Map<string, RemoteScope>()
  readonly #search: PgSearch
  /** Our own processes that are members, by key of the pid. */
  readonly #watched = new Map<string, Watched>()
  /** Nodes that were asked and have not said what they have; the monitor of each says when there is no such scope. */
  readonly #asked = new Map<string, Reference>()
  /** Ends when the last of them has answered. */
  #answered: Deferred<void> | undefined

  static {
    makeScope = (scope, parts) => new PgScope(scope, parts)
    discover = (scope, node) => scope.#discover(node)
  }

  private constructor(scope: string, parts: PgScopeParts) {
    super()
    this.setMaxListeners(0)
    this.scope = scope
    this.#parts = parts
    const { clock, registry } = parts.servers
    this.#search = new PgSearch({ clock, missing: () => this.#missing(), ask: (node) => this.#ask(node) })
    this.#server = new SystemServer(parts.servers, {
      ...{ kind: 'pg', module: 'pg', exactFloats: true },
      state: () => tuple(atom('state'), atom(scope), this.groups().length),
      handlers: {
        cast: (message, origin) => this.#message(message, origin),
        info: (message, origin) => this.#message(message, origin),
      },
      ended: (reason) => {
        this.#search.stop()
        for (const node of [...this.#asked.keys()]) this.#hasAnswered(node)
        parts.onClosed(reason)
      },
    })
    try {
      registry.register(scope, this.#process)
    } catch (error) {
      this.close()
      throw error
    }
    for (const node of parts.connected()) this.#askFirst(node)
    this.#search.begin()
  }

  get #process(): LocalProcess {
    return this.#server.process
  }

  get #life(): LinksAndMonitors {
    return this.#parts.servers.life
  }

  /**
   * Adds a process of ours to a group; as often as it joins it must leave, or end.
   *
   * @throws {NodeError} `NODE_BAD_OPTION`; `NODE_MESSAGE_INVALID` for a group whose name has no encoding;
   * `NODE_NO_PROCESS`; `NODE_CLOSED`
   */
  join(group: Term, process: ProcessRef): void {
    const pid = pidOf('join', 'process', process)
    checkTerm('this group', group)
    if (!this.#process.alive) throw new NodeError('NODE_CLOSED', `the scope ${this.scope} is closed`)
    if (this.#parts.servers.registry.byPid(pid) === undefined) {
      throw new NodeError('NODE_NO_PROCESS', `${pid} is no live process of this node`)
    }
    const { groups } = this.#watched.get(pidKey(pid)) ?? this.#watch(pid)
    groups.set(termKey(group), group)
    this.#local.add(group, [pid])
    this.#tellOthers(tuple(JOIN, this.#process.pid, group, pid))
    this.#tell('join', { group, pids: [pid] })
  }

  /** Takes one membership back; whether there was one. @throws {NodeError} `NODE_BAD_OPTION`, `NODE_MESSAGE_INVALID` */
  leave(group: Term, process: ProcessRef): boolean {
    const pid = pidOf('leave', 'process', process)
    checkTerm('this group', group)
    if (this.#local.remove(group, [pid]).length === 0) return false
    if (this.#local.times(group, pid) === 0) this.#unwatch(pid, group)
    this.#tellOthers(tuple(LEAVE, this.#process.pid, pid, [group]))
    this.#tell('leave', { group, pids: [pid] })
    return true
  }

  /** The members of a group on all nodes. @throws {NodeError} `NODE_MESSAGE_INVALID` for what can be no group */
  members(group: Term): readonly Pid[] {
    checkTerm('this group', group)
    return [this.#local, ...[...this.#remote.values()].map(({ members }) => members)].flatMap((m) => m.of(group))
  }

  /** The members of a group on this node. @throws {NodeError} as `members` */
  localMembers(group: Term): readonly Pid[] {
    checkTerm('this group', group)
    return [...this.#local.of(group)]
  }

  /** Every group that has a member. */
  groups(): readonly Term[] {
    const all = new Map<string, Term>()
    for (const members of [this.#local, ...[...this.#remote.values()].map(({ members }) => members)]) {
      for (const [key, { group }] of members.names()) all.set(key, group)
    }
    return [...all.values()]
  }

  /** Whether each connected node has told its members since it was asked, or has no such scope. */
  get isSynced(): boolean {
    return this.#asked.size === 0
  }

  /**
   * Waits until each connected node has told its members, or has said that it has no such scope. A scope asks when it is
   * joined and whenever a link is up; changes are reported as they happen.
   *
   * @throws {NodeError} `NODE_BAD_OPTION`
   * @throws the signal's reason when it aborts
   */
  async synced(options: SyncedOptions = {}): Promise<void> {
    checkSynced(options)
    const { signal } = options
    signal?.throwIfAborted()
    if (this.isSynced) return
    this.#answered ??= deferred()
    const { promise } = this.#answered
    if (signal === undefined) return promise
    const aborted = deferred<void>()
    const onAbort = () => aborted.reject(signal.reason)
    signal.addEventListener('abort', onAbort)
    try {
      await Promise.race([promise, aborted.promise])
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  /**
   * Sends a message to every member of a group; gives how many those are.
   *
   * @throws {NodeError} as `members`; `NODE_MESSAGE_INVALID` for a message without encoding, which nobody gets then
   */
  broadcast(group: Term, message: Term): number {
    const members = this.members(group)
    // Those of other nodes first: what cannot be sent is found out with the first of them.
    const { pid: own } = this.#process
    for (const isOurs of [false, true]) {
      for (const pid of members) if ((pid.node === own.node) === isOurs) this.#parts.send(own, pid, message)
    }
    return members.length
  }

  /** Leaves every group and the scope. */
  close(): void {
    this.#life.exit(this.#process, atom('normal'))
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #discover(node: string): void {
    this.#askFirst(node)
    this.#search.begin()
  }

  /** The monitor comes first: where no process has the name, its end is the answer, since nobody gets the message. */
  #askFirst(node: string): void {
    let isOver = false
    const ref = this.#life.monitor(this.#process, { name: atom(this.scope), node }, (_reason, ended) => {
      isOver = true
      if (this.#asked.get(node)?.equals(ended) === true) this.#hasAnswered(node)
    })
    // A node without a way is down already.
    if (!isOver) this.#asked.set(node, ref)
    this.#ask(node)
  }

  #hasAnswered(node: string): void {
    const ref = this.#asked.get(node)
    if (ref === undefined) return
    this.#asked.delete(node)
    this.#life.demonitor(ref)
    if (this.#asked.size > 0) return
    this.#answered?.resolve()
    this.#answered = undefined
  }

  #ask(node: string): void {
    this.#parts.send(this.#process.pid, { name: this.scope, node }, tuple(DISCOVER, this.#process.pid))
  }

  /** Connected nodes whose scope has not answered: they have none, or not yet. */
  #missing(): string[] {
    const found = new Set([...this.#remote.values()].map(({ pid }) => pid.node.name))
    return this.#parts.connected().filter((node) => !found.has(node))
  }

  #message(content: Term, origin: Origin | undefined): void {
    if (!(content instanceof Tuple)) return
    const [kind, scope, third, fourth] = content.elements
    // A scope speaks for itself: what a peer says of another's members would be charged to that one.
    if (!(scope instanceof Pid) || (origin !== undefined && scope.node.name !== origin.peer)) return
    const use = origin?.use
    if (kind === DISCOVER) this.#discovered(scope, use)
    else if (kind === SYNC) this.#synchronized(scope, third, use)
    else if (kind === JOIN) this.#joined(scope, third, pids(fourth))
    else if (kind === LEAVE && Array.isArray(fourth)) {
      this.#left(scope, fourth as readonly Term[], pids(third))
    }
  }

  #discovered(scope: Pid, use: PeerUse | undefined): void {
    const groups = [...this.#local.all()].map(({ group, pids: members }) => tuple(group, [...members]))
    this.#parts.send(this.#process.pid, scope, tuple(GEN_CAST, tuple(SYNC, this.#process.pid, groups)))
    if (!this.#remote.has(pidKey(scope))) {
      if (this.#know(scope, use) === undefined) return
      this.#parts.send(this.#process.pid, scope, tuple(DISCOVER, this.#process.pid))
    }
  }

  /** Undefined when its peer has told as much as it may. */
  #know(scope: Pid, use: PeerUse | undefined): RemoteScope | undefined {
    const known = this.#remote.get(pidKey(scope))
    if (known !== undefined) return known
    if (this.#parts.uses.refusesToHold(use, 'scopes', SCOPE_BYTES)) return undefined
    const made: RemoteScope = { pid: scope, members: new PgMembers(), use }
    const place = new Place(use, SCOPE_BYTES)
    this.#remote.set(pidKey(scope), made)
    this.#life.monitor(this.#process, scope, () => {
      this.#remote.delete(pidKey(scope))
      place.free()
      this.#holdLess(made, made.members.bytes)
      this.#search.begin()
      for (const { group, pids: gone } of made.members.all()) this.#tell('leave', { group, pids: gone })
    })
    return made
  }

  #synchronized(scope: Pid, groups: Term, use: PeerUse | undefined): void {
    if (!Array.isArray(groups)) return
    const known = this.#know(scope, use)
    if (known !== undefined) this.#replaceMembers(known, groups as readonly Term[])
    this.#hasAnswered(scope.node.name)
  }

  #replaceMembers(known: RemoteScope, groups: readonly Term[]): void {
    const before = known.members
    this.#holdLess(known, before.bytes)
    known.members = new PgMembers()
    for (const entry of groups) {
      if (!(entry instanceof Tuple)) continue
      const [group, members] = entry.elements
      const joined = this.#take(known, group, pids(members)).filter((pid) => before.times(group, pid) === 0)
      if (joined.length > 0) this.#tell('join', { group, pids: joined })
    }
    for (const { group, pids: then } of before.all()) {
      const left = then.filter((pid) => known.members.times(group, pid) === 0)
      if (left.length > 0) this.#tell('leave', { group, pids: left })
    }
  }

  #joined(scope: Pid, group: Term, joined: readonly Pid[]): void {
    const known = this.#remote.get(pidKey(scope))
    if (known === undefined) return
    const taken = this.#take(known, group, joined)
    if (taken.length > 0) this.#tell('join', { group, pids: taken })
  }

  /** Adds members as far as their peer has room for them; gives those that were added. */
  #take({ members, use }: RemoteScope, group: Term, joined: readonly Pid[]): readonly Pid[] {
    const before = members.bytes
    const { uses } = this.#parts
    const { bytes, limit } = uses.roomFor(use)
    const taken = members.add(group, joined, bytes)
    use?.changeHeld(members.bytes - before)
    const refused = joined.length - taken.length
    if (use !== undefined && refused > 0) uses.refuse(use, limit, 'members of process groups', refused)
    return taken
  }

  #holdLess({ use }: RemoteScope, bytes: number): void {
    use?.changeHeld(-bytes)
  }

  #left(scope: Pid, groups: readonly Term[], left: readonly Pid[]): void {
    const known = this.#remote.get(pidKey(scope))
    if (known === undefined) return
    const before = known.members.bytes
    const changes = known.members.removeFromAll(groups, left)
    this.#holdLess(known, before - known.members.bytes)
    for (const change of changes) if (change.pids.length > 0) this.#tell('leave', change)
  }

  #watch(pid: Pid): Watched {
    const ref = this.#life.monitor(this.#process, pid, () => this.#gone(pid))
    const watched = { groups: new Map(), stop: () => void this.#life.demonitor(ref) }
    this.#watched.set(pidKey(pid), watched)
    return watched
  }

  #unwatch(pid: Pid, group: Term): void {
    const watched = this.#watched.get(pidKey(pid))
    watched?.groups.delete(termKey(group))
    if (watched?.groups.size !== 0) return
    watched.stop()
    this.#watched.delete(pidKey(pid))
  }

  /** A member of ours has ended: it leaves every group as often as it joined. */
  #gone(pid: Pid): void {
    const { groups } = this.#watched.get(pidKey(pid)) ?? { groups: new Map<string, Term>() }
    this.#watched.delete(pidKey(pid))
    const left = [...groups.values()].flatMap((group) => {
      const times = this.#local.times(group, pid)
      this.#local.remove(group, Array<Pid>(times).fill(pid))
      return Array<Term>(times).fill(group)
    })
    for (const group of groups.values()) this.#tell('leave', { group, pids: [pid] })
    if (left.length > 0) this.#tellOthers(tuple(LEAVE, this.#process.pid, pid, left))
  }

  #tell(event: keyof PgEvents, change: PgChange): void {
    tellListeners(this, event, change, (cause, name) => {
      const message = `the ${event} listener ${name} of the scope ${this.scope} threw: ${oneLine(messageOf(cause))}`
      this.#parts.servers.warn({ code: 'HANDLER_THREW', message, pid: this.#process.pid, cause })
    })
  }

  #tellOthers(message: Term): void {
    for (const { pid } of this.#remote.values()) this.#parts.send(this.#process.pid, pid, message)
  }
}

/** One pid, or a list of them; anything else is nobody. */
function pids(term: Term): readonly Pid[] {
  if (term instanceof Pid) return [term]
  return Array.isArray(term) ? (term as readonly Term[]).filter((one) => one instanceof Pid) : []
}
