import {
  bound,
  callable,
  duration,
  flag,
  numberFrom,
  type Rules,
  realWorld,
  required,
  type World,
  whole,
  worldShape,
} from '@dynsrv/kit'
import { type Discover, sourceRule } from '../discover.ts'
import { doubling, every, type Interval, jittered, type Retry } from '../policy/interval.ts'
import { type LeavePolicy, leaveAfter } from '../policy/leave-policy.ts'

/** The parts of a loop. Only `discover` is needed. */
export interface WatchOptions {
  /** The source of members. */
  readonly discover: Discover
  /** Time between polls; default `jittered(every(5_000))`. */
  readonly interval?: Interval
  /** When a missing member leaves; default `leaveAfter(3)`. */
  readonly leave?: LeavePolicy
  /** Of the connected members, how many may leave in one poll, 0 to 1; one may always. Default 0.5. */
  readonly maxLeaveShare?: number
  /**
   * Empty answers in a row before one is believed; default 3, and `Infinity` never believes them. A whole cluster that
   * vanishes between two polls is more often a zone being reloaded than the truth. Live links are spared for
   * `confirmEmptyMs` even then.
   */
  readonly confirmEmpty?: number
  /**
   * How long answers must have been empty before live links are taken down for it, in milliseconds; default 600 000 (ten
   * minutes). A registry that lost its data forgets everybody, and they are still there.
   */
  readonly confirmEmptyMs?: number
  /**
   * Extra lookups before somebody leaves, all of which must lack it; default 2. As long as answers rotate, each poll that lacks a
   * member whose link lives makes them too.
   */
  readonly confirmLeave?: number
  /** Time between these, in milliseconds; default 25. Half as much more or less, at random: pollers in step do not ask again in step. */
  readonly confirmDelayMs?: number
  /**
   * For how many polls in a row a member is kept because nothing shows whether the answers that lack it are whole: they are as
   * long as cut ones, or TCP, over which they would be confirmed, is blocked. Default 10.
   */
  readonly doubtPolls?: number
  /**
   * When a connected member goes missing and comes back, answers show only part of the members in turn; for so many good
   * polls nobody leaves then. Default 10; 0 turns it off.
   */
  readonly rotationPolls?: number
  /** Time for one answer, in milliseconds; default 30 000. Then it counts as failed. */
  readonly discoverTimeoutMs?: number
  /**
   * Members that are taken from one answer at most; default 10 000. Of a longer one those that are known or connected come first,
   * the rest is left out, which `ignored` reports once, and nobody leaves because of it.
   */
  readonly maxMembers?: number
  /** Time for one dial, in milliseconds; default 10 000: above OTP's `net_setuptime` of 7 s, which the node enforces. */
  readonly connectTimeoutMs?: number
  /**
   * Dials that begin at the same time; default 16. One that is not done after 250 ms goes on beside these, so that members
   * which do not answer keep nobody out: at most `parallel × connectTimeoutMs / 250` of them are under way.
   */
  readonly parallel?: number
  /** When to dial again after a failure; default `doubling()`: 1 s to 30 s with jitter, for each peer alone. */
  readonly retry?: Retry
  /**
   * Whether the loop's timers let the process end when nothing else keeps it; default false. Links, and a lookup under way,
   * keep it by themselves.
   */
  readonly unref?: boolean
  /** Where time, chance and what the sources need come from; default: the machine. */
  readonly world?: World
}

/** The same with every default in place. */
export type CompleteWatchOptions = Required<WatchOptions>

/** How each option of a loop is checked. */
export const WATCH_RULES: Rules<WatchOptions> = {
  discover: required(sourceRule),
  interval: callable,
  leave: callable,
  maxLeaveShare: numberFrom(0, 1),
  confirmEmpty: bound,
  confirmEmptyMs: duration(),
  confirmLeave: whole(0),
  confirmDelayMs: duration({ min: 1 }),
  doubtPolls: whole(0),
  rotationPolls: whole(0),
  discoverTimeoutMs: duration({ min: 1 }),
  maxMembers: whole(1),
  connectTimeoutMs: duration({ min: 1 }),
  parallel: whole(1),
  retry: callable,
  unref: flag,
  world: worldShape,
}

export function withDefaults(options: WatchOptions): CompleteWatchOptions {
  return {
    discover: options.discover,
    interval: options.interval ?? jittered(every(5_000)),
    leave: options.leave ?? leaveAfter(3),
    maxLeaveShare: options.maxLeaveShare ?? 0.5,
    confirmEmpty: options.confirmEmpty ?? 3,
    confirmEmptyMs: options.confirmEmptyMs ?? 600_000,
    confirmLeave: options.confirmLeave ?? 2,
    confirmDelayMs: options.confirmDelayMs ?? 25,
    doubtPolls: options.doubtPolls ?? 10,
    rotationPolls: options.rotationPolls ?? 10,
    discoverTimeoutMs: options.discoverTimeoutMs ?? 30_000,
    maxMembers: options.maxMembers ?? 10_000,
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    parallel: options.parallel ?? 16,
    retry: options.retry ?? doubling(),
    unref: options.unref ?? false,
    world: options.world ?? realWorld,
  }
}
