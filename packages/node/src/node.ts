import { on } from 'node:events'
import type { NodeName } from '@dynsrv/epmd-shim'
import { atom, type Pid, type Term, tuple } from '@dynsrv/etf'
import type { PeerState } from './connection-table.ts'
import { allIdle, type DrainOptions } from './drain.ts'
import { NodeError } from './error.ts'
import type { GenFrom } from './gen-message.ts'
import { GenServer, type ServerHandlers } from './gen-server.ts'
import type { GlobalNames } from './global-names.ts'
import { Mailbox, type MailboxOptions } from './mailbox.ts'
import { NodeCalls } from './node-calls.ts'
import type { NodeCore } from './node-core.ts'
import type { NodeEvent, Warning } from './node-event.ts'
import { PUBSUB_SCOPE, PubSub, type PubSubOptions } from './pubsub/pubsub.ts'
import type { CallOptions, Destination, SendOptions } from './signature.ts'
import type { ExposedFunction } from './system/exposed-functions.ts'
import { PgScope } from './system/pg-scope.ts'
import { SYSTEM_NAMES } from './system/start-system.ts'

/**
 * A live node of an Erlang cluster: links to peers, processes with mailboxes, messages and calls. Made by `startNode`.
 *
 * It is an emitter of `nodeup`, `nodedown`, `refused` and `warning`, each of which comes as `event` too.
 */
export class Node extends NodeCalls implements AsyncDisposable {
  /** Our name. */
  readonly self: NodeName
  /** Which incarnation of this name we are. */
  readonly creation: number
  readonly #core: NodeCore

  constructor(core: NodeCore) {
    super(core)
    this.#core = core
    this.self = core.self
    this.creation = core.parts.identity.creation
    core.onEvent = (event) => {
      this.emit('event', event)
      if (event.type === 'nodeup') this.emit('nodeup', event)
      else if (event.type === 'nodedown') this.emit('nodedown', event)
      else if (event.type === 'refused') this.emit('refused', event)
      else this.emit('warning', event)
    }
  }

  /** The port that we listen on; undefined with `listen: false`. */
  get port(): number | undefined {
    return this.#core.parts.listener?.port
  }

  /** Peers that are connected now, whoever dialled. */
  connected(): NodeName[] {
    return this.#core.table.connections().map(({ peer }) => peer)
  }

  /** Each peer that is connected, being connected, or was of late and why not. */
  peers(): PeerState[] {
    return this.#core.table.states()
  }

  /**
   * Connects to a peer; at once when that is so already. All who ask at the same time share one dial.
   *
   * @throws {NodeError} that says what was wrong, in its code, its text and its hint
   * @throws the signal's reason when it aborts
   */
  async connect(peer: string, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    await this.#core.connect(peer, options)
  }

  /** Ends the link to a peer; what is queued still goes out. */
  async disconnect(peer: string): Promise<void> {
    await this.#core.disconnect(peer)
  }

  /**
   * Asks a peer whether it is there, as `net_adm:ping/1` does, and connects first when need be.
   *
   * @throws {NodeError} that says why it does not answer
   */
  async ping(peer: string, options: CallOptions = {}): Promise<'pong'> {
    await this.connect(peer, options.signal === undefined ? {} : { signal: options.signal })
    const answer = await this.#core.calls.call(
      { name: 'net_kernel', node: peer },
      tuple(atom('is_auth'), atom(this.self)),
      options,
    )
    if (answer === atom('yes')) return 'pong'
    throw new NodeError('NODE_PANG', `${peer} does not accept us`, { peer })
  }

  /** Starts a process with a mailbox; with a string, under that name. */
  mailbox(options: string | MailboxOptions = {}): Mailbox {
    this.#core.assertOpen()
    return new Mailbox(
      {
        registry: this.#core.registry,
        life: this.#core.life,
        send: (from, to, message, sendOptions) => this.#core.send(from, to, message, sendOptions),
        call: (to, request, callOptions) => this.call(to, request, callOptions),
        target: (to) => this.#core.router.target(to),
        full: ({ pid, name }, policy) => {
          const message = `the mailbox ${name ?? pid} is full: ${policy}`
          this.#core.tell({ type: 'warning', code: 'MAILBOX_FULL', message, pid })
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
    { from = this.#core.calls.caller.pid, ...options }: SendOptions & { from?: Pid } = {},
  ): boolean {
    return this.#core.send(from, to, message, options)
  }

  /**
   * Lets other nodes call these functions as if they were a module: `:erpc.call`, `:rpc.call`, `Node.spawn` and the
   * like. Everything that is not exposed is `undef` for them. In Elixir a module `MyApp.Js` is `'Elixir.MyApp.Js'`.
   *
   * @returns what takes it back
   * @throws {NodeError} `NODE_NAME_TAKEN` when the module is exposed already
   */
  expose(module: string, functions: Readonly<Record<string, ExposedFunction>>): Disposable {
    return this.#core.exposed.expose(module, functions)
  }

  /**
   * Starts a server that `GenServer.call` and `GenServer.cast` of other nodes work with.
   *
   * @throws {NodeError} `NODE_NAME_TAKEN`
   */
  serve<State = undefined>(handlers: ServerHandlers<State>): GenServer<State> {
    this.#core.assertOpen()
    const parts = {
      registry: this.#core.registry,
      life: this.#core.life,
      reply: (own: Pid, from: GenFrom, reply: Term) => this.#core.reply(own, from, reply),
      warn: (warning: Omit<Warning, 'type'>) => this.#core.tell({ type: 'warning', ...warning }),
    }
    const server = new GenServer(parts, handlers)
    this.#core.servers.add(server)
    void server.ended.then(() => this.#core.servers.delete(server))
    return server
  }

  /**
   * Joins a scope of process groups, the same as `pg` on BEAM nodes; one object per scope.
   *
   * @param scope OTP's default is `pg`; Phoenix.PubSub has one called `Elixir.Phoenix.PubSub`
   * @throws {NodeError} `NODE_NAME_TAKEN` when another process has that name
   */
  pg(scope = 'pg'): PgScope {
    this.#core.assertOpen()
    const known = this.#core.scopes.get(scope)
    if (known !== undefined) return known
    const made = new PgScope(scope, {
      registry: this.#core.registry,
      life: this.#core.life,
      send: (from, to, message) => void this.#core.router.send(from, to, message),
      connected: () => this.connected(),
      onClosed: () => this.#core.scopes.delete(scope),
    })
    this.#core.scopes.set(scope, made)
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
    const known = this.#core.pubsubs.get(key)
    if (known !== undefined) return known
    const made = new PubSub(
      key,
      {
        self: this.self,
        registry: this.#core.registry,
        life: this.#core.life,
        scope: this.pg(PUBSUB_SCOPE),
        send: (from, to, message, sendOptions) => this.#core.send(from, to, message, sendOptions),
        warn: (warning) => this.#core.tell({ type: 'warning', ...warning }),
        onClosed: () => this.#core.pubsubs.delete(key),
      },
      options,
    )
    this.#core.pubsubs.set(key, made)
    return made
  }

  /**
   * The names of the whole cluster, shared with `global` of BEAM nodes.
   *
   * @throws {NodeError} `NODE_BAD_OPTION` on a hidden node, which has no part in `global`
   */
  get global(): GlobalNames {
    if (this.#core.globalNames !== undefined) return this.#core.globalNames
    throw new NodeError('NODE_BAD_OPTION', 'a hidden node has no part in global', {
      hint: 'Start the node with hidden: false; it then joins the full mesh of visible nodes.',
    })
  }

  /** The pid that is registered here under a name. */
  whereis(name: string): Pid | undefined {
    return this.#core.registry.byName(name)?.pid
  }

  /** Registers a process of ours under one more name. @throws {NodeError} `NODE_NAME_TAKEN`, `NODE_NO_PROCESS` */
  register(name: string, pid: Pid): void {
    const process = this.#core.registry.byPid(pid)
    if (process === undefined) throw new NodeError('NODE_NO_PROCESS', `${pid} is no live process of this node`)
    this.#core.registry.register(name, process)
  }

  /** Takes a name back; whether there was one. */
  unregister(name: string): boolean {
    return this.#core.registry.unregister(name)
  }

  /** Resolves when a peer has taken enough of what was sent, or the link is gone. */
  async drained(peer: string): Promise<void> {
    await this.#core.table.get(peer)?.drained()
  }

  /** All that happens from now on; ends when the node is closed or the signal aborts. */
  async *events({ signal }: { readonly signal?: AbortSignal } = {}): AsyncGenerator<NodeEvent, void> {
    const closed = this.#core.closed.signal
    const ended = signal === undefined ? closed : AbortSignal.any([signal, closed])
    try {
      for await (const [event] of on(this, 'event', { signal: ended })) yield event as NodeEvent
    } catch (error) {
      if (!ended.aborted) throw error
    }
  }

  /** Asks the `tls` function again, so that peers that dial us from now on meet the new certificates. */
  reloadTls(): void {
    this.#core.parts.transport.reload?.()
  }

  /** Lets the program end though this node is alive. */
  unref(): void {
    this.#core.referenced = false
    this.#core.parts.listener?.unref()
    for (const connection of this.#core.table.connections()) connection.unref()
  }

  /** Keeps the program alive again. */
  ref(): void {
    this.#core.referenced = true
    this.#core.parts.listener?.ref()
    for (const connection of this.#core.table.connections()) connection.ref()
  }

  /**
   * Leaves in order: nobody new comes in, names and exposed functions are taken back so that new calls fail fast, what
   * is in hand finishes, what is queued for peers is written; then the node closes.
   *
   * @throws {NodeError} `NODE_TIMEOUT` when that took too long; the node is closed all the same
   */
  async drain(options: DrainOptions = {}): Promise<void> {
    if (this.#core.closing !== undefined) return this.#core.closing
    this.#core.draining = true
    this.#core.exposed.clear()
    for (const name of this.#core.registry.registered())
      if (!SYSTEM_NAMES.has(name)) this.#core.registry.unregister(name)
    try {
      await allIdle([...this.#core.servers, this.#core.spawns], options)
      await allIdle(
        this.#core.table.connections().map((connection) => ({ idle: () => connection.drained() })),
        options,
      )
    } finally {
      await this.close()
    }
  }

  /** Ends everything: processes, links, the listener. Resolves when no socket is left. May be called again. */
  close(): Promise<void> {
    return this.#core.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
