import type { SimLog } from '../log/sim-log.ts'
import type { BoundSocket, Machine } from '../machine.ts'
import type { Schedule } from '../time/schedule.ts'
import { SeededRandom } from '../time/seeded-random.ts'

/** How packets travel between two hosts. */
export interface PathOptions {
  /** How long a packet is under way, in one direction. Unit: milliseconds; default 0.5. */
  readonly latencyMs?: number
  /** Up to how much longer it may be. Unit: milliseconds; default 0.2. */
  readonly jitterMs?: number
  /** Which share of the packets is lost, from 0 to 1; default 0. TCP sends them again, so that there it is a delay. */
  readonly loss?: number
  /** How much goes through in a second. Default: no bound. */
  readonly bytesPerSecond?: number
}

const DEFAULT_PATH: Required<PathOptions> = {
  latencyMs: 0.5,
  jitterMs: 0.2,
  loss: 0,
  bytesPerSecond: Number.POSITIVE_INFINITY,
}
/** Within one host. */
const LOOPBACK: Required<PathOptions> = {
  latencyMs: 0.02,
  jitterMs: 0,
  loss: 0,
  bytesPerSecond: Number.POSITIVE_INFINITY,
}

/** Packets from one group of hosts to another are lost. */
export interface Cut {
  readonly from: ReadonlySet<Machine>
  readonly to: ReadonlySet<Machine>
}

/** What joins the hosts: who has which address, how packets travel, and where they are lost. */
export class Fabric {
  readonly schedule: Schedule
  readonly log: SimLog
  readonly random: SeededRandom
  readonly #hosts = new Map<string, Machine>()
  readonly #cuts = new Set<Cut>()
  readonly #paths = new Map<string, Required<PathOptions>>()
  /** Until when each path with a bound is taken. */
  readonly #taken = new Map<string, number>()
  readonly #groups = new Map<string, Set<BoundSocket>>()
  #path = DEFAULT_PATH

  constructor(schedule: Schedule, log: SimLog, seed: number) {
    this.schedule = schedule
    this.log = log
    this.random = new SeededRandom(`network ${seed}`)
  }

  get hosts(): Iterable<Machine> {
    return this.#hosts.values()
  }

  add(host: Machine): void {
    this.#hosts.set(host.ip, host)
  }

  /** Whose address this is, as a host sees it. */
  hostAt(ip: string, seenBy: Machine): Machine | undefined {
    return isLoopback(ip) ? seenBy : this.#hosts.get(ip)
  }

  cut(cut: Cut): void {
    this.#cuts.add(cut)
  }

  mend(cut: Cut): void {
    this.#cuts.delete(cut)
  }

  mendAll(): void {
    this.#cuts.clear()
  }

  /** Whether a packet from one host to another is lost for sure. */
  isCut(from: Machine, to: Machine): boolean {
    if (!from.isOn || !to.isOn) return true
    for (const cut of this.#cuts) if (cut.from.has(from) && cut.to.has(to)) return true
    return false
  }

  /** How packets travel; with hosts, between these two alone, in both directions. */
  setPath(options: PathOptions, between?: readonly [Machine, Machine]): void {
    if (between === undefined) {
      this.#path = { ...this.#path, ...options }
      return
    }
    const [one, other] = between
    for (const key of [pathKey(one, other), pathKey(other, one)]) {
      this.#paths.set(key, { ...(this.#paths.get(key) ?? this.#path), ...options })
    }
  }

  /**
   * Sends a packet.
   *
   * @param notBefore when the packet before it arrives, where order counts
   * @returns when it arrives; undefined when it is lost
   */
  arrival(from: Machine, to: Machine, bytes: number, notBefore = 0): number | undefined {
    const { latencyMs, jitterMs, loss, bytesPerSecond } = this.#pathOf(from, to)
    // Drawn in any case, so that what is lost changes no more than it has to.
    const late = jitterMs === 0 ? 0 : this.random.number() * jitterMs
    const isLost = loss > 0 && this.random.number() < loss
    if (isLost || this.isCut(from, to)) return undefined
    let leaves = this.schedule.now
    if (bytesPerSecond !== Number.POSITIVE_INFINITY) {
      const key = pathKey(from, to)
      leaves = Math.max(leaves, this.#taken.get(key) ?? 0) + (bytes * 1_000) / bytesPerSecond
      this.#taken.set(key, leaves)
    }
    return Math.max(leaves + latencyMs + late, notBefore)
  }

  /** How long an answer to a packet takes at least, there and back. */
  roundTripMs(from: Machine, to: Machine): number {
    return 2 * this.#pathOf(from, to).latencyMs
  }

  /** The UDP sockets that listen to a group. */
  groupOf(ip: string): Set<BoundSocket> {
    let group = this.#groups.get(ip)
    if (group === undefined) {
      group = new Set()
      this.#groups.set(ip, group)
    }
    return group
  }

  #pathOf(from: Machine, to: Machine): Required<PathOptions> {
    if (from === to) return LOOPBACK
    return this.#paths.size === 0 ? this.#path : (this.#paths.get(pathKey(from, to)) ?? this.#path)
  }
}

export function isLoopback(ip: string): boolean {
  return ip.startsWith('127.') || ip === '::1'
}

function pathKey(from: Machine, to: Machine): string {
  return `${from.ip} ${to.ip}`
}
