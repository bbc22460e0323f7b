import { atom, type Term } from '@dynsrv/etf'
import { type Clock, oneOf, type Rule, type Timer, withCallersStack } from '@dynsrv/kit'
import { NodeError } from '../error.ts'
import type { Origin } from './peer-use.ts'

/** What happens to a message for a mailbox that is full. */
export type OverflowPolicy = 'dropNewest' | 'dropOldest' | 'exit'

/** The policies that there are. */
export const overflowPolicy: Rule = oneOf('dropNewest', 'dropOldest', 'exit')

/** Messages that a mailbox keeps before the overflow policy speaks. */
export const MAX_MAILBOX_MESSAGES = 100_000

/** Bytes of messages of other nodes that a mailbox keeps before the overflow policy speaks. */
export const MAX_MAILBOX_BYTES = 256 * 1024 * 1024

/** The exit reason of a process that ends because its mailbox is full. */
export const MAILBOX_FULL = atom('mailbox_full')

/** Which message to take, and how long to wait for it. */
export interface QueueWait<Message> {
  readonly match?: ((message: Message) => boolean) | undefined
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export interface MailboxQueueParts {
  readonly clock: Clock
  /** What comes out of it, for the error when nothing does: `message of the topic x`. */
  readonly content: string
  /** What to do when none comes in time. */
  readonly lateHint?: (() => string) | undefined
  /** How many messages may wait. */
  readonly maxMessages: number
  /** How much memory those of other nodes among them may take; default 256 MiB. Unit: bytes. */
  readonly maxBytes?: number | undefined
  /** Default: `dropNewest`. */
  readonly whenFull?: OverflowPolicy | undefined
  /** A message has found the queue full; called once until there is room again. */
  readonly full: (policy: OverflowPolicy) => void
  /** The policy is `exit`: what reads the queue ends for this reason. */
  readonly exit: (reason: Term) => void
}

interface Waiter<Message> {
  readonly match: ((message: Message) => boolean) | undefined
  readonly resolve: (message: Message) => void
  readonly fail: (error: unknown) => void
}

const LEAST_ROOM = 16
/** A queue that needed more room gives it back when it is empty. */
const KEPT_ROOM = 4096

/** Messages in the order they came, and those who wait for one; first come, first served among waiters that match. */
export class MailboxQueue<Message = Term> {
  /** A ring of 2^n places; `#head` is the oldest message. */
  #ring: (Message | undefined)[] = []
  /** Where each came from; undefined for those of our own processes. */
  #origins: (Origin | undefined)[] = []
  #head = 0
  #length = 0
  #bytes = 0
  #waiters: Waiter<Message>[] = []
  readonly #parts: MailboxQueueParts
  #dropped = 0
  /** The present episode of overflow was told. */
  #telling = false
  /** Makes the error that says so, when nothing comes any more. */
  #ended: (() => unknown) | undefined

  constructor(parts: MailboxQueueParts) {
    this.#parts = parts
  }

  /** Messages that nobody has taken yet. */
  get length(): number {
    return this.#length
  }

  /** Messages that found the queue full: so many are lost. */
  get dropped(): number {
    return this.#dropped
  }

  /** Takes a message in; when the queue is full, the policy decides. */
  push(message: Message, origin?: Origin): void {
    if (this.#isFull) this.#overflow(message, origin)
    else {
      this.#telling = false
      this.#keep(message, origin)
    }
  }

  /** Whether a message would be dropped now, whatever it is. */
  get dropsAll(): boolean {
    const { whenFull = 'dropNewest' } = this.#parts
    return whenFull === 'dropNewest' && this.#isFull
  }

  /** The same of a message that has come: it counts as dropped then. */
  dropsNext(): boolean {
    if (!this.dropsAll) return false
    this.#drops()
    return true
  }

  get #isFull(): boolean {
    const { maxMessages, maxBytes = MAX_MAILBOX_BYTES } = this.#parts
    return this.#length >= maxMessages || this.#bytes >= maxBytes
  }

  /** Takes the first message of a queue that is not empty. */
  shift(): Message {
    const ring = this.#ring
    const head = this.#head
    const message = ring[head] as Message
    ring[head] = undefined
    this.#release(head)
    this.#head = (head + 1) & (ring.length - 1)
    this.#length--
    if (this.#length === 0 && ring.length > KEPT_ROOM) this.clear()
    return message
  }

  /** Takes the first message that matches; undefined when none does. */
  take(match?: (message: Message) => boolean): { readonly message: Message } | undefined {
    if (match === undefined) return this.#length === 0 ? undefined : { message: this.shift() }
    for (let index = 0; index < this.#length; index++) {
      const message = this.#at(index)
      if (match(message)) return this.#remove(message)
    }
    return undefined
  }

  /**
   * Takes the next message, or the first that matches.
   *
   * @throws {NodeError} `NODE_TIMEOUT`; the error of the end when nothing is left; the signal's reason when it aborts
   */
  receive(options?: QueueWait<Message>): Promise<Message> {
    if (options === undefined && this.#length > 0) return Promise.resolve(this.shift())
    return this.#receiveNext(options ?? {})
  }

  /**
   * Calls back with the next message that matches, or with the error of the end.
   *
   * @returns what takes the wish back
   */
  wait(
    match: ((message: Message) => boolean) | undefined,
    resolve: (message: Message) => void,
    fail: (error: unknown) => void,
  ): () => void {
    const waiter: Waiter<Message> = { match, resolve, fail }
    this.#waiters.push(waiter)
    return () => {
      const at = this.#waiters.indexOf(waiter)
      if (at >= 0) this.#waiters.splice(at, 1)
    }
  }

  /** Nothing comes any more: all who wait get the error, and so do those who ask when nothing is left. */
  end(error: () => unknown): void {
    this.#ended = error
    // What nobody may ever read costs its sender nothing more.
    for (let index = 0; index < this.#length; index++) this.#release(this.#place(index))
    for (const { fail } of this.#waiters.splice(0)) fail(error())
  }

  /** Drops the messages. */
  clear(): void {
    for (let index = 0; index < this.#length; index++) this.#release(this.#place(index))
    this.#ring = []
    this.#origins = []
    this.#head = 0
    this.#length = 0
  }

  async #receiveNext(options: QueueWait<Message>): Promise<Message> {
    options.signal?.throwIfAborted()
    const taken = this.take(options.match)
    if (taken !== undefined) return taken.message
    try {
      if (this.#ended !== undefined) throw this.#ended()
      return await this.#waitFor(options)
    } catch (error) {
      throw withCallersStack(error)
    }
  }

  #waitFor({ match, timeoutMs, signal }: QueueWait<Message>): Promise<Message> {
    const { clock } = this.#parts
    return new Promise((resolve, reject) => {
      let timer: Timer | undefined
      const finish = (settle: () => void): void => {
        forget()
        clock.clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        settle()
      }
      const onAbort = (): void => finish(() => reject(signal?.reason))
      const forget = this.wait(
        match,
        (message) => finish(() => resolve(message)),
        (error) => finish(() => reject(error)),
      )
      if (timeoutMs !== undefined) {
        const late = (): Error => {
          const { content, lateHint } = this.#parts
          return new NodeError('NODE_TIMEOUT', `no ${content} within ${timeoutMs} ms`, { hint: lateHint?.() })
        }
        timer = clock.setTimeout(() => finish(() => reject(late())), timeoutMs)
      }
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  #overflow(message: Message, origin: Origin | undefined): void {
    const { whenFull = 'dropNewest', exit } = this.#parts
    this.#drops()
    if (whenFull === 'exit') exit(MAILBOX_FULL)
    else if (whenFull === 'dropOldest') {
      this.shift()
      // A large message may have to make room for several.
      for (; this.#length > 0 && this.#isFull; this.#dropped++) this.shift()
      this.#keep(message, origin)
    }
  }

  #drops(): void {
    const { whenFull = 'dropNewest', full } = this.#parts
    this.#dropped++
    if (this.#telling) return
    this.#telling = true
    full(whenFull)
  }

  /** Hands a message to the first waiter that wants it, else keeps it. */
  #keep(message: Message, origin: Origin | undefined): void {
    if (this.#waiters.length > 0 && this.#hand(message)) return
    if (this.#length === this.#ring.length) this.#grow()
    const place = this.#place(this.#length)
    this.#ring[place] = message
    this.#length++
    if (origin === undefined || this.#ended !== undefined) return
    origin.keep()
    this.#bytes += origin.bytes
    this.#origins[place] = origin
  }

  #release(place: number): void {
    const origin = this.#origins[place]
    if (origin === undefined) return
    this.#origins[place] = undefined
    this.#bytes -= origin.bytes
    origin.release()
  }

  /** Where the message of that number is, counted from the oldest. */
  #place(index: number): number {
    return (this.#head + index) & (this.#ring.length - 1)
  }

  #hand(message: Message): boolean {
    const waiters = this.#waiters
    for (let index = 0; index < waiters.length; index++) {
      const waiter = waiters[index]!
      if (waiter.match !== undefined) {
        try {
          if (!waiter.match(message)) continue
        } catch (cause) {
          // The peer that sent the message is not to blame, nor are the others who wait.
          if (waiters[index] === waiter) waiters.splice(index--, 1)
          waiter.fail(cause)
          continue
        }
      }
      if (waiters.length === 1) waiters.length = 0
      else waiters.splice(index, 1)
      waiter.resolve(message)
      return true
    }
    return false
  }

  #at(index: number): Message {
    return this.#ring[this.#place(index)] as Message
  }

  /** The match function may have taken messages itself, so the message is looked for once more. */
  #remove(message: Message): { readonly message: Message } | undefined {
    let index = 0
    while (index < this.#length && this.#at(index) !== message) index++
    if (index === this.#length) return undefined
    this.#release(this.#place(index))
    for (let later = index + 1; later < this.#length; later++) {
      const [from, to] = [this.#place(later), this.#place(later - 1)]
      this.#ring[to] = this.#ring[from]
      this.#origins[to] = this.#origins[from]
    }
    this.#length--
    const last = this.#place(this.#length)
    this.#ring[last] = undefined
    this.#origins[last] = undefined
    return { message }
  }

  #grow(): void {
    const room = Math.max(LEAST_ROOM, this.#ring.length * 2)
    const ring = new Array<Message | undefined>(room).fill(undefined)
    const origins = new Array<Origin | undefined>(room).fill(undefined)
    for (let index = 0; index < this.#length; index++) {
      ring[index] = this.#at(index)
      origins[index] = this.#origins[this.#place(index)]
    }
    this.#ring = ring
    this.#origins = origins
    this.#head = 0
  }
}
