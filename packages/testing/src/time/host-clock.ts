import type { Clock, Timer } from '@dynsrv/kit'
import type { Process } from '../machine.ts'
import type { Due } from './schedule.ts'

/** What the clocks of all hosts show when a simulation begins. */
const EPOCH_MS = Date.UTC(2024, 0, 1)
/** Node's own timers are no shorter. */
const LEAST_MS = 1

/** A timer of a process in the simulator. It keeps no real process alive, whatever is said to it. */
class SimTimer implements Timer {
  due: Due | undefined
  /** What is due may wait for its turn already. */
  isCleared = false
  /** Whether its time is still to come. */
  isSet = false

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }
}

/**
 * The clock of a process: virtual time, as its host's clock shows it. It stands still while the program runs, so that it has no
 * `goesByItself`.
 */
export class HostClock implements Clock {
  readonly #process: Process
  #timers = 0

  constructor(process: Process) {
    this.#process = process
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#timers
  }

  now(): number {
    const { host, schedule } = this.#process
    return Math.floor(EPOCH_MS + schedule.now + host.clockOffsetMs)
  }

  monotonic(): number {
    return this.#process.schedule.now
  }

  setTimeout(work: () => void, ms: number): Timer {
    const timer = new SimTimer()
    this.#start(timer, work, ms)
    return timer
  }

  clearTimeout(timer: Timer | undefined): void {
    if (!(timer instanceof SimTimer) || timer.isCleared) return
    this.#process.cancel(timer.due)
    timer.isCleared = true
    if (timer.isSet) this.#timers--
    timer.isSet = false
  }

  setInterval(work: () => void, ms: number): Timer {
    const timer = new SimTimer()
    const again = (): void => {
      this.#start(timer, again, ms)
      work()
    }
    this.#start(timer, again, ms)
    return timer
  }

  clearInterval(timer: Timer | undefined): void {
    this.clearTimeout(timer)
  }

  setImmediate(work: () => void): Timer {
    const timer = new SimTimer()
    this.#post(timer, work, 0)
    return timer
  }

  #start(timer: SimTimer, work: () => void, ms: number): void {
    if (ms === Number.POSITIVE_INFINITY) return
    this.#post(timer, work, ms >= LEAST_MS ? ms : LEAST_MS)
  }

  #post(timer: SimTimer, work: () => void, ms: number): void {
    timer.isSet = true
    this.#timers++
    timer.due = this.#process.post(ms, () => {
      if (timer.isCleared) return
      timer.isSet = false
      this.#timers--
      work()
    })
  }
}
