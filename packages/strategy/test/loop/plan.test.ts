import type { NodeName } from '@dynsrv/epmd-shim'
import fc from '@dynsrv/tools/property'
import { describe, expect, it } from 'vitest'
import type { HoldReason } from '../../src/change.ts'
import { leaveAfter, type Member, neverLeave, onDeregister, type PlanInput, plan } from '../../src/index.ts'
import { node, nodes } from '../fake-membership.ts'

const input = (more: Partial<PlanInput>): PlanInput => ({
  self: node('self'),
  members: new Map(),
  discovered: new Set(),
  connected: new Set(),
  own: undefined,
  hold: undefined,
  holdsLinksOnly: false,
  leave: onDeregister(),
  maxLeaveShare: 1,
  now: 1_000,
  ...more,
})
const members = (...labels: string[]) =>
  new Map(labels.map((label): [NodeName, Member] => [node(label), { missedPolls: 0, missingSince: undefined }]))

describe('plan', () => {
  it('names the nodes that appeared, and never ourselves', () => {
    const { appeared, members: next } = plan(input({ discovered: nodes('self', 'a') }))
    expect(appeared).toStrictEqual([node('a')])
    expect([...next.keys()]).toStrictEqual([node('a')])
  })

  it('counts misses and the time since the first', () => {
    const leave = leaveAfter(3)
    const one = plan(input({ members: members('a'), leave, now: 100 }))
    const two = plan(input({ members: one.members, leave, now: 200 }))
    expect(two.members.get(node('a'))).toStrictEqual({ missedPolls: 2, missingSince: 100 })
    expect(plan(input({ members: two.members, leave, now: 300 })).leave).toStrictEqual([node('a')])
  })

  it('forgets misses when a member is named again', () => {
    const missed = plan(input({ members: members('a'), leave: neverLeave() }))
    const back = plan(input({ members: missed.members, discovered: nodes('a') }))
    expect(back.returned).toStrictEqual([node('a')])
    expect(back.members.get(node('a'))).toStrictEqual({ missedPolls: 0, missingSince: undefined })
  })

  it('lets the longest missing go first when not all may', () => {
    const missing = new Map<NodeName, Member>([
      [node('late'), { missedPolls: 1, missingSince: 500 }],
      [node('early'), { missedPolls: 2, missingSince: 100 }],
    ])
    const decided = plan(input({ members: missing, connected: nodes('late', 'early'), maxLeaveShare: 0.5 }))
    expect(decided.leave).toStrictEqual([node('early')])
    expect(decided.held).toStrictEqual(new Map([[node('late'), 'share']]))
  })
})

describe('for any membership and answer', () => {
  const label = fc.integer({ min: 0, max: 30 }).map((index) => `n${index}`)
  const set = fc.uniqueArray(label).map((labels) => nodes(...labels))
  const known = fc.uniqueArray(label).map((labels) => members(...labels))
  const hold = fc.constantFrom<HoldReason | undefined>(undefined, 'stale', 'trimmed', 'empty', 'rotating')
  const any = fc.record({
    members: known,
    discovered: set,
    connected: set,
    hold,
    maxLeaveShare: fc.double({ min: 0, max: 1, noNaN: true }),
  })

  it('nobody leaves who is named, nor anybody when there is a reason to hold', () => {
    fc.assert(
      fc.property(any, (some) => {
        const { leave } = plan(input(some))
        expect(leave.filter((name) => some.discovered.has(name))).toStrictEqual([])
        if (some.hold !== undefined) expect(leave).toStrictEqual([])
      }),
    )
  })

  it('never more links go than the share, but one', () => {
    fc.assert(
      fc.property(any, (some) => {
        const live = [...some.members.keys()].filter((name) => some.connected.has(name)).length
        const gone = plan(input(some)).leave.filter((name) => some.connected.has(name)).length
        expect(gone).toBeLessThanOrEqual(Math.max(1, Math.floor(live * some.maxLeaveShare)))
      }),
    )
  })

  it('everybody is named, held or left, and no two of these but named', () => {
    fc.assert(
      fc.property(any, (some) => {
        const decided = plan(input(some))
        const all = new Set([...some.members.keys(), ...some.discovered])
        expect(new Set([...decided.members.keys(), ...decided.leave])).toStrictEqual(all)
        for (const name of decided.held.keys()) expect(some.discovered.has(name)).toBe(false)
        expect(decided.held.size + decided.leave.length + some.discovered.size).toBe(all.size)
      }),
    )
  })
})
