import { atom, type Term } from '@dynsrv/etf'
import { abortSignal, bound, type Clock, duration } from '@dynsrv/kit'
import { checks, INSIDE, onlyInside } from '../checks.ts'
import { NodeError } from '../error.ts'
import { MailboxQueue, type OverflowPolicy, overflowPolicy } from '../process/mailbox-queue.ts'
import type { Origin } from '../process/peer-use.ts'
import type { PubSubMessage } from './pubsub-message.ts'

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

/** How long a subscription waits for its next message. */
export interface SubscriptionReceiveOptions {
  /** Unit: milliseconds; default: as long as it takes. */
  readonly timeoutMs?: number
  /** Ends the wait early. */
  readonly signal?: AbortSignal
}

/** Checks the options of `PubSub.subscribe`. @throws {NodeError} `NODE_BAD_OPTION` */
export const checkSubscribe = checks.options<SubscribeOptions>('subscribe', {
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
  readonly options: SubscribeOptions
  /** Gets each message in place of the queue. */
  readonly listener: ((message: PubSubMessage) => void) | undefined
  readonly onClosed: (subscription: Subscription) => void
  readonly full: (subscription: Subscription, policy: OverflowPolicy) => void
}

/** How a subscription ended: undefined reason when the program itself ended it. */
interface End {
  readonly reason: Term
}

/** Makes a subscription; programs get theirs from `PubSub.subscribe`. */
export let makeSubscription: (topic: string, parts: SubscriptionParts) => Subscription
/** Gives a subscription a message. Throws what its listener throws, and gives what that gives. */
export let deliver: (subscription: Subscription, message: PubSubMessage, origin?: Origin) => unknown
/** Ends a subscription: no more messages come. The reason is undefined when the program itself ends it. */
export let end: (subscription: Subscription, reason: Term) => void

/** Messages of one topic, in the order they came. Made by `PubSub.subscribe`. */
export class Subscription implements AsyncIterable<PubSubMessage>, Disposable {
  readonly topic: string
  readonly #parts: SubscriptionParts
  readonly #queue: MailboxQueue<PubSubMessage>
  readonly #onAbort = (): void => this.close()
  #end: End | undefined

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
      content: `message of ${topic}`,
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
  async receive(options?: SubscriptionReceiveOptions): Promise<PubSubMessage> {
    if (options !== undefined) checkReceive(options)
    return this.#queue.receive(options)
  }

  /**
   * All messages from now on. Ends with the subscription, and when the node closes; leaving the loop ends the subscription.
   *
   * @throws {NodeError} `NODE_EXITED` with the reason when it was not the program that ended it
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<PubSubMessage, void> {
    try {
      while (this.active || this.length > 0) {
        let message: PubSubMessage
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
    const { listener } = this.#parts
    return listener === undefined ? this.#queue.push(message, origin) : listener(message)
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
