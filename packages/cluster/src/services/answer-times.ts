/** How much the last answer counts in the average. */
const LAST = 0.2
/** Before so many answers, an average says little. */
const ENOUGH = 10
/** A comparison costs time in proportion to the members, so that only each so many answers lead to one. */
const LOOK_EVERY = 8
/** However quick the others are, so much more than they take is not slow. Unit: milliseconds. */
const NEVER_SLOW_MS = 50

/** How long the answers of one member take, where the last ones count most. */
export class AnswerTimes {
  #count = 0
  #averageMs = 0

  get averageMs(): number {
    return this.#averageMs
  }

  /** Whether there were enough of them to say something. */
  get isKnown(): boolean {
    return this.#count >= ENOUGH
  }

  /** Whether they should be compared with those of the others now. */
  get isWorthALook(): boolean {
    return this.isKnown && this.#count % LOOK_EVERY === 0
  }

  add(ms: number): void {
    this.#averageMs = this.#count === 0 ? ms : this.#averageMs + LAST * (ms - this.#averageMs)
    this.#count += 1
  }

  /** Begins anew. */
  forget(): void {
    this.#count = 0
    this.#averageMs = 0
  }
}

/** From where on an average is slow, beside those of others. Unit: milliseconds. */
export function slowLimit(others: readonly number[], factor: number): number {
  if (others.length === 0) return Number.POSITIVE_INFINITY
  const median = [...others].sort((a, b) => a - b)[others.length >> 1]!
  return Math.max(median * factor, median + NEVER_SLOW_MS)
}
