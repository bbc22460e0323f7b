import type { Clock, Timer } from '@dynsrv/kit'

/** Pauses between tries grow from the first to the last. Unit: milliseconds. */
const FIRST_PAUSE_MS = 500
const LAST_PAUSE_MS = 30_000

export interface PgSearchParts {
  readonly clock: Clock
  /** Connected nodes whose scope is not known. */
  readonly missing: () => readonly string[]
  /** Tells a node's scope of ours; nothing happens where there is none. */
  readonly ask: (node: string) => void
}

/**
 * Looks for the scopes of peers that have none yet: programs start after their node is up, and are restarted.
 *
 * A scope that starts tells every visible node, so a hidden one has to ask again.
 */
export class PgSearch {
  readonly #parts: PgSearchParts
  #pauseMs = FIRST_PAUSE_MS
  #timer: Timer | undefined
  #stopped = false

  constructor(parts: PgSearchParts) {
    this.#parts = parts
  }

  /** Somebody came, or a scope went: asks soon. */
  begin(): void {
    this.#parts.clock.clearTimeout(this.#timer)
    this.#pauseMs = FIRST_PAUSE_MS
    this.#schedule()
  }

  stop(): void {
    this.#stopped = true
    this.#parts.clock.clearTimeout(this.#timer)
  }

  #schedule(): void {
    if (this.#stopped) return
    this.#timer = this.#parts.clock.setTimeout(() => {
      const missing = this.#parts.missing()
      for (const node of missing) this.#parts.ask(node)
      this.#pauseMs = Math.min(this.#pauseMs * 2, LAST_PAUSE_MS)
      if (missing.length > 0) this.#schedule()
    }, this.#pauseMs)
    this.#timer.unref()
  }
}
