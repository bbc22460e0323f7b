import type { Clock, Timer } from '@dynsrv/kit'

/** How many looks at the loop there are in a tick time. */
const LOOKS = 60
/** Looking more often would cost more than it tells. Unit: milliseconds. */
const LEAST_LOOK_MS = 25

export interface LoopWatchParts {
  readonly clock: Clock
  /** After so long a silence peers drop us. Unit: milliseconds. */
  readonly netTickTimeMs: number
  /** The event loop stood still for a quarter of that, or longer. Unit: milliseconds. */
  readonly onBlocked: (ms: number) => void
}

/**
 * Notices when our own event loop stands still: nothing is sent meanwhile, so peers take us for dead.
 *
 * It looks at the clock at even intervals, as long as there are links; a look that comes late tells how long the loop was
 * blocked at least.
 */
export class LoopWatch {
  readonly #parts: LoopWatchParts
  readonly #intervalMs: number
  #timer: Timer | undefined
  #lookedAt = 0
  #last: { readonly ms: number; readonly until: number } | undefined

  constructor(parts: LoopWatchParts) {
    this.#parts = parts
    this.#intervalMs = Math.max(LEAST_LOOK_MS, parts.netTickTimeMs / LOOKS)
  }

  /** Looks from now on; may be called again. */
  start(): void {
    const { clock } = this.#parts
    if (this.#timer !== undefined) return
    this.#lookedAt = clock.monotonic()
    this.#timer = clock.setInterval(() => this.#look(), this.#intervalMs)
    this.#timer.unref()
  }

  stop(): void {
    this.#parts.clock.clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** How long the loop was blocked until a moment ago, when that was long enough for peers to drop us; else 0. */
  droppedUs(): number {
    const { clock, netTickTimeMs } = this.#parts
    // A socket may tell of its end before the timers of the same turn have their say.
    if (this.#timer !== undefined) this.#look()
    const last = this.#last
    if (last === undefined || clock.monotonic() - last.until > netTickTimeMs / 4) return 0
    // BEAM takes a peer for dead after three quarters to five quarters of the tick time.
    return last.ms >= (netTickTimeMs * 3) / 4 ? last.ms : 0
  }

  #look(): void {
    const { clock, netTickTimeMs, onBlocked } = this.#parts
    const now = clock.monotonic()
    const late = now - this.#lookedAt - this.#intervalMs
    this.#lookedAt = now
    if (late < netTickTimeMs / 4) return
    this.#last = { ms: late, until: now }
    onBlocked(late)
  }
}

/** A length of time as people say it: `7.1 s`. */
export function inSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}
