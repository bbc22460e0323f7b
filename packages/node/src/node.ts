import { EventEmitter, on } from 'node:events'
import type { ChannelLimits, ControlMessage, Cookie, EncodedTerm, NodeIdentity } from '@dynsrv/dist-protocol'
import { type NodeName, parseNodeName } from '@dynsrv/epmd-shim'
import { atom, EtfError, type Pid, type Term, tuple } from '@dynsrv/etf'
import { Connection } from './connection.ts'
import { ConnectionTable, type PeerState } from './connection-table.ts'
import { publishEvent, traceCall } from './diagnostics.ts'
import { dial } from './dialer.ts'
import { allIdle, type DrainOptions } from './drain.ts'
import { messageOf, NodeError, RemoteError } from './error.ts'
import { GenCalls } from './gen-call.ts'
import type { GenFrom } from './gen-message.ts'
import { genReply } from './gen-reply.ts'
import { GenServer, type ServerHandlers } from './gen-server.ts'
import { GlobalNames } from './global-names.ts'
import { Identifiers } from './identifiers.ts'
import { LinksAndMonitors } from './links-and-monitors.ts'
import type { Listener, ListenerOptions } from './listener.ts'
import { Mailbox, type MailboxOptions } from './mailbox.ts'
import type { NodeDownReason, NodeEvent, NodeEvents, Refused, Warning } from './node-event.ts'
import { NODE_LIMITS, type NodeLimits, type NodeOptions, SETUP_TIME_MS } from './node-options.ts'
import type { Outcome } from './outcome.ts'
import { PUBSUB_SCOPE, PubSub, type PubSubOptions } from './pubsub/pubsub.ts'
import { Registry } from './registry.ts'
import { RemoteCalls } from './remote-calls.ts'
import { SignalRouter } from './signal-router.ts'
import type { CallOptions, Destination, MultiCallResult, SendOptions } from './signature.ts'
import { type ExposedFunction, ExposedFunctions } from './system/exposed-functions.ts'
import { GlobalNameServer } from './system/global-name-server.ts'
import { GlobalTransactions } from './system/global-transactions.ts'
import { PgScope } from './system/pg-scope.ts'
import { SpawnRequests } from './system/spawn-requests.ts'
import { SYSTEM_NAMES, startSystem } from './system/start-system.ts'
import type { Transport } from './transport.ts'

/** Peers with such a creation have an epmd module that gives one of three: a restart may reuse it. */
const SMALL_CREATION = 3

/** What `startNode` found out before there was a node. */
export interface NodeParts {
  readonly options: NodeOptions
  readonly self: NodeName
  readonly identity: NodeIdentity
  readonly transport: Transport
  readonly listener: Listener | undefined
}

/**
 * A live node of an Erlang cluster: links to peers, processes with mailboxes, messages and calls. Made by `startNode`.
 *
 * It is an emitter of `nodeup`, `nodedown`, `refused` and `warning`, each of which comes as `event` too.
 */
export class Node extends EventEmitter<NodeEvents> implements AsyncDisposable {
  /** Our name. */
  readonly self: NodeName
  /** Which incarnation of this name we are. */
  readonly creation: number
  readonly #parts: NodeParts
  readonly #table: ConnectionTable
  readonly #ids: Identifiers
  readonly #registry: Registry
  readonly #life: LinksAndMonitors
  readonly #router: SignalRouter
  readonly #calls: GenCalls
  readonly #remote: RemoteCalls
  readonly #exposed = new ExposedFunctions()
  readonly #global: GlobalNameServer | undefined
  readonly #globalNames: GlobalNames | undefined
  readonly #servers = new Set<{ idle(): Promise<void> }>()
  readonly #spawns: SpawnRequests
  readonly #scopes = new Map<string, PgScope>()
  readonly #pubsubs = new Map<string, PubSub>()
  /** Sockets of links that are up, or down and not yet gone. */
  readonly #lingering = new Set<Promise<void>>()
  readonly #closed = new AbortController()
  #referenced = true
  #draining = false
  #closing: Promise<void> | undefined

  constructor(parts: NodeParts) {
    super()
    this.#parts = parts
    const { self, identity, options } = parts
    this.self = self
    this.creation = identity.creation
    const limits = { ...NODE_LIMITS, ...options.limits }
    this.#ids = new Identifiers(atom(self), identity.creation)
    this.#registry = new Registry(this.#ids, limits.maxProcesses)
    this.#table = new ConnectionTable({
      self,
      setupTimeMs: options.setupTimeMs ?? SETUP_TIME_MS,
      dial: (peer, signal, keepExisting, onDialling) =>
        dial(peer, {
          epmd: options.epmd,
          transport: parts.transport,
          self: identity,
          cookie: this.#cookie(peer),
          setupTimeMs: options.setupTimeMs ?? SETUP_TIME_MS,
          keepExisting,
          signal,
          onDialling,
        }),
      makeConnection: (established) =>
        new Connection(established, {
          ...(options.limits !== undefined && { limits: channelLimits(options.limits) }),
          ...(options.decode !== undefined && { decode: options.decode }),
          netTickTimeMs: options.netTickTimeMs ?? 60_000,
          netTickIntensity: options.netTickIntensity ?? 4,
          busyBytes: limits.busyBytes,
          maxQueuedBytes: limits.maxQueuedBytes,
          onMessage: (connection, control, payload) => {
            this.#receive(connection, control, payload)
          },
          onClosed: (connection, reason) => this.#down(connection, reason),
        }),
      onUp: (connection) => this.#up(connection),
      onDialFailed: (peer, error) => this.#unreachable(peer, error),
      allow: options.allow ?? (() => true),
      maxDown: limits.maxDown,
    })
    this.#router = new SignalRouter({
      self,
      registry: this.#registry,
      life: () => this.#life,
      spawns: () => ({
        request: (peer, control, payload) => this.#spawns.request(peer, control, payload),
        reply: (control) => this.#remote.reply(control),
      }),
      connection: (node) => this.#table.get(node),
      connect: (node) => this.#connectForSend(node),
      maxWaiting: limits.maxWaiting,
      warn: (warning) => this.#tell({ type: 'warning', ...warning }),
    })
    this.#life = new LinksAndMonitors({
      self,
      ids: this.#ids,
      registry: this.#registry,
      transmit: (node, control, payload) => this.#router.transmit(node, control, payload),
    })
    this.#calls = new GenCalls({
      ids: this.#ids,
      registry: this.#registry,
      life: this.#life,
      router: this.#router,
      whyDown: (node) => this.#whyDown(node),
    })
    this.#spawns = new SpawnRequests({
      registry: this.#registry,
      life: this.#life,
      router: this.#router,
      exposed: this.#exposed,
      maxSpawned: limits.maxSpawned,
    })
    this.#remote = new RemoteCalls({
      ids: this.#ids,
      life: this.#life,
      router: this.#router,
      calls: this.#calls,
      connection: (node) => this.#table.get(node),
      groupLeader: startSystem({
        self,
        registry: this.#registry,
        router: this.#router,
        exposed: this.#exposed,
        reply: (own, from, reply) => this.#reply(own, from, reply),
        output: options.output ?? ((text) => void process.stdout.write(text)),
      }),
    })
    this.#global = options.hidden === false ? this.#startGlobal() : undefined
    this.#globalNames = this.#global && this.#makeGlobalNames(this.#global)
  }

  #startGlobal(): GlobalNameServer {
    const server = new GlobalNameServer({
      self: this.self,
      registry: this.#registry,
      life: this.#life,
      calls: this.#calls,
      erpc: (node, module, name, args) => this.#remote.erpc(node, module, name, args),
      send: (from, to, message) => void this.#router.send(from, to, message),
      reply: (own, from, reply) => this.#reply(own, from, reply),
      connect: (node) => void this.#connectForSend(node),
      disconnect: (node) => void this.disconnect(node),
      isConnected: (node) => this.#table.get(node) !== undefined,
      warn: (warning) => this.#tell({ type: 'warning', ...warning }),
    })
    const resolveIt = (method: Term, name: Term, one: Term, two: Term) =>
      server.conflict.resolve(method, name, one, two)
    this.#exposed.expose('global', { resolve_it: resolveIt })
    return server
  }

  #makeGlobalNames(server: GlobalNameServer): GlobalNames {
    const parts = { self: this.self, calls: this.#calls, life: this.#life, known: () => server.known() }
    return new GlobalNames({ server, transactions: new GlobalTransactions(parts) })
  }

  /** The port that we listen on; undefined with `listen: false`. */
  get port(): number | undefined {
    return this.#parts.listener?.port
  }

  /** Peers that are connected now, whoever dialled. */
  connected(): NodeName[] {
    return this.#table.connections().map(({ peer }) => peer)
  }

  /** Each peer that is connected, being connected, or was of late and why not. */
  peers(): PeerState[] {
    return this.#table.states()
  }

  /**
   * Connects to a peer; at once when that is so already. All who ask at the same time share one dial.
   *
   * @throws {NodeError} that says what was wrong, in its code, its text and its hint
   * @throws the signal's reason when it aborts
   */
  async connect(peer: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const { name } = parseNodeName(peer, { short: this.#parts.options.shortNames ?? false })
    if (name === this.self) throw new NodeError('NODE_SELF', `${name} is this node`, { peer: name })
    if (!(this.#parts.options.allow?.(name) ?? true)) {
      throw new NodeError('DIST_NOT_ALLOWED', `the allow option of this node excludes ${name}`, { peer: name })
    }
    await this.#table.connect(name, signal)
  }

  /** Ends the link to a peer; what is queued still goes out. */
  async disconnect(peer: string): Promise<void> {
    const connection = this.#table.get(peer)
    connection?.close(new NodeError('NODE_DISCONNECTED', `this node disconnected from ${peer}`, { peer }))
    await connection?.gone
  }

  /**
   * Asks a peer whether it is there, as `net_adm:ping/1` does, and connects first when need be.
   *
   * @throws {NodeError} that says why it does not answer
   */
  async ping(peer: string, options: CallOptions = {}): Promise<'pong'> {
    await this.connect(peer, options.signal === undefined ? {} : { signal: options.signal })
    const answer = await this.#calls.call(
      { name: 'net_kernel', node: peer },
      tuple(atom('is_auth'), atom(this.self)),
      options,
    )
    if (answer === atom('yes')) return 'pong'
    throw new NodeError('NODE_PANG', `${peer} does not accept us`, { peer })
  }

  /** Starts a process with a mailbox; with a string, under that name. */
  mailbox(options: string | MailboxOptions = {}): Mailbox {
    if (this.#closing !== undefined) throw closedError()
    return new Mailbox(
      {
        registry: this.#registry,
        life: this.#life,
        send: (from, to, message, sendOptions) => this.#send(from, to, message, sendOptions),
        call: (to, request, callOptions) => this.call(to, request, callOptions),
        target: (to) => this.#router.target(to),
        full: ({ pid, name }, policy) => {
          const message = `the mailbox ${name ?? pid} is full: ${policy}`
          this.#tell({ type: 'warning', code: 'MAILBOX_FULL', message, pid })
        },
      },
      typeof options === 'string' ? { name: options } : options,
    )
  }

  /**
   * Sends a message. A peer that is not connected is connected first, unless `autoConnect` is off; as in Erlang,
   * nobody tells when there is no such process.
   *
   * @returns false when the peer takes less than is sent (see `drained`), or there is no way to it
   * @throws {NodeError} `NODE_MESSAGE_INVALID` for a term without encoding; `NODE_PEER_BUSY` with `whenBusy: 'fail'`
   */
  send(
    to: Destination,
    message: Term,
    { from = this.#calls.caller.pid, ...options }: SendOptions & { from?: Pid } = {},
  ): boolean {
    return this.#send(from, to, message, options)
  }

  /**
   * Calls a GenServer, or whatever speaks its protocol, here or on another node.
   *
   * @throws {NodeError} `NODE_TIMEOUT`, `NODE_NO_PROCESS`, `NODE_EXITED` with the reason, `NODE_NOT_CONNECTED` with the
   * reason why as its cause; `NODE_MESSAGE_INVALID`
   * @throws the signal's reason when it aborts
   */
  async call(to: Destination, request: Term, options?: CallOptions): Promise<Term> {
    if (this.#closing !== undefined) throw closedError()
    return traceCall(
      () => this.#calls.call(to, request, options),
      () => ({ self: this.self, kind: 'call', to: describeDestination(to) }),
    )
  }

  /** Casts to a GenServer: no answer, and no word whether it exists. See `send`. */
  cast(to: Destination, message: Term): boolean {
    if (this.#closing !== undefined) throw closedError()
    return this.#calls.cast(to, message)
  }

  /** Calls the GenServer of one name on many nodes at once; by default on all that are connected, and here. */
  async multiCall(
    name: string,
    request: Term,
    { nodes = [this.self, ...this.connected()], ...options }: CallOptions & { nodes?: readonly string[] } = {},
  ): Promise<MultiCallResult> {
    const replies = new Map<string, Term>()
    const failures = new Map<string, NodeError>()
    await Promise.all(
      nodes.map(async (node) => {
        try {
          replies.set(node, await this.call({ name, node }, request, options))
        } catch (error) {
          if (!(error instanceof NodeError)) throw error
          failures.set(node, error)
        }
      }),
    )
    return { replies, failures }
  }

  /**
   * Calls a function of another node, by the protocol of `erpc:call/5`.
   *
   * @throws {RemoteError} with class, reason and stack trace when it raised; {NodeError} as `call`
   * @throws the signal's reason when it aborts
   */
  async erpc(
    node: string,
    module: string,
    name: string,
    args: readonly Term[] = [],
    options: CallOptions = {},
  ): Promise<Term> {
    if (this.#closing !== undefined) throw closedError()
    if (node === this.self) return valueOfOutcome(await this.#exposed.call(module, name, args))
    return traceCall(
      () => this.#remote.erpc(node, module, name, args, options),
      () => ({ self: this.self, kind: 'erpc', to: `${module}:${name}/${args.length} on ${node}` }),
    )
  }

  /** The same without an answer, and without word whether it worked. */
  erpcCast(node: string, module: string, name: string, args: readonly Term[] = []): boolean {
    if (this.#closing !== undefined) throw closedError()
    return this.#remote.cast(node, module, name, args)
  }

  /** Calls a function of another node through its `rex` server, as `rpc:call/5` of OTP 22 does. See `erpc`. */
  async rpc(
    node: string,
    module: string,
    name: string,
    args: readonly Term[] = [],
    options: CallOptions = {},
  ): Promise<Term> {
    if (this.#closing !== undefined) throw closedError()
    return traceCall(
      () => this.#remote.rpc(node, module, name, args, options),
      () => ({ self: this.self, kind: 'rpc', to: `${module}:${name}/${args.length} on ${node}` }),
    )
  }

  /** Starts a process on another node. @throws {NodeError} as `call`; its reason is what the other node refused with */
  async spawn(
    node: string,
    module: string,
    name: string,
    args: readonly Term[] = [],
    options: CallOptions = {},
  ): Promise<Pid> {
    if (this.#closing !== undefined) throw closedError()
    return traceCall(
      () => this.#remote.spawn(node, module, name, args, options),
      () => ({ self: this.self, kind: 'spawn', to: `${module}:${name}/${args.length} on ${node}` }),
    )
  }

  /**
   * Lets other nodes call these functions as if they were a module: `:erpc.call`, `:rpc.call`, `Node.spawn` and the
   * like. Everything that is not exposed is `undef` for them. In Elixir a module `MyApp.Js` is `'Elixir.MyApp.Js'`.
   *
   * @returns what takes it back
   * @throws {NodeError} `NODE_NAME_TAKEN` when the module is exposed already
   */
  expose(module: string, functions: Readonly<Record<string, ExposedFunction>>): Disposable {
    return this.#exposed.expose(module, functions)
  }

  /**
   * Starts a server that `GenServer.call` and `GenServer.cast` of other nodes work with.
   *
   * @throws {NodeError} `NODE_NAME_TAKEN`
   */
  serve<State = undefined>(handlers: ServerHandlers<State>): GenServer<State> {
    if (this.#closing !== undefined) throw closedError()
    const parts = {
      registry: this.#registry,
      life: this.#life,
      reply: (own: Pid, from: GenFrom, reply: Term) => this.#reply(own, from, reply),
      warn: (warning: Omit<Warning, 'type'>) => this.#tell({ type: 'warning', ...warning }),
    }
    const server = new GenServer(parts, handlers)
    this.#servers.add(server)
    void server.ended.then(() => this.#servers.delete(server))
    return server
  }

  /**
   * Joins a scope of process groups, the same as `pg` on BEAM nodes; one object per scope.
   *
   * @param scope OTP's default is `pg`; Phoenix.PubSub has one called `Elixir.Phoenix.PubSub`
   * @throws {NodeError} `NODE_NAME_TAKEN` when another process has that name
   */
  pg(scope = 'pg'): PgScope {
    if (this.#closing !== undefined) throw closedError()
    const known = this.#scopes.get(scope)
    if (known !== undefined) return known
    const made = new PgScope(scope, {
      registry: this.#registry,
      life: this.#life,
      send: (from, to, message) => void this.#router.send(from, to, message),
      connected: () => this.connected(),
      onClosed: () => this.#scopes.delete(scope),
    })
    this.#scopes.set(scope, made)
    return made
  }

  /**
   * Joins a Phoenix.PubSub, the same as `{Phoenix.PubSub, name: MyApp.PubSub}` in the supervision tree of BEAM nodes; one
   * object per name, with the options of the first time.
   *
   * @param name `MyApp.PubSub`, as Elixir writes it
   * @throws {NodeError} `NODE_NAME_TAKEN` when another process has the adapter's name; `NODE_BAD_OPTION`
   */
  pubsub(name: string, options: PubSubOptions = {}): PubSub {
    const key = name.replace(/^Elixir\./, '')
    const known = this.#pubsubs.get(key)
    if (known !== undefined) return known
    const made = new PubSub(
      key,
      {
        self: this.self,
        registry: this.#registry,
        life: this.#life,
        scope: this.pg(PUBSUB_SCOPE),
        send: (from, to, message, sendOptions) => this.#send(from, to, message, sendOptions),
        warn: (warning) => this.#tell({ type: 'warning', ...warning }),
        onClosed: () => this.#pubsubs.delete(key),
      },
      options,
    )
    this.#pubsubs.set(key, made)
    return made
  }

  /**
   * The names of the whole cluster, shared with `global` of BEAM nodes.
   *
   * @throws {NodeError} `NODE_BAD_OPTION` on a hidden node, which has no part in `global`
   */
  get global(): GlobalNames {
    if (this.#globalNames !== undefined) return this.#globalNames
    throw new NodeError('NODE_BAD_OPTION', 'a hidden node has no part in global', {
      hint: 'Start the node with hidden: false; it then joins the full mesh of visible nodes.',
    })
  }

  /** The pid that is registered here under a name. */
  whereis(name: string): Pid | undefined {
    return this.#registry.byName(name)?.pid
  }

  /** Registers a process of ours under one more name. @throws {NodeError} `NODE_NAME_TAKEN`, `NODE_NO_PROCESS` */
  register(name: string, pid: Pid): void {
    const process = this.#registry.byPid(pid)
    if (process === undefined) throw new NodeError('NODE_NO_PROCESS', `${pid} is no live process of this node`)
    this.#registry.register(name, process)
  }

  /** Takes a name back; whether there was one. */
  unregister(name: string): boolean {
    return this.#registry.unregister(name)
  }

  /** Resolves when a peer has taken enough of what was sent, or the link is gone. */
  async drained(peer: string): Promise<void> {
    await this.#table.get(peer)?.drained()
  }

  /** All that happens from now on; ends when the node is closed or the signal aborts. */
  async *events({ signal }: { readonly signal?: AbortSignal } = {}): AsyncGenerator<NodeEvent, void> {
    const closed = this.#closed.signal
    const ended = signal === undefined ? closed : AbortSignal.any([signal, closed])
    try {
      for await (const [event] of on(this, 'event', { signal: ended })) yield event as NodeEvent
    } catch (error) {
      if (!ended.aborted) throw error
    }
  }

  /** Asks the `tls` function again, so that peers that dial us from now on meet the new certificates. */
  reloadTls(): void {
    this.#parts.transport.reload?.()
  }

  /** Lets the program end though this node is alive. */
  unref(): void {
    this.#referenced = false
    this.#parts.listener?.unref()
    for (const connection of this.#table.connections()) connection.unref()
  }

  /** Keeps the program alive again. */
  ref(): void {
    this.#referenced = true
    this.#parts.listener?.ref()
    for (const connection of this.#table.connections()) connection.ref()
  }

  /**
   * Leaves in order: nobody new comes in, names and exposed functions are taken back so that new calls fail fast, what
   * is in hand finishes, what is queued for peers is written; then the node closes.
   *
   * @throws {NodeError} `NODE_TIMEOUT` when that took too long; the node is closed all the same
   */
  async drain(options: DrainOptions = {}): Promise<void> {
    if (this.#closing !== undefined) return this.#closing
    this.#draining = true
    this.#exposed.clear()
    for (const name of this.#registry.registered()) if (!SYSTEM_NAMES.has(name)) this.#registry.unregister(name)
    try {
      await allIdle([...this.#servers, this.#spawns], options)
      await allIdle(
        this.#table.connections().map((connection) => ({ idle: () => connection.drained() })),
        options,
      )
    } finally {
      await this.close()
    }
  }

  /** Ends everything: processes, links, the listener. Resolves when no socket is left. May be called again. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Who may come in; for the listener. */
  acceptor(): ReturnType<ListenerOptions['acceptor']> {
    if (this.#closing !== undefined || this.#draining) return undefined
    return {
      self: this.#parts.identity,
      cookie: (peer) => this.#cookie(peer),
      decide: (peer) => this.#table.decide(peer),
    }
  }

  /** A peer came in; for the listener. */
  admit(established: Parameters<ConnectionTable['admit']>[0]): void {
    this.#table.admit(established)
  }

  /** A socket was not let in; for the listener. */
  refused(refused: Refused): void {
    this.#tell(refused)
  }

  async #close(): Promise<void> {
    const reason = new NodeError('NODE_CLOSED', 'this node was closed')
    const { listener, options } = this.#parts
    for (const process of [...this.#registry.processes()]) this.#life.exit(process, atom('shutdown'))
    await Promise.all([listener?.close(), this.#table.close(reason)])
    await Promise.all(this.#lingering)
    await options.epmd.close?.()
    this.#closed.abort()
  }

  #cookie(peer: string): Cookie {
    const { cookie } = this.#parts.options
    return typeof cookie === 'function' ? cookie(peer as NodeName) : cookie
  }

  #send(from: Pid, to: Destination, message: Term, options?: SendOptions): boolean {
    if (this.#closing !== undefined) throw closedError()
    return this.#router.send(from, to, message, options)
  }

  #reply(own: Pid, from: GenFrom, reply: Term): void {
    const parts = {
      self: this.self,
      registry: this.#registry,
      router: this.#router,
      connection: (node: string) => this.#table.get(node),
    }
    genReply(parts, own, from, reply)
  }

  #connectForSend(node: string): boolean {
    if (this.#closing !== undefined || this.#parts.options.autoConnect === false) return false
    // A failure ends in `onDialFailed`, which drops what waits and tells who watches.
    this.connect(node).catch((error: unknown) => this.#unreachable(node, error))
    return true
  }

  #unreachable(node: string, error: unknown): void {
    this.#router.unreachable(node, error)
    this.#remote.connectionLost(node)
    if (this.#table.get(node) === undefined) this.#global?.connectionLost(node)
  }

  #whyDown(node: string): NodeDownReason | undefined {
    const state = this.#table.states().find(({ peer }) => peer === node)
    return state?.state === 'down' ? state.reason : undefined
  }

  #receive(connection: Connection, control: ControlMessage, payload: EncodedTerm | undefined): void {
    const { peer } = connection
    try {
      this.#router.receive(peer, control, payload)
    } catch (cause) {
      if (cause instanceof EtfError) {
        // BEAM drops a peer whose terms do not decode: what follows them cannot be trusted either.
        const text = `a ${control.op} of ${peer} does not decode: ${cause.message}`
        connection.close(new NodeError('DIST_MALFORMED', text, { peer, cause }), true)
        return
      }
      // The fault is on our side, such as a listener of the program that throws: the peer is not to blame.
      const message = `the handling of a ${control.op} of ${peer} threw: ${messageOf(cause)}`
      this.#tell({ type: 'warning', code: 'HANDLER_THREW', message, peer, cause })
    }
  }

  #up(connection: Connection): void {
    const { peer, hidden, direction, creation } = connection
    if (!this.#referenced) connection.unref()
    const gone = connection.gone.then(() => void this.#lingering.delete(gone))
    this.#lingering.add(gone)
    this.#router.connected(connection)
    for (const scope of this.#scopes.values()) scope.discover(peer)
    if (!hidden) this.#global?.connectionUp(peer)
    this.#tell({ type: 'nodeup', node: peer, hidden, direction, creation })
    if (creation > SMALL_CREATION) return
    const message = `${peer} has creation ${creation}: a restart may reuse it, and messages reach the wrong process`
    this.#tell({ type: 'warning', code: 'CREATION_SMALL', message, peer })
  }

  #down(connection: Connection, reason: NodeError): void {
    if (!this.#table.remove(connection, reason)) return
    this.#life.connectionLost(connection.peer)
    this.#remote.connectionLost(connection.peer)
    this.#global?.connectionLost(connection.peer)
    this.#tell({ type: 'nodedown', node: connection.peer, reason, counters: connection.counters })
  }

  /** A listener that throws must not break the link on whose behalf it was called. */
  #tell(event: NodeEvent | Warning): void {
    try {
      publishEvent(this.self, event)
      this.emit('event', event)
      if (event.type === 'nodeup') this.emit('nodeup', event)
      else if (event.type === 'nodedown') this.emit('nodedown', event)
      else if (event.type === 'refused') this.emit('refused', event)
      else this.emit('warning', event)
    } catch (error) {
      queueMicrotask(() => {
        throw error
      })
    }
  }
}

function describeDestination(to: Destination): string {
  return typeof to === 'object' && 'node' in to && 'name' in to ? `${to.name} on ${to.node}` : String(to)
}

/** What a call of ourselves gives. */
function valueOfOutcome(outcome: Outcome): Term {
  if (outcome.type === 'return') return outcome.value
  throw new RemoteError(outcome.type, outcome.reason)
}

function closedError(): NodeError {
  return new NodeError('NODE_CLOSED', 'the node is closed')
}

/** The channel checks what it is given, so it gets its own limits only. */
function channelLimits(limits: Partial<NodeLimits>): Partial<ChannelLimits> {
  const own = Object.entries(limits).filter(([name]) => !(name in NODE_LIMITS))
  return Object.fromEntries(own) as Partial<ChannelLimits>
}
