import type { NodeName } from '@dynsrv/epmd-shim'
import { vi } from 'vitest'
import {
  type Discover,
  type Discovery,
  every,
  type Membership,
  type MembershipChange,
  Strategy,
  type StrategyOptions,
} from '../src/index.ts'

type Answer = ReadonlySet<NodeName> | Discovery | Error | 'hang'

/** A source that gives what the test set last. */
export class Scripted {
  answer: Answer
  polls = 0
  /** When set, gives each answer in turn instead. */
  next: (() => Answer) | undefined

  constructor(answer: Answer) {
    this.answer = answer
  }

  readonly discover: Discover = async () => {
    this.polls += 1
    const answer = this.next?.() ?? this.answer
    if (answer === 'hang') return new Promise<never>(() => undefined)
    if (answer instanceof Error) throw answer
    return answer
  }
}

/** A running strategy with a poll each second of the virtual clock, and all that it reported. */
export function running(membership: Membership, source: Scripted, options: Partial<StrategyOptions> = {}) {
  const strategy = new Strategy(membership, { interval: every(1_000), discover: source.discover, ...options })
  const changes: MembershipChange[] = []
  strategy.on('change', (change) => changes.push(change))
  strategy.start()
  return {
    strategy,
    changes,
    of: <T extends MembershipChange['type']>(type: T) =>
      changes.filter((change): change is Extract<MembershipChange, { type: T }> => change.type === type),
  }
}

/** Lets so many polls of one second pass on the virtual clock. */
export async function polls(count: number): Promise<void> {
  for (let poll = 0; poll < count; poll++) await vi.advanceTimersByTimeAsync(1_100)
}
