import { duration, type Rule, type Rules, realWorld, type World } from '@dynsrv/kit'
import { checks, membershipRule } from '../checks.ts'
import type { Discover } from '../discover.ts'
import { STRATEGY_RULES, Strategy, type StrategyOptions } from '../loop/strategy.ts'
import type { Membership } from '../membership.ts'
import { every, jittered, type Retry } from '../policy/interval.ts'
import type { LeavePolicy } from '../policy/leave-policy.ts'

/** What every strategy over a source takes beside the source's own options. */
export interface LoopOptions extends Omit<StrategyOptions, 'discover'> {
  /** Time between two polls, in milliseconds; default 5000, of which up to a tenth is taken off at random. */
  readonly pollingInterval?: number
}

/** Makes a strategy over one source. It takes the options of the source and of the loop together, and checks all. */
export interface SourceStrategy<O> {
  (membership: Membership, options: O & LoopOptions): Strategy
  /** The options that are the source's own, for programs that make strategies from a configuration. */
  readonly optionNames: readonly string[]
}

/** The options of a source, and the world of its loop. */
export type InWorld<O> = O & { readonly world: World }

/** The parts of a strategy over one source. */
export interface SourceParts<O> {
  /** The strategy's name in error messages. */
  readonly owner: string
  readonly rules: Rules<O>
  /** The time between two polls by an option of the source's own, unless `pollingInterval` is given; default 5000. */
  readonly pollingInterval?: (options: O) => number | undefined
  /** When a failed dial is tried again by an option of the source's own, unless `retry` is given. */
  readonly retry?: (options: O) => Retry | undefined
  /** The leave policy unless the user gives one. */
  readonly leave: (options: O) => LeavePolicy
  readonly nodes: (options: InWorld<O>, membership: Membership) => Discover
}

const { discover: _discover, ...LOOP_RULES } = { ...STRATEGY_RULES, pollingInterval: duration({ min: 1 }) }

/** Makes the strategy of a source. */
export function sourceStrategy<O extends object>(parts: SourceParts<O>): SourceStrategy<O> {
  const { owner, leave, nodes } = parts
  const own: Readonly<Record<string, Rule>> = parts.rules
  const check = checks.options<Readonly<Record<string, unknown>>>(owner, { ...LOOP_RULES, ...own })
  const make = (membership: Membership, options: O & LoopOptions) => {
    checks.argument(owner, 'membership', membershipRule, membership)
    check(options)
    // An option that is undefined is one that was not given: it must not hide the source's own leave policy.
    const entries = Object.entries(options).filter(([, value]) => value !== undefined)
    const loop = Object.fromEntries(entries.filter(([key]) => Object.hasOwn(STRATEGY_RULES, key)))
    const source = Object.fromEntries(entries.filter(([key]) => Object.hasOwn(own, key))) as O
    const retry = parts.retry?.(source)
    return new Strategy(membership, {
      interval: jittered(every(options.pollingInterval ?? parts.pollingInterval?.(source) ?? 5_000)),
      leave: leave(source),
      ...(retry !== undefined && { retry }),
      ...(loop as Omit<StrategyOptions, 'discover'>),
      discover: nodes({ ...source, world: options.world ?? realWorld }, membership),
    })
  }
  return Object.assign(make, { optionNames: Object.keys(own) })
}
