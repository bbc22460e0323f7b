import type { NodeName } from '@dynsrv/epmd-shim'
import type { World } from '@dynsrv/kit'
import { type Simulation, simulate } from '@dynsrv/testing'
import { afterEach, beforeEach } from 'vitest'
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

interface Stage {
  readonly sim: Simulation
  readonly host: { readonly world: World }
}
let stage: Stage | undefined

/** Lets each test of the suite live on a host of a simulation of its own, where time passes by {@link pass} alone. */
export function onVirtualClock(): void {
  beforeEach(async () => {
    const sim = simulate({ patience: 0 })
    const [host] = await sim.members('svc.test', 1, ({ world }) => ({ world }))
    stage = { sim, host }
  })
  afterEach(async () => {
    await stage?.sim.close()
    stage = undefined
  })
}

/** The world of the test's host. */
export function virtualWorld(): World {
  return stage!.host.world
}

/** Lets so much virtual time pass. Unit: milliseconds. */
export function pass(ms: number): Promise<void> {
  return stage!.sim.run(ms)
}

/** Sets the clock of the test's host forward, or back. */
export function jumpClock(ms: number): void {
  stage!.sim.jumpClock(stage!.host, ms)
}

/** How many timers run. */
export function timers(): number {
  return stage!.sim.pending
}

/** A running strategy with a poll each second of the virtual clock, and all that it reported. */
export function running(membership: Membership, source: Scripted, options: Partial<StrategyOptions> = {}) {
  const time = stage === undefined ? {} : { world: virtualWorld() }
  const strategy = new Strategy(membership, {
    ...time,
    ...{ interval: every(1_000), discover: source.discover },
    ...options,
  })
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
  for (let poll = 0; poll < count; poll++) await pass(1_100)
}
