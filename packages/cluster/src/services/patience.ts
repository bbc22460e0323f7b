import type { Clock, Timer } from '@dynsrv/kit'

/** Somebody who waits, until a moment of the monotonic clock. */
export interface Waiting {
  readonly until: number
  /** Called once at that moment. */
  readonly over: () => void
}

/**
 * Calls back those who waited long enough. One timer serves all of them: nearly every call ends long before, and a timer of
 * its own would cost more than choosing a member does.
 */
export class Patience {
  readonly #clock: Pick<Clock, 'monotonic' | 'setTimeout' | 'clearTimeout'>
  readonly #waiting = new Set<Waiting>()
  #timer: Timer | undefined
  /** When the timer ends. */
  #next = Number.POSITIVE_INFINITY

  constructor(clock: Pick<Clock, 'monotonic' | 'setTimeout' | 'clearTimeout'>) {
    this.#clock = clock
  }

  /** @param now of the monotonic clock */
  add(waiting: Waiting, now: number): void {
    this.#waiting.add(waiting)
    if (waiting.until < this.#next) this.#arm(waiting.until, now)
  }

  /** Nothing happens when it was called back already. The timer goes on: the next call needs it again. */
  remove(waiting: Waiting): void {
    this.#waiting.delete(waiting)
  }

  #arm(until: number, now: number): void {
    this.#clock.clearTimeout(this.#timer)
    this.#next = until
    this.#timer = this.#clock.setTimeout(() => this.#look(), Math.max(0, until - now))
    // The calls that wait keep the process alive themselves.
    this.#timer.unref()
  }

  #look(): void {
    this.#timer = undefined
    this.#next = Number.POSITIVE_INFINITY
    const now = this.#clock.monotonic()
    const due: Waiting[] = []
    let next = Number.POSITIVE_INFINITY
    for (const waiting of this.#waiting) {
      if (waiting.until <= now) due.push(waiting)
      else if (waiting.until < next) next = waiting.until
    }
    for (const waiting of due) this.#waiting.delete(waiting)
    if (next < Number.POSITIVE_INFINITY) this.#arm(next, now)
    for (const { over } of due) over()
  }
}
