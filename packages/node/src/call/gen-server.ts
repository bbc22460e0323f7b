import { atom, Pid, type Term, Tuple, tuple } from '@dynsrv/etf'
import { type Clock, messageOf, oneLine, type Timer } from '@dynsrv/kit'
import { deferred } from '../deferred.ts'
import { NodeError } from '../error.ts'
import type { Warning } from '../node-event.ts'
import type { LinksAndMonitors } from '../process/links-and-monitors.ts'
import type { LocalProcess } from '../process/local-process.ts'
import { MAILBOX_FULL, MAX_MAILBOX_MESSAGES } from '../process/mailbox-queue.ts'
import type { Registry } from '../process/registry.ts'
import { callReference, type GenFrom, readGenMessage, readSystemMessage } from './gen-message.ts'
import { errorTerm, exitReason, type Outcome, outcomeOf, whyUnsendable } from './outcome.ts'
import { NO_REPLY, type ServerContext, type ServerHandlers } from './server-handlers.ts'
import { SysMessages } from './sys-messages.ts'

const TIMEOUT = atom('timeout')
/** What a timer takes. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1

/** Messages of OTP's `sys` that may wait beside the others. */
const MAX_SYSTEM = 1_000

export interface GenServerParts {
  readonly clock: Clock
  readonly registry: Registry
  readonly life: LinksAndMonitors
  readonly reply: (own: Pid, from: GenFrom, reply: Term) => void
  readonly warn: (warning: Omit<Warning, 'type'>) => void
  /** Puts a state into the form that the caller's `sys` takes, and hands it to `reply`, now or later. */
  readonly stateReply: (from: GenFrom, state: Term, reply: (formed: Term) => void) => void
  /** Gets what `sys:trace` and `sys:log` print; left out, nothing is printed. */
  readonly print?: (text: string, from: Pid) => void
}

/** Starts a server; programs do it by `Node.serve`. @throws {NodeError} `NODE_NAME_TAKEN` */
export let makeServer: <State>(parts: GenServerParts, handlers: ServerHandlers<State>) => GenServer<State>

/**
 * A process that `GenServer.call` and `GenServer.cast` work with from Elixir and Erlang. Made by `node.serve`.
 *
 * A handler that throws ends the message in hand, not the server: the caller sees an exit with the error as its reason,
 * exactly as if the server had crashed, and a warning `HANDLER_THREW` reports it.
 */
export class GenServer<State = undefined> implements Disposable {
  readonly #process: LocalProcess
  readonly #parts: GenServerParts
  readonly #handlers: ServerHandlers<State>
  readonly #ended = deferred<Term>()
  readonly #context: ServerContext<State>
  readonly #sys: SysMessages
  readonly #idle: (() => void)[] = []
  #queue: Term[] = []
  #systemWaiting = 0
  #timer: Timer | undefined
  #running = 0
  #ready = false
  #stopping: { readonly reason: Term } | undefined

  static {
    makeServer = (parts, handlers) => new GenServer(parts, handlers)
  }

  private constructor(parts: GenServerParts, handlers: ServerHandlers<State>) {
    this.#parts = parts
    this.#handlers = handlers
    this.#process = parts.registry.spawn({
      message: (message) => this.#message(message),
      ended: (reason) => this.#end(reason),
      kind: 'server',
      queued: () => this.#queue.length,
    })
    this.#process.trapExit = handlers.trapExit ?? false
    const { pid } = this.#process
    this.#context = {
      self: pid,
      // Set before any handler that may read it runs.
      state: undefined as State,
      reply: (from, reply) => this.#reply(from, reply, whyUnsendable(reply)),
      stop: (reason = atom('normal')) => {
        this.#stopping ??= { reason }
      },
      timeoutIn: (ms) => this.#timeoutIn(ms),
    }
    this.#sys = new SysMessages({
      pid,
      name: () => {
        const [name] = this.#process.names
        return name === undefined ? undefined : atom(name)
      },
      state: () => this.#context.state,
      show: handlers.show,
      replace: handlers.replace && ((change) => handlers.replace!(change, this.#context.state)),
      become: (state) => {
        this.#context.state = state as State
      },
      now: () => parts.clock.now(),
      print: (text) => parts.print?.(text, pid),
      failed: (callback, cause) => {
        const message = `the ${callback} handler of ${this.#shownName} threw: ${oneLine(messageOf(cause))}`
        parts.warn({ code: 'HANDLER_THREW', message, pid, cause })
      },
    })
    try {
      if (handlers.name !== undefined) parts.registry.register(handlers.name, this.#process)
    } catch (error) {
      this.close()
      throw error
    }
    void this.#init()
  }

  get pid(): Pid {
    return this.#process.pid
  }

  /** Resolves with the exit reason when the server has ended. */
  get ended(): Promise<Term> {
    return this.#ended.promise
  }

  /** Ends the server at once; callers that wait see the reason. */
  close(reason: Term = atom('normal')): void {
    this.#parts.life.exit(this.#process, reason)
  }

  /** The same as `close`, by OTP's name for it. */
  stop(reason?: Term): void {
    this.close(reason)
  }

  /** Resolves when no message is in hand, and none is waiting unless the server is suspended. */
  async idle(): Promise<void> {
    if (!this.#process.alive || this.#isIdle) return
    await new Promise<void>((resolve) => this.#idle.push(resolve))
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
      this.close(exitReason(outcome))
      return
    }
    this.#context.state = state as State
    this.#ready = true
    this.#next()
  }

  #timeoutIn(ms: number): void {
    if (!(ms >= 0 && (ms <= MAX_TIMEOUT_MS || ms === Number.POSITIVE_INFINITY))) {
      throw new NodeError('NODE_BAD_OPTION', `a timeout must be from 0 to ${MAX_TIMEOUT_MS} ms, not ${ms}`)
    }
    this.#parts.clock.clearTimeout(this.#timer)
    if (ms !== Number.POSITIVE_INFINITY && this.#process.alive) {
      this.#timer = this.#parts.clock.setTimeout(() => this.#message(TIMEOUT), ms)
      this.#timer.unref()
    }
  }

  #message(message: Term): void {
    const system = readSystemMessage(message)
    if (system === undefined) this.#parts.clock.clearTimeout(this.#timer)
    const limit = this.#handlers.maxMessages ?? MAX_MAILBOX_MESSAGES
    // A peer that suspended a server must be able to resume it, however much waits by then.
    if (system === undefined ? this.#queue.length - this.#systemWaiting < limit : this.#systemWaiting < MAX_SYSTEM) {
      if (system !== undefined) this.#systemWaiting++
      this.#queue.push(message)
      this.#next()
      return
    }
    const read = readGenMessage(message)
    const from = read.type === 'call' ? read.from : system?.from
    if (from !== undefined) this.#fail(from, MAILBOX_FULL)
    else this.#parts.warn({ code: 'MAILBOX_FULL', message: `a message for ${this.pid} is dropped`, pid: this.pid })
  }

  get #isIdle(): boolean {
    return this.#ready && this.#running === 0 && (this.#queue.length === 0 || this.#sys.suspended)
  }

  #next(): void {
    const concurrency = this.#handlers.concurrency ?? 1
    while (this.#ready && this.#process.alive && this.#running < concurrency && this.#queue.length > 0) {
      // A suspended server takes system messages only, out of their turn.
      if (this.#sys.suspended && this.#systemWaiting === 0) break
      const index = this.#sys.suspended ? this.#queue.findIndex((m) => readSystemMessage(m) !== undefined) : 0
      const message = index === 0 ? this.#queue.shift() : this.#queue.splice(index, 1)[0]
      const system = readSystemMessage(message)
      if (system !== undefined) {
        this.#systemWaiting--
        this.#answerSystem(system.from, system.request)
        continue
      }
      this.#running++
      void this.#handle(message).then(() => {
        this.#running--
        if (this.#stopping !== undefined) this.close(this.#stopping.reason)
        this.#next()
      })
    }
    if (this.#isIdle) for (const wake of this.#idle.splice(0)) wake()
  }

  #answerSystem(from: GenFrom, request: Term): void {
    const { reply, isState, terminate } = this.#sys.answer(request)
    if (isState === true) this.#parts.stateReply(from, reply, (formed) => this.#reply(from, formed))
    else this.#reply(from, reply)
    if (terminate !== undefined) this.close(terminate.reason)
  }

  async #handle(message: Term): Promise<void> {
    // It may have come before the one that asked for a timeout was done.
    this.#parts.clock.clearTimeout(this.#timer)
    const read = readGenMessage(message)
    const { events } = this.#sys
    if (events.wanted) events.record({ type: 'in', message })
    const { call, cast, info } = this.#handlers
    let noReply = false
    const outcome = await this.#run(read.type, 2, async () => {
      if (read.type === 'cast') await cast?.(read.request, this.#context)
      else if (read.type === 'info') await info?.(read.message, this.#context)
      else if (call === undefined) throw new TypeError('this server takes no calls')
      else {
        const reply = await call(read.request, this.#context, read.from)
        if (reply !== NO_REPLY) return reply
        noReply = true
      }
      return null
    })
    if (outcome.type === 'return') {
      const { state } = this.#context
      if (read.type === 'call' && !noReply) {
        this.#reply(read.from, outcome.value)
        if (events.wanted) events.record({ type: 'out', reply: outcome.value, to: read.from, state })
      } else if (events.wanted) events.record({ type: 'noreply', state })
      return
    }
    if (read.type === 'call') this.#fail(read.from, exitReason(outcome))
    else if (read.type === 'info') this.#failSender(read.message, exitReason(outcome))
  }

  #run(handler: string, arity: number, run: () => Promise<Term | symbol>): Promise<Outcome> {
    const name = `the ${handler} handler of ${this.#shownName}`
    const where = { module: 'js', function: handler, arity }
    return outcomeOf({ name, where, pid: this.pid }, run, this.#parts.warn)
  }

  /** How the log names this server. */
  get #shownName(): string {
    const [name = this.#handlers.name ?? String(this.pid)] = this.#process.names
    return name
  }

  /** A reply that cannot be sent must not leave the caller waiting. */
  #reply(from: GenFrom, reply: Term, unsendable?: { readonly thrown: unknown }): void {
    try {
      if (unsendable !== undefined) throw unsendable.thrown
      this.#parts.reply(this.pid, from, reply)
    } catch (cause) {
      const message = `the reply of ${this.#shownName} cannot be sent: ${oneLine(messageOf(cause))}`
      this.#parts.warn({ code: 'HANDLER_THREW', message, pid: this.pid, cause })
      const error = new NodeError('NODE_MESSAGE_INVALID', message)
      this.#fail(from, tuple(atom('bad_reply'), errorTerm(error)))
    }
  }

  /** `rpc:server_call/4` sends `{Pid, Request}` and watches us: for that process we are down, as if we had crashed. */
  #failSender(message: Term, reason: Term): void {
    const sender = message instanceof Tuple && message.length === 2 ? message.elements[0] : undefined
    if (sender instanceof Pid) this.#parts.life.failWatchersAt(this.#process, sender, reason)
  }

  /** The caller watches us with the reference of its call: for it alone we are down. */
  #fail({ tag }: GenFrom, reason: Term): void {
    const ref = callReference(tag)
    if (ref !== undefined) this.#parts.life.failWatcher(this.#process, ref, reason)
  }

  #end(reason: Term): void {
    this.#parts.clock.clearTimeout(this.#timer)
    this.#queue = []
    for (const wake of this.#idle.splice(0)) wake()
    this.#ended.resolve(reason)
    const { terminate } = this.#handlers
    void this.#run('terminate', 2, async () => {
      await terminate?.(reason, this.#context?.state)
      return null
    })
  }
}
