import { readFileSync } from 'node:fs'
import { type NodeName, nodeName } from '@dynsrv/epmd-shim'
import { realWorld } from '@dynsrv/kit'
import { describe, expect, it } from 'vitest'
import type { HoldReason } from '../../src/change.ts'
import type { Discovery } from '../../src/discover.ts'
import {
  allOf,
  type LeavePolicy,
  leaveAfter,
  leaveAfterMs,
  type Member,
  neverLeave,
  onDeregister,
  plan,
  whenLinkDropped,
} from '../../src/index.ts'
import type { Asker } from '../../src/loop/asker.ts'
import { Decider } from '../../src/loop/decider.ts'
import { withDefaults } from '../../src/loop/watch-options.ts'
import { FakeMembership } from '../fake-membership.ts'

// The Erlang half runs the same table.
type Policy = string | { leaveAfter?: number; leaveAfterMs?: number; allOf?: Policy[] }
type Missed = [polls: number, since: number | null]
interface Input {
  members: Record<string, Missed>
  own: Missed | null
  discovered: string[]
  connected: string[]
  hold: HoldReason | null
  holdsLinksOnly: boolean
  leave: Policy
  maxLeaveShare: number
  now: number
}
interface Planned {
  members: Record<string, Missed>
  appeared: string[]
  returned: string[]
  leave: string[]
  own: Missed | null
  deregistered: boolean
  held: Record<string, HoldReason>
}
interface Answer {
  nodes: string[]
  trimmed?: boolean
  stale?: boolean
  doubtful?: boolean
  absent?: boolean
  ignored?: string[]
}
interface Poll {
  answer: Answer
  again?: (Answer | 'failed')[]
  repeat?: number
  drop?: string[]
  afterMs?: number
  expect: {
    left?: string[]
    members?: string[]
    held?: Record<string, HoldReason>
    asked?: number
    deregistered?: boolean
    removed?: boolean
  }
}
interface Story {
  name: string
  options?: {
    leave?: Policy
    maxLeaveShare?: number
    confirmEmpty?: number | null
    confirmLeave?: number
    rotationPolls?: number
  }
  polls: Poll[]
}
interface Cases {
  plan: { name: string; input: Input; expect: Planned }[]
  stories: Story[]
}

const file = new URL('../../../../fixtures/membership/cases.json', import.meta.url)
const cases = JSON.parse(readFileSync(file, 'utf8')) as Cases

const node = (label: string): NodeName => nodeName(`${label}@svc.test`)
const label = (name: string): string => name.replace('@svc.test', '')
const set = (labels: string[]) => new Set(labels.map(node))
const member = ([missedPolls, since]: Missed): Member => ({ missedPolls, missingSince: since ?? undefined })
const missed = ({ missedPolls, missingSince }: Member): Missed => [missedPolls, missingSince ?? null]
const labels = (names: Iterable<string>) => [...names].map(label).sort()
const reasons = (held: ReadonlyMap<NodeName, HoldReason>) =>
  Object.fromEntries([...held].map(([name, why]) => [label(name), why]))

function policy(said: Policy): LeavePolicy {
  if (said === 'onDeregister') return onDeregister()
  if (said === 'whenLinkDropped') return whenLinkDropped()
  if (said === 'neverLeave') return neverLeave()
  if (typeof said === 'string') throw new Error(`no policy is called ${said}`)
  if (said.leaveAfter !== undefined) return leaveAfter(said.leaveAfter)
  if (said.leaveAfterMs !== undefined) return leaveAfterMs(said.leaveAfterMs)
  return allOf(...said.allOf!.map(policy))
}

describe('the plan of the table', () => {
  it.each(cases.plan)('$name', ({ input, expect: expected }) => {
    const made = plan({
      ...{ self: node('self'), hold: input.hold ?? undefined, holdsLinksOnly: input.holdsLinksOnly },
      ...{ leave: policy(input.leave), maxLeaveShare: input.maxLeaveShare, now: input.now },
      members: new Map(Object.entries(input.members).map(([each, known]) => [node(each), member(known)])),
      own: input.own === null ? undefined : member(input.own),
      discovered: set(input.discovered),
      connected: set(input.connected),
    })
    expect({
      members: Object.fromEntries([...made.members].map(([each, known]) => [label(each), missed(known)])),
      appeared: labels(made.appeared),
      returned: labels(made.returned),
      leave: labels(made.leave),
      own: made.own === undefined ? null : missed(made.own),
      deregistered: made.deregistered,
      held: reasons(made.held),
    }).toStrictEqual({
      ...expected,
      appeared: expected.appeared.toSorted(),
      returned: expected.returned.toSorted(),
      leave: expected.leave.toSorted(),
    })
  })
})

describe('the stories of the table', () => {
  it.each(cases.stories)('$name', async ({ options = {}, polls }) => {
    let now = 0
    const clock = { ...realWorld.clock, monotonic: () => now }
    const membership = new FakeMembership()
    const leave = policy(options.leave ?? 'onDeregister')
    const { leave: _said, confirmEmpty, ...rest } = options
    const all = withDefaults({
      ...{ discover: async () => new Set<NodeName>(), leave, world: { ...realWorld, clock } },
      ...rest,
      ...(confirmEmpty !== undefined && { confirmEmpty: confirmEmpty ?? Number.POSITIVE_INFINITY }),
    })
    let members: ReadonlyMap<NodeName, Member> = new Map()
    let own: Member | undefined
    let removed = false
    let again: (Answer | 'failed')[] = []
    let asked = 0
    let answer: Answer = { nodes: [] }
    const discovery = (said: Answer): Discovery => ({
      ...said,
      nodes: set(said.nodes),
      ignored: (said.ignored ?? []).map((target) => ({ target, reason: 'of the test' })),
    })
    const asker = {
      askAgain: async () => {
        asked += 1
        const said = again.shift() ?? answer
        return said === 'failed' ? undefined : discovery(said)
      },
    } as unknown as Asker
    const decider = new Decider({ membership, options: all, asker, leave, members: () => members, own: () => own })
    for (const [at, poll] of polls.entries()) {
      const left: NodeName[] = []
      let held: unknown
      let deregistered = false
      asked = 0
      for (let round = 0; round < (poll.repeat ?? 1); round++) {
        now += poll.afterMs ?? 1_000
        for (const each of poll.drop ?? []) membership.drop(node(each), 'of the test')
        answer = poll.answer
        again = [...(poll.again ?? [])]
        const { plan: made } = await decider.decide(discovery(answer))
        members = made.members
        // What the watcher does with it.
        if (made.own !== undefined) removed = false
        if (made.deregistered) {
          removed = leave({ node: node('self'), polls: (own?.missedPolls ?? 0) + 1, ms: 0, connected: true })
        }
        own = made.own
        deregistered = made.deregistered
        held = reasons(made.held)
        left.push(...made.leave)
        for (const each of made.leave) membership.drop(each, 'left')
        for (const each of members.keys()) membership.up(each)
      }
      const { expect: expected } = poll
      const seen = { left: labels(left), members: labels(members.keys()), held, asked, deregistered, removed }
      expect({ at, ...seen }).toMatchObject({
        at,
        ...expected,
        ...(expected.left !== undefined && { left: expected.left.toSorted() }),
      })
      // A table without a word of an empty list must not pass as one.
      if (expected.held !== undefined) expect(held).toStrictEqual(expected.held)
    }
  })
})
