/**
 * Work that is not done by then goes on, and gives its place to the next, so that silent peers keep out none that would
 * answer. As long as RFC 8305 waits before it tries another address.
 */
const SLOW_MS = 250

/** Places for so much work at the same time, without the work that has become slow. */
export class Places {
  readonly #max: number
  readonly #freed: () => void
  #taken = 0

  /** @param freed called whenever a place is free again */
  constructor(max: number, freed: () => void) {
    this.#max = max
    this.#freed = freed
  }

  get full(): boolean {
    return this.#taken >= this.#max
  }

  /** Takes a place. @returns what gives it up when the work is done; a place that was given up before stays so */
  take(): () => void {
    this.#taken += 1
    let held = true
    const giveUp = () => {
      clearTimeout(slow)
      if (!held) return
      held = false
      this.#taken -= 1
      this.#freed()
    }
    // The work has a timer or a socket of its own, which keeps the process alive for it.
    const slow = setTimeout(giveUp, SLOW_MS).unref()
    return giveUp
  }
}
