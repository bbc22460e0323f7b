/** What stands for peers beyond the bound. */
export const OTHER = 'other'

/** Names of peers as values of a label, so many at most: each value costs memory here and wherever the numbers are kept. */
export class PeerLabels {
  readonly #max: number
  readonly #known = new Set<string>()

  constructor(max: number) {
    this.#max = max
  }

  /** The peer's name, or `other` once there are as many as may be. */
  label(peer: string): string {
    if (this.#known.has(peer)) return peer
    if (this.#known.size >= this.#max) return OTHER
    this.#known.add(peer)
    return peer
  }
}
