/** Functions that are remembered; the oldest is forgotten first. */
const MAX_FUNCTIONS = 1_000

/**
 * Which members said that they do not have a function. In a mixed cluster most members lack most functions, and a call should
 * not ask them all again each time.
 *
 * After a time all is forgotten about a function, since a member may load it.
 */
export class Lacking<Seat> {
  readonly #keepMs: number
  readonly #functions = new Map<string, { readonly seats: Set<Seat>; readonly until: number }>()

  /** @param keepMs for how long. Unit: milliseconds */
  constructor(keepMs: number) {
    this.#keepMs = keepMs
  }

  /** Whether nothing is known. */
  get isEmpty(): boolean {
    return this.#functions.size === 0
  }

  /** Notes that a member does not have it. */
  add(seat: Seat, name: string, now: number): void {
    const known = this.of(name, now)
    if (known !== undefined) {
      known.add(seat)
      return
    }
    this.#functions.set(name, { seats: new Set([seat]), until: now + this.#keepMs })
    if (this.#functions.size > MAX_FUNCTIONS) this.#functions.delete(this.#functions.keys().next().value!)
  }

  /** Those that do not have it; undefined when nothing is known. */
  of(name: string, now: number): Set<Seat> | undefined {
    const known = this.#functions.get(name)
    if (known === undefined || now < known.until) return known?.seats
    this.#functions.delete(name)
    return undefined
  }
}
