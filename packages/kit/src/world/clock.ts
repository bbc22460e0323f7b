/** A timer that runs. Whether it keeps the process alive can be chosen. */
export interface Timer {
  ref(): unknown
  unref(): unknown
}

/** Gives the time and calls back later. Unit: milliseconds everywhere. */
export interface Clock {
  /** Since 1970 in UTC, as `Date.now()`. It can jump. */
  now(): number
  /** Since some moment in the past, as `performance.now()`. It never goes back. */
  monotonic(): number
  /**
   * True for a clock that goes on while the program looks at it, so that a loop may wait for a time to come. Left out for
   * one that stands still until somebody moves it: such a loop would never end.
   */
  readonly goesByItself?: true
  /** Calls back once. Any duration works: longer ones than 2³¹ − 1 too, and `Infinity`, which never ends. */
  setTimeout(work: () => void, ms: number): Timer
  /** Takes back a timer of `setTimeout`; nothing happens when it has run. */
  clearTimeout(timer: Timer | undefined): void
  /** Calls back again and again. Any duration works here too. */
  setInterval(work: () => void, ms: number): Timer
  clearInterval(timer: Timer | undefined): void
  /** Calls back when what the event loop holds now is done. */
  setImmediate(work: () => void): unknown
}

/** What a timer of the system holds at most. */
const LONGEST_MS = 2 ** 31 - 1

/** A timer for longer than the system's timers hold: it starts one after another. */
class LongTimer implements Timer {
  #timer!: NodeJS.Timeout
  #keepsProcess = true

  constructor(work: () => void, ms: number, { again }: { readonly again: boolean }) {
    const run = again
      ? (): void => {
          this.#start(run, ms)
          work()
        }
      : work
    this.#start(run, ms)
  }

  ref(): void {
    this.#keepsProcess = true
    this.#timer.ref()
  }

  unref(): void {
    this.#keepsProcess = false
    this.#timer.unref()
  }

  clear(): void {
    clearTimeout(this.#timer)
  }

  #start(work: () => void, ms: number): void {
    const part = Math.min(ms, LONGEST_MS)
    const next = ms > part ? () => this.#start(work, ms - part) : work
    this.#timer = setTimeout(next, part)
    if (!this.#keepsProcess) this.#timer.unref()
  }
}

/** Takes back a timer of either kind; Node does not tell them apart. */
function clear(timer: Timer | undefined): void {
  if (timer instanceof LongTimer) timer.clear()
  else clearTimeout(timer as NodeJS.Timeout | undefined)
}

/** The clock of the machine. */
export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  goesByItself: true,
  setTimeout: (work, ms) => (ms > LONGEST_MS ? new LongTimer(work, ms, { again: false }) : setTimeout(work, ms)),
  clearTimeout: clear,
  setInterval: (work, ms) => (ms > LONGEST_MS ? new LongTimer(work, ms, { again: true }) : setInterval(work, ms)),
  clearInterval: clear,
  setImmediate: (work) => setImmediate(work),
}
