import { codeOf } from './error.ts'
import type { Clock, Timer } from './world/clock.ts'

/** What a log is told, as far as it says whose it is and why. */
export interface Told {
  readonly type: string
  readonly node?: unknown
  readonly peer?: unknown
  readonly address?: unknown
  readonly code?: unknown
  readonly message?: unknown
  readonly reason?: unknown
}

/** Lines that are alike, of which only some are written. */
interface Kind {
  /** How many more are written at once. */
  atOnce: number
  /** How many were left out since the last one that was written. */
  left: number
  /** Writes the newest of them. */
  write: (more: number) => void
  periodMs: number
  timer: Timer
}

const FIRST_PERIOD_MS = 60_000
const LAST_PERIOD_MS = 3_600_000
/** So much is known of who says what. Beyond it, lines count by their cause alone. */
const MAX_KINDS = 1_000
/** Texts of others can be long. */
const MAX_ABOUT = 200
/** A link that comes and goes is followed for a while. */
const LINK_LINES = 10

/**
 * Bounds a log that others can fill: of one cause and one peer it writes the first line at once, and how many more there
 * were at the end of a period, with the newest of them. While they go on, each period is twice as long as the one before,
 * from a minute up to an hour.
 */
export class Repeats {
  readonly #clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>
  readonly #kinds = new Map<string, Kind>()

  constructor(clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>) {
    this.#clock = clock
  }

  /** @param write called now with 0, or later with the number of lines that it stands for, or never */
  tell(event: Told, write: (more: number) => void): void {
    const like = likeOf(event)
    if (like === undefined) {
      write(0)
      return
    }
    const { cause, about, atOnce = 1 } = like
    const whole = `${cause} ${about.slice(0, MAX_ABOUT)}`
    const name = this.#kinds.has(whole) || this.#kinds.size < MAX_KINDS ? whole : cause
    let kind = this.#kinds.get(name)
    if (kind === undefined) {
      kind = { atOnce, left: 0, write, periodMs: FIRST_PERIOD_MS, timer: this.#timer(name, FIRST_PERIOD_MS) }
      this.#kinds.set(name, kind)
    }
    if (kind.atOnce > 0) {
      kind.atOnce--
      write(0)
      return
    }
    kind.left++
    kind.write = write
  }

  /** Writes what was left out so far, and forgets everything. */
  close(): void {
    for (const { left, timer, write } of this.#kinds.values()) {
      this.#clock.clearTimeout(timer)
      if (left > 0) write(left)
    }
    this.#kinds.clear()
  }

  #timer(name: string, ms: number): Timer {
    const timer = this.#clock.setTimeout(() => this.#ended(name), ms)
    timer.unref()
    return timer
  }

  #ended(name: string): void {
    const kind = this.#kinds.get(name)
    if (kind === undefined) return
    const { left, write } = kind
    if (left === 0) {
      this.#kinds.delete(name)
      return
    }
    kind.left = 0
    kind.periodMs = Math.min(2 * kind.periodMs, LAST_PERIOD_MS)
    kind.timer = this.#timer(name, kind.periodMs)
    write(left)
  }
}

/** The end of a line that stands for others. */
export function moreLikeThis(more: number): string {
  return more === 0 ? '' : ` (${more} more like this)`
}

/** What lines count as one; undefined for what nobody else can bring about as often as they like. */
function likeOf(event: Told): { cause: string; about: string; atOnce?: number } | undefined {
  const { type, node, peer, address, code, message, reason } = event
  switch (type) {
    case 'nodeup':
    case 'nodedown':
      return { cause: 'link', about: String(node), atOnce: LINK_LINES }
    case 'refused':
      // By its address: what it calls itself is not proved. Its port is another one each time.
      return { cause: `refused ${codeOf(reason)}`, about: String(address).replace(/:\d+$/, '') }
    case 'warning':
      return { cause: `warning ${code}`, about: `${peer} ${message}` }
    default:
      return undefined
  }
}
