/** A link of which more waits to be taken than is usual. */
export interface QueuedLink {
  readonly queuedBytes: number
}

/** How much waits to be taken by all peers together. Only links that are busy count: the others hold next to nothing. */
export class QueuedBytes<Link extends QueuedLink> {
  readonly #maxBytes: number
  /** What each held when it was looked at last. */
  readonly #links = new Map<Link, number>()
  #sum = 0

  /** @param maxBytes how much may wait in all */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** More waits for a link now. Gives the one that has to go when that is too much for all together: the one that holds most. */
  grown(link: Link, queuedBytes: number): Link | undefined {
    this.#set(link, queuedBytes)
    if (this.#sum <= this.#maxBytes) return undefined
    // Others have been taken from meanwhile.
    let most: Link = link
    for (const each of this.#links.keys()) {
      this.#set(each, each.queuedBytes)
      if (each.queuedBytes > most.queuedBytes) most = each
    }
    return this.#sum > this.#maxBytes ? most : undefined
  }

  /** A link holds next to nothing any more, or is gone. */
  forget(link: Link): void {
    this.#sum -= this.#links.get(link) ?? 0
    this.#links.delete(link)
  }

  #set(link: Link, bytes: number): void {
    this.#sum += bytes - (this.#links.get(link) ?? 0)
    this.#links.set(link, bytes)
  }
}
