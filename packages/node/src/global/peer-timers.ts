/** One timer for each peer, of which the last one set counts. None keeps the program alive. */
export class PeerTimers {
  readonly #timers = new Map<string, NodeJS.Timeout>()

  set(peer: string, delayMs: number, work: () => void): void {
    clearTimeout(this.#timers.get(peer))
    this.#timers.set(peer, setTimeout(work, delayMs).unref())
  }

  delete(peer: string): void {
    clearTimeout(this.#timers.get(peer))
    this.#timers.delete(peer)
  }

  clear(): void {
    for (const peer of [...this.#timers.keys()]) this.delete(peer)
  }
}
