import { on } from 'node:events'
import { type InspectOptions as InspectStyle, inspect } from 'node:util'
import type { NodeName } from '@dynsrv/epmd-shim'
import { atom, type Pid, type Term, tuple } from '@dynsrv/etf'
import { traceCall } from './diagnostics.ts'
import { allIdle, type DrainOptions } from './drain.ts'
import { messageOf, NodeError } from './error.ts'
import { type InspectOptions, inspectNode, type NodeSnapshot } from './inspect-node.ts'
import type { PeerState } from './link/connection-table.ts'
import { NodeMonitors, type OnNodeDown } from './link/node-monitors.ts'
import type { NodeCore } from './node-core.ts'
import type { NodeEvent } from './node-event.ts'
import { NodeProcesses } from './node-processes.ts'
import type { CallOptions, Recipient, SendOptions, SendWaitOptions } from './signature.ts'
import { SYSTEM_NAMES } from './system/start-system.ts'

/**
 * A live node of an Erlang cluster: links to peers, processes with mailboxes, messages and calls. Made by `startNode`.
 *
 * It is an emitter of `nodeup`, `nodedown`, `refused` and `warning`, each of which comes as `event` too.
 */
export class Node extends NodeProcesses implements AsyncDisposable {
  /** Our name. */
  readonly self: NodeName
  /** Which incarnation of this name we are. */
  readonly creation: number
  readonly #core: NodeCore
  readonly #monitors = new NodeMonitors()

  constructor(core: NodeCore) {
    super(core)
    this.#core = core
    this.self = core.self
    this.creation = core.parts.identity.creation
    core.onEvent = (event) => {
      this.emit('event', event)
      if (event.type === 'nodeup') this.emit('nodeup', event)
      else if (event.type === 'nodedown') {
        this.#monitors.down(event.node, event.reason)
        this.emit('nodedown', event)
      } else if (event.type === 'refused') this.emit('refused', event)
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
   * Calls `onDown` once, when the link to a peer is gone, as `erlang:monitor_node/2` sends `{nodedown, Node}`. A peer that
   * is not connected is connected first, unless `autoConnect` is off; when that fails, this is the reason.
   *
   * @returns what takes it back
   */
  monitorNode(peer: string, onDown: OnNodeDown): Disposable {
    this.#core.assertOpen()
    const monitor = this.#monitors.add(peer, (reason) => {
      try {
        onDown(reason)
      } catch (cause) {
        const message = `what monitors the node ${peer} threw: ${messageOf(cause)}`
        this.#core.tell({ type: 'warning', code: 'HANDLER_THREW', message, peer, cause })
      }
    })
    if (peer === this.self || this.#core.table.get(peer) !== undefined) return monitor
    const failed = (cause: unknown): void => {
      const { code, message, hint } =
        cause instanceof NodeError ? cause : new NodeError('NODE_NOT_CONNECTED', String(cause))
      this.#monitors.down(peer, { code, message, hint, cause })
    }
    if (this.#core.parts.options.autoConnect !== false) this.connect(peer).catch(failed)
    else queueMicrotask(() => failed(new NodeError('NODE_NOT_CONNECTED', `${peer} is not connected`, { peer })))
    return monitor
  }

  /**
   * Asks a peer whether it is there, as `net_adm:ping/1` does, and connects first when need be.
   *
   * @throws {NodeError} that says why it does not answer
   */
  async ping(peer: string, options: CallOptions = {}): Promise<'pong'> {
    return traceCall(
      () => this.#ping(peer, options),
      () => ({ self: this.self, kind: 'ping', to: peer }),
    )
  }

  async #ping(peer: string, options: CallOptions): Promise<'pong'> {
    await this.connect(peer, options.signal === undefined ? {} : { signal: options.signal })
    const answer = await this.#core.calls.call(
      { name: 'net_kernel', node: peer },
      tuple(atom('is_auth'), atom(this.self)),
      options,
    )
    if (answer === atom('yes')) return 'pong'
    throw new NodeError('NODE_PANG', `${peer} does not accept us`, { peer })
  }

  /**
   * Sends a message. A peer that is not connected is connected first, unless `autoConnect` is off; as in Erlang,
   * nobody tells when there is no such process.
   *
   * @returns false when the peer takes less than is sent (see `drained`), or there is no way to it
   * @throws {NodeError} `NODE_MESSAGE_INVALID` for a term without encoding; `NODE_PEER_BUSY` with `whenBusy: 'fail'`
   */
  send(to: Recipient, message: Term, options?: SendOptions & { from?: Pid }): boolean
  /**
   * Sends a message as soon as the peer takes it: with `whenBusy: 'wait'` whoever awaits this sends no faster than the
   * peer reads. Those that wait for one peer keep their order; other sends to it do not wait for them.
   *
   * @throws {NodeError} `NODE_MESSAGE_INVALID`; why the peer cannot be connected, or why its link was lost meanwhile
   * @throws the signal's reason when it aborts first; the message is not sent then
   */
  send(to: Recipient, message: Term, options: SendWaitOptions & { from?: Pid }): Promise<void>
  send(
    to: Recipient,
    message: Term,
    { from = this.#core.calls.caller.pid, ...options }: (SendOptions | SendWaitOptions) & { from?: Pid } = {},
  ): boolean | Promise<void> {
    if (options.whenBusy !== 'wait') return this.#core.send(from, to, message, options)
    return this.#core.sendWaiting(from, to, message, options)
  }

  /** Resolves when a peer has taken enough of what was sent, or the link is gone. */
  async drained(peer: string): Promise<void> {
    await this.#core.table.get(peer)?.drained()
  }

  /**
   * All that this node holds right now, as plain data for a log or a page: links, processes with their queues, what is
   * exposed, groups. Costs time in proportion to what it shows; nothing in it is a secret.
   */
  inspect(options: InspectOptions = {}): NodeSnapshot {
    return inspectNode(this.#core, options)
  }

  [inspect.custom](depth: number, style: InspectStyle, show: typeof inspect): string {
    const { self, hidden, state, port, peers, processCount } = this.inspect({ maxProcesses: 0 })
    const connected = peers.filter((peer) => peer.state === 'connected').map(({ peer }) => peer)
    const shown = { state, hidden, port, connected, processes: processCount }
    return `Node<${self}> ${depth < 0 ? '' : show(shown, style)}`.trimEnd()
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
   * is in hand for others finishes, what is queued for peers is written; then the node closes. Calls of our own that still
   * wait for an answer by then reject with `NODE_CLOSED`.
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

  /**
   * Ends everything: processes, links, the listener; calls that wait for an answer reject with `NODE_CLOSED`. Resolves
   * when no socket is left. May be called again.
   */
  close(): Promise<void> {
    return this.#core.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
