import type { Term } from '@dynsrv/etf'

/** What happens to a message for a mailbox that is full. */
export type OverflowPolicy = 'dropNewest' | 'dropOldest' | 'exit'

interface Waiter<Message> {
  readonly match: ((message: Message) => boolean) | undefined
  readonly resolve: (message: Message) => void
}

/** Messages in the order they came, and those who wait for one; first come, first served among waiters that match. */
export class MailboxQueue<Message = Term> {
  #messages: (Message | undefined)[] = []
  #head = 0
  #waiters: Waiter<Message>[] = []

  /** Messages that nobody has taken yet. */
  get length(): number {
    return this.#messages.length - this.#head
  }

  /** Hands a message to the first waiter that wants it, else keeps it. */
  push(message: Message): void {
    const waiter = this.#waiters.findIndex(({ match }) => match === undefined || match(message))
    if (waiter < 0) this.#messages.push(message)
    else this.#waiters.splice(waiter, 1)[0]!.resolve(message)
  }

  /** Takes the first message that matches; undefined when none does. */
  take(match?: (message: Message) => boolean): { readonly message: Message } | undefined {
    if (match === undefined) {
      if (this.length === 0) return undefined
      const message = this.#messages[this.#head] as Message
      this.#messages[this.#head++] = undefined
      if (this.#head > 1024 && this.#head * 2 > this.#messages.length) this.#compact()
      return { message }
    }
    for (let at = this.#head; at < this.#messages.length; at++) {
      const message = this.#messages[at] as Message
      if (!match(message)) continue
      this.#compact()
      this.#messages.splice(this.#messages.indexOf(message), 1)
      return { message }
    }
    return undefined
  }

  /** Calls back with the next message that matches; returns what takes the wish back. */
  wait(match: ((message: Message) => boolean) | undefined, resolve: (message: Message) => void): () => void {
    const waiter: Waiter<Message> = { match, resolve }
    this.#waiters.push(waiter)
    return () => {
      const at = this.#waiters.indexOf(waiter)
      if (at >= 0) this.#waiters.splice(at, 1)
    }
  }

  clear(): void {
    this.#messages = []
    this.#head = 0
    this.#waiters = []
  }

  #compact(): void {
    this.#messages.splice(0, this.#head)
    this.#head = 0
  }
}
