import { atom, type Pid, type Term, tuple } from '@dynsrv/etf'
import { type Clock, duration, type Timer } from '@dynsrv/kit'
import { checks } from '../checks.ts'
import { deferred } from '../deferred.ts'
import type { Warning } from '../node-event.ts'
import type { LinksAndMonitors } from '../process/links-and-monitors.ts'
import type { LocalProcess } from '../process/local-process.ts'
import { MAILBOX_FULL, MAX_MAILBOX_MESSAGES } from '../process/mailbox-queue.ts'
import type { Registry } from '../process/registry.ts'
import { callReference, type GenFrom, genFrom, readGenMessage, readSystemMessage } from './gen-message.ts'
import { errorTerm, exitReason, outcomeOf } from './outcome.ts'
import { NO_REPLY, type ServerContext, type ServerHandlers } from './server-handlers.ts'
import { SysMessages } from './sys-messages.ts'

const TIMEOUT = atom('timeout')
/** Messages of OTP's `sys` that may wait beside the others. */
const MAX_SYSTEM = 1_000

export interface GenServerParts {
  readonly clock: Clock
  readonly registry: Registry
  readonly life: LinksAndMonitors
  readonly reply: (own: Pid, from: GenFrom, reply: Term) => void
  readonly warn: (warning: Omit<Warning, 'type'>) => void
  /** The state in the form that the caller's `sys` takes; never rejects. */
  readonly stateReply: (from: GenFrom, state: Term) => Promise<Term>
  /** Gets what `sys:trace` and `sys:log` print; left out, nothing is printed. */
  readonly print?: (text: string, from: Pid) => void
}

/** Starts a server; programs do it by `Node.serve`. @throws {NodeError} `NODE_NAME_TAKEN` */
export let makeServer: <State>(parts: GenServerParts, handlers: ServerHandlers<State>) => GenServer<State>
/** Resolves when a server has no message in hand, and none that waits unless it is suspended. */
export let whenIdle: <State>(server: GenServer<State>) => Promise<void>

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
    whenIdle = async (server) => {
      if (!server.#process.alive || server.#isIdle) return
      await new Promise<void>((resolve) => server.#idle.push(resolve))
    }
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
      reply: (from, reply) => {
        checks.argument('reply', 'from', genFrom, from)
        parts.reply(pid, from, reply)
      },
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
      replace: handlers.replace && ((change) => this.#replace(change)),
      now: () => parts.clock.now(),
      print: (text) => this.#print(text),
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

  [Symbol.dispose](): void {
    this.close()
  }

  async #init(): Promise<void> {
    const { init } = this.#handlers
    const where = { module: 'js', function: 'init', arity: 1 }
    let state: State | undefined
    const outcome = await outcomeOf(where, async () => {
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
    checks.argument('timeoutIn', 'ms', duration(), ms)
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
    if (isState === true) void this.#parts.stateReply(from, reply).then((formed) => this.#reply(from, formed))
    else this.#reply(from, reply)
    if (terminate !== undefined) this.close(terminate.reason)
  }

  #print(text: string): void {
    try {
      this.#parts.print?.(text, this.pid)
    } catch (cause) {
      this.#parts.warn({ code: 'HANDLER_THREW', message: 'what takes the output threw', pid: this.pid, cause })
    }
  }

  #replace(change: Term): void {
    this.#context.state = this.#handlers.replace!(change, this.#context.state)
  }

  async #handle(message: Term): Promise<void> {
    // It may have come before the one that asked for a timeout was done.
    this.#parts.clock.clearTimeout(this.#timer)
    const read = readGenMessage(message)
    const { events } = this.#sys
    if (events.wanted) events.record({ type: 'in', message })
    const { call, cast, info } = this.#handlers
    const where = { module: 'js', function: read.type, arity: 2 }
    let noReply = false
    const outcome = await outcomeOf(where, async () => {
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
    const text = `a ${read.type} handler of ${this.pid} threw`
    this.#parts.warn({ code: 'HANDLER_THREW', message: text, pid: this.pid, cause: outcome.reason })
    if (read.type === 'call') this.#fail(read.from, exitReason(outcome))
  }

  /** A reply without encoding must not leave the caller waiting. */
  #reply(from: GenFrom, reply: Term): void {
    try {
      this.#parts.reply(this.pid, from, reply)
    } catch (cause) {
      const message = `the reply of ${this.pid} has no encoding`
      this.#parts.warn({ code: 'HANDLER_THREW', message, pid: this.pid, cause })
      this.#fail(from, tuple(atom('bad_reply'), errorTerm(cause)))
    }
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
    const where = { module: 'js', function: 'terminate', arity: 2 }
    void outcomeOf(where, () => terminate?.(reason, this.#context?.state)).then((outcome) => {
      if (outcome.type === 'return') return
      const message = `the terminate handler of ${this.pid} threw`
      this.#parts.warn({ code: 'HANDLER_THREW', message, pid: this.pid, cause: outcome.reason })
    })
  }
}
