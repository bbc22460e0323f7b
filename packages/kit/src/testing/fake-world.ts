import type { Clock, Timer } from '../world/clock.ts'
import { realWorld } from '../world/real-world.ts'
import type { World } from '../world/world.ts'

interface Due extends Timer {
  at: number
  readonly work: () => void
  readonly everyMs: number | undefined
}

/** A clock that stands still until a test moves it. */
export class FakeClock implements Clock {
  readonly #timers = new Set<Due>()
  #ms = 0

  /** How many timers run. */
  get timers(): number {
    return this.#timers.size
  }

  now(): number {
    return this.#ms
  }

  monotonic(): number {
    return this.#ms
  }

  setTimeout(work: () => void, ms: number): Timer {
    return this.#start(work, ms, undefined)
  }

  clearTimeout(timer: Timer | undefined): void {
    this.#timers.delete(timer as Due)
  }

  setInterval(work: () => void, ms: number): Timer {
    return this.#start(work, ms, ms)
  }

  clearInterval(timer: Timer | undefined): void {
    this.clearTimeout(timer)
  }

  setImmediate(work: () => void): Timer {
    return this.#start(work, 0, undefined)
  }

  /** Lets time pass: runs what is due in its order, and after each piece what it has set off. */
  async advance(ms: number): Promise<void> {
    const end = this.#ms + ms
    await turn()
    for (let due = this.#next(end); due !== undefined; due = this.#next(end)) {
      this.#ms = Math.max(this.#ms, due.at)
      if (due.everyMs === undefined) this.#timers.delete(due)
      else due.at += due.everyMs
      due.work()
      await turn()
    }
    this.#ms = end
  }

  #start(work: () => void, ms: number, everyMs: number | undefined): Timer {
    const due: Due = { at: this.#ms + Math.max(ms, 0), work, everyMs, ref: () => due, unref: () => due }
    this.#timers.add(due)
    return due
  }

  #next(end: number): Due | undefined {
    let next: Due | undefined
    for (const due of this.#timers) if (due.at <= end && (next === undefined || due.at < next.at)) next = due
    return next
  }
}

/** What is pending now and needs no time. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** The real world with a clock that a test moves, and with what the test puts in place of its other parts. */
export function fakeWorld(parts: Partial<World> = {}): World & { readonly clock: FakeClock } {
  return { ...realWorld, ...parts, clock: new FakeClock() }
}
