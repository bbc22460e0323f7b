import type { Term } from '@dynsrv/etf'
import type { Simulation } from '@dynsrv/testing'
import type { Cluster } from 'dynsrv'
import type { Seat } from './seat.ts'

/**
 * How often it is counted what there is, and with which pauses: polls that back off to half a minute are at rest in some, and
 * those that come each second or fifth do not fall on each.
 */
const SAMPLES = 10
const SAMPLE_EVERY_MS = 3_770

/** What could grow at a member. */
const KINDS = ['timers', 'processes', 'monitors', 'watchers', 'sockets'] as const
type Kind = (typeof KINDS)[number]

/** How much there is of what could grow, at each member. */
export type Sizes = ReadonlyMap<Cluster, Readonly<Record<Kind, number>>>

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
    const { seats, sim } = this.#parts
    const least = new Map<Cluster, Record<Kind, number>>()
    for (let sample = 0; sample < SAMPLES; sample++) {
      await sim.run(SAMPLE_EVERY_MS)
      for (const { cluster } of seats) {
        const now = this.#now(cluster)
        const known = least.get(cluster) ?? now
        least.set(
          cluster,
          Object.fromEntries(KINDS.map((kind) => [kind, Math.min(known[kind], now[kind])])) as Record<Kind, number>,
        )
      }
    }
    return least
  }

  #now(cluster: Cluster): Record<Kind, number> {
    const { seats, sim } = this.#parts
    const { node, self } = cluster
    const { global: names, monitors, processCount, processes } = node.inspect({ maxProcesses: 10_000 })
    // Every node watches who has a name. A hidden one knows of none.
    const isOurs = (name: Term) => node.global.whereis(name)?.node.name === self
    const held = names.length === 0 ? 0 : node.global.names().filter(isOurs).length
    return {
      timers: sim.timers(cluster),
      sockets: sim.sockets(cluster),
      processes: processCount,
      monitors: monitors - names.length,
      watchers: processes.reduce((sum, { watchers }) => sum + watchers, 0) - held * seats.length,
    }
  }

  /** Holds every member against what it had at first, and one that came later against what the others had. */
  compare(before: Sizes, after: Sizes): void {
    for (const [cluster, sizes] of after) {
      for (const kind of KINDS) {
        const first = before.get(cluster)?.[kind] ?? Math.max(...[...before.values()].map((each) => each[kind]))
        if (sizes[kind] > first) {
          this.#parts.broken('nothing grows', `${cluster.self} has ${sizes[kind]} ${kind}, ${first} at first`)
        }
      }
    }
  }
}
