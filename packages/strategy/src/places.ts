import type { Clock } from '@dynsrv/kit'

/**
 * Work that takes longer goes on and gives its place to the next: silent peers keep none out that would answer. As long as
 * RFC 8305 waits before it tries another address.
 */
const SLOW_MS = 250

/** Places for so much work at the same time, without the work that has become slow. */
export class Places {
  readonly #clock: Clock
  readonly #max: number
  readonly #freed: () => void
  #taken = 0

  /** @param freed called whenever a place is free again */
  constructor(clock: Clock, max: number, freed: () => void) {
    this.#clock = clock
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
      this.#clock.clearTimeout(slow)
      if (!held) return
      held = false
      this.#taken -= 1
      this.#freed()
    }
    // The work has a timer or a socket of its own, which keeps the process alive for it.
    const slow = this.#clock.setTimeout(giveUp, SLOW_MS)
    slow.unref()
    return giveUp
  }
}
