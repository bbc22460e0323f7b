import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, it, vi } from 'vitest'
import {
  leaveAfter,
  MEMBERSHIP_CHANNEL,
  type MembershipMessage,
  onDeregister,
  Strategy,
  whenLinkDropped,
} from '../../src/index.ts'
import { type Dial, FakeMembership, node, nodes, silentDial } from '../fake-membership.ts'
import { onVirtualClock, pass, polls, running, Scripted, timers, virtualWorld } from '../scripted.ts'

onVirtualClock()

describe('joining', () => {
  it('connects all who are named, never itself', async () => {
    const membership = new FakeMembership()
    const { strategy, of } = running(membership, new Scripted(nodes('self', 'a', 'b')))
    await polls(1)
    expect(membership.dialled).toStrictEqual([node('a'), node('b')])
    expect(of('joined').map(({ node }) => node)).toStrictEqual([node('a'), node('b')])
    await strategy.close()
  })

  it('knows itself in any case', async () => {
    const membership = new FakeMembership()
    const { strategy } = running(membership, new Scripted(nodes('SELF')))
    await polls(2)
    expect(membership.dialled).toStrictEqual([])
    await strategy.close()
  })

  it('takes the spelling in which a peer that dialled us calls itself', async () => {
    const membership = new FakeMembership()
    membership.dialDoes('a@svc.test', () => Promise.reject(new Error('wrong name')))
    const { strategy } = running(membership, new Scripted(nodes('a')), { leave: whenLinkDropped() })
    await polls(1)
    membership.up(node('A'))
    await polls(2)
    expect(strategy.expected()).toStrictEqual([node('A')])
    await strategy.close()
  })

  it('keeps the spelling of a member when an answer changes the case', async () => {
    const membership = new FakeMembership()
    const source = new Scripted(nodes('a'))
    const { strategy } = running(membership, source, { leave: onDeregister() })
    await polls(1)
    source.answer = nodes('A')
    await polls(5)
    expect(membership.dialled).toStrictEqual([node('a')])
    expect(membership.disconnected).toStrictEqual([])
    await strategy.close()
  })

  it('counts a member that dialled us as joined, and does not dial it', async () => {
    const membership = new FakeMembership()
    membership.up(node('a'))
    const { strategy, of } = running(membership, new Scripted(nodes('a')))
    await polls(1)
    expect(membership.dialled).toStrictEqual([])
    expect(of('joined')).toHaveLength(1)
    await strategy.close()
  })

  it('dials at most so many at once, and all in the end', async () => {
    const membership = new FakeMembership()
    const all = nodes(...Array.from({ length: 50 }, (_, index) => `n${index}`))
    for (const name of all)
      membership.dialDoes(name, () => new Promise((resolve) => virtualWorld().clock.setTimeout(resolve, 10)))
    const { strategy } = running(membership, new Scripted(all), { parallel: 4 })
    await polls(1)
    expect(membership.mostDialling).toBe(4)
    expect(membership.connected()).toHaveLength(50)
    await strategy.close()
  })
})

describe('dialling again', () => {
  it('backs off for each peer alone, with the reason each time', async () => {
    const membership = new FakeMembership()
    membership.dialDoes('bad@svc.test', async () => {
      throw new Error('refused')
    })
    const retry = ({ attempts }: { attempts: number }) => 1_000 * 2 ** (attempts - 1)
    const { strategy, of } = running(membership, new Scripted(nodes('bad', 'good')), { retry })
    await pass(7_500)
    expect(of('connectFailed').map(({ attempts, retryMs }) => [attempts, retryMs])).toStrictEqual([
      [1, 1_000],
      [2, 2_000],
      [3, 4_000],
      [4, 8_000],
    ])
    expect(membership.connected()).toStrictEqual([node('good')])
    await strategy.close()
  })

  it('dials what was lost from the live links, while discovery fails', async () => {
    const membership = new FakeMembership()
    const source = new Scripted(nodes('a'))
    const { strategy, of } = running(membership, source)
    await polls(1)
    source.answer = new Error('SERVFAIL')
    await polls(3)
    membership.drop(node('a'), 'reset')
    await polls(1)
    expect(of('lost')).toMatchObject([{ node: node('a'), reason: 'reset' }])
    expect(membership.connected()).toStrictEqual([node('a')])
    await strategy.close()
  })

  it('dials a member that is lost after a long life at once, not at the next poll', async () => {
    const membership = new FakeMembership()
    const { strategy } = running(membership, new Scripted(nodes('a')), { interval: () => 60_000 })
    await pass(30_000)
    membership.drop(node('a'), 'reset')
    await pass(0)
    expect(membership.dialled).toHaveLength(2)
    await strategy.close()
  })

  it('does not dial in a tight circle when a link never holds', async () => {
    const membership = new FakeMembership()
    membership.on('nodeup', ({ node }) => void queueMicrotask(() => membership.drop(node, 'kicked out')))
    const { strategy } = running(membership, new Scripted(nodes('a')))
    await pass(60_000)
    expect(membership.dialled.length).toBeLessThan(12)
    expect(membership.dialled.length).toBeGreaterThan(3)
    await strategy.close()
  })

  it('gives up a dial that hangs, and frees its place', async () => {
    const membership = new FakeMembership()
    membership.dialDoes('hang@svc.test', () => new Promise(() => undefined))
    const { strategy, of } = running(membership, new Scripted(nodes('hang', 'a')), { parallel: 1 })
    await pass(10_100)
    expect(of('connectFailed')[0]).toMatchObject({ cause: { code: 'STRATEGY_CONNECT_TIMEOUT', retryable: true } })
    expect(membership.connected()).toStrictEqual([node('a')])
    await strategy.close()
  })
})

describe('ghosts', () => {
  const refuses = () => Promise.reject(new Error('ECONNREFUSED'))
  const ghosts = Array.from({ length: 250 }, (_, index) => `ghost-${index}`)

  function haunted(does: (index: number) => Dial) {
    const membership = new FakeMembership()
    for (const [index, ghost] of ghosts.entries()) membership.dialDoes(`${ghost}@svc.test`, does(index))
    return membership
  }

  it.each<[string, (index: number) => Dial, number]>([
    ['are silent', () => silentDial, 4_000],
    ['refuse', () => refuses, 250],
    ['are silent or refuse', (index) => (index % 2 === 0 ? silentDial : refuses), 2_250],
  ])('that %s do not keep the one real member out', async (_what, does, withinMs) => {
    const membership = haunted(does)
    const { strategy } = running(membership, new Scripted(nodes(...ghosts, 'real')))
    await pass(withinMs)
    expect(membership.connected()).toStrictEqual([node('real')])
    await strategy.close()
  })

  it.each([
    ['are silent', () => silentDial],
    ['refuse', () => refuses],
  ])('that %s do not keep out who comes later, nor who comes back', async (_what, does) => {
    const membership = haunted(does)
    const source = new Scripted(nodes(...ghosts, 'real'))
    const { strategy } = running(membership, source)
    await pass(60_000)
    source.answer = nodes(...ghosts, 'real', 'new')
    strategy.pollNow()
    await pass(250)
    expect(membership.connected()).toStrictEqual([node('real'), node('new')])
    membership.drop(node('real'), 'reset')
    await pass(250)
    expect(membership.connected()).toStrictEqual([node('new'), node('real')])
    await strategy.close()
  })

  it('are dialled in bounds, and ever less often', async () => {
    const membership = haunted(() => silentDial)
    const { strategy } = running(membership, new Scripted(nodes(...ghosts)), { connectTimeoutMs: 1_000 })
    await pass(60_000)
    // Sixteen at a time, and those that began less than a second ago.
    expect(membership.mostDialling).toBeGreaterThan(16)
    expect(membership.mostDialling).toBeLessThanOrEqual(16 + (16 * 1_000) / 250)
    const before = membership.dialled.length
    await pass(60_000)
    // By now each waits from 15 to 30 s after a failure.
    expect(membership.dialled.length - before).toBeLessThan(250 * 4)
    await strategy.close()
    expect(timers()).toBe(0)
  })
})

describe('leaving', () => {
  it('disconnects who is deregistered, after asking again', async () => {
    const membership = new FakeMembership()
    const source = new Scripted(nodes('self', 'a', 'b'))
    const { strategy, of } = running(membership, source, { leave: onDeregister() })
    await polls(1)
    source.answer = nodes('self', 'b')
    const before = source.polls
    await polls(1)
    expect(source.polls - before).toBe(3)
    expect(membership.disconnected).toStrictEqual([node('a')])
    expect(of('left')).toMatchObject([{ node: node('a'), reason: 'deregistered', connected: true }])
    await polls(20)
    expect(membership.dialled).toStrictEqual([node('a'), node('b')])
    await strategy.close()
  })

  it('disconnects one that dials back and does not know yet that it is deregistered, until its record is back', async () => {
    const membership = new FakeMembership()
    const source = new Scripted(nodes('self', 'a', 'b'))
    const { strategy, of } = running(membership, source, { leave: onDeregister() })
    await polls(1)
    source.answer = nodes('self', 'b')
    await polls(1)
    membership.up(node('a'))
    source.answer = { ...nodes('self', 'b'), trimmed: true }
    await polls(1)
    expect(membership.connected()).toStrictEqual([node('b'), node('a')])
    source.answer = nodes('self', 'b')
    await polls(1)
    expect(membership.connected()).toStrictEqual([node('b')])
    expect(of('left')).toHaveLength(1)
    source.answer = nodes('self', 'a', 'b')
    await polls(2)
    expect(membership.connected()).toStrictEqual([node('b'), node('a')])
    await strategy.close()
  })

  it('takes never more than half of the links down in one poll', async () => {
    const membership = new FakeMembership()
    const source = new Scripted(nodes('self', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'))
    const { strategy } = running(membership, source, { leave: onDeregister() })
    await polls(1)
    source.answer = nodes('self')
    await polls(1)
    expect(membership.connected()).toHaveLength(4)
    await polls(1)
    expect(membership.connected()).toHaveLength(2)
    await polls(2)
    expect(membership.connected()).toHaveLength(0)
    await strategy.close()
  })

  it('with whenLinkDropped keeps the live link and does not dial again once it drops', async () => {
    const membership = new FakeMembership()
    const source = new Scripted(nodes('self', 'a'))
    const { strategy, of } = running(membership, source, { leave: whenLinkDropped() })
    await polls(1)
    source.answer = nodes('self')
    await polls(5)
    expect(membership.connected()).toStrictEqual([node('a')])
    membership.drop(node('a'), 'its process ended')
    await polls(5)
    expect(membership.dialled).toStrictEqual([node('a')])
    expect(of('left')).toMatchObject([{ node: node('a'), connected: false }])
    await strategy.close()
  })

  it('tries a failed disconnect again at the next poll', async () => {
    const membership = new FakeMembership()
    const source = new Scripted(nodes('self', 'a'))
    const { strategy, of } = running(membership, source, { leave: onDeregister() })
    await polls(1)
    source.answer = nodes('self')
    vi.spyOn(membership, 'disconnect').mockRejectedValueOnce(new Error('busy'))
    await polls(1)
    expect(of('disconnectFailed')).toHaveLength(1)
    expect(membership.connected()).toStrictEqual([node('a')])
    await polls(1)
    expect(membership.connected()).toStrictEqual([])
    await strategy.close()
  })

  it('does not disconnect a member of another topology', async () => {
    const membership = new FakeMembership()
    const one = new Scripted(nodes('self', 'a'))
    const other = new Scripted(nodes('a'))
    const first = running(membership, one, { leave: onDeregister() })
    const second = running(membership, other, { leave: onDeregister() })
    await polls(1)
    one.answer = nodes('self')
    await polls(2)
    expect(first.of('left')).toHaveLength(1)
    expect(membership.disconnected).toStrictEqual([])
    other.answer = { nodes: nodes(), absent: true }
    await polls(2)
    expect(membership.disconnected).toStrictEqual([node('a')])
    await first.strategy.close()
    await second.strategy.close()
  })

  it('leaves alone who was connected by somebody else and never named', async () => {
    const membership = new FakeMembership()
    membership.up(node('friend'))
    const { strategy } = running(membership, new Scripted(nodes('self', 'a')), { leave: onDeregister() })
    await polls(5)
    expect(membership.disconnected).toStrictEqual([])
    await strategy.close()
  })
})

describe('stop, drain and ready', () => {
  it('counts the links of thousands only when enough have joined', async () => {
    const membership = new FakeMembership()
    const labels = Array.from({ length: 500 }, (_, index) => `n${index}`)
    const connected = vi.spyOn(membership, 'connected')
    const { strategy } = running(membership, new Scripted(nodes(...labels)), { parallel: 500 })
    const ready = strategy.ready({ minPeers: 500 })
    await polls(1)
    await ready
    expect(membership.dialled).toHaveLength(500)
    expect(connected.mock.calls.length).toBeLessThan(20)
    await strategy.close()
  })

  it('stops at once: no poll, no dial, no timer is left', async () => {
    const membership = new FakeMembership()
    membership.dialDoes('a@svc.test', () => new Promise(() => undefined))
    const source = new Scripted(nodes('a'))
    const { strategy } = running(membership, source)
    await pass(10)
    await strategy.close()
    expect(timers()).toBe(0)
    expect(membership.listenerCount('nodeup')).toBe(0)
    const { polls: before } = source
    await polls(10)
    expect(source.polls).toBe(before)
  })

  it('stops while discovery hangs', async () => {
    const { strategy } = running(new FakeMembership(), new Scripted('hang'))
    await pass(10)
    await strategy.close()
    expect(timers()).toBe(0)
  })

  it('starts again after a stop, which is another name of close', async () => {
    const membership = new FakeMembership()
    const { strategy } = running(membership, new Scripted(nodes('a')))
    await strategy.stop()
    expect(strategy.running).toBe(false)
    strategy.start()
    await polls(1)
    expect(membership.connected()).toStrictEqual([node('a')])
    await strategy.close()
  })

  it('drains: discovery ends first, then the record goes, then work, then the links', async () => {
    const membership = new FakeMembership()
    const { strategy } = running(membership, new Scripted(nodes('a', 'b')))
    await polls(1)
    const order: string[] = []
    await strategy.drain({
      deregister: () => void order.push(`deregister, running ${strategy.running}`),
      finish: async () => void order.push(`finish with ${membership.connected().length}`),
    })
    expect(order).toStrictEqual(['deregister, running false', 'finish with 2'])
    expect(membership.connected()).toStrictEqual([])
    await polls(10)
    expect(membership.dialled).toHaveLength(2)
  })

  it('drain takes the links down even when deregister throws, and throws that', async () => {
    const membership = new FakeMembership()
    const { strategy } = running(membership, new Scripted(nodes('a')))
    await polls(1)
    const deregister = () => Promise.reject(new Error('no leader'))
    await expect(strategy.drain({ deregister })).rejects.toThrow('no leader')
    expect(membership.connected()).toStrictEqual([])
  })

  it('is ready when enough members are connected', async () => {
    const { strategy } = running(new FakeMembership(), new Scripted(nodes('a', 'b')))
    const ready = strategy.ready({ minPeers: 2 })
    await polls(1)
    await expect(ready).resolves.toBeUndefined()
    await strategy.close()
  })

  it('is not ready, and says who is missing and why', async () => {
    const membership = new FakeMembership()
    membership.dialDoes('b@svc.test', () => Promise.reject(new Error('cookie rejected')))
    const { strategy } = running(membership, new Scripted(nodes('a', 'b')))
    const patience = new AbortController()
    const ready = strategy.ready({ minPeers: 2, signal: patience.signal })
    const outcome = ready.catch((error: unknown) => error)
    await polls(2)
    patience.abort()
    expect(await outcome).toMatchObject({
      code: 'STRATEGY_NOT_READY',
      message: '1 of 2 peers connected: b@svc.test: cookie rejected',
      missing: [{ node: node('b'), why: 'cookie rejected' }],
    })
    await strategy.close()
  })

  it('is not ready because discovery fails, and says so', async () => {
    const { strategy } = running(new FakeMembership(), new Scripted(new Error('SERVFAIL')))
    const outcome = strategy.ready().catch((error: unknown) => error)
    await polls(1)
    await strategy.close()
    expect(await outcome).toMatchObject({ message: '0 of 1 peers connected: discovery failed: SERVFAIL' })
  })
})

describe('what it reports', () => {
  it('gauges expected, connected, age and failures', async () => {
    const membership = new FakeMembership()
    membership.dialDoes('b@svc.test', () => Promise.reject(new Error('no')))
    const source = new Scripted(nodes('a', 'b'))
    const { strategy } = running(membership, source)
    expect(strategy.gauges()).toStrictEqual({ expected: 0, connected: 0, lastGoodAgeMs: undefined, failures: 0 })
    await pass(500)
    source.answer = new Error('SERVFAIL')
    await pass(2_000)
    const gauges = strategy.gauges()
    expect(gauges).toMatchObject({ expected: 2, connected: 1, failures: 2 })
    expect(gauges.lastGoodAgeMs).toBeCloseTo(2_500, 0)
    await strategy.close()
  })

  it('publishes every change on the diagnostics channel', async () => {
    const seen: MembershipMessage[] = []
    const listener = (message: unknown) => void seen.push(message as MembershipMessage)
    subscribe(MEMBERSHIP_CHANNEL, listener)
    const { strategy, changes } = running(new FakeMembership(), new Scripted(nodes('a')), { topology: 'web' })
    await polls(1)
    unsubscribe(MEMBERSHIP_CHANNEL, listener)
    expect(seen.map(({ change }) => change)).toStrictEqual(changes)
    expect(seen[0]).toMatchObject({ topology: 'web', self: 'self@svc.test' })
    await strategy.close()
  })

  it('reports an ignored target once for each reason', async () => {
    const answer = { nodes: nodes('a'), ignored: [{ target: 'x.dc1.consul', reason: 'no match' }] }
    const { strategy, of } = running(new FakeMembership(), new Scripted(answer))
    await polls(5)
    expect(of('ignored')).toStrictEqual([{ type: 'ignored', target: 'x.dc1.consul', reason: 'no match' }])
    await strategy.close()
  })

  it('lets events() end with its signal', async () => {
    const { strategy } = running(new FakeMembership(), new Scripted(nodes('a')))
    const ended = new AbortController()
    const types: string[] = []
    for await (const { type } of strategy.events({ signal: ended.signal })) {
      types.push(type)
      if (type === 'joined') ended.abort()
    }
    expect(types).toStrictEqual(['polled', 'joined'])
    await strategy.close()
  })
})

describe('exceptions of user code', () => {
  it.each(['interval', 'leave', 'retry'] as const)('survives %s', async (part) => {
    const membership = new FakeMembership()
    const source = new Scripted(nodes('self', 'a', 'b'))
    membership.dialDoes('b@svc.test', () => Promise.reject(new Error('no')))
    const thrower = () => {
      throw new Error(`${part} is broken`)
    }
    const { strategy, of } = running(membership, source, { [part]: thrower })
    await polls(1)
    source.answer = nodes('self')
    await polls(20)
    expect(of('partFailed')[0]).toMatchObject({ part, cause: { message: `${part} is broken` } })
    expect(of('polled').length).toBeGreaterThan(3)
    await strategy.close()
  })

  it('survives connected() that throws, which is not a fault of discovery and loses nobody', async () => {
    const membership = new FakeMembership()
    const source = new Scripted(nodes('a'))
    const { strategy, of } = running(membership, source, { leave: whenLinkDropped(), confirmEmpty: 1 })
    await polls(1)
    vi.spyOn(membership, 'connected').mockImplementation(() => {
      throw new Error('closed')
    })
    source.answer = nodes('b')
    await polls(3)
    expect(of('partFailed')).toHaveLength(3)
    expect(of('partFailed')[0]).toMatchObject({ part: 'membership', cause: { message: 'closed' } })
    for (const type of ['discoveryFailed', 'left', 'lost'] as const) expect(of(type)).toStrictEqual([])
    expect(strategy.expected()).toStrictEqual([node('a')])
    vi.restoreAllMocks()
    await polls(2)
    expect(membership.connected()).toStrictEqual([node('a'), node('b')])
    await strategy.close()
  })

  it('survives on() that throws: members are then joined by their dial', async () => {
    const membership = new FakeMembership()
    vi.spyOn(membership, 'on').mockImplementation(() => {
      throw new Error('no events')
    })
    const { strategy, of } = running(membership, new Scripted(nodes('a')))
    await pass(10)
    expect(of('partFailed')[0]).toMatchObject({ part: 'membership', cause: { message: 'no events' } })
    expect(of('joined')).toHaveLength(1)
    vi.restoreAllMocks()
    await strategy.close()
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('mine')
      },
    ],
    ['rejects', () => Promise.reject(new Error('mine'))],
  ])('survives a listener that %s, as a process warning', async (_how, listener) => {
    const warned = vi.fn()
    const membership = new FakeMembership()
    const world = virtualWorld()
    const { strategy } = running(membership, new Scripted(nodes('a')), {
      world: { ...world, system: { ...world.system, warn: warned } },
    })
    strategy.on('change', listener)
    await polls(1)
    expect(membership.connected()).toStrictEqual([node('a')])
    expect(warned).toHaveBeenCalledWith(
      expect.stringContaining('mine'),
      expect.objectContaining({ code: 'STRATEGY_LISTENER_THREW' }),
    )
    await strategy.close()
  })

  it('survives a discover that throws at once', async () => {
    const discover = () => {
      throw new Error('not even a promise')
    }
    const membership = new FakeMembership()
    const { strategy, of } = running(membership, new Scripted(nodes()), { discover })
    await polls(2)
    expect(of('discoveryFailed').at(-1)).toMatchObject({ failures: 3, cause: { message: 'not even a promise' } })
    await strategy.close()
  })
})

describe('push', () => {
  it('asks at once when the source says that something changed, once for many changes', async () => {
    const membership = new FakeMembership()
    const source = new Scripted(nodes('a'))
    let changed: () => void = () => undefined
    const discover = Object.assign(source.discover, {
      subscribe: (call: () => void) => {
        changed = call
      },
    })
    const { strategy } = running(membership, source, { discover, interval: () => 60_000 })
    await pass(100)
    source.answer = nodes('a', 'b')
    for (let i = 0; i < 100; i++) changed()
    await pass(20)
    expect(membership.connected()).toStrictEqual([node('a'), node('b')])
    expect(source.polls).toBe(2)
    await strategy.close()
  })
})

describe('construction', () => {
  it('refuses a wrong membership', () => {
    expect(() => new Strategy({} as FakeMembership, { discover: async () => nodes() })).toThrow(
      expect.objectContaining({ code: 'STRATEGY_BAD_OPTION' }),
    )
  })

  it('names the nearest option', () => {
    const options = { discover: async () => nodes(), intervall: 5 }
    expect(() => new Strategy(new FakeMembership(), options)).toThrow(
      expect.objectContaining({ code: 'STRATEGY_BAD_OPTION', hint: 'Write interval.' }),
    )
  })

  it.each([
    { maxLeaveShare: 2 },
    { parallel: 0 },
    { parallel: 1.5 },
    { connectTimeoutMs: -1 },
    { leave: 3 },
    { discover: undefined },
  ])('refuses %o', (wrong) => {
    const options = { discover: async () => nodes(), ...wrong } as never
    expect(() => new Strategy(new FakeMembership(), options)).toThrow(
      expect.objectContaining({
        code: 'STRATEGY_BAD_OPTION',
        message: expect.stringContaining(Object.keys(wrong)[0]!),
      }),
    )
  })

  it('refuses leaveAfter(0)', () => {
    expect(() => leaveAfter(0)).toThrow(expect.objectContaining({ code: 'STRATEGY_BAD_OPTION' }))
  })
})
