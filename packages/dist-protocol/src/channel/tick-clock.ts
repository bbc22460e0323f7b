import { type Rule, required, rule, whole } from '@dynsrv/kit'
import { checks } from '../checks.ts'

/** A moment on a steady clock. */
export const moment: Rule = rule('a finite number of milliseconds', Number.isFinite)

/** How often a link ticks, and after how much silence the peer counts as down. */
export interface TickClockOptions {
  /**
   * How long the peer may stay silent before it counts as down.
   *
   * Unit: milliseconds; OTP's default, and ours, is 60 000. Both ends must agree on it and on the intensity, since
   * together they set how often we tick and how often we expect a tick. With intensity 4 a dead peer is noticed between
   * 3/4 and 5/4 of it.
   *
   * @see OTP `kernel_app`, `net_ticktime` and `net_tickintensity`
   */
  readonly netTickTimeMs?: number
  /** Into how many looks the tick time is cut, from 4 to 1000; OTP's default, and ours, is 4. */
  readonly netTickIntensity?: number
  /** The present, on the clock that is used for every later call. Unit: milliseconds. */
  readonly now: number
}

/** OTP's defaults, and ours. */
export const TICK_DEFAULTS = { netTickTimeMs: 60_000, netTickIntensity: 4 } as const

const checkOptions = checks.options<TickClockOptions>('TickClock', {
  netTickTimeMs: whole(1),
  netTickIntensity: whole(4, 1000),
  now: required(moment),
})

/** What a look at the clock found: nothing to do, send a tick, or give the peer up. */
export type TickVerdict = 'idle' | 'tick' | 'down'

/** Timers may fire a little early; such a look still counts. */
const EARLY = 0.9

/**
 * Decides when to send a tick and when the peer is down, by looks at even intervals as BEAM does.
 *
 * A peer is down when nothing came during `netTickIntensity` looks in a row. Counting looks rather than time keeps a
 * process that was itself asleep from giving up a peer whose bytes are waiting.
 */
export class TickClock {
  /** How often `check` is to be called. Unit: milliseconds. */
  readonly intervalMs: number
  readonly #intensity: number
  #lookedAt: number
  #sent = false
  #received = false
  #silentLooks = 0

  /** @throws {DistError} `DIST_BAD_OPTION` when the tick time is no positive integer, or the intensity is out of range */
  constructor(options: TickClockOptions) {
    checkOptions(options)
    const { netTickTimeMs = TICK_DEFAULTS.netTickTimeMs } = options
    const { netTickIntensity = TICK_DEFAULTS.netTickIntensity, now } = options
    this.intervalMs = netTickTimeMs / netTickIntensity
    this.#intensity = netTickIntensity
    this.#lookedAt = now
  }

  /** Something else than a tick was written. */
  sent(): void {
    this.#sent = true
  }

  /** Bytes came, even if only a part of a frame. */
  received(): void {
    this.#received = true
  }

  /**
   * Looks at what happened since the last look. A call that comes before the interval is over changes nothing.
   *
   * `tick` is also the verdict when nothing came though something was sent: a peer that only answers ticks needs one.
   */
  check(now: number): TickVerdict {
    if (!Number.isFinite(now)) checks.argument('check', 'now', moment, now)
    if (now - this.#lookedAt < this.intervalMs * EARLY) return 'idle'
    this.#lookedAt = now
    this.#silentLooks = this.#received ? 0 : this.#silentLooks + 1
    const quiet = !this.#sent || !this.#received
    this.#sent = false
    this.#received = false
    if (this.#silentLooks >= this.#intensity) return 'down'
    return quiet ? 'tick' : 'idle'
  }
}
