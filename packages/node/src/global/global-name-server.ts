import { Atom, atom, type DecodeOptions, Pid, type Term, Tuple, tuple } from '@dynsrv/etf'
import { messageOf, type Random } from '@dynsrv/kit'
import type { GenCalls } from '../call/gen-call.ts'
import { GEN_CAST, type GenFrom } from '../call/gen-message.ts'
import type { ServerParts } from '../call/served-process.ts'
import { type Answer, SystemServer } from '../call/system-server.ts'
import type { NodeError } from '../error.ts'
import type { LocalProcess } from '../process/local-process.ts'
import type { Origin, PeerUse, PeerUses } from '../process/peer-use.ts'
import { GlobalConflict, type GlobalConflictParts } from './global-conflict.ts'
import { NAMES_LOCK } from './global-lock-round.ts'
import { GlobalLocks } from './global-locks.ts'
import { GlobalMeetings } from './global-meetings.ts'
import { GlobalNameTable } from './global-name-table.ts'
import { type GlobalNode, GlobalNodes, readGlobalNodes } from './global-nodes.ts'
import { type GlobalOperation, readOperations } from './global-operation.ts'
import { LostConnections } from './lost-connections.ts'
import { MeshDials } from './mesh-dials.ts'

const NAME = 'global_name_server'
export interface GlobalNameServerParts {
  readonly servers: ServerParts
  readonly uses: PeerUses
  readonly random: Random
  readonly self: string
  readonly creation: number
  /** How the node decodes. */
  readonly decode: DecodeOptions | undefined
  /** @see NodeOptions.preventOverlappingPartitions */
  readonly preventOverlap: boolean
  readonly calls: GenCalls
  readonly erpc: GlobalConflictParts['erpc']
  readonly send: (from: Pid, to: Pid | { name: string; node: string }, message: Term) => void
  /** Begins to connect to a node of the mesh. */
  readonly connect: (node: string) => void
  /** Ends the link to a node, since the cluster wants it so. */
  readonly disconnect: (node: string, reason: NodeError) => void
  readonly isConnected: (node: string) => boolean
  /** Whether it is connected, and no hidden node. */
  readonly isVisible: (node: string) => boolean
  readonly connected: () => readonly string[]
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
  readonly #nodes = new GlobalNodes()
  readonly #meetings: GlobalMeetings
  readonly #dials: MeshDials
  readonly #lost: LostConnections
  readonly #names: GlobalNameTable
  readonly #locks: GlobalLocks

  constructor(parts: GlobalNameServerParts) {
    this.#parts = parts
    const { clock, life, registry, warn } = parts.servers
    const take = (message: Term, origin: Origin | undefined): void => {
      if (message instanceof Tuple) this.#cast(message, origin?.use)
    }
    const server = new SystemServer(parts.servers, {
      module: 'global',
      // Names, methods, tags and notices are passed on to others.
      exact: true,
      state: () =>
        tuple(
          atom('state'),
          this.known().map(atom),
          this.#names.entries().map(({ name }) => name),
        ),
      handlers: {
        call: (request, answer, from, origin) => this.#call(from, request, answer, origin?.use),
        cast: take,
        info: take,
      },
      ended: () => {
        this.#meetings.stop()
        this.#dials.clear()
      },
      // OTP's node would go down with it.
      stopped: 'refuse',
    })
    this.process = server.process
    registry.register(NAME, this.process)
    this.#names = new GlobalNameTable(
      this.process,
      life,
      parts.uses,
      (node, use) => this.#awaits(node, use),
      parts.decode,
    )
    this.#locks = new GlobalLocks(this.process, life, parts.uses)
    const { random, self, creation, calls, isConnected, connect, disconnect } = parts
    this.conflict = new GlobalConflict({
      self,
      clock,
      send: (to, message) => parts.send(this.process.pid, to, message),
      kill: (pid) => life.sendExit(this.process, pid, atom('kill')),
      erpc: parts.erpc,
    })
    this.#meetings = new GlobalMeetings({
      ...{
        clock,
        random,
        self,
        calls,
        life,
        isConnected,
        locker: this.process.pid,
        conflict: this.conflict,
        nodes: this.#nodes,
      },
      send: (node, message) => this.#send(node, message),
      cast: (node, message) => this.#castTo(node, message),
      sendToLocker: (locker, message) => parts.send(this.process.pid, locker, message),
      names: () => this.#names.entries(),
      entry: (name) => this.#names.get(name),
      apply: (peer, operations, nodes) => this.#learn(operations, nodes, parts.uses.of(peer)),
      requester: () => this.#locks.requester(NAMES_LOCK),
      failed: (peer, cause) => {
        const message = `sharing the global names with ${peer} failed: ${messageOf(cause)}`
        warn({ code: 'HANDLER_THREW', message, peer, cause })
      },
      tellInSync: (node) => this.#tellInSync(node),
      joined: (nodes) => this.#mesh(nodes),
    })
    this.#dials = new MeshDials({
      ...{ clock, isConnected, connect, maxOfPeer: parts.uses.limits.maxDials },
      givenUp: (node) => {
        // Of one that was only named as that of a process nobody shares names with it.
        if (this.#nodes.has(node)) this.connectionLost(node)
        else this.#forget(node)
      },
    })
    this.#lost = new LostConnections({
      ...{ clock, random, self, creation, isConnected, disconnect, prevent: parts.preventOverlap },
      connected: parts.connected,
      version: (node) => this.#nodes.version(node) ?? this.#meetings.version(node),
      tell: (node, message) => this.#send(node, message),
      forget: (node) => this.#forget(node),
    })
  }

  /** The process that has a name in the cluster. */
  whereis(name: Term): Pid | undefined {
    return this.#names.find(name)?.pid
  }

  /** A name of the program in the form in which others know it. */
  nameOf(name: Term): Term {
    const known = this.#names.find(name)
    return known === undefined ? name : known.name
  }

  /** Every name that is registered in the cluster, as the program wants terms decoded. */
  names(): Term[] {
    return this.#names.shown()
  }

  /** The nodes with which we share the names. */
  known(): string[] {
    return this.#nodes.names()
  }

  /** A link is up. @param hidden whether it is to a hidden node, with which no names are shared */
  connectionUp(node: string, hidden: boolean): void {
    this.#dials.stop(node)
    this.#names.connected(node)
    if (!this.process.alive || hidden) return
    // Another node has named it before.
    if (this.#nodes.has(node)) this.#tellInSync(node)
    this.#meetings.connectionUp(node)
  }

  /** The link to a visible node is gone. */
  connectionLost(node: string): void {
    // Of a node that closes nobody needs to drop those whose links it ends.
    if (this.process.alive) this.#lost.lost(node)
    this.#forget(node)
  }

  /** Whether a node is dialled by us already, so that what is to be sent to it only has to wait. */
  isDialled(node: string): boolean {
    return this.#dials.isUnderWay(node)
  }

  /** A dial came to nothing. */
  unreachable(node: string): void {
    this.#dials.failed(node)
  }

  /** The program is about to drop a node. */
  disconnecting(node: string): void {
    this.#lost.disconnecting(node)
  }

  #forget(node: string): void {
    this.#dials.stop(node)
    this.#meetings.forget(node)
    this.#nodes.delete(node)
    this.#names.forget(node)
  }

  /** @param use what the peer that asks makes us hold; undefined for our own program */
  #call(from: GenFrom, request: Term, answer: Answer, use: PeerUse | undefined): boolean {
    const [kind, first, pid, method] = request instanceof Tuple ? request.elements : []
    const [resource, requester] = first instanceof Tuple ? first.elements : []
    switch (kind instanceof Atom ? kind.name : '') {
      case 'set_lock':
        answer(this.#locks.set(resource, requester, from.pid, use))
        return true
      case 'del_lock':
        this.#locks.delete(resource, requester, from.pid)
        answer(true)
        return true
      case 'register':
      case 'register_ext':
        if (pid instanceof Pid) this.#names.insert({ name: first, pid, method }, use)
        answer(atom('yes'))
        return true
      case 'unregister':
        this.#names.remove(first)
        answer(atom('ok'))
        return true
      default:
        answer(tuple(atom('error'), atom('notsup')))
        return true
    }
  }

  #cast(message: Tuple, use: PeerUse | undefined): void {
    const [kind, first, second, third, fourth, , sixth] = message.elements
    const node = first instanceof Atom ? first.name : undefined
    switch (kind instanceof Atom ? kind.name : '') {
      case 'init_connect':
        if (first instanceof Tuple && second instanceof Atom && isOwn(second.name, use))
          this.#meetings.initConnect(second.name, first.elements, third)
        return
      case 'lock_set':
        if (first instanceof Pid) this.#meetings.lockSet(first, second === true, fourth)
        return
      case 'exchange':
        if (node !== undefined) this.#meetings.tagged(node, fourth)?.exchange(second)
        return
      case 'resolved':
        if (node !== undefined) this.#meetings.tagged(node, sixth)?.resolved(second, third)
        return
      case 'new_nodes': {
        const nodes = readGlobalNodes(fourth)
        this.#learn(readOperations(second), nodes, use)
        this.#mesh(nodes)
        return
      }
      case 'in_sync':
        if (node !== undefined && isOwn(node, use)) this.#inSync(node)
        return
      case 'cancel_connect':
        if (node !== undefined) this.#meetings.restart(node)
        return
      case 'remove_connection':
        if (node !== undefined) this.#lost.asked(node)
        return
      case 'lost_connection':
        this.#lost.heard(message)
        return
      // Nothing follows for us from init_connect_ack and what later releases add.
    }
  }

  /** A node of the other partition knows us. If we said that we know it before it knew us, it dropped that: we say it again. */
  #inSync(node: string): void {
    if (this.#nodes.isSynced(node) || !this.#parts.isConnected(node)) return
    this.#nodes.sync([node, this.#meetings.get(node)?.link.version ?? 0])
    this.#meetings.get(node)?.end()
    this.#tellInSync(node)
  }

  /** Names of another part of the cluster, and who is in it. */
  #learn(operations: readonly GlobalOperation[], nodes: readonly GlobalNode[], use: PeerUse | undefined): void {
    // Dialled first: what names they have waits for the links to them.
    for (const [name] of nodes) this.#dial(name, use)
    this.#names.apply(operations, use)
  }

  /** Whether a node is ours, connected, or dialled from now on; a peer that names too many hears it in a warning. */
  #dial(node: string, use: PeerUse | undefined): boolean {
    if (node === this.#parts.self || this.#dials.begin(node, use?.peer)) return true
    if (use !== undefined) this.#parts.uses.refuse(use, 'limits.maxDials', 'nodes to connect to')
    return false
  }

  /** Whether there is to be a link to a node that is not there yet; undefined when a peer may have no more dialled. */
  #awaits(node: string, use: PeerUse | undefined): boolean | undefined {
    const dialled = this.#dial(node, use)
    // Names of our own program are watched at once, which says that their process is not there.
    return !dialled && use !== undefined ? undefined : this.#dials.isUnderWay(node)
  }

  /** Nodes of the other partition are of ours from now on, without a meeting of our own with each. */
  #mesh(nodes: readonly GlobalNode[]): void {
    for (const node of nodes) {
      const [name] = node
      if (name === this.#parts.self) continue
      // One that is neither here nor on its way was made up, or is given up already.
      if (!this.#parts.isVisible(name) && !this.#dials.isUnderWay(name)) continue
      this.#nodes.add(node)
      // The others hear it once they are there.
      if (this.#parts.isConnected(name)) this.#tellInSync(name)
    }
  }

  #tellInSync(node: string): void {
    this.#castTo(node, tuple(atom('in_sync'), atom(this.#parts.self), true))
  }

  #castTo(node: string, message: Term): void {
    this.#send(node, tuple(GEN_CAST, message))
  }

  #send(node: string, message: Term): void {
    this.#parts.send(this.process.pid, { name: NAME, node }, message)
  }
}

/** Whether a peer speaks for itself: no node becomes one of the cluster because another says that it wants to. */
function isOwn(node: string, use: PeerUse | undefined): boolean {
  return use === undefined || use.peer === node
}
