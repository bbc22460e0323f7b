import type { Cluster } from '@dynsrv/cluster'
import type { Clock } from '@dynsrv/kit'

/** How many pings are under way at the same time. */
const AT_ONCE = 8
/** How long a ping may take, in milliseconds. */
const PATIENCE_MS = 3_000
/** How old a measurement may become, in milliseconds. */
const FRESH_MS = 5_000

/** Measures how long a ping of each connected peer takes. It asks only on `measure`, and never dials. */
export class Latency {
  readonly #cluster: Cluster
  readonly #clock: Clock
  readonly #measured = new Map<string, { readonly ms: number | null; readonly at: number }>()
  #queue: string[] = []
  #underWay = 0

  constructor(cluster: Cluster, clock: Clock) {
    this.#clock = clock
    this.#cluster = cluster
  }

  /** Milliseconds of the last ping; null when there was none or it was not answered. */
  of(peer: string): number | null {
    return this.#measured.get(peer)?.ms ?? null
  }

  /** Begins to measure peers that were not measured recently, a few at a time. */
  measure(signal: AbortSignal): void {
    if (this.#queue.length === 0) {
      const now = this.#clock.monotonic()
      const members = new Set<string>(this.#cluster.members())
      for (const name of this.#measured.keys()) if (!members.has(name)) this.#measured.delete(name)
      this.#queue = [...members].filter((name) => now - (this.#measured.get(name)?.at ?? -FRESH_MS) >= FRESH_MS)
    }
    // None rejects: no answer is a measurement too.
    while (this.#underWay < AT_ONCE && this.#queue.length > 0) void this.#work(signal)
  }

  async #work(signal: AbortSignal): Promise<void> {
    this.#underWay++
    for (let name = this.#queue.shift(); name !== undefined && !signal.aborted; name = this.#queue.shift()) {
      this.#measured.set(name, { ms: await this.#ping(name, signal), at: this.#clock.monotonic() })
    }
    this.#underWay--
  }

  async #ping(name: string, signal: AbortSignal): Promise<number | null> {
    // A ping of a peer that is not connected would dial it.
    if (!this.#cluster.members().some((member) => member === name)) return null
    const startedAt = this.#clock.monotonic()
    try {
      await this.#cluster.node.ping(name, { signal, timeoutMs: PATIENCE_MS })
      return Math.round((this.#clock.monotonic() - startedAt) * 100) / 100
    } catch {
      return null
    }
  }
}
