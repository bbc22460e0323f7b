import { badOption, checkNumber } from '../options.ts'

/** What is known when the next poll is planned. */
export interface IntervalState {
  /** Failed polls in a row; 0 after a good answer. */
  readonly failures: number
  /** How long the last good answer holds, if its source said so. */
  readonly ttlMs?: number | undefined
}

/** The time from the end of one poll to the start of the next, in milliseconds. */
export type Interval = (state: IntervalState) => number

/** Always the same time. */
export function every(ms: number): Interval {
  checkNumber('every', 'ms', ms, { min: 1 })
  return () => ms
}

/**
 * Takes up to `ratio` off, at random, so that many nodes do not poll in step. It never adds, so that a change is seen in
 * one interval at the latest.
 */
export function jittered(interval: Interval, ratio = 0.1, random: () => number = Math.random): Interval {
  checkNumber('jittered', 'ratio', ratio, { min: 0, max: 1 })
  return (state) => interval(state) * (1 - ratio * random())
}

/** Doubles with every failure in a row, up to `maxMs`. */
export function backoff(interval: Interval, maxMs: number): Interval {
  checkNumber('backoff', 'maxMs', maxMs, { min: 1 })
  return (state) => {
    const ms = interval(state)
    return Math.max(ms, Math.min(maxMs, ms * 2 ** Math.min(state.failures, 30)))
  }
}

/** As long as the answer holds, but never shorter than `floorMs` nor longer than `capMs`. */
export function byTtl({ floorMs = 1_000, capMs = 60_000, fallback = every(5_000) } = {}): Interval {
  checkNumber('byTtl', 'floorMs', floorMs, { min: 1 })
  checkNumber('byTtl', 'capMs', capMs, { min: 1 })
  if (capMs < floorMs) throw badOption('byTtl', 'capMs', `at least floorMs (${floorMs})`, capMs)
  return (state) => {
    const ms = state.failures > 0 || state.ttlMs === undefined ? fallback(state) : state.ttlMs
    return Math.min(capMs, Math.max(floorMs, ms))
  }
}

/** How long to wait before dialling a peer again, after so many failures in a row. */
export type Retry = (failure: { readonly attempts: number; readonly cause: unknown }) => number

/**
 * Doubling from `baseMs` to `maxMs`, the upper half of it at random. An error that says `retryable: false` waits the
 * longest time at once: it is not given up, since the peer may be mended.
 */
export function doubling({ baseMs = 1_000, maxMs = 30_000, random = Math.random } = {}): Retry {
  checkNumber('doubling', 'baseMs', baseMs, { min: 1 })
  checkNumber('doubling', 'maxMs', maxMs, { min: 1 })
  return ({ attempts, cause }) => {
    const hopeless = typeof cause === 'object' && cause !== null && 'retryable' in cause && cause.retryable === false
    const ms = hopeless ? maxMs : Math.min(maxMs, baseMs * 2 ** Math.min(attempts - 1, 30))
    return ms * (0.5 + random() / 2)
  }
}
