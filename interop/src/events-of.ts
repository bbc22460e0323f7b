import type { Cluster, ClusterEvent } from 'dynsrv'

/** Collects a cluster's events from now on, and waits for the one that matters. */
export class EventsOf {
  readonly seen: ClusterEvent[] = []
  readonly #waiting = new Set<() => void>()

  constructor(cluster: Cluster) {
    cluster.on((event) => {
      this.seen.push(event)
      for (const check of this.#waiting) check()
    })
  }

  /** The types of what was seen, in order. */
  types(): string[] {
    return this.seen.map(({ type }) => type)
  }

  /** The next event that fits, among those seen since `from` and those to come. */
  next<T extends ClusterEvent['type']>(
    type: T,
    fits: (event: Extract<ClusterEvent, { type: T }>) => boolean = () => true,
    { from = 0, patienceMs = 15_000 }: { from?: number; patienceMs?: number } = {},
  ): Promise<Extract<ClusterEvent, { type: T }>> {
    const find = () =>
      this.seen
        .slice(from)
        .find(
          (event): event is Extract<ClusterEvent, { type: T }> =>
            event.type === type && fits(event as Extract<ClusterEvent, { type: T }>),
        )
    return new Promise((resolve, reject) => {
      const check = () => {
        const found = find()
        if (found === undefined) return
        clearTimeout(patience)
        this.#waiting.delete(check)
        resolve(found)
      }
      const patience = setTimeout(() => {
        this.#waiting.delete(check)
        reject(new Error(`no ${type} within ${patienceMs} ms; seen: ${this.types().join(', ')}`))
      }, patienceMs)
      this.#waiting.add(check)
      check()
    })
  }

  /** Waits until so many more events of a type have come. */
  async count(type: ClusterEvent['type'], many: number): Promise<void> {
    const from = this.seen.length
    let found = 0
    await this.next(type, () => ++found >= many, { from })
  }
}
