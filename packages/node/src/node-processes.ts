import type { Pid, Reference } from '@dynsrv/etf'
import { GenServer } from './call/gen-server.ts'
import type { ServerHandlers } from './call/server-handlers.ts'
import { StateReplies } from './call/state-replies.ts'
import { NodeError } from './error.ts'
import type { GlobalNames } from './global/global-names.ts'
import { NodeCalls } from './node-calls.ts'
import type { NodeCore } from './node-core.ts'
import { PgScope } from './pg/pg-scope.ts'
import { Mailbox, type MailboxOptions } from './process/mailbox.ts'
import { PUBSUB_SCOPE, PubSub, type PubSubOptions } from './pubsub/pubsub.ts'
import type { ExposedFunction } from './system/exposed-functions.ts'

/** Another address of a process of ours; disposing of it takes it back. */
export interface Alias extends Disposable {
  /** What is sent to it reaches the process. */
  readonly ref: Reference
}

/** What runs on a node and can be reached by others: the serving half of `Node`. */
export abstract class NodeProcesses extends NodeCalls {
  readonly #core: NodeCore
  readonly #stateReplies: StateReplies

  constructor(core: NodeCore) {
    super(core)
    this.#core = core
    this.#stateReplies = new StateReplies({
      connection: (node) => core.table.get(node),
      ask: (node, module, name, args) => core.remote.erpc(node, module, name, args, { timeoutMs: 3_000 }),
    })
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
    const server = new GenServer<State>(
      {
        registry: this.#core.registry,
        life: this.#core.life,
        reply: (own, from, reply) => this.#core.reply(own, from, reply),
        warn: (warning) => this.#core.tell({ type: 'warning', ...warning }),
        stateReply: ({ pid }, state) => this.#stateReplies.answer(pid.node.name, state),
        print: this.#core.parts.output,
      },
      handlers,
    )
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
      connected: () => this.#core.table.connections().map(({ peer }) => peer),
      onClosed: (reason) => {
        this.#core.scopes.delete(scope)
        // Without their scope they would hear of nobody, and nobody of them: whoever asks again gets new ones.
        if (scope === PUBSUB_SCOPE) for (const pubsub of [...this.#core.pubsubs.values()]) pubsub.close(reason)
      },
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
        self: this.#core.self,
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

  /**
   * Makes an alias of a process of ours, as `erlang:alias/1` does: give `ref` to whoever may send to the process for a
   * while. What comes when the alias was taken back, or the process has ended, is dropped.
   *
   * @param options with `once` the alias ends with its first message, as a reply's does
   * @throws {NodeError} `NODE_NO_PROCESS`
   */
  alias({ pid }: { readonly pid: Pid }, { once = false }: { readonly once?: boolean } = {}): Alias {
    const { registry } = this.#core
    const process = registry.byPid(pid)
    if (process === undefined) throw new NodeError('NODE_NO_PROCESS', `${pid} is no live process of this node`)
    const ref = registry.aliasOf(process, once)
    return { ref, [Symbol.dispose]: () => registry.endAlias(process, ref) }
  }

  /** Takes a name back; whether there was one. */
  unregister(name: string): boolean {
    return this.#core.registry.unregister(name)
  }
}
