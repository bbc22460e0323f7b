import type { Term } from '@dynsrv/etf'

/** What happens to a message for a mailbox that is full. */
export type OverflowPolicy = 'dropNewest' | 'dropOldest' | 'exit'

interface Waiter<Message> {
  readonly match: ((message: Message) => boolean) | undefined
  readonly resolve: (message: Message) => void
  readonly fail: ((error: unknown) => void) | undefined
}

const LEAST_ROOM = 16
/** A queue that needed more room gives it back when it is empty. */
const KEPT_ROOM = 4096

/** Messages in the order they came, and those who wait for one; first come, first served among waiters that match. */
export class MailboxQueue<Message = Term> {
  /** A ring of 2^n places; `#head` is the oldest message. */
  #ring: (Message | undefined)[] = []
  #head = 0
  #length = 0
  #waiters: Waiter<Message>[] = []

  /** Messages that nobody has taken yet. */
  get length(): number {
    return this.#length
  }

  /** Hands a message to the first waiter that wants it, else keeps it. */
  push(message: Message): void {
    if (this.#waiters.length > 0 && this.#hand(message)) return
    if (this.#length === this.#ring.length) this.#grow()
    this.#ring[(this.#head + this.#length) & (this.#ring.length - 1)] = message
    this.#length++
  }

  /** Takes the first message of a queue that is not empty. */
  shift(): Message {
    const ring = this.#ring
    const head = this.#head
    const message = ring[head] as Message
    ring[head] = undefined
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
   * Calls back with the next message that matches.
   *
   * @param fail is called by `fail`
   * @returns what takes the wish back
   */
  wait(
    match: ((message: Message) => boolean) | undefined,
    resolve: (message: Message) => void,
    fail?: (error: unknown) => void,
  ): () => void {
    const waiter: Waiter<Message> = { match, resolve, fail }
    this.#waiters.push(waiter)
    return () => {
      const at = this.#waiters.indexOf(waiter)
      if (at >= 0) this.#waiters.splice(at, 1)
    }
  }

  /** Tells everybody who waits that nothing will come any more. */
  fail(error: () => unknown): void {
    for (const { fail } of this.#waiters.splice(0)) fail?.(error())
  }

  /** Drops the messages. */
  clear(): void {
    this.#ring = []
    this.#head = 0
    this.#length = 0
  }

  #hand(message: Message): boolean {
    const waiters = this.#waiters
    for (let index = 0; index < waiters.length; index++) {
      const waiter = waiters[index]!
      if (waiter.match !== undefined && !waiter.match(message)) continue
      if (waiters.length === 1) waiters.length = 0
      else waiters.splice(index, 1)
      waiter.resolve(message)
      return true
    }
    return false
  }

  #at(index: number): Message {
    return this.#ring[(this.#head + index) & (this.#ring.length - 1)] as Message
  }

  /** The match function may have taken messages itself, so the message is looked for once more. */
  #remove(message: Message): { readonly message: Message } | undefined {
    let index = 0
    while (index < this.#length && this.#at(index) !== message) index++
    if (index === this.#length) return undefined
    const mask = this.#ring.length - 1
    for (let later = index + 1; later < this.#length; later++) {
      this.#ring[(this.#head + later - 1) & mask] = this.#at(later)
    }
    this.#length--
    this.#ring[(this.#head + this.#length) & mask] = undefined
    return { message }
  }

  #grow(): void {
    const ring = new Array<Message | undefined>(Math.max(LEAST_ROOM, this.#ring.length * 2)).fill(undefined)
    for (let index = 0; index < this.#length; index++) ring[index] = this.#at(index)
    this.#ring = ring
    this.#head = 0
  }
}
