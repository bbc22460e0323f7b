import { describe, expect, it } from 'vitest'
import {
  allOf,
  backoff,
  byTtl,
  doubling,
  every,
  jittered,
  type LeavePolicy,
  leaveAfter,
  leaveAfterMs,
  neverLeave,
} from '../../src/index.ts'
import { FakeMembership, node, nodes } from '../fake-membership.ts'
import { jumpClock, onVirtualClock, pass, polls, running, Scripted, virtualWorld } from '../scripted.ts'

const calm = { failures: 0 }

describe('intervals', () => {
  it('every', () => expect(every(5_000)(calm)).toBe(5_000))

  it('jittered takes off and never adds', () => {
    expect(jittered(every(1_000), 0.1, () => 0)(calm)).toBe(1_000)
    expect(jittered(every(1_000), 0.1, () => 1)(calm)).toBe(900)
  })

  it('backoff doubles with each failure up to its end, and not below the interval itself', () => {
    const interval = backoff(every(5_000), 60_000)
    const ms = [0, 1, 2, 3, 4, 50, 5_000].map((failures) => interval({ failures }))
    expect(ms).toStrictEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000, 60_000])
    expect(backoff(every(5_000), 1_000)({ failures: 3 })).toBe(5_000)
  })

  it('byTtl has a floor, a cap, and a fallback', () => {
    const interval = byTtl({ floorMs: 1_000, capMs: 60_000, fallback: every(7_000) })
    expect(interval({ failures: 0, ttlMs: 10 })).toBe(1_000)
    expect(interval({ failures: 0, ttlMs: 30_000 })).toBe(30_000)
    expect(interval({ failures: 0, ttlMs: 600_000 })).toBe(60_000)
    expect(interval({ failures: 0 })).toBe(7_000)
    expect(interval({ failures: 1, ttlMs: 30_000 })).toBe(7_000)
  })

  it('doubling has full time at most, half at least, and waits longest for what no retry helps', () => {
    const least = doubling({ random: () => 0 })
    const most = doubling({ random: () => 1 })
    expect([1, 2, 3, 6, 99].map((attempts) => most({ attempts, cause: undefined }))).toStrictEqual([
      1_000, 2_000, 4_000, 30_000, 30_000,
    ])
    expect(least({ attempts: 2, cause: undefined })).toBe(1_000)
    expect(most({ attempts: 1, cause: { retryable: false } })).toBe(30_000)
  })

  it.each([
    () => every(0),
    () => jittered(every(1), 2),
    () => backoff(every(1), Number.NaN),
    () => byTtl({ floorMs: 10, capMs: 5 }),
    () => doubling({ baseMs: 0 }),
    () => leaveAfter(1.5),
    () => leaveAfterMs(-1),
  ])('a wrong number is refused where it is written (%#)', (make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'STRATEGY_BAD_OPTION' }))
  })
})

describe('leave policies on a virtual clock', () => {
  onVirtualClock()

  it.each<[string, LeavePolicy, number]>([
    ['leaveAfter(3)', leaveAfter(3), 3],
    ['leaveAfterMs(4000)', leaveAfterMs(4_000), 5],
    ['allOf(leaveAfter(2), leaveAfterMs(3000))', allOf(leaveAfter(2), leaveAfterMs(3_000)), 4],
  ])('%s', async (_name, leave, atPoll) => {
    const membership = new FakeMembership()
    const source = new Scripted(nodes('self', 'a'))
    const { strategy, of } = running(membership, source, { leave, confirmLeave: 0 })
    await polls(1)
    source.answer = nodes('self')
    const before = of('polled').length
    while (of('left').length === 0 && of('polled').length < before + 20) await pass(500)
    expect(of('polled').length - before).toBe(atPoll)
    expect(membership.disconnected).toStrictEqual([node('a')])
    await strategy.close()
  })

  it('neverLeave dials forever', async () => {
    const membership = new FakeMembership()
    const source = new Scripted(nodes('self', 'a'))
    const { strategy, of } = running(membership, source, { leave: neverLeave() })
    await polls(1)
    source.answer = nodes('self')
    await polls(50)
    membership.drop(node('a'), 'crash')
    await polls(2)
    expect(membership.connected()).toStrictEqual([node('a')])
    expect(of('left')).toStrictEqual([])
    await strategy.close()
  })

  it.each([
    'stale',
    'trimmed',
  ] as const)('a %s answer adds members, and takes none away, for however long', async (doubt) => {
    const membership = new FakeMembership()
    const source = new Scripted(nodes('self', 'a'))
    const { strategy, of } = running(membership, source, { leave: leaveAfter(1) })
    await polls(1)
    source.answer = { nodes: nodes('self', 'b'), [doubt]: true }
    await polls(100)
    expect(membership.connected()).toStrictEqual([node('a'), node('b')])
    expect(of('held')).toStrictEqual([{ type: 'held', nodes: new Map([[node('a'), doubt]]) }])
    await strategy.close()
  })

  it('errors for a day take nobody away, and are counted', async () => {
    const membership = new FakeMembership()
    const source = new Scripted(nodes('self', 'a'))
    const { strategy, of } = running(membership, source, {
      interval: backoff(every(1_000), 60_000),
      leave: leaveAfter(1),
    })
    await polls(1)
    source.answer = new Error('SERVFAIL')
    await pass(24 * 3_600_000)
    expect(membership.disconnected).toStrictEqual([])
    expect(of('discoveryFailed').at(-1)!.failures).toBeGreaterThan(1_000)
    expect(of('discoveryFailed').at(-1)!.lastGoodAgeMs).toBeGreaterThan(86_000_000)
    await strategy.close()
  })

  it('a discovery that hangs is given up and is a failure', async () => {
    const source = new Scripted(nodes('self', 'a'))
    const { strategy, of } = running(new FakeMembership(), source)
    await polls(1)
    source.answer = 'hang'
    await pass(35_000)
    expect(of('discoveryFailed')).toMatchObject([{ cause: { code: 'STRATEGY_DISCOVER_TIMEOUT' } }])
    expect(of('left')).toStrictEqual([])
    await strategy.close()
  })

  it('an empty answer is believed at the third in a row of who has no link, and after ten minutes of the others', async () => {
    const membership = new FakeMembership()
    membership.dialDoes('b@svc.test', () => Promise.reject(new Error('no')))
    const source = new Scripted(nodes('a', 'b', 'c'))
    const { strategy, of } = running(membership, source, { leave: leaveAfter(1) })
    await polls(1)
    source.answer = nodes()
    await polls(2)
    expect(of('left')).toStrictEqual([])
    expect(new Set(of('held').at(-1)!.nodes.values())).toStrictEqual(new Set(['empty']))
    await polls(1)
    expect(of('left')).toMatchObject([{ node: node('b'), connected: false }])
    membership.dialDoes('c@svc.test', () => Promise.reject(new Error('no')))
    membership.drop(node('c'), 'reset')
    await polls(1)
    expect(of('left')).toHaveLength(2)
    await pass(590_000)
    expect(membership.connected()).toStrictEqual([node('a')])
    await pass(10_000)
    expect(membership.connected()).toStrictEqual([])
    expect(of('left')).toHaveLength(3)
    await strategy.close()
  })

  it('an answer between two empty ones begins anew', async () => {
    const membership = new FakeMembership()
    const source = new Scripted(nodes('a'))
    const { strategy, of } = running(membership, source, { leave: leaveAfter(1), confirmEmptyMs: 5_000 })
    await polls(1)
    for (let round = 0; round < 5; round++) {
      source.answer = nodes()
      await polls(4)
      source.answer = nodes('a')
      await polls(1)
    }
    expect(of('left')).toStrictEqual([])
    await strategy.close()
  })

  it('with confirmEmpty: Infinity nobody leaves because of emptiness, without a link either', async () => {
    const membership = new FakeMembership()
    membership.dialDoes('b@svc.test', () => Promise.reject(new Error('no')))
    const source = new Scripted(nodes('a', 'b'))
    const options = { leave: leaveAfter(1), confirmEmpty: Number.POSITIVE_INFINITY, confirmEmptyMs: 0 }
    const { strategy, of } = running(membership, source, options)
    await polls(1)
    source.answer = nodes()
    await polls(100)
    expect(of('left')).toStrictEqual([])
    expect(strategy.expected()).toStrictEqual([node('a'), node('b')])
    await strategy.close()
  })

  it('an absence that was said on purpose is believed at once', async () => {
    const membership = new FakeMembership()
    const source = new Scripted(nodes('a'))
    const { strategy, of } = running(membership, source, { leave: leaveAfter(1) })
    await polls(1)
    source.answer = { nodes: nodes(), absent: true }
    await polls(1)
    expect(of('left')).toHaveLength(1)
    await strategy.close()
  })

  it('an answer whose records name nobody is held, however often it comes', async () => {
    const membership = new FakeMembership()
    const source = new Scripted(nodes('a', 'b'))
    const { strategy, of } = running(membership, source, { leave: leaveAfter(1) })
    await polls(1)
    source.answer = { nodes: nodes(), ignored: [{ target: 'a.other.test', reason: 'it is not <label>.svc.test' }] }
    await polls(10)
    expect(of('left')).toStrictEqual([])
    const held = [node('a'), node('b')].map((each) => [each, 'unmapped'] as const)
    expect(of('held').at(-1)!.nodes).toStrictEqual(new Map(held))
    expect(membership.connected()).toHaveLength(2)
    const foreign = { target: 'b.other.test', reason: 'it is not <label>.svc.test', foreign: true }
    source.answer = { nodes: nodes('a'), ignored: [foreign] }
    await polls(1)
    expect(of('left')).toMatchObject([{ node: node('b') }])
    await strategy.close()
  })

  it.each([2, 5, 9])('halves that take turns every %i polls cost each link once at most', async (turn) => {
    const membership = new FakeMembership()
    const halves = [nodes('self', 'a', 'b', 'c', 'd'), nodes('self', 'e', 'f', 'g', 'h')] as const
    const source = new Scripted(nodes('self', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'))
    const { strategy, of } = running(membership, source, { leave: leaveAfter(1) })
    await polls(1)
    let poll = 0
    source.next = () => halves[Math.floor(poll / turn) % 2]!
    for (; poll < turn; poll++) await polls(1)
    expect(of('left').length).toBeGreaterThan(0)
    for (; poll < 20 * turn; poll++) await polls(1)
    expect(of('left').map((left) => left.node)).toStrictEqual(['e', 'f', 'g', 'h'].map(node))
    expect(membership.connected()).toHaveLength(8)
    await strategy.close()
  })

  it('an instance that is replaced while another goes does not look like halves that take turns', async () => {
    const membership = new FakeMembership()
    const source = new Scripted(nodes('self', 'a', 'b', 'c', 'd'))
    const { strategy, of } = running(membership, source, { leave: leaveAfter(1) })
    await polls(1)
    for (const gone of ['a', 'b', 'c', 'd']) {
      source.answer = nodes('self', ...['a', 'b', 'c', 'd'].filter((label) => label !== gone))
      await polls(1)
    }
    expect(of('left').map((left) => left.node)).toStrictEqual(['a', 'b', 'c', 'd'].map(node))
    await strategy.close()
  })

  it('a failed confirmation keeps the member until the next poll', async () => {
    const membership = new FakeMembership()
    const source = new Scripted(nodes('self', 'a'))
    const { strategy, of } = running(membership, source, { leave: leaveAfter(1) })
    await polls(1)
    let asked = 0
    source.next = () => (asked++ === 1 ? new Error('SERVFAIL') : nodes('self'))
    await polls(1)
    expect(of('held').at(-1)!.nodes).toStrictEqual(new Map([[node('a'), 'unconfirmed']]))
    expect(membership.connected()).toStrictEqual([node('a')])
    await polls(1)
    expect(membership.connected()).toStrictEqual([])
    await strategy.close()
  })
})

describe('a clock that is set', () => {
  onVirtualClock()

  const DAY_MS = 86_400_000

  it.each([-400 * DAY_MS, -1, 60_000, 400 * DAY_MS])('by %i ms at each poll changes nothing', async (jumpMs) => {
    const membership = new FakeMembership()
    membership.dialDoes('down@svc.test', () => Promise.reject(new Error('down')))
    const source = new Scripted(nodes('self', 'a', 'b', 'down'))
    const options = { leave: leaveAfterMs(4_000), confirmLeave: 0, retry: () => 5_000 }
    const { strategy, of } = running(membership, source, options)
    const jump = async (count: number) => {
      for (let poll = 0; poll < count; poll++) {
        jumpClock(jumpMs)
        await polls(1)
      }
    }
    await jump(5)
    expect(of('polled')).toHaveLength(6)
    expect(of('polled').every(({ elapsedMs }) => elapsedMs === 0)).toBe(true)
    expect(of('connectFailed')).toHaveLength(2)
    source.answer = nodes('self', 'a', 'down')
    await jump(3)
    expect(of('left')).toStrictEqual([])
    await jump(2)
    expect(of('left')).toMatchObject([{ node: node('b') }])
    expect(of('left')[0]!.missingMs).toBeGreaterThanOrEqual(4_000)
    expect(of('left')[0]!.missingMs).toBeLessThan(6_000)
    source.answer = new Error('no DNS')
    await jump(3)
    expect(strategy.gauges()).toMatchObject({ failures: 3, connected: 1 })
    expect(strategy.gauges().lastGoodAgeMs).toBeLessThan(5_000)
    expect(of('lost')).toStrictEqual([])
    await strategy.close()
  })
})

describe('flapping', () => {
  onVirtualClock()

  it('records that come and go every poll cost no live link, with a grace', async () => {
    const membership = new FakeMembership()
    const source = new Scripted(nodes('self', 'a', 'b', 'c'))
    let poll = 0
    const { strategy, of } = running(membership, source, { leave: leaveAfter(2) })
    await polls(1)
    source.next = () => (++poll % 2 === 0 ? nodes('self', 'a', 'b', 'c') : nodes('self', 'a'))
    await polls(50)
    expect(of('left').concat(of('lost') as never)).toStrictEqual([])
    expect(membership.disconnected).toStrictEqual([])
    expect(membership.dialled).toHaveLength(3)
    await strategy.close()
  })

  it('a link that drops at once each time is dialled ever less often', async () => {
    const membership = new FakeMembership()
    const { strategy, of } = running(membership, new Scripted(nodes('a')), { retry: doubling({ random: () => 1 }) })
    membership.on('nodeup', ({ node: peer }) =>
      virtualWorld().clock.setTimeout(() => membership.drop(peer, 'reset'), 1),
    )
    await polls(120)
    expect(membership.dialled.length).toBeLessThan(15)
    expect(of('lost').length).toBe(membership.dialled.length)
    expect(of('lost')[0]).toMatchObject({ reason: 'reset' })
    await strategy.close()
  })
})
