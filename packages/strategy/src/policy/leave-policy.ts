import type { NodeName } from '@dynsrv/epmd-shim'
import { callable, duration, whole } from '@dynsrv/kit'
import { badOption, checks } from '../checks.ts'

/** A member that good answers lack. */
export interface Missed {
  readonly node: NodeName
  /** Good answers in a row that lack it; at least 1. */
  readonly polls: number
  /** Time since the first of these, in milliseconds. */
  readonly ms: number
  /** Whether its link is up. */
  readonly connected: boolean
}

/**
 * Whether a member that is missing leaves. It is asked only about whole and fresh answers: errors, stale and trimmed
 * answers never reach it.
 */
export type LeavePolicy = (missed: Missed) => boolean

/** Leaves at the first good answer that lacks it. */
export function onDeregister(): LeavePolicy {
  return () => true
}

/** Leaves when that many good answers in a row lack it. @throws {StrategyError} `STRATEGY_BAD_OPTION` */
export function leaveAfter(polls: number): LeavePolicy {
  checks.argument('leaveAfter', 'polls', whole(1), polls)
  return (missed) => missed.polls >= polls
}

/** Leaves when good answers have lacked it for that long, in milliseconds. @throws {StrategyError} `STRATEGY_BAD_OPTION` */
export function leaveAfterMs(ms: number): LeavePolicy {
  checks.argument('leaveAfterMs', 'ms', duration(), ms)
  return (missed) => missed.ms >= ms
}

/** Leaves when it is missing and its link dropped as well: a live link is never taken down. */
export function whenLinkDropped(): LeavePolicy {
  return (missed) => !missed.connected
}

/** Nobody ever leaves; a member whose link dropped is dialled forever. */
export function neverLeave(): LeavePolicy {
  return () => false
}

/**
 * Leaves when all of these say so, such as `allOf(leaveAfter(3), leaveAfterMs(30_000))`.
 *
 * @throws {StrategyError} `STRATEGY_BAD_OPTION`, without a policy too
 */
export function allOf(...policies: readonly LeavePolicy[]): LeavePolicy {
  if (policies.length === 0) throw badOption('allOf', 'policies', 'at least one leave policy', policies)
  for (const policy of policies) checks.argument('allOf', 'policies', callable, policy)
  return (missed) => policies.every((policy) => policy(missed))
}
