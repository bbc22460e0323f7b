import { describe, expect, it } from 'vitest'
import { leaveAfter, neverLeave, onDeregister, whenLinkDropped } from '../../src/index.ts'
import { FakeMembership, node, nodes } from '../fake-membership.ts'
import { onVirtualClock, pass, polls, running, Scripted } from '../scripted.ts'

onVirtualClock()

describe('our own record', () => {
  it('is removed by the same number of whole answers as that of a member', async () => {
    const source = new Scripted(nodes('self', 'a', 'b'))
    const { strategy, of } = running(new FakeMembership(), source, { leave: leaveAfter(3) })
    await polls(1)
    source.answer = nodes('a', 'b')
    await polls(2)
    expect(of('deregistered')).toStrictEqual([])
    await polls(1)
    expect(of('deregistered')).toHaveLength(1)
    await polls(20)
    expect(of('deregistered')).toHaveLength(1)
    await strategy.close()
  })

  it('is asked for again before it counts as removed', async () => {
    const source = new Scripted(nodes('self', 'a'))
    const { strategy, of } = running(new FakeMembership(), source, { leave: onDeregister() })
    await polls(1)
    let count = 0
    source.next = () => (count++ % 2 === 0 ? nodes('a') : nodes('self', 'a'))
    await polls(10)
    expect(of('deregistered')).toStrictEqual([])
    await strategy.close()
  })

  it.each([
    ['stale', { nodes: nodes('a'), stale: true }],
    ['trimmed', { nodes: nodes('a'), trimmed: true }],
    ['empty', { nodes: nodes() }],
    ['failed', new Error('SERVFAIL')],
    [
      'an answer with our record, which cannot be used',
      { nodes: nodes('a'), ignored: [{ target: 'self.svc.test', reason: 'its port is 0' }] },
    ],
  ])('is not removed by answers that are %s', async (_what, answer) => {
    const source = new Scripted(nodes('self', 'a'))
    const { strategy, of } = running(new FakeMembership(), source, { leave: onDeregister() })
    await polls(1)
    source.answer = answer
    await polls(30)
    expect(of('deregistered')).toStrictEqual([])
    await strategy.close()
  })

  it('of an empty zone is removed after the time of empty answers', async () => {
    const source = new Scripted(nodes('self', 'a'))
    const { strategy, of } = running(new FakeMembership(), source, { leave: onDeregister(), confirmEmptyMs: 60_000 })
    await polls(1)
    source.answer = nodes()
    await pass(58_000)
    expect(of('deregistered')).toStrictEqual([])
    await pass(10_000)
    expect(of('deregistered')).toHaveLength(1)
    await strategy.close()
  })

  it('that was never there is not removed: a visitor dials as it likes', async () => {
    const membership = new FakeMembership()
    const { strategy, of } = running(membership, new Scripted(nodes('a')), { leave: onDeregister() })
    await polls(1)
    membership.drop(node('a'), 'reset')
    await pass(0)
    expect(membership.dialled).toStrictEqual([node('a'), node('a')])
    expect(of('deregistered')).toStrictEqual([])
    await strategy.close()
  })

  it('stops the dials while it is removed, and only then', async () => {
    const membership = new FakeMembership()
    const source = new Scripted(nodes('self', 'a'))
    const { strategy, of } = running(membership, source, { leave: onDeregister() })
    await polls(1)
    source.answer = nodes('a')
    membership.drop(node('a'), 'it left us out')
    await polls(20)
    expect(membership.dialled).toStrictEqual([node('a')])
    expect([of('deregistered').length, of('connectFailed').length]).toStrictEqual([1, 0])
    source.answer = nodes('self', 'a')
    await polls(2)
    expect(membership.connected()).toStrictEqual([node('a')])
    await strategy.close()
  })

  it.each([
    ['whenLinkDropped', whenLinkDropped(), 1],
    ['neverLeave', neverLeave(), 0],
  ])('is information only where live links stay: %s', async (_name, leave, times) => {
    const membership = new FakeMembership()
    const source = new Scripted(nodes('self', 'a'))
    const { strategy, of } = running(membership, source, { leave })
    await polls(1)
    source.answer = nodes('a')
    await polls(5)
    membership.drop(node('a'), 'reset')
    await polls(2)
    expect(of('deregistered')).toHaveLength(times)
    expect(membership.connected()).toStrictEqual([node('a')])
    await strategy.close()
  })

  it('is removed although a peer turned out to spell itself in other letters than DNS', async () => {
    const membership = new FakeMembership()
    membership.dialDoes('A@svc.test', () => Promise.reject(new Error('it calls itself a@svc.test')))
    const source = new Scripted(nodes('self', 'A'))
    const { strategy, of } = running(membership, source, { leave: onDeregister() })
    await polls(1)
    membership.up(node('a'))
    source.answer = nodes('A')
    await polls(1)
    expect(of('deregistered')).toHaveLength(1)
    expect([strategy.expected(), of('held'), of('left')]).toStrictEqual([[node('a')], [], []])
    await strategy.close()
  })

  it('is asked for when a peer drops us, but a dead DNS does not hold the dial back', async () => {
    const membership = new FakeMembership()
    const source = new Scripted(nodes('self', 'a'))
    const { strategy } = running(membership, source)
    await polls(1)
    const before = source.polls
    membership.drop(node('a'), 'reset')
    await pass(1)
    expect(source.polls).toBe(before + 1)
    expect(membership.connected()).toStrictEqual([node('a')])
    await pass(60_000)
    source.answer = 'hang'
    membership.drop(node('a'), 'reset')
    await pass(600)
    expect(membership.connected()).toStrictEqual([node('a')])
    await strategy.close()
  })
})
