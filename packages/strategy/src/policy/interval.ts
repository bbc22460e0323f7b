import { callable, codeOf, duration, numberFrom, optional, realWorld } from '@dynsrv/kit'
import { badOption, checks } from '../checks.ts'

/** What is known when the next poll is planned. */
export interface IntervalState {
  /** Failed polls in a row; 0 after a good answer. */
  readonly failures: number
  /** How long the last good answer holds, if its source said so. */
  readonly ttlMs?: number | undefined
  /** From 0 up to 1: the chance of the loop's world; default: the machine's. */
  readonly random?: (() => number) | undefined
}

/** The time from the end of one poll to the start of the next, in milliseconds. */
export type Interval = (state: IntervalState) => number

const time = duration({ min: 1 })
const chance = optional(callable)

/** Always the same time. @throws {StrategyError} `STRATEGY_BAD_OPTION` */
export function every(ms: number): Interval {
  checks.argument('every', 'ms', time, ms)
  return () => ms
}

/**
 * Takes up to `ratio` off, at random, so that many nodes do not poll in step. It never adds: a change is seen within one
 * interval.
 *
 * @param random from 0 up to 1; default: the chance of the loop's world
 * @throws {StrategyError} `STRATEGY_BAD_OPTION`
 */
export function jittered(interval: Interval, ratio = 0.1, random?: () => number): Interval {
  checks.argument('jittered', 'interval', callable, interval)
  checks.argument('jittered', 'ratio', numberFrom(0, 1), ratio)
  checks.argument('jittered', 'random', chance, random)
  return (state) => interval(state) * (1 - ratio * (random ?? state.random ?? realWorld.random.number)())
}

/** Doubles with every failure in a row, up to `maxMs`. @throws {StrategyError} `STRATEGY_BAD_OPTION` */
export function backoff(interval: Interval, maxMs: number): Interval {
  checks.argument('backoff', 'interval', callable, interval)
  checks.argument('backoff', 'maxMs', time, maxMs)
  return (state) => {
    const ms = interval(state)
    return Math.max(ms, Math.min(maxMs, ms * 2 ** Math.min(state.failures, 30)))
  }
}

/** The bounds of {@link byTtl}. */
export interface ByTtlOptions {
  /** The shortest interval, in milliseconds; default 1000. */
  readonly floorMs?: number
  /** The longest, in milliseconds; default 60 000. */
  readonly capMs?: number
  /** For answers that do not say how long they hold, and after failures; default `every(5_000)`. */
  readonly fallback?: Interval
}

const checkByTtl = checks.options<ByTtlOptions>('byTtl', { floorMs: time, capMs: time, fallback: callable })

/**
 * As long as the answer holds, but never shorter than `floorMs` nor longer than `capMs`.
 *
 * @throws {StrategyError} `STRATEGY_BAD_OPTION`
 */
export function byTtl(options: ByTtlOptions = {}): Interval {
  checkByTtl(options)
  const { floorMs = 1_000, capMs = 60_000, fallback = every(5_000) } = options
  if (capMs < floorMs) throw badOption('byTtl', 'capMs', `at least floorMs (${floorMs})`, capMs)
  return (state) => {
    const ms = state.failures > 0 || state.ttlMs === undefined ? fallback(state) : state.ttlMs
    return Math.min(capMs, Math.max(floorMs, ms))
  }
}

/** A dial that failed. */
export interface FailedDial {
  /** Failures in a row; at least 1. */
  readonly attempts: number
  /** The error of the last one. */
  readonly cause: unknown
  /** The time between two polls now, in milliseconds. */
  readonly pollMs?: number | undefined
  /** From 0 up to 1: the chance of the loop's world; default: the machine's. */
  readonly random?: (() => number) | undefined
}

/** How long to wait before dialling a peer again, in milliseconds. `Infinity` gives it up. */
export type Retry = (failure: FailedDial) => number

/** The bounds of {@link doubling}. */
export interface DoublingOptions {
  /** After the first failure, in milliseconds; default 1000. */
  readonly baseMs?: number
  /** The longest, in milliseconds; default 30 000. */
  readonly maxMs?: number
  /** From 0 up to 1; default: the chance of the loop's world. */
  readonly random?: () => number
}

const checkDoubling = checks.options<DoublingOptions>('doubling', { baseMs: time, maxMs: time, random: callable })

/**
 * Doubling from `baseMs` to `maxMs`, the upper half of it at random. A peer that refuses the connection waits no longer than
 * one polling interval: the dial costs next to nothing, and the peer may be back any moment. An error that says
 * `retryable: false` waits the longest time at once. It is not given up: somebody may repair the peer.
 *
 * @throws {StrategyError} `STRATEGY_BAD_OPTION`
 */
export function doubling(options: DoublingOptions = {}): Retry {
  checkDoubling(options)
  const { baseMs = 1_000, maxMs = 30_000, random: given } = options
  return ({ attempts, cause, pollMs = maxMs, random = realWorld.random.number }) => {
    const hopeless = typeof cause === 'object' && cause !== null && 'retryable' in cause && cause.retryable === false
    const most = wasRefused(cause) ? Math.min(maxMs, Math.max(baseMs, pollMs)) : maxMs
    const ms = hopeless ? maxMs : Math.min(most, baseMs * 2 ** Math.min(attempts - 1, 30))
    return ms * (0.5 + (given ?? random)() / 2)
  }
}

/** Whether the peer's operating system said that nobody listens there. */
function wasRefused(cause: unknown): boolean {
  for (let at = cause, depth = 0; at instanceof Error && depth < MAX_CAUSES; at = at.cause, depth++) {
    if (codeOf(at) === 'ECONNREFUSED') return true
  }
  return false
}
/** How deep the cause of an error is looked for: one may be its own. */
const MAX_CAUSES = 8
