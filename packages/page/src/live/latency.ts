import type { Cluster } from '@dynsrv/cluster'

/** How many pings are under way at the same time. */
const AT_ONCE = 8
/** How long a ping may take, in milliseconds. */
const PATIENCE_MS = 3_000
/** How old a measurement may become, in milliseconds. */
const FRESH_MS = 5_000

/** Measures how long a ping of each connected peer takes. Asks only when it is told to, and never dials. */
export class Latency {
  readonly #cluster: Cluster
  readonly #measured = new Map<string, { readonly ms: number | null; readonly at: number }>()
  #queue: string[] = []
  #underWay = 0

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** Milliseconds of the last ping; null when there was none or it was not answered. */
  of(peer: string): number | null {
    return this.#measured.get(peer)?.ms ?? null
  }

  /** Begins to measure who was not measured of late, a few at a time. */
  measure(signal: AbortSignal): void {
    if (this.#queue.length === 0) {
      const now = performance.now()
      const members = new Set<string>(this.#cluster.members())
      for (const name of this.#measured.keys()) if (!members.has(name)) this.#measured.delete(name)
      this.#queue = [...members].filter((name) => now - (this.#measured.get(name)?.at ?? -FRESH_MS) >= FRESH_MS)
    }
    while (this.#underWay < AT_ONCE && this.#queue.length > 0) void this.#work(signal)
  }

  async #work(signal: AbortSignal): Promise<void> {
    this.#underWay++
    for (let name = this.#queue.shift(); name !== undefined && !signal.aborted; name = this.#queue.shift()) {
      this.#measured.set(name, { ms: await this.#ping(name, signal), at: performance.now() })
    }
    this.#underWay--
  }

  async #ping(name: string, signal: AbortSignal): Promise<number | null> {
    // Who is connected at this very moment is not dialled by a ping.
    if (!this.#cluster.members().some((member) => member === name)) return null
    const startedAt = performance.now()
    try {
      await this.#cluster.node.ping(name, { signal, timeoutMs: PATIENCE_MS })
      return Math.round((performance.now() - startedAt) * 100) / 100
    } catch {
      return null // No answer is a measurement too.
    }
  }
}
