import { atom, type Term } from '@dynsrv/etf'
import { abortSignal, bound, type Clock, callable, callProgram, duration, optionsOf, recordOf } from '@dynsrv/kit'
import { checks, INSIDE, onlyInside } from '../checks.ts'
import { NodeError } from '../error.ts'
import { MailboxQueue, type OverflowPolicy, overflowPolicy } from '../process/mailbox-queue.ts'
import type { Origin } from '../process/peer-use.ts'
import { type Schemas, schemaRule } from '../schema/schema.ts'
import { type MismatchedMessage, type PubSubMessage, readMessage, type SubscriptionSchemas } from './pubsub-message.ts'

/** With which all processes of a node end that closes. */
const SHUTDOWN = atom('shutdown')

/** Messages that a subscription keeps before the overflow policy speaks. */
export const MAX_SUBSCRIPTION_MESSAGES = 10_000

/** How much may wait in a subscription, and what ends it. */
export interface SubscribeOptions {
  /** How many messages may wait to be read; default 10 000. */
  readonly maxMessages?: number
  /** What happens then; default `dropNewest`. Each episode gives one warning `MAILBOX_FULL`. */
  readonly whenFull?: OverflowPolicy
  /** Ends the subscription when it aborts. */
  readonly signal?: AbortSignal
}

/** What `subscribe` takes where messages are checked and typed. */
export interface TypedSubscribeOptions<S extends SubscriptionSchemas = SubscriptionSchemas> extends SubscribeOptions {
  /**
   * Which messages are taken, by schemas: `{ events: { new_msg: t.fields({ body: t.text() }) } }`. A message that fits none of
   * them is left out and counted, and `onMismatch` gets it.
   */
  readonly schema: S
  /** Gets each message that fits no schema; default: a warning `MISMATCH` for the 1st, 10th, 100th and so on. */
  readonly onMismatch?: (mismatch: MismatchedMessage) => void
}

/** How long a subscription waits for its next message. */
export interface SubscriptionReceiveOptions {
  /** Unit: milliseconds; default: as long as it takes. */
  readonly timeoutMs?: number
  /** Ends the wait early. */
  readonly signal?: AbortSignal
}

/** Checks the options of `PubSub.subscribe`. @throws {NodeError} `NODE_BAD_OPTION` */
export const checkSubscribe = checks.options<Partial<TypedSubscribeOptions>>('subscribe', {
  schema: optionsOf<SubscriptionSchemas>({ events: recordOf(schemaRule), message: schemaRule }),
  onMismatch: callable,
  maxMessages: bound,
  whenFull: overflowPolicy,
  signal: abortSignal,
})
const checkReceive = checks.options<SubscriptionReceiveOptions>('receive', {
  timeoutMs: duration(),
  signal: abortSignal,
})

export interface SubscriptionParts {
  readonly clock: Clock
  readonly options: Partial<TypedSubscribeOptions>
  readonly schemas: Schemas
  /** What to do when no message comes in time. */
  readonly lateHint: () => string
  /** Gets each message in place of the queue. */
  readonly listener: ((message: never) => unknown) | undefined
  readonly onClosed: (subscription: AnySubscription) => void
  readonly full: (subscription: AnySubscription, policy: OverflowPolicy) => void
  /** Gets what the listener threw, or its promise rejected with. */
  readonly threw: (cause: unknown) => void
  /** A message fits no schema; `onMismatch` of the program gets it, or the log. */
  readonly mismatched: (subscription: AnySubscription, mismatch: MismatchedMessage) => void
}

/** A subscription, whatever its messages are read as. */
export type AnySubscription = Subscription<unknown>

/** How a subscription ended: undefined reason when the program itself ended it. */
interface End {
  readonly reason: Term
}

/** Makes a subscription; programs get theirs from `PubSub.subscribe`. */
export let makeSubscription: (topic: string, parts: SubscriptionParts) => AnySubscription
/** Gives a subscription a message. Throws what its listener throws, and gives what that gives. */
export let deliver: (subscription: AnySubscription, message: PubSubMessage, origin?: Origin) => unknown
/** Ends a subscription: no more messages come. The reason is undefined when the program itself ends it. */
export let end: (subscription: AnySubscription, reason: Term) => void

/** Messages of one topic, in the order they came. Made by `PubSub.subscribe`. */
export class Subscription<Message = PubSubMessage> implements AsyncIterable<Message>, Disposable {
  readonly topic: string
  readonly #parts: SubscriptionParts
  readonly #queue: MailboxQueue<PubSubMessage>
  readonly #onAbort = (): void => this.close()
  #end: End | undefined
  #mismatches = 0
  /** With schemas, a listener gets one message after the other, though a schema may answer later. */
  #listening = false

  static {
    makeSubscription = (topic, parts) => new Subscription(INSIDE, topic, parts)
    deliver = (subscription, message, origin) => subscription.#deliver(message, origin)
    end = (subscription, reason) => subscription.#finish(reason)
  }

  private constructor(key: typeof INSIDE, topic: string, parts: SubscriptionParts) {
    onlyInside(key, 'a subscription', 'pubsub.subscribe')
    const { maxMessages = MAX_SUBSCRIPTION_MESSAGES, whenFull, signal } = parts.options
    this.topic = topic
    this.#parts = parts
    this.#queue = new MailboxQueue({
      clock: parts.clock,
      content: `message of the topic ${topic}`,
      lateHint: parts.lateHint,
      maxMessages,
      whenFull,
      full: (policy) => parts.full(this, policy),
      exit: (reason) => this.#finish(reason),
    })
    signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** Messages that wait. */
  get length(): number {
    return this.#queue.length
  }

  /** Messages that found the queue full and are lost. */
  get dropped(): number {
    return this.#queue.dropped
  }

  /** Messages that fit no schema, and were left out. */
  get mismatches(): number {
    return this.#mismatches
  }

  /** Whether messages still come. */
  get active(): boolean {
    return this.#end === undefined
  }

  /**
   * Takes the next message.
   *
   * @throws {NodeError} `NODE_TIMEOUT`; `NODE_EXITED` when the subscription has ended and nothing is left; `NODE_BAD_OPTION`
   * @throws the signal's reason when it aborts
   */
  async receive(options?: SubscriptionReceiveOptions): Promise<Message> {
    if (options !== undefined) checkReceive(options)
    const { schema } = this.#parts.options
    if (schema === undefined) return (await this.#queue.receive(options)) as Message
    const { clock } = this.#parts
    const { timeoutMs, ...wait } = options ?? {}
    const end = timeoutMs === undefined ? undefined : clock.monotonic() + timeoutMs
    for (;;) {
      const left = end === undefined ? {} : { timeoutMs: Math.max(0, end - clock.monotonic()) }
      const read = await this.#read(await this.#queue.receive({ ...wait, ...left }), schema)
      if (read !== undefined) return read
    }
  }

  /** What a message is read as; undefined for one that fits no schema. */
  async #read(message: PubSubMessage, schema: SubscriptionSchemas): Promise<Message | undefined> {
    const outcome = await readMessage(message, schema, this.#parts.schemas)
    if ('read' in outcome) return outcome.read as Message
    this.#mismatches++
    this.#parts.mismatched(this, outcome)
    return undefined
  }

  /**
   * All messages from now on. Ends with the subscription, and when the node closes; leaving the loop ends the subscription.
   *
   * @throws {NodeError} `NODE_EXITED` with the reason when it was not the program that ended it
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Message, void> {
    try {
      while (this.active || this.length > 0) {
        let message: Message
        try {
          message = await this.receive()
        } catch (error) {
          if (this.#endedInOrder()) return
          throw error
        }
        yield message
      }
      if (!this.#endedInOrder()) throw this.#endedError()
    } finally {
      this.close()
    }
  }

  /** Ends the subscription. What waits can still be received. */
  close(): void {
    this.#finish(undefined)
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #deliver(message: PubSubMessage, origin?: Origin): unknown {
    if (this.#end !== undefined) return undefined
    const { listener, options } = this.#parts
    if (listener === undefined) return this.#queue.push(message, origin)
    if (options.schema === undefined) return listener(message as never)
    this.#queue.push(message, origin)
    // It never rejects: what the listener throws is reported.
    if (!this.#listening) void this.#listen(listener)
    return undefined
  }

  /** Gives the listener what waits; one that throws or rejects loses no other message. */
  async #listen(listener: (message: never) => unknown): Promise<void> {
    this.#listening = true
    while (this.#queue.length > 0) {
      const message = await this.#read(this.#queue.shift(), this.#parts.options.schema!)
      if (message === undefined || this.#end !== undefined) continue
      callProgram(() => listener(message as never), this.#parts.threw)
    }
    this.#listening = false
  }

  #finish(reason: Term): void {
    if (this.#end !== undefined) return
    this.#end = { reason }
    this.#parts.options.signal?.removeEventListener('abort', this.#onAbort)
    this.#parts.onClosed(this)
    this.#queue.end(() => this.#endedError())
  }

  #endedInOrder(): boolean {
    const reason = this.#end?.reason
    return reason === undefined || reason === SHUTDOWN
  }

  #endedError(): NodeError {
    const { reason } = this.#end ?? {}
    return new NodeError('NODE_EXITED', `the subscription of ${this.topic} has ended`, { reason })
  }
}
