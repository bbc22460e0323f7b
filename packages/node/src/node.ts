import { EventEmitter } from 'node:events'
import { type InspectOptions as InspectStyle, inspect } from 'node:util'
import type { NodeName } from '@dynsrv/epmd-shim'
import {
  atom,
  type Contract,
  contractClient,
  type Pid,
  type Reference,
  type Sendable,
  type Term,
  tuple,
} from '@dynsrv/etf'
import {
  bound,
  type Clock,
  callable,
  callProgram,
  endpoint,
  eventStream,
  flag,
  having,
  hostAddress,
  iterable,
  listOf,
  type MissedEvents,
  messageOf,
  oneLine,
  text,
  withCallersStack,
} from '@dynsrv/kit'
import { type GenServer, makeServer, whenIdle } from './call/gen-server.ts'
import { ERPC_CALL, type ErpcCall, type ErpcOutcome, manyCalls } from './call/many-calls.ts'
import { remoteFunction } from './call/remote-calls.ts'
import {
  type AnyHandlers,
  checkHandlers,
  type NoSchemas,
  type SchemaOf,
  type ServerHandlers,
  type ServerSchemas,
} from './call/server-handlers.ts'
import {
  argumentList,
  atomName,
  checkCall,
  checkNodeSend,
  checks,
  checkTerm,
  checkTypedCall,
  INSIDE,
  onlyInside,
  peerName,
  pidOf,
  registeredName,
  signalOption,
  typedCallRules,
} from './checks.ts'
import { type Closable, closable } from './closable.ts'
import { type CallMessage, traceCall } from './diagnostics.ts'
import { allIdle, type Busy, checkDrain, type DrainOptions } from './drain.ts'
import { isNodeError, NodeError } from './error.ts'
import type { GlobalNames } from './global/global-names.ts'
import { checkInspect, type InspectOptions, inspectRooms, type NodeSnapshot } from './inspect-node.ts'
import type { PeerState } from './link/connection-table.ts'
import { NodeMonitors, type OnNodeDown } from './link/node-monitors.ts'
import type { NodeEvent, NodeEvents } from './node-event.ts'
import type { PgScope } from './pg/pg-scope.ts'
import { type LocalProcess, nodeOf } from './process/local-process.ts'
import { checkMailbox, type Mailbox, type MailboxOptions, makeMailbox } from './process/mailbox.ts'
import { tellListeners } from './program-calls.ts'
import { checkPubSub, type PubSub, type PubSubOptions, pubSubName } from './pubsub/pubsub.ts'
import type { Rooms } from './rooms.ts'
import { mismatchText, type Read, type Returned, type Schema, type Written } from './schema/schema.ts'
import type {
  AliasOptions,
  CallOptions,
  ConnectOptions,
  Destination,
  ErpcManyOptions,
  EventsOptions,
  MultiCallOptions,
  MultiCallResult,
  ProcessRef,
  Recipient,
  SendOptions,
  SendWaitOptions,
  TypedCallOptions,
} from './signature.ts'
import { type FunctionTable, functionTable } from './system/exposed-functions.ts'
import { checkExpose, EXPOSED_SCOPE, type ExposeOptions, joinExposedGroup } from './system/exposed-group.ts'
import { SYSTEM_NAMES } from './system/start-system.ts'

/** How long a node that drains waits for peers to have heard of it. */
const LEAVE_HEARD_MS = 1_000

const checkConnect = checks.options<ConnectOptions>('connect', {
  ...signalOption,
  endpoints: listOf(endpoint),
  later: having('then'),
  addresses: listOf(hostAddress),
})
const checkEvents = checks.options<EventsOptions>('events', signalOption)
const checkAlias = checks.options<AliasOptions>('alias', { once: flag })
const NOCONNECTION = atom('noconnection')

const checkMultiCall = checks.options<MultiCallOptions & TypedCallOptions>('multiCall', {
  ...typedCallRules,
  nodes: listOf(peerName),
})
const checkMany = checks.options<ErpcManyOptions & TypedCallOptions>('erpcMany', {
  ...typedCallRules,
  concurrency: bound,
})

/** Another address of a process of ours; closing it takes it back. */
export interface Alias extends Closable {
  /** What is sent to it reaches the process. */
  readonly ref: Reference
}

/** Makes a node; programs get theirs from `startNode`. */
export let makeNode: (rooms: Rooms) => Node

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
  readonly #rooms: Rooms
  readonly #clock: Clock
  readonly #monitors = new NodeMonitors()
  readonly #servers = new Set<Busy>()
  readonly #startedAt: number
  /** Aborts when the node is closed. */
  readonly #closed = new AbortController()
  #draining = false
  /** The groups in which exposed functions are found. */
  readonly #groups = new Set<Closable>()
  #closing: Promise<void> | undefined

  static {
    makeNode = (rooms) => new Node(INSIDE, rooms)
  }

  private constructor(key: typeof INSIDE, rooms: Rooms) {
    super()
    onlyInside(key, 'a node', 'startNode')
    this.#rooms = rooms
    this.#clock = rooms.parts.settings.world.clock
    this.#startedAt = this.#clock.monotonic()
    this.self = rooms.parts.self
    this.creation = rooms.parts.identity.creation
    rooms.onEvent = (event, threw) => this.#emit(event, threw)
  }

  /** The port that we listen on; undefined with `listen: false`. */
  get port(): number | undefined {
    return this.#rooms.links.port
  }

  /** Peers that are connected now, dialled by us or by them. */
  connected(): NodeName[] {
    return this.#rooms.links.connected()
  }

  /** Each peer that is connected, being connected, or was of late and why not. */
  peers(): PeerState[] {
    return this.#rooms.links.states()
  }

  /**
   * Connects to a peer; at once when that is so already. All who ask at the same time share one dial, which goes where the
   * first of them says.
   *
   * @throws {NodeError} that says what was wrong, in its code, its text and its hint
   * @throws the signal's reason when it aborts
   */
  async connect(peer: string, options: ConnectOptions = {}): Promise<void> {
    checkConnect(options)
    try {
      await this.#rooms.links.connect(peer, options)
    } catch (error) {
      throw withCallersStack(error)
    }
  }

  /** Ends the link to a peer; what is queued still goes out. @throws {NodeError} for what is no node name */
  async disconnect(peer: string): Promise<void> {
    this.#checkPeer('disconnect', 'peer', peer)
    const { links, global } = this.#rooms
    if (links.get(peer) !== undefined) global?.server.disconnecting(peer)
    await links.disconnect(peer)
  }

  /**
   * Calls `onDown` once, when the link to a peer is gone, as `erlang:monitor_node/2` sends `{nodedown, Node}`. A peer that
   * is not connected is connected first, unless `autoConnect` is off; when that fails, this is the reason.
   *
   * @returns what takes it back
   * @throws {NodeError} `NODE_BAD_OPTION`, `NODE_NAME_*`, `NODE_CLOSED`
   */
  monitorNode(peer: string, onDown: OnNodeDown): Closable {
    this.#assertOpen()
    this.#checkPeer('monitorNode', 'peer', peer)
    checks.argument('monitorNode', 'onDown', callable, onDown)
    const monitor = this.#monitors.add(peer, (reason) => {
      callProgram(
        () => onDown(reason),
        (cause) => {
          const message = `what monitors the node ${peer} threw: ${oneLine(messageOf(cause))}`
          this.#rooms.tell({ type: 'warning', code: 'HANDLER_THREW', message, peer, cause })
        },
      )
    })
    if (peer === this.self || this.#rooms.links.get(peer) !== undefined) return monitor
    const failed = (cause: unknown): void => {
      const { code, message, hint } = isNodeError(cause) ? cause : new NodeError('NODE_NOT_CONNECTED', String(cause))
      this.#monitors.down(peer, { code, message, hint, cause })
    }
    if (this.#rooms.parts.settings.autoConnect) this.connect(peer).catch(failed)
    else queueMicrotask(() => failed(new NodeError('NODE_NOT_CONNECTED', `${peer} is not connected`, { peer })))
    return monitor
  }

  /**
   * Calls `onDown` once, with the reason, when a process anywhere has ended: `noproc` where there is none, `noconnection`
   * when the link to its node is lost, and when this node closes. For links and messages of a process of ours use `Mailbox.monitor`.
   *
   * @returns what takes it back
   * @throws {NodeError} `NODE_BAD_OPTION`, `NODE_NAME_*`, `NODE_CLOSED`
   */
  monitor(to: Destination, onDown: (reason: Term) => void): Closable {
    this.#assertOpen()
    checks.argument('monitor', 'onDown', callable, onDown)
    const { life, router } = this.#rooms.processes
    const target = router.target(to)
    const { caller } = this.#rooms.calls
    const isRemote = nodeOf(target) !== this.self
    let open = true
    const ref = life.monitor(caller, target, (ended) => {
      // The end of who watches here is not that of the process there.
      const reason = caller.alive || !isRemote ? ended : NOCONNECTION
      // A target without a way is down before `monitor` returns.
      queueMicrotask(() => {
        if (open) callProgram(() => onDown(reason), failed)
        open = false
      })
    })
    const failed = (cause: unknown): void => {
      const message = `what monitors the process ${'name' in target ? target.name.name : target} threw: ${oneLine(messageOf(cause))}`
      this.#rooms.tell({ type: 'warning', code: 'HANDLER_THREW', message, cause })
    }
    return closable(() => {
      open = false
      life.demonitor(ref)
    })
  }

  /**
   * Asks a peer whether it is there, as `net_adm:ping/1` does, and connects first when need be.
   *
   * @throws {NodeError} that says why it does not answer
   */
  async ping(peer: string, options: CallOptions = {}): Promise<'pong'> {
    this.#checkPeer('ping', 'peer', peer)
    checkCall(options)
    return await this.#traced(
      'ping',
      peer,
      () => peer,
      () => this.#ping(peer, options),
    )
  }

  /**
   * Sends a message. A peer that is not connected is connected first, unless `autoConnect` is off; as in Erlang,
   * nobody tells when there is no such process.
   *
   * @returns false when the peer takes less than is sent (see `drained`), or there is no way to it
   * @throws {NodeError} `NODE_BAD_OPTION`, `NODE_NAME_*` for a wrong argument; `NODE_MESSAGE_INVALID` for a term without
   * encoding; `NODE_PEER_BUSY` with `whenBusy: 'fail'`; `NODE_CLOSED`
   */
  send(to: Recipient, message: Sendable, options?: SendOptions & { from?: Pid }): boolean
  /**
   * Sends a message as soon as the peer takes it: with `whenBusy: 'wait'` a caller that awaits this sends no faster than
   * the peer reads. Those that wait for one peer keep their order; other sends to it do not wait for them.
   *
   * @throws {NodeError} as the other send; why the peer cannot be connected, or why its link was lost meanwhile
   * @throws the signal's reason when it aborts first; the message is not sent then
   */
  send(to: Recipient, message: Sendable, options: SendWaitOptions & { from?: Pid }): Promise<void>
  send(
    to: Recipient,
    message: Sendable,
    options?: (SendOptions | SendWaitOptions) & { from?: Pid },
  ): boolean | Promise<void> {
    const { pid } = this.#rooms.calls.caller
    const term = message as Term
    if (options === undefined) return this.#send(pid, to, term)
    checkNodeSend(options)
    const { from = pid } = options
    if (options.whenBusy === 'wait') return this.#sendWaiting(from, to, term, options)
    return this.#send(from, to, term, options)
  }

  /** Resolves when a peer has taken enough of what was sent, or the link is gone. @throws {NodeError} as `disconnect` */
  async drained(peer: string): Promise<void> {
    this.#checkPeer('drained', 'peer', peer)
    await this.#rooms.links.get(peer)?.drained()
  }

  /**
   * Calls a GenServer, or whatever speaks its protocol, here or on another node.
   *
   * @throws {NodeError} `NODE_TIMEOUT`, `NODE_NO_PROCESS`, `NODE_EXITED` with the reason, `NODE_NOT_CONNECTED` with the
   * reason why as its cause; `NODE_MESSAGE_INVALID`; `NODE_REPLY_MISMATCH` for a reply that is not what its schema says
   * @throws the signal's reason when it aborts; what its schema throws is the cause of `NODE_REPLY_MISMATCH`
   */
  async call<S extends Schema>(to: Destination, request: Sendable, options: TypedCallOptions<S>): Promise<Read<S>>
  async call(to: Destination, request: Sendable, options?: CallOptions): Promise<Term>
  async call(to: Destination, request: Sendable, options?: CallOptions | TypedCallOptions): Promise<unknown> {
    this.#assertOpen()
    checkTypedCall(options)
    const target = this.#rooms.processes.router.target(to)
    const called = () => ('name' in target ? `${target.name} on ${target.node}` : String(target))
    return await this.#traced('call', nodeOf(target), called, async () => {
      const reply = await this.#rooms.calls.call(target, request as Term, options)
      return this.#checked(reply, options, called, nodeOf(target))
    })
  }

  /** Casts to a GenServer: no answer, and no word whether it exists. See `send`. */
  cast(to: Destination, message: Sendable): boolean {
    this.#assertOpen()
    return this.#rooms.calls.cast(to, message as Term)
  }

  /** Calls the GenServer of one name on many nodes at once; by default on all that are connected, and here. */
  async multiCall<S extends Schema>(
    name: string,
    request: Sendable,
    options: MultiCallOptions & TypedCallOptions<S>,
  ): Promise<MultiCallResult<Read<S>>>
  async multiCall(name: string, request: Sendable, options?: MultiCallOptions): Promise<MultiCallResult>
  async multiCall(name: string, request: Sendable, options: MultiCallOptions = {}): Promise<MultiCallResult<unknown>> {
    this.#assertOpen()
    checks.argument('multiCall', 'name', atomName, name)
    checkMultiCall(options)
    const { nodes = [this.self, ...this.connected()], ...callOptions } = options
    const replies = new Map<string, unknown>()
    const failures = new Map<string, NodeError>()
    await Promise.all(
      nodes.map(async (node) => {
        try {
          replies.set(node, await this.call({ name, node }, request, callOptions))
        } catch (error) {
          if (!isNodeError(error)) throw error
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
  async erpc<S extends Schema>(
    node: string,
    module: string,
    name: string,
    args: readonly Sendable[],
    options: TypedCallOptions<S>,
  ): Promise<Read<S>>
  async erpc(
    node: string,
    module: string,
    name: string,
    args?: readonly Sendable[],
    options?: CallOptions,
  ): Promise<Term>
  async erpc(
    node: string,
    module: string,
    name: string,
    args: readonly Sendable[] = [],
    options: CallOptions | TypedCallOptions = {},
  ): Promise<unknown> {
    return this.#callFunction('erpc', node, module, name, args, options)
  }

  /**
   * The functions of a module of another node as methods, typed as its specs say: `await stock.reserve('apple', 3)`. Each is
   * an `erpc`. `dynsrv types` writes the contract.
   *
   * @param options of each call; they stand here, since a last argument might be one of the function's
   * @throws {NodeError} `NODE_BAD_OPTION`, `NODE_NAME_*`, {EtfError} `ETF_BAD_OPTION` for a wrong argument. Methods reject as
   * `erpc`, and with `ETF_MISMATCH` for arguments that the spec does not take, of which nothing is sent, and for a reply that
   * it does not promise
   */
  module<Client extends object>(peer: string, contract: Contract<Client>, options: CallOptions = {}): Client {
    this.#checkPeer('module', 'peer', peer)
    checkCall(options)
    const call = (name: string, args: readonly Term[]) =>
      this.erpc(peer, contract.module, name, args as readonly Sendable[], options)
    return contractClient(contract, call)
  }

  /**
   * Makes many such calls side by side and gives each outcome as soon as it is there, in the order of their ends. A reader
   * that stops gives up the calls that are under way.
   *
   * @throws the signal's reason when it aborts; what a call ends with is in its outcome
   */
  erpcMany<Call extends ErpcCall, S extends Schema>(
    calls: Iterable<Call>,
    options: ErpcManyOptions & TypedCallOptions<S>,
  ): AsyncGenerator<ErpcOutcome<Call, Read<S>>, void>
  erpcMany<Call extends ErpcCall>(
    calls: Iterable<Call>,
    options?: ErpcManyOptions,
  ): AsyncGenerator<ErpcOutcome<Call>, void>
  erpcMany<Call extends ErpcCall>(
    calls: Iterable<Call>,
    options: ErpcManyOptions = {},
  ): AsyncGenerator<ErpcOutcome<Call, unknown>, void> {
    this.#assertOpen()
    checks.argument('erpcMany', 'calls', iterable, calls)
    checkMany(options)
    const { concurrency = 64, signal, ...callOptions } = options
    const run = async (call: Call, ended: AbortSignal): Promise<unknown> => {
      checks.argument('erpcMany', 'each call', ERPC_CALL, call)
      const { node, module, name, args = [] } = call
      return this.erpc(node, module, name, args, { ...callOptions, signal: ended })
    }
    return manyCalls(calls, run, { concurrency, signal })
  }

  /** The same as `erpc` without an answer, and without word whether it worked. */
  erpcCast(node: string, module: string, name: string, args: readonly Sendable[] = []): boolean {
    this.#assertOpen()
    this.#checkFunction('erpcCast', node, module, name, args)
    return this.#rooms.remote.cast(node, module, name, args as readonly Term[])
  }

  /** Calls a function of another node through its `rex` server, as `rpc:call/5` of OTP 22 does. See `erpc`. */
  async rpc<S extends Schema>(
    node: string,
    module: string,
    name: string,
    args: readonly Sendable[],
    options: TypedCallOptions<S>,
  ): Promise<Read<S>>
  async rpc(
    node: string,
    module: string,
    name: string,
    args?: readonly Sendable[],
    options?: CallOptions,
  ): Promise<Term>
  async rpc(
    node: string,
    module: string,
    name: string,
    args: readonly Sendable[] = [],
    options: CallOptions | TypedCallOptions = {},
  ): Promise<unknown> {
    return this.#callFunction('rpc', node, module, name, args, options)
  }

  /** Starts a process on another node. @throws {NodeError} as `call`; its reason is what the other node refused with */
  async spawn(
    node: string,
    module: string,
    name: string,
    args: readonly Sendable[] = [],
    options: CallOptions = {},
  ): Promise<Pid> {
    this.#assertOpen()
    this.#checkFunction('spawn', node, module, name, args)
    checkCall(options)
    return await this.#traced(
      'spawn',
      node,
      () => remoteFunction(node, module, name, args),
      () => this.#rooms.remote.spawn(node, module, name, args as readonly Term[], options),
    )
  }

  /**
   * Starts a process with a mailbox; with a string, under that name.
   *
   * @throws {NodeError} `NODE_BAD_OPTION`, `NODE_NAME_TAKEN`, `NODE_TOO_MANY_PROCESSES`, `NODE_CLOSED`
   */
  mailbox(options: string | MailboxOptions = {}): Mailbox {
    this.#assertOpen()
    const { registry, life, router } = this.#rooms.processes
    checkMailbox(options)
    return makeMailbox(
      {
        clock: this.#clock,
        registry,
        life,
        send: (from, to, message, sendOptions) => this.#send(from, to, message, sendOptions),
        call: (to, request, callOptions) => this.call(to, request, callOptions),
        schemas: this.#rooms.schemas,
        target: (to) => router.target(to),
        full: ({ pid, name }, policy) => {
          const message = `the mailbox ${name ?? pid} is full: ${policy}`
          this.#rooms.tell({ type: 'warning', code: 'MAILBOX_FULL', message, pid })
        },
      },
      typeof options === 'string' ? { name: options } : options,
    )
  }

  /**
   * Lets other nodes call these functions as if they were a module: `:erpc.call`, `:rpc.call`, `Node.spawn` and the
   * like. Everything that is not exposed is `undef` for them. In Elixir a module `MyApp.Js` is `'Elixir.MyApp.Js'`.
   *
   * A result without an Erlang term is an error for the caller, as an exception is; a warning `HANDLER_THREW` tells us.
   *
   * @param functions by name and arity, as `'greet/1'`; or by name alone, then with as many arguments as the function has
   * parameters (its `length`) or more. Every other number of arguments is `undef`. What `fn` makes has schemas: arguments
   * that do not fit raise an `ArgumentError` in the caller
   * @param options `group`: whether callers find it without our name
   * @returns what takes it back
   * @throws {NodeError} `NODE_NAME_TAKEN` when the module is exposed already, or with `group` when a process is called `dynsrv`;
   * `NODE_BAD_OPTION` for what is no function
   */
  expose(module: string, functions: FunctionTable, options: ExposeOptions = {}): Closable {
    this.#assertOpen()
    checks.argument('expose', 'module', atomName, module)
    checks.argument('expose', 'functions', functionTable, functions)
    checkExpose(options)
    if (options.group !== true) return this.#rooms.system.exposed.expose(module, functions)
    const scope = this.pg(EXPOSED_SCOPE)
    const exposed = this.#rooms.system.exposed.expose(module, functions)
    const membership = joinExposedGroup(module, scope, this.#rooms.processes)
    this.#groups.add(membership)
    return closable(() => {
      this.#groups.delete(membership)
      membership.close()
      exposed.close()
    })
  }

  /**
   * Starts a server that `GenServer.call` and `GenServer.cast` of other nodes work with.
   *
   * @throws {NodeError} `NODE_BAD_OPTION`, `NODE_NAME_TAKEN`, `NODE_TOO_MANY_PROCESSES`, `NODE_CLOSED`
   */
  serve<
    State = undefined,
    S extends ServerSchemas = NoSchemas,
    const Reply extends Returned<Written<SchemaOf<S, 'reply'>>> = Returned<Written<SchemaOf<S, 'reply'>>>,
  >(handlers: ServerHandlers<State, S, Reply>): GenServer<State> {
    this.#assertOpen()
    checkHandlers(handlers)
    const server = makeServer<State>(this.#rooms.servers, handlers as unknown as AnyHandlers<State>)
    const busy = { idle: () => whenIdle(server) }
    this.#servers.add(busy)
    // Never rejects: it is the reason of the end.
    void server.ended.then(() => this.#servers.delete(busy))
    return server
  }

  /**
   * Joins a scope of process groups, the same as `pg` on BEAM nodes; one object per scope.
   *
   * @param scope OTP's default is `pg`; Phoenix.PubSub has one called `Elixir.Phoenix.PubSub`
   * @throws {NodeError} `NODE_NAME_TAKEN` when another process has that name
   */
  pg(scope = 'pg'): PgScope {
    this.#assertOpen()
    checks.argument('pg', 'scope', registeredName, scope)
    return this.#rooms.scopes.join(scope)
  }

  /**
   * Joins a Phoenix.PubSub, the same as `{Phoenix.PubSub, name: MyApp.PubSub}` in the supervision tree of BEAM nodes; one
   * object per name, with the options of the first time.
   *
   * @param name `MyApp.PubSub`, as Elixir writes it
   * @throws {NodeError} `NODE_NAME_TAKEN` when another process has the adapter's name; `NODE_BAD_OPTION`
   */
  pubsub(name: string, options: PubSubOptions = {}): PubSub {
    this.#assertOpen()
    checks.argument('pubsub', 'name', pubSubName, name)
    checkPubSub(options)
    return this.#rooms.pubsubs.join(name, options)
  }

  /**
   * The names of the whole cluster, shared with `global` of BEAM nodes.
   *
   * @throws {NodeError} `NODE_BAD_OPTION` on a hidden node, which has no part in `global`
   */
  get global(): GlobalNames {
    const { global } = this.#rooms
    if (global !== undefined) return global.names
    throw new NodeError('NODE_BAD_OPTION', 'a hidden node has no part in global', {
      hint: 'Start the node with hidden: false; it then joins the full mesh of visible nodes.',
    })
  }

  /** The pid that is registered here under a name. @throws {NodeError} `NODE_BAD_OPTION` */
  whereis(name: string): Pid | undefined {
    checks.argument('whereis', 'name', text, name)
    return this.#rooms.processes.registry.byName(name)?.pid
  }

  /**
   * Registers a process of ours under one more name.
   *
   * @throws {NodeError} `NODE_BAD_OPTION`, `NODE_NAME_TAKEN`, `NODE_NO_PROCESS`, `NODE_CLOSED`
   */
  register(name: string, process: ProcessRef): void {
    this.#assertOpen()
    checks.argument('register', 'name', registeredName, name)
    this.#rooms.processes.registry.register(name, this.#ownProcess('register', process))
  }

  /**
   * Makes an alias of a process of ours, as `erlang:alias/1` does: give `ref` to those who may send to the process for
   * a while. What comes when the alias was taken back, or the process has ended, is dropped.
   *
   * @param options with `once` the alias ends with its first message, as a reply's does
   * @throws {NodeError} `NODE_BAD_OPTION`, `NODE_NO_PROCESS`, `NODE_CLOSED`
   */
  alias(process: ProcessRef, options: AliasOptions = {}): Alias {
    this.#assertOpen()
    checkAlias(options)
    const { registry } = this.#rooms.processes
    const own = this.#ownProcess('alias', process)
    const ref = registry.aliasOf(own, options.once ?? false)
    return { ref, ...closable(() => registry.endAlias(own, ref)) }
  }

  /** Takes a name back; whether there was one. @throws {NodeError} `NODE_BAD_OPTION` */
  unregister(name: string): boolean {
    checks.argument('unregister', 'name', text, name)
    return this.#rooms.processes.registry.unregister(name)
  }

  /**
   * All that this node holds right now, as plain data for a log or a page: links, processes with their queues, what is
   * exposed, groups. Costs time in proportion to what it shows; nothing in it is a secret.
   *
   * @throws {NodeError} `NODE_BAD_OPTION`
   */
  inspect(options: InspectOptions = {}): NodeSnapshot {
    checkInspect(options)
    return inspectRooms(this.#rooms, options, {
      state: this.#closing !== undefined ? 'closed' : this.#draining ? 'draining' : 'open',
      uptimeMs: Math.round(this.#clock.monotonic() - this.#startedAt),
    })
  }

  [inspect.custom](depth: number, style: InspectStyle, show: typeof inspect): string {
    const { self, hidden, state, port, peers, processCount } = this.inspect({ maxProcesses: 0 })
    const connected = peers.filter((peer) => peer.state === 'connected').map(({ peer }) => peer)
    const shown = { state, hidden, port, connected, processes: processCount }
    return `Node<${self}> ${depth < 0 ? '' : show(shown, style)}`.trimEnd()
  }

  /**
   * All that happens from now on; ends when the node is closed or the signal aborts.
   *
   * No more than 10 000 events wait for a slow reader, and no more than 1000 refusals and warnings among them, which
   * strangers can cause. Newer ones are left out, and an event `missed` counts them.
   *
   * @throws {NodeError} `NODE_BAD_OPTION`
   */
  events(options: EventsOptions = {}): AsyncGenerator<NodeEvent | MissedEvents, void> {
    checkEvents(options)
    const { signal } = options
    const closed = this.#closed.signal
    const ended = signal === undefined ? closed : AbortSignal.any([signal, closed])
    return eventStream<NodeEvent>((listener) => {
      this.on('event', listener)
      return () => this.off('event', listener)
    }, ended)
  }

  /** Asks the `tls` function again, so that peers that dial us from now on meet the new certificates. */
  reloadTls(): void {
    this.#rooms.links.reloadTls()
  }

  /** Lets the program end though this node is alive. */
  unref(): void {
    this.#rooms.links.unref()
  }

  /** Keeps the program alive again. */
  ref(): void {
    this.#rooms.links.ref()
  }

  /**
   * Leaves in order: nobody new comes in, names and exposed functions are taken back so that new calls fail fast, what
   * is in hand for others finishes, what is queued for peers is written; then the node closes. Calls of our own that still
   * wait for an answer by then reject with `NODE_CLOSED`.
   *
   * @throws {NodeError} `NODE_TIMEOUT` when that took too long; the node is closed all the same. `NODE_BAD_OPTION`; the
   * node goes on then
   */
  async drain(options: DrainOptions = {}): Promise<void> {
    checkDrain(options)
    if (this.#closing !== undefined) return this.#closing
    this.#draining = true
    const { links, processes, system } = this.#rooms
    links.stopAccepting()
    // First, so that nobody new finds what is taken back next.
    for (const membership of this.#groups) membership.close()
    system.exposed.clear()
    for (const name of processes.registry.registered()) {
      if (!SYSTEM_NAMES.has(name)) processes.registry.unregister(name)
    }
    try {
      if (this.#groups.size > 0) await this.#leaveIsHeard()
      await allIdle(this.#clock, [...this.#servers, system.spawns], options)
      const writes = links.connections().map((connection) => ({ idle: () => connection.drained() }))
      await allIdle(this.#clock, writes, options)
    } finally {
      await this.close()
    }
  }

  /**
   * Ends everything: processes, links, the listener; calls that wait for an answer reject with `NODE_CLOSED`. Resolves
   * when no socket is left. May be called again.
   */
  close(): Promise<void> {
    this.#closing ??= this.#end()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** @throws {NodeError} `NODE_CLOSED` from the moment on that the node begins to close */
  #assertOpen(): void {
    if (this.#closing !== undefined) throw new NodeError('NODE_CLOSED', 'the node is closed')
  }

  /** A peer that is connected has a name that will do. @throws {NodeError} `NODE_BAD_OPTION`, `NODE_NAME_*` */
  #checkPeer(owner: string, at: string, peer: string): void {
    if (typeof peer === 'string' && this.#rooms.links.get(peer) !== undefined) return
    checks.argument(owner, at, peerName, peer)
  }

  /** @throws {NodeError} `NODE_BAD_OPTION`, `NODE_NAME_*`; `NODE_MESSAGE_INVALID` for arguments that would be dialled for */
  #checkFunction(owner: string, node: string, module: string, name: string, args: readonly Sendable[]): void {
    this.#checkPeer(owner, 'node', node)
    checks.argument(owner, 'module', atomName, module)
    checks.argument(owner, 'name', atomName, name)
    checks.argument(owner, 'args', argumentList, args)
    if (node === this.self || this.#rooms.links.get(node) !== undefined) return
    checkTerm(`the arguments for ${remoteFunction(node, module, name, args)}`, args as readonly Term[])
  }

  async #callFunction(
    kind: 'erpc' | 'rpc',
    node: string,
    module: string,
    name: string,
    args: readonly Sendable[],
    options: CallOptions | TypedCallOptions,
  ): Promise<unknown> {
    this.#assertOpen()
    this.#checkFunction(kind, node, module, name, args)
    checkTypedCall(options)
    const called = () => remoteFunction(node, module, name, args)
    return await this.#traced(kind, node, called, async () => {
      const result = await this.#rooms.remote[kind](node, module, name, args as readonly Term[], options)
      return this.#checked(result, options, called, node)
    })
  }

  /** What a reply was read as. @throws {NodeError} `NODE_REPLY_MISMATCH` */
  async #checked(
    reply: Term,
    options: CallOptions | TypedCallOptions | undefined,
    called: () => string,
    peer: string,
  ): Promise<unknown> {
    const schema = options !== undefined && 'reply' in options ? options.reply : undefined
    if (schema === undefined) return reply
    const checked = await this.#rooms.schemas.read(schema, reply)
    if (checked.ok) return checked.value
    const { path, cause } = checked.mismatch
    const message = `${called()} answered, and the reply is not what its schema says: ${mismatchText(checked.mismatch)}`
    throw new NodeError('NODE_REPLY_MISMATCH', message, { peer, path, cause })
  }

  /** @throws {NodeError} `NODE_BAD_OPTION`; `NODE_NO_PROCESS` for one that is not ours, or has ended */
  #ownProcess(owner: string, process: ProcessRef): LocalProcess {
    const pid = pidOf(owner, 'process', process)
    const own = this.#rooms.processes.registry.byPid(pid)
    if (own === undefined) throw new NodeError('NODE_NO_PROCESS', `${pid} is no live process of this node`)
    return own
  }

  /** Tells the diagnostics channel of a call; what it is to is only asked when somebody listens. */
  async #traced<T>(kind: CallMessage['kind'], peer: string, to: () => string, run: () => Promise<T>): Promise<T> {
    try {
      return await traceCall(run, () => ({ self: this.self, kind, peer, to: to() }))
    } catch (error) {
      throw withCallersStack(error)
    }
  }

  #send(from: Pid, to: Recipient, message: Term, options?: SendOptions): boolean {
    this.#assertOpen()
    return this.#rooms.processes.router.send(from, to, message, options)
  }

  async #sendWaiting(from: Pid, to: Recipient, message: Term, { signal }: SendWaitOptions): Promise<void> {
    this.#assertOpen()
    const { links, processes } = this.#rooms
    const target = processes.router.recipient(to)
    const node = nodeOf(target)
    processes.router.checkBeforeDial(node, message)
    const send = (): void => void this.#send(from, target, message)
    if (node === this.self) return send()
    try {
      await links.whenTaken(node, send, signal)
    } catch (error) {
      throw withCallersStack(error)
    }
  }

  async #ping(peer: string, options: CallOptions): Promise<'pong'> {
    this.#assertOpen()
    if (peer === this.self) return 'pong'
    await this.connect(peer, { signal: options.signal })
    const answer = await this.#rooms.calls.call(
      { name: 'net_kernel', node: peer },
      tuple(atom('is_auth'), atom(this.self)),
      options,
    )
    if (answer === atom('yes')) return 'pong'
    throw new NodeError('NODE_PANG', `${peer} does not accept us`, { peer })
  }

  /** A peer that answers has read that we left our groups, and what it sent us before has come. */
  async #leaveIsHeard(): Promise<void> {
    await Promise.allSettled(this.connected().map((peer) => this.#ping(peer, { timeoutMs: LEAVE_HEARD_MS })))
  }

  #emit(event: NodeEvent, threw: (cause: unknown, name: string) => void): void {
    tellListeners(this, 'event', event, threw)
    if (event.type === 'nodedown') this.#monitors.down(event.node, event.reason)
    tellListeners(this, event.type, event, threw)
  }

  async #end(): Promise<void> {
    const { links, parts, processes } = this.#rooms
    links.stopAccepting()
    links.stopDialling()
    for (const process of [...processes.registry.processes()]) processes.life.exit(process, atom('shutdown'))
    await links.close(new NodeError('NODE_CLOSED', 'this node was closed'))
    this.#rooms.close()
    await parts.settings.epmd.close?.()
    this.#closed.abort()
  }
}
