import { atom, Pid, type Term, Tuple, tuple } from '@dynsrv/etf'
import { duration, type Timer } from '@dynsrv/kit'
import { checks } from '../checks.ts'
import { deferred } from '../deferred.ts'
import { NodeError } from '../error.ts'
import { givenReason } from '../process/exit-reason.ts'
import { elixirText, mismatchText } from '../schema/schema.ts'
import { ELIXIR } from './exception-text.ts'
import { type GenFrom, genFrom, readGenMessage } from './gen-message.ts'
import { argumentError, exitReason, type Outcome, outcomeOf, whyUnsendable } from './outcome.ts'
import { ServedProcess, type ServerParts } from './served-process.ts'
import { type AnyHandlers, NO_REPLY, type ServerContext } from './server-handlers.ts'

const TIMEOUT = atom('timeout')

/** Starts a server; programs do it by `Node.serve`. @throws {NodeError} `NODE_NAME_TAKEN` */
export let makeServer: <State>(parts: ServerParts, handlers: AnyHandlers<State>) => GenServer<State>
/** Resolves when a server has no message in hand, and none that waits unless it is suspended. */
export let whenIdle: <State>(server: GenServer<State>) => Promise<void>

/**
 * A process that `GenServer.call` and `GenServer.cast` work with from Elixir and Erlang. Made by `node.serve`.
 *
 * A handler that throws ends the message in hand, not the server: the caller sees an exit with the error as its reason,
 * exactly as if the server had crashed, and a warning `HANDLER_THREW` reports it.
 */
export class GenServer<State = undefined> implements Disposable {
  readonly #served: ServedProcess
  readonly #parts: ServerParts
  readonly #handlers: AnyHandlers<State>
  readonly #ended = deferred<Term>()
  readonly #context: ServerContext<State>
  #timer: Timer | undefined
  #stopping: { readonly reason: Term } | undefined

  static {
    makeServer = (parts, handlers) => new GenServer(parts, handlers)
    whenIdle = (server) => server.#served.idle()
  }

  private constructor(parts: ServerParts, handlers: AnyHandlers<State>) {
    this.#parts = parts
    this.#handlers = handlers
    const { name, concurrency, maxMessages, show, replace, trapExit = false } = handlers
    const served = new ServedProcess(parts, {
      ...{ kind: 'server', module: 'js', name, concurrency, maxMessages, show },
      came: () => parts.clock.clearTimeout(this.#timer),
      handle: (message) => this.#handle(message),
      ended: (reason) => this.#end(reason),
      state: () => this.#context.state,
      replace: replace && ((change) => replace(change, this.#context.state)),
      become: (state) => {
        this.#context.state = state as State
      },
    })
    this.#served = served
    served.process.trapExit = trapExit
    this.#context = {
      self: served.pid,
      // Set before any handler that may read it runs.
      state: undefined as State,
      reply: (from, reply) => {
        checks.argument('reply', 'from', genFrom, from)
        this.#replyLater(from, reply)
      },
      stop: (...reason) => {
        this.#stopping ??= { reason: givenReason(reason) }
      },
      timeoutIn: (ms) => this.#timeoutIn(ms),
    }
    try {
      if (name !== undefined) parts.registry.register(name, served.process)
    } catch (error) {
      this.close()
      throw error
    }
    // It never rejects: what the handler throws is an outcome.
    void this.#init()
  }

  get pid(): Pid {
    return this.#served.pid
  }

  /** Resolves with the exit reason when the server has ended. */
  get ended(): Promise<Term> {
    return this.#ended.promise
  }

  /** Ends the server at once; callers that wait see the reason. @param reason default: `normal` */
  close(...reason: [reason?: Term]): void {
    this.#served.exit(givenReason(reason))
  }

  /** The same as `close`, by OTP's name for it. */
  stop(...reason: [reason?: Term]): void {
    this.close(...reason)
  }

  [Symbol.dispose](): void {
    this.close()
  }

  async #init(): Promise<void> {
    const { init } = this.#handlers
    let state: State | undefined
    const outcome = await this.#run('init', 1, async () => {
      state = await init?.(this.#context)
      return null
    })
    if (outcome.type !== 'return') {
      this.close(endReason(outcome))
      return
    }
    this.#context.state = state as State
    this.#served.ready()
  }

  #timeoutIn(ms: number): void {
    checks.argument('timeoutIn', 'ms', duration(), ms)
    this.#parts.clock.clearTimeout(this.#timer)
    const { process } = this.#served
    if (ms !== Number.POSITIVE_INFINITY && process.alive) {
      this.#timer = this.#parts.clock.setTimeout(() => process.behaviour.message(TIMEOUT), ms)
      this.#timer.unref()
    }
  }

  async #handle(message: Term): Promise<void> {
    await this.#answer(message)
    if (this.#stopping !== undefined) this.close(this.#stopping.reason)
  }

  async #answer(message: Term): Promise<void> {
    // It may have come before the one that asked for a timeout was done.
    this.#parts.clock.clearTimeout(this.#timer)
    const read = readGenMessage(message)
    const { events } = this.#served
    if (events.wanted) events.record({ type: 'in', message })
    const { call, cast, info } = this.#handlers
    let noReply = false
    const outcome = await this.#run(read.type, 2, async () => {
      if (read.type === 'cast') await this.#take('cast', read.request, cast)
      else if (read.type === 'info') await this.#take('info', read.message, info)
      else if (call === undefined) throw new TypeError('this server takes no calls')
      else {
        const reply = await call(await this.#request(read.request), this.#context, read.from)
        if (reply !== NO_REPLY) return await this.#written(reply)
        noReply = true
      }
      return null
    })
    if (outcome.type === 'return') {
      const { state } = this.#context
      if (read.type === 'call' && !noReply) {
        this.#served.reply(read.from, outcome.value)
        if (events.wanted) events.record({ type: 'out', reply: outcome.value, to: read.from, state })
      } else if (events.wanted) events.record({ type: 'noreply', state })
      return
    }
    if (read.type === 'call') this.#served.fail(read.from, endReason(outcome))
    else if (read.type === 'info') this.#failSender(read.message, endReason(outcome))
  }

  #run(handler: string, arity: number, run: () => Promise<Term | symbol>): Promise<Outcome> {
    const name = `the ${handler} handler of ${this.#served.shownName}`
    const where = { module: 'js', function: handler, arity }
    return outcomeOf({ name, where, pid: this.pid }, run, this.#parts.warn)
  }

  /** @throws {RemoteError} an `ArgumentError` for the caller */
  async #request(request: Term): Promise<Term> {
    const { call: schema } = this.#handlers.schema ?? {}
    if (schema === undefined) return request
    const checked = await this.#parts.schemas.read(schema, request)
    if (checked.ok) return checked.value as Term
    const name = this.#served.shownName
    throw argumentError(
      name.startsWith(ELIXIR)
        ? `the request to ${name.slice(ELIXIR.length)}: ${elixirText(checked.mismatch)}`
        : `the request to ${name}: ${mismatchText(checked.mismatch)}`,
    )
  }

  /** Gives a handler a message that nobody waits for an answer to, if it fits. */
  async #take<T>(
    kind: 'cast' | 'info',
    message: Term,
    handler: ((message: T, server: ServerContext<State>) => void | Promise<void>) | undefined,
  ): Promise<void> {
    const schema = this.#handlers.schema?.[kind]
    if (schema === undefined) return handler?.(message as T, this.#context)
    const checked = await this.#parts.schemas.read(schema, message)
    if (checked.ok) return handler?.(checked.value as T, this.#context)
    const said = `dropped a message (${kind}) to ${this.#served.shownName}: ${mismatchText(checked.mismatch)}`
    this.#parts.warn({ code: 'MISMATCH', message: said, pid: this.pid })
  }

  /** @throws {NodeError} `NODE_MESSAGE_INVALID` for a reply that its schema does not take */
  async #written(reply: unknown): Promise<Term> {
    const { reply: schema } = this.#handlers.schema ?? {}
    if (schema === undefined) return reply as Term
    const written = await this.#parts.schemas.write(schema, reply)
    if (written.ok) return written.value
    const said = `the reply of ${this.#served.shownName} does not fit: ${mismatchText(written.mismatch)}`
    throw new NodeError('NODE_MESSAGE_INVALID', said, { cause: written.mismatch.cause })
  }

  #replyLater(from: GenFrom, reply: unknown): void {
    const send = (term: Term) => this.#served.reply(from, term, whyUnsendable(term))
    if (this.#handlers.schema?.reply === undefined) send(reply as Term)
    // It never rejects: a reply that does not fit fails the call, with a warning.
    else void this.#written(reply).then(send, (thrown) => this.#served.reply(from, null, { thrown }))
  }

  /** `rpc:server_call/4` sends `{Pid, Request}` and watches us: for that process we are down, as if we had crashed. */
  #failSender(message: Term, reason: Term): void {
    const sender = message instanceof Tuple && message.length === 2 ? message.elements[0] : undefined
    if (sender instanceof Pid) this.#parts.life.failWatchersAt(this.#served.process, sender, reason)
  }

  #end(reason: Term): void {
    this.#parts.clock.clearTimeout(this.#timer)
    this.#ended.resolve(reason)
    const { terminate } = this.#handlers
    // It never rejects, and its outcome is nobody's: the server is gone. What the handler throws is a warning.
    void this.#run('terminate', 2, async () => {
      await terminate?.(reason, this.#context?.state)
      return null
    })
  }
}

/** The reason with which a `gen_server` ends whose callback ended so: what a callback throws counts as its value there. */
function endReason(outcome: Outcome): Term {
  return outcome.type === 'throw' ? tuple(atom('bad_return_value'), outcome.reason) : exitReason(outcome)
}
