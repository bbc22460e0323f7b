import type { Clock, Timer } from '@dynsrv/kit'

/** How often a node of the mesh is dialled before it counts as lost, and with which pauses. Unit: milliseconds. */
const TRIES = 5
const PAUSE_MS = 200

/** Nodes that are dialled at a time. One that is silent gives up its place after a moment, so that it delays nobody. */
const AT_ONCE = 64
const PLACE_MS = 250
/** More than any mesh has; the names of nodes are a peer's to make up. */
const MAX_UNDER_WAY = 10_000

export interface MeshDialsParts {
  readonly clock: Clock
  readonly isConnected: (node: string) => boolean
  /** Begins to connect; `failed` reports a failure. */
  readonly connect: (node: string) => void
  /** A node that others know cannot be reached from here. */
  readonly givenUp: (node: string) => void
}

/** One timer for each peer, of which the last one set counts. None keeps the program alive. */
export class PeerTimers {
  readonly #clock: Clock
  readonly #timers = new Map<string, Timer>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  set(peer: string, delayMs: number, work: () => void): void {
    this.#clock.clearTimeout(this.#timers.get(peer))
    const timer = this.#clock.setTimeout(work, delayMs)
    timer.unref()
    this.#timers.set(peer, timer)
  }

  delete(peer: string): void {
    this.#clock.clearTimeout(this.#timers.get(peer))
    this.#timers.delete(peer)
  }

  clear(): void {
    for (const peer of [...this.#timers.keys()]) this.delete(peer)
  }
}

/** Dials of nodes that are to be in our mesh, since a node of the mesh said so. */
export class MeshDials {
  readonly #parts: MeshDialsParts
  readonly #tries = new Map<string, number>()
  readonly #timers: PeerTimers
  /** Those that wait for a place, the first first. */
  readonly #waiting = new Set<string>()
  /** Those that have one, each with its end. */
  readonly #places = new Set<string>()
  readonly #ends: PeerTimers

  constructor(parts: MeshDialsParts) {
    this.#parts = parts
    this.#timers = new PeerTimers(parts.clock)
    this.#ends = new PeerTimers(parts.clock)
  }

  /** Whether a node is dialled, or will be again. */
  isUnderWay(node: string): boolean {
    return this.#tries.has(node)
  }

  begin(node: string): void {
    if (this.#parts.isConnected(node) || this.#tries.has(node) || this.#tries.size >= MAX_UNDER_WAY) return
    this.#tries.set(node, 0)
    this.#queue(node)
  }

  /** A dial came to nothing, ours or that of another caller. */
  failed(node: string): void {
    const tries = this.#tries.get(node)
    if (tries === undefined || this.#waiting.has(node)) return
    this.#leavePlace(node)
    if (tries < TRIES) this.#timers.set(node, PAUSE_MS, () => this.#queue(node))
    else {
      this.stop(node)
      this.#parts.givenUp(node)
    }
  }

  /** It is connected, or no longer of ours. */
  stop(node: string): void {
    this.#tries.delete(node)
    this.#timers.delete(node)
    this.#waiting.delete(node)
    this.#leavePlace(node)
  }

  clear(): void {
    this.#timers.clear()
    this.#ends.clear()
    this.#tries.clear()
    this.#waiting.clear()
    this.#places.clear()
  }

  #queue(node: string): void {
    this.#waiting.add(node)
    this.#next()
  }

  #next(): void {
    for (const node of this.#waiting) {
      if (this.#places.size >= AT_ONCE) return
      this.#waiting.delete(node)
      if (this.#parts.isConnected(node)) continue
      this.#tries.set(node, (this.#tries.get(node) ?? 0) + 1)
      this.#places.add(node)
      this.#ends.set(node, PLACE_MS, () => this.#leavePlace(node))
      this.#parts.connect(node)
    }
  }

  #leavePlace(node: string): void {
    this.#ends.delete(node)
    if (this.#places.delete(node)) this.#next()
  }
}
