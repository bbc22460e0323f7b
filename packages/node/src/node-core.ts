import type { ControlMessage, Cookie, EncodedTerm } from '@dynsrv/dist-protocol'
import { type NodeName, parseNodeName } from '@dynsrv/epmd-shim'
import { atom, EtfError, type Pid, Reference, type Term } from '@dynsrv/etf'
import { GenCalls } from './call/gen-call.ts'
import type { GenFrom } from './call/gen-message.ts'
import { genReply } from './call/gen-reply.ts'
import { RemoteCalls } from './call/remote-calls.ts'
import { publishEvent } from './diagnostics.ts'
import { messageOf, NodeError } from './error.ts'
import type { GlobalNameServer } from './global/global-name-server.ts'
import type { GlobalNames } from './global/global-names.ts'
import { startGlobal } from './global/start-global.ts'
import type { Connection } from './link/connection.ts'
import type { ConnectionTable } from './link/connection-table.ts'
import { DynamicNames } from './link/dynamic-names.ts'
import type { ListenerOptions } from './link/listener.ts'
import { makeTable } from './link/make-table.ts'
import type { NodeParts } from './link/node-parts.ts'
import { smallCreation } from './link/small-creation.ts'
import { WaitingSends } from './link/waiting-sends.ts'
import type { NodeDownReason, NodeEvent, Warning } from './node-event.ts'
import { logEvent } from './node-logger.ts'
import { NODE_LIMITS } from './node-options.ts'
import type { PgScope } from './pg/pg-scope.ts'
import { Identifiers } from './process/identifiers.ts'
import { LinksAndMonitors } from './process/links-and-monitors.ts'
import { Registry } from './process/registry.ts'
import { SignalRouter } from './process/signal-router.ts'
import type { PubSub } from './pubsub/pubsub.ts'
import type { Recipient, SendOptions, SendWaitOptions } from './signature.ts'
import { ExposedFunctions } from './system/exposed-functions.ts'
import { SpawnRequests } from './system/spawn-requests.ts'
import { startSystem } from './system/start-system.ts'

/** The inside of a node: its parts, wired to each other, and what happens when links come up, speak and go down. */
export class NodeCore {
  readonly self: NodeName
  readonly parts: NodeParts
  readonly table: ConnectionTable
  readonly names: DynamicNames
  readonly ids: Identifiers
  readonly registry: Registry
  readonly life: LinksAndMonitors
  readonly router: SignalRouter
  readonly waiting: WaitingSends
  readonly calls: GenCalls
  readonly remote: RemoteCalls
  readonly exposed = new ExposedFunctions()
  /** Undefined on a hidden node, as is `globalNames`. */
  readonly global: GlobalNameServer | undefined
  readonly globalNames: GlobalNames | undefined
  readonly servers = new Set<{ idle(): Promise<void> }>()
  readonly spawns: SpawnRequests
  readonly scopes = new Map<string, PgScope>()
  readonly pubsubs = new Map<string, PubSub>()
  /** Aborts when the node is closed. */
  readonly closed = new AbortController()
  /** As `performance.now()` tells it. */
  readonly startedAt = performance.now()
  referenced = true
  draining = false
  closing: Promise<void> | undefined
  /** Gets every event; set by the node that this is the inside of. */
  onEvent: (event: NodeEvent | Warning) => void = () => undefined
  /** Sockets of links that are up, or down and not yet gone. */
  private readonly lingering = new Set<Promise<void>>()

  constructor(parts: NodeParts) {
    this.parts = parts
    const { self, identity, options } = parts
    this.self = self
    const limits = { ...NODE_LIMITS, ...options.limits }
    this.ids = new Identifiers(atom(self), identity.creation)
    this.registry = new Registry(this.ids, limits.maxProcesses)
    const allow = options.allow ?? (() => true)
    const taken = (name: string) => this.table.get(name) !== undefined || this.table.isConnecting(name)
    this.names = new DynamicNames({ enabled: options.assignNames !== false, taken, allow })
    this.table = makeTable(parts, {
      cookie: (peer) => this.cookie(peer),
      onAdmitted: (established) => this.names.admitted(established),
      onMessage: (connection, control, payload) => this.receive(connection, control, payload),
      onClosed: (connection, reason) => this.down(connection, reason),
      onUp: (connection) => this.up(connection),
      onUnreachable: (peer, error) => this.unreachable(peer, error),
    })
    this.router = new SignalRouter({
      self,
      registry: this.registry,
      life: () => this.life,
      spawns: () => ({
        request: (peer, control, payload) => this.spawns.request(peer, control, payload),
        reply: (control) => this.remote.reply(control),
      }),
      connection: (node) => this.table.get(node),
      connect: (node) => this.connectForSend(node),
      maxWaiting: limits.maxWaiting,
      warn: (warning) => this.tell({ type: 'warning', ...warning }),
    })
    this.waiting = new WaitingSends({
      connection: (node) => this.table.get(node),
      connect: (node, signal) => this.connect(node, signal === undefined ? {} : { signal }),
      whyDown: (node) => this.whyDown(node),
    })
    this.life = new LinksAndMonitors({
      self,
      ids: this.ids,
      registry: this.registry,
      transmit: (node, control, payload) => this.router.transmit(node, control, payload),
    })
    this.calls = new GenCalls({
      ids: this.ids,
      registry: this.registry,
      life: this.life,
      router: this.router,
      whyDown: (node) => this.whyDown(node),
    })
    this.spawns = new SpawnRequests({
      registry: this.registry,
      life: this.life,
      router: this.router,
      exposed: this.exposed,
      maxSpawned: limits.maxSpawned,
    })
    this.remote = new RemoteCalls({
      ids: this.ids,
      life: this.life,
      router: this.router,
      calls: this.calls,
      connection: (node) => this.table.get(node),
      groupLeader: startSystem({
        self,
        registry: this.registry,
        router: this.router,
        exposed: this.exposed,
        reply: (own, from, reply) => this.reply(own, from, reply),
        output: parts.output,
      }),
    })
    if (options.hidden === false) {
      const { server, names } = startGlobal(this)
      this.global = server
      this.globalNames = names
    }
  }

  /** @see Node.connect */
  async connect(peer: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const { name } = parseNodeName(peer, { short: this.parts.options.shortNames ?? false })
    if (name === this.self) throw new NodeError('NODE_SELF', `${name} is this node`, { peer: name })
    if (!(this.parts.options.allow?.(name) ?? true)) {
      throw new NodeError('DIST_NOT_ALLOWED', `the allow option of this node excludes ${name}`, { peer: name })
    }
    await this.table.connect(name, signal)
  }

  /** @see Node.disconnect */
  async disconnect(peer: string): Promise<void> {
    const connection = this.table.get(peer)
    if (connection !== undefined) this.global?.disconnecting(peer)
    connection?.close(new NodeError('NODE_DISCONNECTED', `this node disconnected from ${peer}`, { peer }))
    await connection?.gone
  }

  /** @throws {NodeError} `NODE_CLOSED` from the moment on that the node begins to close */
  assertOpen(): void {
    if (this.closing !== undefined) throw new NodeError('NODE_CLOSED', 'the node is closed')
  }

  /** Who may come in; for the listener. */
  acceptor(): ReturnType<ListenerOptions['acceptor']> {
    if (this.closing !== undefined || this.draining) return undefined
    return {
      self: this.parts.identity,
      cookie: (peer) => this.cookie(peer),
      decide: (peer) => this.table.decide(peer),
      assignName: (host) => this.names.assign(host),
    }
  }

  /** Ends everything; may be called again. */
  close(): Promise<void> {
    this.closing ??= this.end()
    return this.closing
  }

  private async end(): Promise<void> {
    const reason = new NodeError('NODE_CLOSED', 'this node was closed')
    const { listener, options } = this.parts
    for (const process of [...this.registry.processes()]) this.life.exit(process, atom('shutdown'))
    await Promise.all([listener?.close(), this.table.close(reason)])
    await Promise.all(this.lingering)
    await options.epmd.close?.()
    this.closed.abort()
  }

  /** The cookie for a peer. */
  cookie(peer: string): Cookie {
    const { cookie } = this.parts.options
    return typeof cookie === 'function' ? cookie(peer as NodeName) : cookie
  }

  /** Sends in the name of a process of ours. @throws {NodeError} `NODE_CLOSED`, and what `Node.send` throws */
  send(from: Pid, to: Recipient, message: Term, options?: SendOptions): boolean {
    this.assertOpen()
    return this.router.send(from, to, message, options)
  }

  /** The same when the peer takes it. */
  async sendWaiting(from: Pid, to: Recipient, message: Term, { signal }: SendWaitOptions): Promise<void> {
    this.assertOpen()
    const target = to instanceof Reference ? to : this.router.target(to)
    const node = 'name' in target ? target.node : target.node.name
    const send = (): void => void this.send(from, target, message)
    if (node === this.self) send()
    else await this.waiting.send(node, send, signal)
  }

  /** Answers a call of the gen protocol. */
  reply(own: Pid, from: GenFrom, reply: Term): void {
    const parts = {
      self: this.self,
      registry: this.registry,
      router: this.router,
      connection: (node: string) => this.table.get(node),
    }
    genReply(parts, own, from, reply)
  }

  /** Begins to connect because something is to be sent; false when nobody will. */
  connectForSend(node: string): boolean {
    if (this.closing !== undefined || this.parts.options.autoConnect === false) return false
    // A failure ends in `onDialFailed`, which drops what waits and tells who watches.
    this.connect(node).catch((error: unknown) => this.unreachable(node, error))
    return true
  }

  private unreachable(node: string, error: unknown): void {
    this.router.unreachable(node, error)
    this.remote.connectionLost(node)
    if (this.table.get(node) === undefined) this.global?.unreachable(node)
  }

  private whyDown(node: string): NodeDownReason | undefined {
    const state = this.table.states().find(({ peer }) => peer === node)
    return state?.state === 'down' ? state.reason : undefined
  }

  private receive(connection: Connection, control: ControlMessage, payload: EncodedTerm | undefined): void {
    const { peer } = connection
    try {
      this.router.receive(peer, control, payload)
    } catch (cause) {
      if (cause instanceof EtfError) {
        // BEAM drops a peer whose terms do not decode: what follows them cannot be trusted either.
        const text = `a ${control.op} of ${peer} does not decode: ${cause.message}`
        connection.close(new NodeError('DIST_MALFORMED', text, { peer, cause }), true)
        return
      }
      // The fault is on our side, such as a listener of the program that throws: the peer is not to blame.
      const message = `the handling of a ${control.op} of ${peer} threw: ${messageOf(cause)}`
      this.tell({ type: 'warning', code: 'HANDLER_THREW', message, peer, cause })
    }
  }

  private up(connection: Connection): void {
    const { peer, hidden, direction, creation } = connection
    if (!this.referenced) connection.unref()
    const gone = connection.gone.then(() => void this.lingering.delete(gone))
    this.lingering.add(gone)
    this.router.connected(connection)
    for (const scope of this.scopes.values()) scope.discover(peer)
    if (!hidden) this.global?.connectionUp(peer)
    this.tell({ type: 'nodeup', node: peer, hidden, direction, creation })
    const warning = smallCreation(peer, creation)
    if (warning !== undefined) this.tell(warning)
  }

  private down(connection: Connection, reason: NodeError): void {
    if (!this.table.remove(connection, reason)) return
    this.names.release(connection.peer)
    this.life.connectionLost(connection.peer)
    this.remote.connectionLost(connection.peer)
    if (!connection.hidden) this.global?.connectionLost(connection.peer)
    this.tell({ type: 'nodedown', node: connection.peer, reason, counters: connection.counters })
  }

  /** A listener that throws must not break the link on whose behalf it was called. */
  tell(event: NodeEvent | Warning): void {
    try {
      publishEvent(this.self, event)
      logEvent(this.parts.options.logger, this.self, event)
      this.onEvent(event)
    } catch (error) {
      queueMicrotask(() => {
        throw error
      })
    }
  }
}
