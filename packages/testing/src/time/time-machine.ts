import { setImmediate } from 'node:timers'
import { SimulationError } from '../error.ts'
import type { Schedule } from './schedule.ts'

/** Somebody waits for a time, or for something that ends. */
interface Wait {
  readonly until: number
  readonly isOver: () => boolean
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** So much may happen at one moment. More is a loop that waits for a time that never comes. */
const MAX_AT_ONCE = 1_000_000

/**
 * Lets virtual time pass: takes one thing after the other out of the schedule, and lets the promises and streams that it has
 * set off come to rest before the next.
 *
 * Time passes while somebody waits. It also goes on by itself for a while after the program has done something, so that a test
 * can simply await a call or an event. What the program does without waiting for the real world comes first, always at the
 * same virtual moment.
 */
export class TimeMachine {
  readonly #schedule: Schedule
  readonly #patienceMs: number
  readonly #onStandStill: () => void
  readonly #onStep: () => void
  readonly #waits = new Set<Wait>()
  /** How far time goes on although nobody waits. */
  #byItselfUntil: number
  #runs = false
  #stopped = false
  #atOnce = 0

  constructor(
    schedule: Schedule,
    options: {
      /** How long time goes on by itself after the program did something. */
      readonly patienceMs: number
      /** Called when that is over and there would be more. */
      readonly onStandStill: () => void
      /** Called before anything happens, and before the program goes on. */
      readonly onStep: () => void
    },
  ) {
    this.#schedule = schedule
    this.#patienceMs = options.patienceMs
    this.#byItselfUntil = options.patienceMs
    this.#onStandStill = options.onStandStill
    this.#onStep = options.onStep
    schedule.onAdded = () => {
      if (!this.#runs) this.touched()
    }
  }

  /** The program did something: time goes on by itself from here. */
  touched(): void {
    this.#byItselfUntil = this.#schedule.now + this.#patienceMs
    this.#start()
  }

  /** Lets so much time pass. */
  run(ms: number): Promise<void> {
    return this.#wait(this.#schedule.now + ms, () => false)
  }

  /** Lets time pass until something is over. Resolves with false when it is not over after so long. */
  async until(isOver: () => boolean, ms: number): Promise<boolean> {
    if (!isOver()) await this.#wait(this.#schedule.now + ms, isOver)
    return isOver()
  }

  /** Nothing happens any more. */
  stop(): void {
    this.#stopped = true
    for (const { reject } of this.#waits) reject(new SimulationError('SIM_CLOSED', 'the simulation was closed'))
    this.#waits.clear()
    this.#schedule.clear()
  }

  #wait(until: number, isOver: () => boolean): Promise<void> {
    if (this.#stopped) throw new SimulationError('SIM_CLOSED', 'the simulation is closed')
    return new Promise((resolve, reject) => {
      this.#waits.add({ until, isOver, resolve, reject })
      this.#start()
    })
  }

  #start(): void {
    if (this.#runs || this.#stopped) return
    this.#runs = true
    setImmediate(this.#step)
  }

  readonly #step = (): void => {
    if (this.#stopped) return
    this.#onStep()
    const schedule = this.#schedule
    if (this.#end(({ isOver }) => isOver())) return
    const { nextAt } = schedule
    let limit = this.#byItselfUntil
    if (this.#waits.size > 0) {
      // What waits for less goes first: what follows in the program comes before what happens later.
      limit = Number.POSITIVE_INFINITY
      for (const { until } of this.#waits) limit = Math.min(limit, until)
    }
    if (nextAt !== undefined && nextAt <= limit) {
      this.#happen(nextAt)
      setImmediate(this.#step)
      return
    }
    if (this.#waits.size === 0) {
      this.#runs = false
      if (nextAt !== undefined) this.#onStandStill()
      return
    }
    schedule.now = limit
    this.#end(({ until }) => until <= limit)
  }

  /** Ends waits. The program goes on before anything else happens. */
  #end(isOver: (wait: Wait) => boolean): boolean {
    let ended = false
    for (const wait of this.#waits) {
      if (!isOver(wait)) continue
      this.#waits.delete(wait)
      wait.resolve()
      ended = true
    }
    if (!ended) return false
    this.#byItselfUntil = this.#schedule.now + this.#patienceMs
    setImmediate(this.#step)
    return true
  }

  #happen(at: number): void {
    this.#atOnce = at === this.#schedule.now ? this.#atOnce + 1 : 0
    try {
      if (this.#atOnce > MAX_AT_ONCE) {
        const text = `more than ${MAX_AT_ONCE} things happen at one moment; does a loop wait for time to pass?`
        throw new SimulationError('SIM_TIME_STUCK', text)
      }
      this.#schedule.step()
    } catch (error) {
      const [wait] = this.#waits
      if (wait === undefined) throw error
      this.#waits.delete(wait)
      wait.reject(error)
    }
  }
}
