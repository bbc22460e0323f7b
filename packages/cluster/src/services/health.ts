/** How long a member is left out, and after what. */
export interface HealthOptions {
  /** Calls in a row that failed, without word whether they ran, after which a member is left out. */
  readonly failures: number
  /** How long for, at first. It doubles each time. Unit: milliseconds. */
  readonly outMs: number
  /** How long at most. Unit: milliseconds. */
  readonly maxOutMs: number
}

/**
 * How a call to a member ended, as far as the member's health goes: `ok`; `failed`, perhaps by chance; `refused`, so that the
 * next one would end alike; `slow` for an answer that took far longer than those of the others; `none` when it says nothing.
 */
export type CallEnd = 'ok' | 'failed' | 'refused' | 'slow' | 'none'

/** A time that is doubled is spread by up to a tenth, so that many callers do not come back at once. */
const SPREAD = 0.1

/**
 * Whether a member gets calls: a circuit breaker without a clock of its own.
 *
 * A member that fails is left out for a time. Then it gets one call, on trial: when that ends well it is in again, and else
 * it is left out for twice the time. Everything comes as an argument, so that a test sees each step.
 */
export class Health {
  readonly #options: HealthOptions
  /** Since the last one that ended well. */
  #failures = 0
  /** How many times in a row it was left out. */
  #rounds = 0
  #outUntil: number | undefined
  #reason: unknown
  #isOnTrial = false

  constructor(options: HealthOptions) {
    this.#options = options
  }

  /** Failures since the last call that ended well. */
  get failures(): number {
    return this.#failures
  }

  /** Why it is left out; undefined while it is in. */
  get reason(): unknown {
    return this.#reason
  }

  /** Whether a call may go there: `in`; `due` for a trial; `out`. */
  at(now: number): 'in' | 'due' | 'out' {
    if (this.#outUntil === undefined) return 'in'
    return now >= this.#outUntil && !this.#isOnTrial ? 'due' : 'out'
  }

  /** Whether a call is under way that decides on it. */
  get isOnTrial(): boolean {
    return this.#isOnTrial
  }

  /** How long it is still left out. Unit: milliseconds. */
  outMs(now: number): number {
    return this.#outUntil === undefined ? 0 : Math.max(0, this.#outUntil - now)
  }

  /** A call begins. @returns whether it is a trial */
  begin(): boolean {
    if (this.#outUntil === undefined) return false
    this.#isOnTrial = true
    return true
  }

  /** A call has ended. @param random from 0 to 1 */
  end(
    wasTrial: boolean,
    how: CallEnd,
    { now, random, reason }: { now: number; random: number; reason?: unknown },
  ): void {
    if (wasTrial) this.#isOnTrial = false
    // One that began before it was left out says nothing about now.
    else if (this.#outUntil !== undefined) return
    if (how === 'none') return
    if (how === 'ok') {
      this.#failures = 0
      this.#rounds = 0
      this.#outUntil = undefined
      this.#reason = undefined
      return
    }
    this.#failures += 1
    const { failures, outMs, maxOutMs } = this.#options
    if (how === 'failed' && !wasTrial && this.#failures < failures) return
    const ms = Math.min(outMs * 2 ** this.#rounds, maxOutMs)
    this.#rounds += 1
    this.#outUntil = now + ms * (1 - SPREAD * random)
    this.#reason = reason
  }
}
