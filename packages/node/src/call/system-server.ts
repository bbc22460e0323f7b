import { atom, type Pid, type Term, tuple } from '@dynsrv/etf'
import type { LocalProcess, ProcessKind } from '../process/local-process.ts'
import type { Origin } from '../process/peer-use.ts'
import { type GenFrom, readGenMessage } from './gen-message.ts'
import { frame, type StackFrame } from './outcome.ts'
import { ServedProcess, type ServedProcessOptions, type ServerParts } from './served-process.ts'

/** Answers a call, once. */
export type Answer = (reply: Term) => void

/** What a process of the node itself does; every part may be left out. */
export interface SystemHandlers {
  /**
   * Calls `answer`, now or later; gives false for a request that it does not know. With a promise the call is in hand until
   * that settles, and all others wait.
   */
  readonly call?: (request: Term, answer: Answer, from: GenFrom, origin: Origin | undefined) => boolean | Promise<void>
  readonly cast?: (message: Term, origin: Origin | undefined) => void
  /** Every other message. With a promise the message is in hand until that settles. */
  readonly info?: (message: Term, origin: Origin | undefined) => void | Promise<void>
}

export interface SystemServerOptions
  extends Pick<ServedProcessOptions, 'ended' | 'exact' | 'exactFloats' | 'forwards' | 'stopped'> {
  /** Default: `system`. */
  readonly kind?: ProcessKind
  /** OTP's module for it. */
  readonly module: string
  /** What `sys:get_state` shows. */
  readonly state: () => Term
  readonly handlers: SystemHandlers
}

/**
 * A process of the node itself, such as `net_kernel`, that other nodes see as the `gen_server` that it is in OTP.
 *
 * What it handles at once is handled before the next signal of the peer, so that ends of links and messages keep their
 * order. A call that it does not know fails at once, as one does that makes a server of OTP crash.
 */
export class SystemServer {
  readonly #served: ServedProcess
  readonly #handlers: SystemHandlers
  readonly #module: string

  constructor(parts: ServerParts, options: SystemServerOptions) {
    const {
      kind = 'system',
      module,
      state,
      handlers,
      exact = false,
      exactFloats = false,
      forwards = false,
      ended,
      stopped,
    } = options
    this.#handlers = handlers
    this.#module = module
    this.#served = new ServedProcess(parts, {
      ...{ kind, module, state, exact, exactFloats, forwards },
      handle: (message, origin) => this.#handle(message, origin),
      ...(ended !== undefined && { ended }),
      ...(stopped !== undefined && { stopped }),
    })
    this.#served.ready()
  }

  get process(): LocalProcess {
    return this.#served.process
  }

  get pid(): Pid {
    return this.#served.pid
  }

  #handle(message: Term, origin: Origin | undefined): void | Promise<void> {
    const { events } = this.#served
    if (!events.wanted) return this.#run(message, origin, undefined)
    events.record({ type: 'in', message })
    let replied = false
    const done = (): void => {
      if (!replied) events.record({ type: 'noreply', state: undefined })
    }
    const inHand = this.#run(message, origin, (from, reply) => {
      replied = true
      events.record({ type: 'out', reply, to: from, state: undefined })
    })
    if (inHand === undefined) done()
    return inHand?.then(done)
  }

  #run(
    message: Term,
    origin: Origin | undefined,
    told: ((from: GenFrom, reply: Term) => void) | undefined,
  ): void | Promise<void> {
    const { call, cast, info } = this.#handlers
    const read = readGenMessage(message)
    try {
      if (read.type === 'cast') return cast?.(read.request, origin)
      if (read.type === 'info') return this.#caught(info?.(read.message, origin))
      const { from, request } = read
      const answer = (reply: Term): void => {
        this.#served.reply(from, reply)
        told?.(from, reply)
      }
      const known = call?.(request, answer, from, origin) ?? false
      if (typeof known === 'object') return this.#caught(known)
      if (!known) this.#served.fail(from, tuple(atom('function_clause'), [frame(this.#callback)]))
    } catch (cause) {
      this.#threw(cause)
    }
  }

  get #callback(): StackFrame {
    return { module: this.#module, function: 'handle_call', arity: 3 }
  }

  #caught(inHand: void | Promise<void>): void | Promise<void> {
    return inHand?.catch((cause: unknown) => this.#threw(cause))
  }

  #threw(cause: unknown): void {
    this.#served.warn(`${this.#served.shownName} could not handle a message`, cause)
  }
}
