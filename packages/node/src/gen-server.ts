import { atom, type Pid, type Term, tuple } from '@dynsrv/etf'
import { deferred } from './deferred.ts'
import { callReference, type GenFrom, readGenMessage } from './gen-message.ts'
import type { LinksAndMonitors } from './links-and-monitors.ts'
import type { LocalProcess } from './local-process.ts'
import { MAX_MAILBOX_MESSAGES } from './mailbox.ts'
import type { Warning } from './node-event.ts'
import { errorTerm, exitReason, outcomeOf } from './outcome.ts'
import type { Registry } from './registry.ts'

/** Returned by a `call` handler that answers later, with `server.reply`. */
export const NO_REPLY: unique symbol = Symbol('noreply')

/** What a handler sees of its server. */
export interface ServerContext<State> {
  readonly self: Pid
  /** Kept between messages; assign to it. */
  state: State
  /** Answers a call, now or later, once. */
  reply(from: GenFrom, reply: Term): void
  /** Ends the server when this message is done; default reason: `normal`. */
  stop(reason?: Term): void
}

/** What a server does; every part may be left out, and every part may be a promise. */
export interface ServerHandlers<State = undefined> {
  /** The registered name. */
  readonly name?: string
  /** Gives the first state; messages wait until it is there. When it throws, the server ends. */
  readonly init?: (server: Omit<ServerContext<State>, 'state'>) => State | Promise<State>
  /** `GenServer.call`: what is returned is the reply. Left out, every call ends as if it had thrown. */
  readonly call?: (
    request: Term,
    server: ServerContext<State>,
    from: GenFrom,
  ) => Term | typeof NO_REPLY | Promise<Term | typeof NO_REPLY>
  /** `GenServer.cast`. */
  readonly cast?: (message: Term, server: ServerContext<State>) => void | Promise<void>
  /** Every other message, `DOWN` and trapped `EXIT` among them. */
  readonly info?: (message: Term, server: ServerContext<State>) => void | Promise<void>
  /** The server has ended; nothing reaches it any more. */
  readonly terminate?: (reason: Term, state: State | undefined) => void | Promise<void>
  /** How many messages may be in hand at once; default 1: one after the other, as a GenServer does. */
  readonly concurrency?: number
  /** How many messages may wait; further ones are dropped, and calls among them fail. Default 100 000. */
  readonly maxMessages?: number
  /** Turn exit signals of linked processes into messages; default false. */
  readonly trapExit?: boolean
}

export interface GenServerParts {
  readonly registry: Registry
  readonly life: LinksAndMonitors
  readonly reply: (own: Pid, from: GenFrom, reply: Term) => void
  readonly warn: (warning: Omit<Warning, 'type'>) => void
}

/**
 * A process that `GenServer.call` and `GenServer.cast` work with from Elixir and Erlang. Made by `node.serve`.
 *
 * A handler that throws ends the message in hand, not the server: the caller sees an exit with the error as its reason,
 * exactly as if the server had crashed, and a warning `HANDLER_THREW` tells of it.
 */
export class GenServer<State = undefined> implements Disposable {
  readonly #process: LocalProcess
  readonly #parts: GenServerParts
  readonly #handlers: ServerHandlers<State>
  readonly #ended = deferred<Term>()
  readonly #context: ServerContext<State>
  readonly #idle: (() => void)[] = []
  #queue: Term[] = []
  #running = 0
  #ready = false
  #stopping: { readonly reason: Term } | undefined

  constructor(parts: GenServerParts, handlers: ServerHandlers<State>) {
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
      reply: (from, reply) => parts.reply(pid, from, reply),
      stop: (reason = atom('normal')) => {
        this.#stopping ??= { reason }
      },
    }
    try {
      if (handlers.name !== undefined) parts.registry.register(handlers.name, this.#process)
    } catch (error) {
      this.stop()
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
  stop(reason: Term = atom('normal')): void {
    this.#parts.life.exit(this.#process, reason)
  }

  /** Resolves when no message is waiting or in hand. */
  async idle(): Promise<void> {
    if (!this.#process.alive || (this.#ready && this.#running === 0 && this.#queue.length === 0)) return
    await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  [Symbol.dispose](): void {
    this.stop()
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
      this.stop(exitReason(outcome))
      return
    }
    this.#context.state = state as State
    this.#ready = true
    this.#next()
  }

  #message(message: Term): void {
    if (this.#queue.length < (this.#handlers.maxMessages ?? MAX_MAILBOX_MESSAGES)) {
      this.#queue.push(message)
      this.#next()
      return
    }
    const read = readGenMessage(message)
    if (read.type === 'call') this.#fail(read.from, atom('mailbox_full'))
    else this.#parts.warn({ code: 'MAILBOX_FULL', message: `a message for ${this.pid} is dropped`, pid: this.pid })
  }

  #next(): void {
    const concurrency = this.#handlers.concurrency ?? 1
    while (this.#ready && this.#process.alive && this.#running < concurrency && this.#queue.length > 0) {
      this.#running++
      void this.#handle(this.#queue.shift()).then(() => {
        this.#running--
        if (this.#stopping !== undefined) this.stop(this.#stopping.reason)
        this.#next()
      })
    }
    if (this.#ready && this.#running === 0 && this.#queue.length === 0) for (const wake of this.#idle.splice(0)) wake()
  }

  async #handle(message: Term): Promise<void> {
    const read = readGenMessage(message)
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
      if (read.type === 'call' && !noReply) this.#reply(read.from, outcome.value)
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
