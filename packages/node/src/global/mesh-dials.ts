import type { Clock, Timer } from '@dynsrv/kit'

/** How often a node of the mesh is dialled before it counts as lost, and with which pauses. Unit: milliseconds. */
const TRIES = 5
const PAUSE_MS = 200

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

  constructor(parts: MeshDialsParts) {
    this.#parts = parts
    this.#timers = new PeerTimers(parts.clock)
  }

  /** Whether a node is dialled, or will be again. */
  isUnderWay(node: string): boolean {
    return this.#tries.has(node)
  }

  begin(node: string): void {
    if (!this.#parts.isConnected(node) && !this.#tries.has(node)) this.#dial(node)
  }

  /** A dial came to nothing, ours or that of another caller. */
  failed(node: string): void {
    const tries = this.#tries.get(node)
    if (tries === undefined) return
    if (tries < TRIES) this.#timers.set(node, PAUSE_MS, () => this.#dial(node))
    else {
      this.stop(node)
      this.#parts.givenUp(node)
    }
  }

  /** It is connected, or no longer of ours. */
  stop(node: string): void {
    this.#tries.delete(node)
    this.#timers.delete(node)
  }

  clear(): void {
    this.#timers.clear()
    this.#tries.clear()
  }

  #dial(node: string): void {
    if (this.#parts.isConnected(node)) return
    this.#tries.set(node, (this.#tries.get(node) ?? 0) + 1)
    this.#parts.connect(node)
  }
}
