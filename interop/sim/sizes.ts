import type { NodeSnapshot } from '@dynsrv/node'
import type { Simulation } from '@dynsrv/testing'
import type { Cluster } from 'dynsrv'
import type { Seat } from './seat.ts'

/** Timers and packets that come and go, for each member. */
const PENDING_ROOM = 1
/** How often it is counted what there is, and with which pauses, so that polls do not fall on each of them. */
const SAMPLES = 10
const SAMPLE_EVERY_MS = 377
/** The same for timers and packets: polls that back off to half a minute are at rest in some. */
const PENDING_EVERY_MS = 3_770

/** How much there is of what could grow. */
export interface Sizes {
  readonly pending: number
  readonly processes: ReadonlyMap<Cluster, number>
  readonly monitors: ReadonlyMap<Cluster, number>
  readonly watchers: ReadonlyMap<Cluster, number>
  readonly sockets: readonly number[]
}

export interface SizesParts {
  readonly sim: Simulation
  readonly seats: readonly Seat[]
  readonly broken: (rule: string, how: string) => void
}

/** Counts what could grow, before a story and after it. */
export class Growth {
  readonly #parts: SizesParts

  constructor(parts: SizesParts) {
    this.#parts = parts
  }

  /** The least of several moments, since polls and calls come and go. */
  async measure(): Promise<Sizes> {
    const samples: Sizes[] = []
    for (let sample = 0; sample < SAMPLES; sample++) {
      await this.#parts.sim.run(SAMPLE_EVERY_MS)
      samples.push(this.#now())
    }
    let pending = Number.POSITIVE_INFINITY
    for (let sample = 0; sample < SAMPLES; sample++) {
      await this.#parts.sim.run(PENDING_EVERY_MS)
      pending = Math.min(pending, this.#parts.sim.pending)
    }
    const [first] = samples
    const leastOf = (of: (sizes: Sizes) => number | undefined) => Math.min(...samples.map((each) => of(each) ?? 0))
    const least = (kind: 'processes' | 'monitors' | 'watchers') =>
      new Map([...first![kind].keys()].map((cluster) => [cluster, leastOf((each) => each[kind].get(cluster))]))
    return {
      pending: Math.min(
        pending,
        leastOf((each) => each.pending),
      ),
      processes: least('processes'),
      monitors: least('monitors'),
      watchers: least('watchers'),
      sockets: this.#parts.seats.map((_, index) => leastOf(({ sockets }) => sockets[index])),
    }
  }

  #now(): Sizes {
    const inspected = this.#parts.seats.map(
      ({ cluster }) => [cluster, cluster.node.inspect({ maxProcesses: 10_000 })] as const,
    )
    const byCluster = (count: (snapshot: NodeSnapshot) => number) =>
      new Map(inspected.map(([cluster, snapshot]) => [cluster, count(snapshot)]))
    // Every node watches who has a name.
    const watchersOfNames = ({ self, global: names }: NodeSnapshot): number => {
      if (names.length === 0) return 0
      const { global } = this.#parts.seats.find(({ cluster }) => cluster.self === self)!.cluster.node
      return global.names().filter((name) => global.whereis(name)?.node.name === self).length * this.#parts.seats.length
    }
    return {
      pending: this.#parts.sim.pending,
      processes: byCluster(({ processCount }) => processCount),
      monitors: byCluster(({ monitors, global: names }) => monitors - names.length),
      watchers: byCluster(
        (snapshot) => snapshot.processes.reduce((sum, { watchers }) => sum + watchers, 0) - watchersOfNames(snapshot),
      ),
      sockets: this.#parts.seats.map(({ cluster }) => this.#parts.sim.sockets(cluster)),
    }
  }

  compare(before: Sizes, after: Sizes): void {
    const rule = 'nothing grows'
    const links = this.#parts.seats.length - 1
    for (const [index, count] of after.sockets.entries()) {
      // One listens; questions to DNS may be under way.
      if (count > links + 4) this.#parts.broken(rule, `seat ${index} has ${count} sockets for ${links} links`)
    }
    this.#parts.sim.note(`${after.pending} timers and packets are under way, ${before.pending} at first`)
    if (after.pending > before.pending + PENDING_ROOM * this.#parts.seats.length) {
      this.#parts.broken(rule, `${after.pending} timers and packets are under way, ${before.pending} at first`)
    }
    for (const kind of ['processes', 'monitors', 'watchers'] as const) {
      for (const [cluster, count] of after[kind]) {
        const first = before[kind].get(cluster)
        if (first !== undefined && count > first + 2) {
          this.#parts.broken(rule, `${cluster.self} has ${count} ${kind}, ${first} at first`)
        }
      }
    }
  }
}
