import { describe, expect, it } from 'vitest'
import { type Discover, onDeregister, Strategy } from '../../src/index.ts'
import { FakeMembership, node, nodes } from '../fake-membership.ts'
import { onVirtualClock, polls, running, Scripted, virtualWorld } from '../scripted.ts'

onVirtualClock()

/** Polls over UDP give `udp`; what confirms them gives `tcp`. */
function split(udp: () => ReturnType<Discover>, tcp: () => ReturnType<Discover>) {
  const membership = new FakeMembership()
  const asked: string[] = []
  const discover: Discover = ({ confirm }) => {
    asked.push(confirm === true ? 'tcp' : 'udp')
    return confirm === true ? tcp() : udp()
  }
  const options = { discover, interval: () => 1_000, leave: onDeregister(), world: virtualWorld() }
  const strategy = new Strategy(membership, options)
  return { membership, strategy, asked }
}

describe('an answer that lacks a member whose link lives', () => {
  it('is confirmed in the way in which nothing is cut', async () => {
    let answer = nodes('a', 'b')
    const { membership, strategy, asked } = split(
      async () => answer,
      async () => nodes('a', 'b'),
    )
    strategy.start()
    await polls(1)
    answer = nodes('a')
    await polls(50)
    expect(membership.connected()).toStrictEqual([node('a'), node('b')])
    expect(asked.filter((how) => how === 'tcp')).not.toHaveLength(0)
    await strategy.close()
  })

  it('is believed after ten polls where that way is blocked, and held once until then', async () => {
    let answer = nodes('a', 'b')
    const { membership, strategy } = split(
      async () => answer,
      () => Promise.reject(new Error('TCP is blocked')),
    )
    const held: unknown[] = []
    strategy.on('change', (change) => change.type === 'held' && held.push(change.nodes))
    strategy.start()
    await polls(1)
    answer = nodes('a')
    await polls(8)
    expect(membership.connected()).toStrictEqual([node('a'), node('b')])
    await polls(4)
    expect(membership.connected()).toStrictEqual([node('a')])
    expect(held).toStrictEqual([new Map([[node('b'), 'unconfirmed']])])
    await strategy.close()
  })
})

describe('an answer that may have been cut, as far as its length says', () => {
  it('makes nobody leave for ten polls, and is believed then', async () => {
    const membership = new FakeMembership()
    const source = new Scripted(nodes('a', 'b'))
    const { strategy, of } = running(membership, source, { leave: onDeregister() })
    await polls(1)
    source.answer = { nodes: nodes('a'), doubtful: true }
    await polls(8)
    expect(of('left')).toStrictEqual([])
    expect(of('held')).toMatchObject([{ nodes: new Map([[node('b'), 'trimmed']]) }])
    await polls(3)
    expect(of('left')).toMatchObject([{ node: node('b') }])
    await strategy.close()
  })

  it('is doubted anew once everybody was there again', async () => {
    const membership = new FakeMembership()
    const source = new Scripted(nodes('a', 'b'))
    const { strategy, of } = running(membership, source, { leave: onDeregister(), rotationPolls: 0 })
    for (let round = 0; round < 5; round++) {
      source.answer = nodes('a', 'b')
      await polls(1)
      source.answer = { nodes: nodes('a'), doubtful: true }
      await polls(9)
    }
    expect(of('left')).toStrictEqual([])
    await strategy.close()
  })

  it('that was cut for certain is never believed', async () => {
    const membership = new FakeMembership()
    const source = new Scripted(nodes('a', 'b'))
    const { strategy, of } = running(membership, source, { leave: onDeregister() })
    await polls(1)
    source.answer = { nodes: nodes('a'), trimmed: true }
    await polls(100)
    expect(of('left')).toStrictEqual([])
    await strategy.close()
  })
})
