import { EventEmitter } from 'node:events'
import type { Pid, Term } from '@dynsrv/etf'
import { type ErpcCall, type ErpcOutcome, manyCalls } from './call/many-calls.ts'
import type { Outcome } from './call/outcome.ts'
import { traceCall } from './diagnostics.ts'
import { NodeError, RemoteError } from './error.ts'
import type { NodeCore } from './node-core.ts'
import type { NodeEvents } from './node-event.ts'
import type { CallOptions, Destination, MultiCallResult } from './signature.ts'

/** What a node asks of processes and functions elsewhere: the calling half of `Node`. */
export abstract class NodeCalls extends EventEmitter<NodeEvents> {
  readonly #core: NodeCore

  constructor(core: NodeCore) {
    super()
    this.#core = core
  }

  /**
   * Calls a GenServer, or whatever speaks its protocol, here or on another node.
   *
   * @throws {NodeError} `NODE_TIMEOUT`, `NODE_NO_PROCESS`, `NODE_EXITED` with the reason, `NODE_NOT_CONNECTED` with the
   * reason why as its cause; `NODE_MESSAGE_INVALID`
   * @throws the signal's reason when it aborts
   */
  async call(to: Destination, request: Term, options?: CallOptions): Promise<Term> {
    this.#core.assertOpen()
    return traceCall(
      () => this.#core.calls.call(to, request, options),
      () => ({ self: this.#core.self, kind: 'call', to: describeDestination(to) }),
    )
  }

  /** Casts to a GenServer: no answer, and no word whether it exists. See `send`. */
  cast(to: Destination, message: Term): boolean {
    this.#core.assertOpen()
    return this.#core.calls.cast(to, message)
  }

  /** Calls the GenServer of one name on many nodes at once; by default on all that are connected, and here. */
  async multiCall(
    name: string,
    request: Term,
    {
      nodes = [this.#core.self, ...this.#core.table.connections().map(({ peer }) => peer)],
      ...options
    }: CallOptions & { nodes?: readonly string[] } = {},
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
    this.#core.assertOpen()
    if (node === this.#core.self) return valueOfOutcome(await this.#core.exposed.call(module, name, args))
    return traceCall(
      () => this.#core.remote.erpc(node, module, name, args, options),
      () => ({ self: this.#core.self, kind: 'erpc', to: `${module}:${name}/${args.length} on ${node}` }),
    )
  }

  /**
   * Makes many such calls side by side and gives each outcome as soon as it is there, in the order of their ends. Whoever
   * stops reading gives up the calls that are under way.
   *
   * @param options those of each call; `concurrency` is how many are under way at once, default 64
   * @throws the signal's reason when it aborts; what a call ends with is in its outcome
   */
  erpcMany<Call extends ErpcCall>(
    calls: Iterable<Call>,
    { concurrency = 64, signal, ...options }: CallOptions & { readonly concurrency?: number } = {},
  ): AsyncGenerator<ErpcOutcome<Call>, void> {
    this.#core.assertOpen()
    const run = ({ node, module, name, args = [] }: Call, ended: AbortSignal): Promise<Term> =>
      this.erpc(node, module, name, args, { ...options, signal: ended })
    return manyCalls(calls, run, { concurrency, signal })
  }

  /** The same as `erpc` without an answer, and without word whether it worked. */
  erpcCast(node: string, module: string, name: string, args: readonly Term[] = []): boolean {
    this.#core.assertOpen()
    return this.#core.remote.cast(node, module, name, args)
  }

  /** Calls a function of another node through its `rex` server, as `rpc:call/5` of OTP 22 does. See `erpc`. */
  async rpc(
    node: string,
    module: string,
    name: string,
    args: readonly Term[] = [],
    options: CallOptions = {},
  ): Promise<Term> {
    this.#core.assertOpen()
    return traceCall(
      () => this.#core.remote.rpc(node, module, name, args, options),
      () => ({ self: this.#core.self, kind: 'rpc', to: `${module}:${name}/${args.length} on ${node}` }),
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
    this.#core.assertOpen()
    return traceCall(
      () => this.#core.remote.spawn(node, module, name, args, options),
      () => ({ self: this.#core.self, kind: 'spawn', to: `${module}:${name}/${args.length} on ${node}` }),
    )
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
