import { type Atom, atom, type DecodeOptions, type Pid, type Term, tuple } from '@dynsrv/etf'
import { type Clock, messageOf, oneLine } from '@dynsrv/kit'
import { NodeError } from '../error.ts'
import { Fifo } from '../fifo.ts'
import type { LinksAndMonitors } from '../process/links-and-monitors.ts'
import type { LocalProcess, ProcessKind } from '../process/local-process.ts'
import { MAILBOX_FULL, MAX_MAILBOX_MESSAGES } from '../process/mailbox-queue.ts'
import type { Origin } from '../process/peer-use.ts'
import type { Registry } from '../process/registry.ts'
import type { Schemas } from '../schema/schema.ts'
import {
  callReference,
  type GenFrom,
  hasOddTag,
  readGenMessage,
  readSystemMessage,
  type SystemMessage,
  withFrom,
} from './gen-message.ts'
import { errorTerm, type Warn } from './outcome.ts'
import type { SysEvents } from './sys-events.ts'
import { SysMessages, type SysSubject } from './sys-messages.ts'

/** Messages of OTP's `sys` that may wait beside the others. */
const MAX_SYSTEM = 1_000

/** What every served process needs of its node. */
export interface ServerParts {
  readonly clock: Clock
  readonly registry: Registry
  readonly life: LinksAndMonitors
  readonly reply: (own: Pid, from: GenFrom, reply: Term) => void
  readonly warn: Warn
  /** Reads and writes by schemas of the program. */
  readonly schemas: Schemas
  /** Puts a state into the form that the caller's `sys` takes, and hands it to `reply`, now or later. */
  readonly stateReply: (from: GenFrom, state: Term, reply: (formed: Term) => void) => void
  /** Decodes so that what is encoded again is the same term. */
  readonly exact: DecodeOptions
  /** Decodes as the node does, but so that `1.0` is not `1`. */
  readonly exactFloats: DecodeOptions
  /** Gets what `sys:trace` and `sys:log` print. */
  readonly print: (text: string, from: Pid) => void
}

export interface ServedProcessOptions
  extends Pick<SysSubject, 'module' | 'state'>,
    Partial<Pick<SysSubject, 'show' | 'replace' | 'become'>> {
  readonly kind: ProcessKind
  /** How the log names it; default: the registered name, else the pid. */
  readonly name?: string | undefined
  /** Handles a message that is none of `sys`; with a promise the message is in hand until that settles. Must not fail. */
  readonly handle: (message: Term, origin: Origin | undefined) => void | Promise<void>
  /** Whether it passes on terms of others, and so must get them as they are; default: as the node decodes. */
  readonly exact?: boolean
  /** Whether it keeps tables by term, in which `1.0` and `1` are two. */
  readonly exactFloats?: boolean
  /** Whether it passes on parts of some messages, and so needs the bytes of those that wait. */
  readonly forwards?: boolean
  /** A message has come that is none of `sys`. */
  readonly came?: () => void
  /** How many messages may be in hand at once; default 1. */
  readonly concurrency?: number | undefined
  /** How many may wait; default 100 000. */
  readonly maxMessages?: number | undefined
  /** Nothing reaches it any more. */
  readonly ended?: (reason: Term) => void
  /**
   * What a peer does that has it end by `sys:terminate`, as `gen_server:stop` does; default: it ends. `refuse` answers
   * with an error; a function is called when it has ended, and may start the next.
   */
  readonly stopped?: 'refuse' | (() => void)
}

interface Waiting {
  readonly message: Term
  /** Of a message of another node. */
  readonly origin: Origin | undefined
  /** It counts as waiting for its peer. */
  kept: boolean
  readonly system: (SystemMessage & { readonly echoed: Term }) | undefined
  /** Came while only messages of `sys` are taken, and waits among those alone. */
  readonly alone: boolean
  /** Handled out of its turn. */
  done: boolean
}

/**
 * A process that other nodes see as a `gen_server`: it takes one message after the other, and answers what OTP's `sys` asks.
 * While it is suspended, it takes messages of `sys` only.
 */
export class ServedProcess {
  readonly process: LocalProcess
  readonly #parts: ServerParts
  readonly #options: ServedProcessOptions
  readonly #sys: SysMessages
  /** All that wait, in their order, and those among them that are of `sys`. */
  readonly #queue = new Fifo<Waiting>()
  readonly #systemQueue = new Fifo<Waiting>()
  readonly #idle: (() => void)[] = []
  #waiting = 0
  #running = 0
  #ready = false

  /** Messages wait until it is `ready`. @throws {NodeError} `NODE_TOO_MANY_PROCESSES` */
  constructor(parts: ServerParts, options: ServedProcessOptions) {
    this.#parts = parts
    this.#options = options
    const { kind, module, state, show, replace, become, exact = false, exactFloats = false } = options
    this.process = parts.registry.spawn({
      kind,
      ...(exact && { decode: parts.exact }),
      ...(exactFloats && { decode: parts.exactFloats }),
      message: (message, origin) => this.#push(message, origin),
      ended: (reason) => this.#end(reason),
      queued: () => this.#waiting,
    })
    const { pid } = this.process
    this.#sys = new SysMessages({
      ...{ pid, module, state, show, replace, become },
      name: () => this.#name,
      now: () => parts.clock.now(),
      print: (text) => parts.print(text, pid),
      failed: (callback, cause) => {
        this.warn(`the ${callback} handler of ${this.shownName} threw: ${oneLine(messageOf(cause))}`, cause)
      },
    })
  }

  get pid(): Pid {
    return this.process.pid
  }

  /** What `sys:trace` and the like want to know of. */
  get events(): SysEvents {
    return this.#sys.events
  }

  /** How the log names it. */
  get shownName(): string {
    return this.#name?.name ?? this.#options.name ?? String(this.pid)
  }

  /** Messages are handled from now on. */
  ready(): void {
    this.#ready = true
    this.#next()
  }

  /** Resolves when no message is in hand, and none is waiting unless it is suspended. */
  async idle(): Promise<void> {
    if (!this.process.alive || this.#isIdle) return
    await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  warn(message: string, cause: unknown): void {
    this.#parts.warn({ code: 'HANDLER_THREW', message, pid: this.pid, cause })
  }

  /**
   * Answers a call. A reply that cannot be sent must not leave the caller waiting.
   *
   * @param unsendable why it cannot be sent, where that is known
   */
  reply(from: GenFrom, reply: Term, unsendable?: { readonly thrown: unknown }): void {
    try {
      if (unsendable !== undefined) throw unsendable.thrown
      this.#parts.reply(this.pid, from, reply)
    } catch (cause) {
      const message = `the reply of ${this.shownName} cannot be sent: ${oneLine(messageOf(cause))}`
      this.warn(message, cause)
      this.fail(from, tuple(atom('bad_reply'), errorTerm(new NodeError('NODE_MESSAGE_INVALID', message))))
    }
  }

  /** Ends a call without an answer. The caller watches us with the reference of its call: for it alone we are down. */
  fail({ tag }: GenFrom, reason: Term): void {
    const ref = callReference(tag)
    if (ref !== undefined) this.#parts.life.failWatcher(this.process, ref, reason)
  }

  /** Ends it; callers that wait see the reason. */
  exit(reason: Term): void {
    this.#parts.life.exit(this.process, reason)
  }

  get #name(): Atom | undefined {
    const [name] = this.process.names
    return name === undefined ? undefined : atom(name)
  }

  #push(came: Term, origin: Origin | undefined): void {
    const system = readSystem(came, origin)
    // A tag goes back as it came.
    const message = origin !== undefined && hasOddTag(came) ? withFrom(came, origin.verbatim()) : came
    const { maxMessages = MAX_MAILBOX_MESSAGES, forwards = false } = this.#options
    const waits = this.#systemQueue.length
    if (system === undefined) this.#options.came?.()
    // A peer that suspended a server must be able to resume it, however much waits by then.
    if (system === undefined ? this.#waiting - waits < maxMessages : waits < MAX_SYSTEM) {
      const alone = system !== undefined && this.#sys.suspended
      const waiting: Waiting = { message, origin, kept: false, system, alone, done: false }
      if (!alone) this.#queue.push(waiting)
      if (system !== undefined) this.#systemQueue.push(waiting)
      this.#waiting++
      this.#next()
      if (origin !== undefined && !waiting.done && this.process.alive) {
        waiting.kept = true
        if (forwards) origin.hold()
        origin.keep()
      }
      return
    }
    const read = readGenMessage(message)
    const from = read.type === 'call' ? read.from : system?.from
    if (from !== undefined) this.fail(from, MAILBOX_FULL)
    else {
      const text = `a message for ${this.shownName} is dropped: ${maxMessages} wait`
      this.#parts.warn({ code: 'MAILBOX_FULL', message: text, pid: this.pid })
    }
  }

  get #isIdle(): boolean {
    return this.#ready && this.#running === 0 && (this.#waiting === 0 || this.#sys.suspended)
  }

  #next(): void {
    const { concurrency = 1, handle } = this.#options
    while (this.#ready && this.process.alive && this.#running < concurrency) {
      const taken = this.#take()
      if (taken === undefined) break
      if (taken.system !== undefined) {
        this.#answerSystem(taken.system)
        continue
      }
      this.#running++
      const { message, origin } = taken
      const inHand = handle(message, origin)
      if (inHand === undefined) this.#running--
      else {
        origin?.keep()
        const done = (): void => {
          this.#running--
          origin?.release()
          this.#next()
        }
        // A process that can no longer take messages would be worse than one message lost.
        void inHand.then(done, (cause: unknown) => {
          this.warn(`${this.shownName} could not handle a message`, cause)
          done()
        })
      }
    }
    if (this.#isIdle) for (const wake of this.#idle.splice(0)) wake()
  }

  #take(): Waiting | undefined {
    const first = this.#systemQueue.first
    const outOfTurn = this.#sys.suspended || first?.alone === true
    let taken = outOfTurn ? first : this.#queue.shift()
    while (!outOfTurn && taken?.done === true) taken = this.#queue.shift()
    if (taken === undefined) return undefined
    taken.done = true
    letGo(taken)
    this.#waiting--
    if (taken === first) this.#systemQueue.shift()
    return taken
  }

  #answerSystem({ from, request, echoed }: SystemMessage & { readonly echoed: Term }): void {
    const { stopped } = this.#options
    const { reply, isState, terminate } = this.#sys.answer(request, echoed)
    if (terminate !== undefined && stopped === 'refuse') {
      this.reply(from, tuple(atom('error'), atom('not_allowed')))
      return
    }
    if (isState === true) this.#parts.stateReply(from, reply, (formed) => this.reply(from, formed))
    else this.reply(from, reply)
    if (terminate === undefined) return
    this.#parts.life.exit(this.process, terminate.reason, terminate.told)
    if (typeof stopped === 'function') stopped()
  }

  #end(reason: Term): void {
    for (const queue of [this.#queue, this.#systemQueue]) {
      for (let left = queue.shift(); left !== undefined; left = queue.shift()) letGo(left)
    }
    this.#waiting = 0
    for (const wake of this.#idle.splice(0)) wake()
    this.#options.ended?.(reason)
  }
}

/** Reads a message of `sys`, and its request in the form in which it is passed on. */
function readSystem(message: Term, origin: Origin | undefined): Waiting['system'] {
  const read = readSystemMessage(message)
  if (read === undefined) return undefined
  const verbatim = origin === undefined ? read : readSystemMessage(origin.verbatim())
  return verbatim && { from: verbatim.from, request: read.request, echoed: verbatim.request }
}

/** What waited waits no more. */
function letGo(waiting: Waiting): void {
  if (!waiting.kept) return
  waiting.kept = false
  waiting.origin?.release()
}
