import { atom, type Pid, Reference, type Sendable, type Term, tuple } from '@dynsrv/etf'
import { abortSignal, answerNow, bound, type Clock, callable, duration, either, flag, rule } from '@dynsrv/kit'
import { checkSend, checks, checkTerm, INSIDE, onlyInside, pidOf, registeredName } from '../checks.ts'
import { deferred } from '../deferred.ts'
import { NodeError } from '../error.ts'
import { isSchema, type Read, type Schema, type Schemas, schemaRule } from '../schema/schema.ts'
import type { CallOptions, Destination, ProcessRef, Recipient, SendOptions, TypedCallOptions } from '../signature.ts'
import { givenReason } from './exit-reason.ts'
import type { LinksAndMonitors } from './links-and-monitors.ts'
import type { LocalProcess, Target } from './local-process.ts'
import { MAX_MAILBOX_MESSAGES, MailboxQueue, type OverflowPolicy, overflowPolicy } from './mailbox-queue.ts'
import type { Origin } from './peer-use.ts'
import type { Registry } from './registry.ts'

const NORMAL = atom('normal')
/** What OTP's supervisors take for an end in order. */
const ORDERLY: ReadonlySet<Term | undefined> = new Set<Term>([NORMAL, atom('shutdown')])
const DOWN = atom('DOWN')
const PROCESS = atom('process')

/** The name of a mailbox, and what it does when it is full. */
export interface MailboxOptions {
  /** The name under which other processes, here and on other nodes, reach it. */
  readonly name?: string
  /** How many messages may wait; default 100 000. */
  readonly maxMessages?: number
  /** How much memory those of other nodes among them may take; default 256 MiB. Unit: bytes. */
  readonly maxBytes?: number
  /** What happens then; default `dropNewest`. Each episode gives one warning `MAILBOX_FULL`. */
  readonly whenFull?: OverflowPolicy
  /** Turn exit signals of linked processes into messages `{'EXIT', Pid, Reason}`; default false. */
  readonly trapExit?: boolean
}

const checkOptions = checks.options<MailboxOptions>('mailbox', {
  name: registeredName,
  maxMessages: bound,
  maxBytes: bound,
  whenFull: overflowPolicy,
  trapExit: flag,
})

/** Checks what `Node.mailbox` gets. @throws {NodeError} `NODE_BAD_OPTION` */
export function checkMailbox(options: string | MailboxOptions): void {
  if (typeof options === 'string') checks.argument('mailbox', 'name', registeredName, options)
  else checkOptions(options)
}

/** Which message to take, and how long to wait for it. */
export interface ReceiveOptions<T extends Term = Term> extends ReceiveWait {
  /** Take the first message for which this is true and leave the others in place, as a BEAM `receive` does. */
  readonly match?: ((message: Term) => message is T) | ((message: Term) => boolean)
}

/** Which message to take by a schema, and how long to wait for it. */
export interface TypedReceiveOptions<S extends Schema = Schema> extends ReceiveWait {
  /**
   * Take the first message that fits, as what the schema reads, and leave the others in place. The schema must answer at
   * once: one that answers later ends the wait with `NODE_BAD_OPTION`, and what it throws ends it too.
   */
  readonly match: S
}

/** How long to wait for a message. */
export interface ReceiveWait {
  /** In milliseconds; default: wait forever. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

const checkReceive = checks.options<ReceiveOptions | TypedReceiveOptions>('receive', {
  match: either(callable, schemaRule),
  timeoutMs: duration(),
  signal: abortSignal,
})

const reference = rule('a reference', (value) => value instanceof Reference)

/** What a mailbox needs of its node. */
export interface MailboxParts {
  readonly clock: Clock
  readonly registry: Registry
  readonly life: LinksAndMonitors
  readonly send: (from: Pid, to: Recipient, message: Term, options?: SendOptions) => boolean
  readonly call: (to: Destination, request: Term, options?: CallOptions) => Promise<Term>
  readonly schemas: Schemas
  readonly target: (to: Destination) => Target
  readonly full: (mailbox: Mailbox, policy: OverflowPolicy) => void
}

/** Makes a mailbox; programs get theirs from `Node.mailbox`. */
export let makeMailbox: (parts: MailboxParts, options: MailboxOptions) => Mailbox

/** A process of ours that a program reads: a pid, a queue, links and monitors. Made by `Node.mailbox`. */
export class Mailbox implements AsyncIterable<Term>, Disposable {
  readonly pid: Pid
  readonly #process: LocalProcess
  readonly #parts: MailboxParts
  readonly #queue: MailboxQueue
  readonly #ended = deferred<Term>()
  #exit: { readonly reason: Term } | undefined

  static {
    makeMailbox = (parts, options) => new Mailbox(INSIDE, parts, options)
  }

  private constructor(key: typeof INSIDE, parts: MailboxParts, options: MailboxOptions) {
    onlyInside(key, 'a mailbox', 'node.mailbox')
    const { name, maxMessages = MAX_MAILBOX_MESSAGES, maxBytes, whenFull } = options
    this.#parts = parts
    this.#queue = new MailboxQueue({
      clock: parts.clock,
      content: 'such message',
      lateHint: () => `Send to ${this.name ?? this.pid}, or raise timeoutMs. ${this.length} that do not match wait.`,
      maxMessages,
      maxBytes,
      whenFull,
      full: (policy) => parts.full(this, policy),
      exit: (reason) => this.exit(reason),
    })
    this.#process = parts.registry.spawn({
      kind: 'mailbox',
      message: (term, origin) => this.#push(term, origin),
      ended: (reason) => this.#end(reason),
      queued: () => this.#queue.length,
      isFull: () => this.#queue.dropsAll,
      dropsNext: () => this.#queue.dropsNext(),
    })
    this.#process.trapExit = options.trapExit ?? false
    this.pid = this.#process.pid
    if (name === undefined) return
    try {
      parts.registry.register(name, this.#process)
    } catch (error) {
      this.exit()
      throw error
    }
  }

  /** The first name under which it is registered. */
  get name(): string | undefined {
    return this.#process.names.values().next().value
  }

  /** Messages that wait. */
  get length(): number {
    return this.#queue.length
  }

  /** Whether the process lives. */
  get alive(): boolean {
    return this.#exit === undefined
  }

  /** Resolves with the exit reason when the process has ended. */
  get ended(): Promise<Term> {
    return this.#ended.promise
  }

  get trapExit(): boolean {
    return this.#process.trapExit
  }

  /** @throws {NodeError} `NODE_BAD_OPTION` */
  set trapExit(trap: boolean) {
    checks.argument('trapExit', 'the value', flag, trap)
    this.#process.trapExit = trap
  }

  /** Sends with the mailbox's pid as sender. See `Node.send`. */
  send(to: Recipient, message: Sendable, options?: SendOptions): boolean {
    checkSend(options)
    return this.#parts.send(this.pid, to, message as Term, options)
  }

  /** Calls a GenServer. See `Node.call`. */
  call<S extends Schema>(to: Destination, request: Sendable, options: TypedCallOptions<S>): Promise<Read<S>>
  call(to: Destination, request: Sendable, options?: CallOptions): Promise<Term>
  call(to: Destination, request: Sendable, options?: CallOptions): Promise<unknown> {
    return this.#parts.call(to, request as Term, options)
  }

  /**
   * Takes the next message, or the first that matches: a function, or a schema such as `t.tuple(t.atom('order'), t.int())`.
   *
   * @throws {NodeError} `NODE_TIMEOUT`; `NODE_EXITED` with the reason when the process has ended and nothing is left;
   * `NODE_BAD_OPTION`
   * @throws the signal's reason when it aborts; what `match` throws
   */
  receive<S extends Schema>(options: TypedReceiveOptions<S>): Promise<Read<S>>
  receive<T extends Term = Term>(options?: ReceiveOptions<T>): Promise<T>
  receive(options?: ReceiveOptions | TypedReceiveOptions): Promise<unknown> {
    if (options === undefined) return this.#queue.receive()
    try {
      checkReceive(options)
    } catch (error) {
      return Promise.reject(error)
    }
    const { match, ...wait } = options
    if (isSchema(match)) return this.#receiveBy(match, wait)
    return this.#queue.receive({ match: match && decided(match), ...wait })
  }

  async #receiveBy(schema: Schema, { timeoutMs, signal }: ReceiveWait): Promise<unknown> {
    const failed = new AbortController()
    let chosen: { readonly value: unknown } | undefined
    const match = (message: Term): boolean => {
      try {
        chosen = this.#parts.schemas.select(schema, message)
        return chosen !== undefined
      } catch (cause) {
        // It is asked in the midst of a message's delivery; the wait ends behind that.
        queueMicrotask(() => failed.abort(cause))
        return false
      }
    }
    const ended = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal])
    await this.#queue.receive({ match, timeoutMs, signal: ended })
    return chosen?.value
  }

  /**
   * All messages until the process ends: with the reasons `normal` and `shutdown` (the node closes) the iteration ends,
   * any other is thrown.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Term, undefined> {
    // No generator: it would wait three turns for each message, and most are there already.
    const queue = this.#queue
    let done = false
    const finished = (): IteratorReturnResult<undefined> => {
      done = true
      return { value: undefined, done: true }
    }
    return {
      next: () => {
        if (done) return Promise.resolve(finished())
        if (queue.length > 0) return Promise.resolve({ value: queue.shift(), done: false })
        if (this.#exit !== undefined) return this.#exitedIteration(finished)
        return new Promise((resolve, reject) => {
          const ended = () => this.#exitedIteration(finished).then(resolve, reject)
          queue.wait(undefined, (value) => resolve({ value, done: false }), ended)
        })
      },
      return: () => Promise.resolve(finished()),
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }

  /**
   * Links to a process anywhere: when one of the two ends, the other gets an exit signal, and ends too unless it traps exits.
   *
   * @throws {NodeError} `NODE_BAD_OPTION`; `NODE_EXITED` when this process has ended
   */
  link(process: ProcessRef): void {
    this.#alive()
    this.#parts.life.link(this.#process, pidOf('link', 'process', process))
  }

  /** Takes a link back; afterwards nothing of it arrives any more. @throws {NodeError} as `link` */
  unlink(process: ProcessRef): void {
    this.#alive()
    this.#parts.life.unlink(this.#process, pidOf('unlink', 'process', process))
  }

  /**
   * Watches a process anywhere: its end comes as a message `{'DOWN', Ref, process, Pid | {Name, Node}, Reason}`.
   *
   * @throws {NodeError} as `link`; `NODE_NAME_*` for a node that no name can be of
   */
  monitor(to: Destination): Reference {
    this.#alive()
    const target = this.#parts.target(to)
    const shown = 'name' in target ? tuple(target.name, atom(target.node)) : target
    return this.#parts.life.monitor(this.#process, target, (reason, ref) => {
      // A target without a way is down before `monitor` returns, as it is in Erlang: the message is there first.
      queueMicrotask(() => {
        if (this.alive) this.#push(tuple(DOWN, ref, PROCESS, shown, reason))
      })
    })
  }

  /** Takes a monitor back, and its message if it lies in the queue. @throws {NodeError} `NODE_BAD_OPTION` */
  demonitor(ref: Reference): void {
    checks.argument('demonitor', 'ref', reference, ref)
    this.#parts.life.demonitor(ref)
    this.#queue.take((m) => isDown(m, ref))
  }

  /**
   * Sends an exit signal, as `exit/2` does: `kill` cannot be trapped.
   *
   * @throws {NodeError} as `link`; `NODE_MESSAGE_INVALID` for a reason without encoding
   */
  exitOther(process: ProcessRef, reason: Term): void {
    this.#alive()
    const pid = pidOf('exitOther', 'process', process)
    checkTerm(`the exit signal to ${pid}`, reason)
    this.#parts.life.sendExit(this.#process, pid, reason)
  }

  /**
   * Ends this process: linked processes get the reason, watchers a DOWN. Messages that wait can still be received.
   *
   * @param reason default: `normal`
   */
  exit(...reason: [reason?: Term]): void {
    this.#parts.life.exit(this.#process, givenReason(reason))
  }

  /** The same as `exit()` with reason `normal`. */
  close(): void {
    this.exit()
  }

  [Symbol.dispose](): void {
    this.exit()
  }

  async #exitedIteration(finished: () => IteratorReturnResult<undefined>): Promise<IteratorReturnResult<undefined>> {
    const end = finished()
    if (!ORDERLY.has(this.#exit?.reason)) throw this.#exitedError()
    return end
  }

  #push(message: Term, origin?: Origin): void {
    this.#queue.push(message, origin)
  }

  #end(reason: Term): void {
    this.#exit = { reason }
    this.#queue.end(() => this.#exitedError())
    this.#ended.resolve(reason)
  }

  #alive(): void {
    if (this.#exit !== undefined) throw this.#exitedError()
  }

  #exitedError(): NodeError {
    return new NodeError('NODE_EXITED', `the process ${this.pid} has ended`, { reason: this.#exit?.reason })
  }
}

/** The match function of a program, which says at once whether it takes a message. */
function decided(match: (message: Term) => boolean): (message: Term) => boolean {
  const refuse = (): NodeError =>
    new NodeError('NODE_BAD_OPTION', 'receive: match gave a promise in place of true or false', {
      hint: 'Give a function that answers at once: receive every message, and await what you need to know of it.',
    })
  return (message) => answerNow(() => match(message), refuse)
}

function isDown(message: Term, ref: Reference): boolean {
  if (!(message instanceof Object) || !('elements' in message)) return false
  const [tag, which] = message.elements as readonly Term[]
  return tag === DOWN && ref.equals(which)
}
