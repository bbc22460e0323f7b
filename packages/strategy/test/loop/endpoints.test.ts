import type { NodeAddressCandidate, NodeName } from '@dynsrv/epmd-shim'
import { describe, expect, it, vi } from 'vitest'
import { type Discovery, type Endpoints, onDeregister } from '../../src/index.ts'
import { FakeMembership, node, nodes } from '../fake-membership.ts'
import { onVirtualClock, pass, polls, running, Scripted } from '../scripted.ts'

onVirtualClock()

const at = (port: number): readonly NodeAddressCandidate[] => [{ ip: '192.0.2.1', family: 4, port }]
const answer = (places: Record<string, Endpoints>): Discovery => ({
  nodes: nodes(...Object.keys(places)),
  endpoints: new Map(Object.entries(places).map(([label, place]) => [node(label), place])),
})
const refused = () =>
  Promise.reject(
    Object.assign(new Error('nobody listens'), {
      cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
    }),
  )

describe('what a source says of where a member listens', () => {
  it('is where it is dialled, in that order', async () => {
    const membership = new FakeMembership()
    const both = [...at(1), ...at(2)]
    const { strategy } = running(membership, new Scripted(answer({ a: both, b: async () => at(3) })))
    await polls(1)
    expect(membership.endpoints).toStrictEqual(
      new Map<NodeName, unknown>([
        [node('a'), both],
        [node('b'), at(3)],
      ]),
    )
    await strategy.close()
  })

  it('goes on to be looked up while it is dialled, and is kept', async () => {
    const membership = new FakeMembership()
    const [four, six] = [at(1), [{ ip: '2001:db8::1', family: 6, port: 1 }] as const]
    const once = vi.fn().mockResolvedValueOnce({ endpoints: four, later: Promise.resolve(six) })
    const locate = async () => once() ?? Promise.reject(new Error('no answer any more'))
    const wrong = async () => ({ endpoints: four, later: Promise.reject(new Error('no answer')) })
    const source = new Scripted(answer({ a: locate, b: wrong }))
    const { strategy } = running(membership, source)
    await polls(1)
    expect(membership.endpoints.get(node('a'))).toStrictEqual(four)
    expect(await membership.later.get(node('a'))).toStrictEqual(six)
    expect(await membership.later.get(node('b'))).toStrictEqual([])

    await pass(15_000)
    membership.drop(node('a'), 'reset')
    await pass(600)
    expect(membership.endpoints.get(node('a'))).toStrictEqual([...four, ...six])
    await strategy.close()
  })

  it('is left out where it is not known, or cannot be found', async () => {
    const membership = new FakeMembership()
    const source = new Scripted(answer({ a: [], b: async () => [], c: () => Promise.reject(new Error('no answer')) }))
    const { strategy } = running(membership, source)
    await polls(1)
    expect(new Set(membership.endpoints.values())).toStrictEqual(new Set([undefined]))
    expect(membership.connected()).toHaveLength(3)
    await strategy.close()
  })

  it.each([
    ['a name', [{ ip: 'a.test', family: 4, port: 1 }]],
    ['a wrong family', [{ ip: '192.0.2.1', family: 6, port: 1 }]],
    ['port 0', at(0)],
    ['text', '192.0.2.1:4370'],
    ['what is no list', async () => null],
    ['an address that is none', async () => ({ endpoints: [], addresses: [{ ip: 'a.test', family: 4 }] })],
  ])('is ignored and reported once when it is %s', async (_what, place) => {
    const membership = new FakeMembership()
    const { strategy, of } = running(membership, new Scripted(answer({ a: place as Endpoints })))
    await polls(1)
    membership.drop(node('a'), 'reset')
    await polls(1)
    expect(membership.dialled).toHaveLength(2)
    expect(membership.endpoints.get(node('a'))).toBeUndefined()
    expect(of('ignored')).toMatchObject([{ target: node('a'), reason: expect.stringContaining('endpoints') }])
    await strategy.close()
  })

  it('is kept for a member that later answers lack, and while there are none', async () => {
    const membership = new FakeMembership()
    const source = new Scripted(answer({ a: at(1), b: at(2) }))
    const { strategy } = running(membership, source)
    await polls(1)
    for (const next of [{ ...answer({ b: at(2) }), trimmed: true }, new Error('SERVFAIL')]) {
      source.answer = next
      await pass(15_000)
      membership.endpoints.clear()
      membership.drop(node('a'), 'reset')
      await pass(600)
      expect(membership.endpoints).toStrictEqual(new Map([[node('a'), at(1)]]))
    }
    await strategy.close()
  })

  it('is kept when the lookup of its address fails or is silent later', async () => {
    const membership = new FakeMembership()
    let locate = async () => at(1)
    const { strategy } = running(membership, new Scripted(answer({ a: () => locate() })))
    await polls(1)
    for (const next of [() => Promise.reject(new Error('SERVFAIL')), () => new Promise<never>(() => undefined)]) {
      locate = next
      await pass(15_000)
      membership.endpoints.clear()
      membership.drop(node('a'), 'reset')
      await pass(1_000)
      expect(membership.endpoints).toStrictEqual(new Map([[node('a'), at(1)]]))
    }
    await strategy.close()
  })

  it('is found while DNS lives for a peer that dialled us', async () => {
    const membership = new FakeMembership()
    let locate = async () => at(1)
    membership.up(node('a'))
    const { strategy } = running(membership, new Scripted(answer({ a: () => locate() })))
    await polls(1)
    expect(membership.dialled).toStrictEqual([])
    locate = () => Promise.reject(new Error('SERVFAIL'))
    membership.drop(node('a'), 'reset')
    await pass(600)
    expect(membership.endpoints).toStrictEqual(new Map([[node('a'), at(1)]]))
    await strategy.close()
  })

  it('is found under the name that is in use, in whichever letters the answer has it', async () => {
    const membership = new FakeMembership()
    membership.up(node('a'))
    const source = new Scripted(answer({ A: at(1) }))
    const { strategy } = running(membership, source)
    await polls(1)
    membership.drop(node('a'), 'reset')
    await pass(600)
    expect(membership.endpoints).toStrictEqual(new Map([[node('a'), at(1)]]))
    await strategy.close()
  })
})

describe('where a member listens, for one who dials by its name', () => {
  const signal = new AbortController().signal

  it('is what the last good answer said, while there are none and for one that it lacks', async () => {
    const source = new Scripted(answer({ a: at(1), b: async () => ({ endpoints: at(2), addresses: [] }) }))
    const { strategy } = running(new FakeMembership(), source)
    await polls(1)
    for (const next of [source.answer, { ...answer({ b: at(2) }), trimmed: true }, new Error('SERVFAIL')]) {
      source.answer = next
      await polls(1)
      expect((await strategy.locate(node('a'), { signal })).endpoints).toStrictEqual(at(1))
      expect((await strategy.locate(node('b'), { signal })).endpoints).toStrictEqual(at(2))
    }
    await strategy.close()
  })

  it('is where it was found last when the lookup of its address fails', async () => {
    let locate = async () => at(1)
    const { strategy } = running(new FakeMembership(), new Scripted(answer({ a: () => locate() })))
    await polls(1)
    locate = () => Promise.reject(new Error('SERVFAIL'))
    expect(await strategy.locate(node('a'), { signal })).toStrictEqual({ endpoints: at(1) })
    await strategy.close()
  })

  it('is not known of one that is no member, before the start, and after the end', async () => {
    const { strategy } = running(new FakeMembership(), new Scripted(answer({ a: at(1) })))
    const nowhere = { endpoints: [] }
    expect(await strategy.locate(node('a'), { signal })).toStrictEqual(nowhere)
    await polls(1)
    expect(await strategy.locate(node('z'), { signal })).toStrictEqual(nowhere)
    await strategy.close()
    expect(await strategy.locate(node('a'), { signal })).toStrictEqual(nowhere)
  })
})

describe('a member that cannot be reached', () => {
  it('and refuses is dialled again within one polling interval', async () => {
    const membership = new FakeMembership()
    membership.dialDoes('a@svc.test', refused)
    const { strategy, of } = running(membership, new Scripted(answer({ a: at(1) })), { interval: () => 5_000 })
    await pass(75_000)
    expect(Math.max(...of('connectFailed').map(({ retryMs }) => retryMs))).toBeLessThanOrEqual(5_000)
    membership.dialDoes('a@svc.test')
    await pass(5_000)
    expect(membership.connected()).toStrictEqual([node('a')])
    await strategy.close()
  })

  it.each([
    ['is said to listen elsewhere', answer({ a: at(2) })],
    ['is said to listen elsewhere, by a key', answer({ a: Object.assign(async () => at(2), { key: 'other' }) })],
  ])('is dialled at once when it %s', async (_what, next) => {
    const membership = new FakeMembership()
    membership.dialDoes('a@svc.test', () => Promise.reject(new Error('timed out')))
    const source = new Scripted(answer({ a: Object.assign(async () => at(1), { key: 'one' }) }))
    const { strategy } = running(membership, source)
    await pass(60_000)
    membership.dialDoes('a@svc.test')
    source.answer = next
    strategy.pollNow()
    await pass(1)
    expect(membership.connected()).toStrictEqual([node('a')])
    await strategy.close()
  })

  it('is dialled at once when its record comes back', async () => {
    const membership = new FakeMembership()
    membership.dialDoes('a@svc.test', () => Promise.reject(new Error('timed out')))
    const source = new Scripted(nodes('a', 'b'))
    const { strategy } = running(membership, source, { leave: () => false })
    await pass(60_000)
    source.answer = nodes('b')
    await polls(1)
    membership.dialDoes('a@svc.test')
    source.answer = nodes('a', 'b')
    strategy.pollNow()
    await pass(1)
    expect(membership.connected()).toContain(node('a'))
    await strategy.close()
  })

  it('waits as long as ever when it times out in the same place', async () => {
    const membership = new FakeMembership()
    membership.dialDoes('a@svc.test', () => Promise.reject(new Error('timed out')))
    const { strategy, of } = running(membership, new Scripted(answer({ a: at(1) })), { leave: onDeregister() })
    await pass(120_000)
    expect(of('connectFailed').at(-1)!.retryMs).toBeGreaterThanOrEqual(15_000)
    await strategy.close()
  })
})
