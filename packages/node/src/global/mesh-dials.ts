import type { Clock, Timer } from '@dynsrv/kit'

/** How often a node of the mesh is dialled before it counts as lost, and with which pauses. Unit: milliseconds. */
const TRIES = 5
const PAUSE_MS = 200

/** Nodes that are dialled at a time. One that is silent gives up its place after a moment, so that it delays nobody. */
const AT_ONCE = 64
const PLACE_MS = 250
/** As many are begun within so long, since dials that fail at once would take one turn of the event loop all together. */
const BURST = 128
const BURST_MS = 100
/** More than any mesh has; the names of nodes are a peer's to make up. */
const MAX_UNDER_WAY = 10_000

export interface MeshDialsParts {
  readonly clock: Clock
  /** Of one peer. @see PeerLimits.maxDials */
  readonly maxOfPeer: number
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
  /** By node, the peer for which it is dialled. */
  readonly #askers = new Map<string, string>()
  /** By peer, how many nodes are dialled for it. */
  readonly #asked = new Map<string, number>()
  readonly #timers: PeerTimers
  /** Those that wait for a place, the first first. */
  readonly #waiting = new Set<string>()
  /** Those that have one, each with its end. */
  readonly #places = new Set<string>()
  readonly #ends: PeerTimers
  /** How many were begun since then. */
  #begun = 0
  #since = Number.NEGATIVE_INFINITY
  #nextBurst: Timer | undefined

  constructor(parts: MeshDialsParts) {
    this.#parts = parts
    this.#timers = new PeerTimers(parts.clock)
    this.#ends = new PeerTimers(parts.clock)
  }

  /** Whether a node is dialled, or will be again. */
  isUnderWay(node: string): boolean {
    return this.#tries.has(node)
  }

  /**
   * Whether the node is connected, or is dialled from now on.
   *
   * @param asker the peer that named it; undefined for our program
   */
  begin(node: string, asker?: string): boolean {
    if (this.#parts.isConnected(node) || this.#tries.has(node)) return true
    if (this.#tries.size >= MAX_UNDER_WAY) return false
    if (asker !== undefined) {
      const asked = this.#asked.get(asker) ?? 0
      if (asked >= this.#parts.maxOfPeer) return false
      this.#asked.set(asker, asked + 1)
      this.#askers.set(node, asker)
    }
    this.#tries.set(node, 0)
    this.#queue(node)
    return true
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
    this.#forgetAsker(node)
    this.#timers.delete(node)
    this.#waiting.delete(node)
    this.#leavePlace(node)
  }

  clear(): void {
    this.#timers.clear()
    this.#ends.clear()
    this.#parts.clock.clearTimeout(this.#nextBurst)
    this.#nextBurst = undefined
    this.#tries.clear()
    this.#askers.clear()
    this.#asked.clear()
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
      if (!this.#mayBegin()) return
      this.#waiting.delete(node)
      if (this.#parts.isConnected(node)) continue
      this.#begun++
      this.#tries.set(node, (this.#tries.get(node) ?? 0) + 1)
      this.#places.add(node)
      this.#ends.set(node, PLACE_MS, () => this.#leavePlace(node))
      this.#parts.connect(node)
    }
  }

  /** Whether the burst has room for one more; the next one goes on by itself. */
  #mayBegin(): boolean {
    const { clock } = this.#parts
    const left = this.#since + BURST_MS - clock.monotonic()
    if (left <= 0) {
      this.#since = clock.monotonic()
      this.#begun = 0
    }
    if (this.#begun < BURST) return true
    if (this.#nextBurst !== undefined) return false
    this.#nextBurst = clock.setTimeout(() => {
      this.#nextBurst = undefined
      this.#next()
    }, left)
    this.#nextBurst.unref()
    return false
  }

  #forgetAsker(node: string): void {
    const asker = this.#askers.get(node)
    if (asker === undefined) return
    this.#askers.delete(node)
    const left = (this.#asked.get(asker) ?? 0) - 1
    if (left > 0) this.#asked.set(asker, left)
    else this.#asked.delete(asker)
  }

  #leavePlace(node: string): void {
    this.#ends.delete(node)
    if (this.#places.delete(node)) this.#next()
  }
}
