import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { fakeWorld } from '@dynsrv/kit/testing'
import { describe, expect, it, type Mock, vi } from 'vitest'
import {
  type ClosableResolver,
  cached,
  failover,
  metered,
  QUERY_CHANNEL,
  type QueryEvent,
  ResolverError,
  racing,
  type SrvAnswer,
  type SrvResolver,
  sameDomain,
  staleOnError,
  staticResolver,
  type TrimEvent,
  trimDetecting,
} from '../../src/index.ts'

const SERVICE = 'my-service.service.consul'
const FAILURE = new ResolverError('DNS_SERVFAIL', 'no')

interface Script {
  readonly resolver: SrvResolver
  readonly asked: { readonly name: string; readonly signal: AbortSignal | undefined }[]
}

/** A resolver with a list of SRV answers, given one by one; a promise stays open, an error rejects, the last one repeats. */
function scripted(...steps: readonly (SrvAnswer | Error | 'open')[]): Script {
  const asked: Script['asked'] = []
  const fixed = staticResolver([{ type: 'A', name: `a.${SERVICE}`, address: '192.0.2.1', ttlSeconds: 50 }])
  const resolver: SrvResolver = {
    ...fixed,
    resolveSrv(name, { signal } = {}) {
      const step = steps[Math.min(asked.length, steps.length - 1)]!
      asked.push({ name, signal })
      if (step instanceof Error) return Promise.reject(step)
      if (step !== 'open') return Promise.resolve(step)
      return new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    },
  }
  return { resolver, asked }
}

function answer(labels: readonly string[], over: Partial<SrvAnswer> = {}): SrvAnswer {
  return {
    records: labels.map((label) => ({
      target: `${label}.${SERVICE}`,
      port: 1,
      priority: 0,
      weight: 0,
      ttlSeconds: 10,
    })),
    addresses: new Map(
      labels.map((label) => [`${label}.${SERVICE}`, [{ address: '192.0.2.1', family: 4, ttlSeconds: 10 }]]),
    ),
    ttlSeconds: 10,
    server: 'script',
    transport: 'udp',
    authoritative: true,
    truncated: false,
    stale: false,
    ...over,
  }
}

const empty = answer([], { empty: 'nxdomain', ttlSeconds: 30 })
const labelsOf = ({ records }: SrvAnswer) => records.map(({ target }) => target.slice(0, -SERVICE.length - 1)).sort()

describe('cached', () => {
  function withClock(script: Script, options = {}) {
    const world = fakeWorld()
    return { clock: world.clock, resolver: cached(script.resolver, { ...options, world }) }
  }

  it('keeps an answer for its TTL and counts the TTL down', async () => {
    const script = scripted(answer(['a']), answer(['b']))
    const { clock, resolver } = withClock(script)
    await resolver.resolveSrv(SERVICE)
    await clock.advance(9_999)
    const kept = await resolver.resolveSrv(SERVICE.toUpperCase())
    expect([labelsOf(kept), kept.ttlSeconds]).toStrictEqual([['a'], 0])
    await clock.advance(1)
    expect(labelsOf(await resolver.resolveSrv(SERVICE))).toStrictEqual(['b'])
  })

  it.each([
    ['a floor', answer(['a'], { ttlSeconds: 0 }), {}, 1],
    ['a cap', answer(['a'], { ttlSeconds: 600 }), {}, 60],
    ['another cap', answer(['a'], { ttlSeconds: 600 }), { capSeconds: 7 }, 7],
    ['a negative cap', empty, {}, 5],
  ])('has %s', async (_what, first, options, seconds) => {
    const script = scripted(first)
    const { clock, resolver } = withClock(script, options)
    await resolver.resolveSrv(SERVICE)
    await clock.advance(seconds * 1000 - 1)
    await resolver.resolveSrv(SERVICE)
    expect(script.asked).toHaveLength(1)
    await clock.advance(1)
    await resolver.resolveSrv(SERVICE)
    expect(script.asked).toHaveLength(2)
  })

  it('keeps no failure, and nothing stale, trimmed or truncated', async () => {
    const doubtful = [{ stale: true }, { trimmed: 'size-limit' }, { truncated: true }] as const
    const script = scripted(FAILURE, ...doubtful.map((mark) => answer(['a'], mark)), answer(['a']))
    const { resolver } = withClock(script)
    await expect(resolver.resolveSrv(SERVICE)).rejects.toBe(FAILURE)
    for (let time = 0; time < 5; time++) await resolver.resolveSrv(SERVICE)
    expect(script.asked).toHaveLength(5)
  })

  it('shares a lookup, which ends only when the last one gives up', async () => {
    const script = scripted('open')
    const { resolver } = withClock(script)
    const [one, two] = [new AbortController(), new AbortController()]
    const first = resolver.resolveSrv(SERVICE, { signal: one.signal })
    const second = resolver.resolveSrv(SERVICE, { signal: two.signal })
    one.abort(new Error('first'))
    await expect(first).rejects.toThrow('first')
    expect(script.asked).toHaveLength(1)
    expect(script.asked[0]?.signal?.aborted).toBe(false)
    two.abort(new Error('second'))
    await expect(second).rejects.toThrow('second')
    expect(script.asked[0]?.signal?.aborted).toBe(true)
  })

  it('forgets the answer that was asked for longest ago, and all with clear()', async () => {
    const script = scripted(answer(['a']))
    const { resolver } = withClock(script, { maxEntries: 2 })
    for (const name of ['a.x', 'b.x', 'a.x', 'c.x', 'a.x', 'b.x']) await resolver.resolveSrv(name)
    expect(script.asked.map(({ name }) => name)).toStrictEqual(['a.x', 'b.x', 'c.x', 'b.x'])
    resolver.clear()
    await resolver.resolveSrv('b.x')
    expect(script.asked).toHaveLength(5)
  })

  it('names an option that it does not know, with the nearest one', () => {
    const options = { capSecond: 3 } as object
    expect(() => cached(scripted(empty).resolver, options)).toThrow(
      expect.objectContaining({ code: 'DNS_BAD_OPTION', hint: expect.stringContaining('capSeconds') }),
    )
  })
})

describe('staleOnError', () => {
  it('gives the last good answer, marked, until it is too old', async () => {
    const world = fakeWorld()
    const ages: number[] = []
    const resolver = staleOnError(scripted(answer(['a']), FAILURE).resolver, {
      maxStaleSeconds: 100,
      world,
      onStale: ({ ageSeconds }) => ages.push(ageSeconds),
    })
    expect((await resolver.resolveSrv(SERVICE)).stale).toBe(false)
    await world.clock.advance(100_000)
    expect(await resolver.resolveSrv(SERVICE)).toMatchObject({ stale: true, ttlSeconds: 0, records: [{ port: 1 }] })
    expect(ages).toStrictEqual([100])
    await world.clock.advance(1)
    await expect(resolver.resolveSrv(SERVICE)).rejects.toBe(FAILURE)
  })

  describe('when the source is silent', () => {
    /** A source that answers once, and then when the test says so. */
    function silentAfterOne() {
      const asked: { signal: AbortSignal | undefined; resolve(given: SrvAnswer): void }[] = []
      const fixed = staticResolver([])
      const resolveSrv: SrvResolver['resolveSrv'] = (_name, { signal } = {}) =>
        new Promise((resolve, reject) => {
          asked.push({ signal, resolve })
          signal?.addEventListener('abort', () => reject(signal.reason))
          if (asked.length === 1) resolve(answer(['a']))
        })
      return { asked, source: { ...fixed, resolveSrv } }
    }

    it('gives the last good answer after 1.8 s, asks on, and gives the next caller what comes', async () => {
      const world = fakeWorld()
      const { asked, source } = silentAfterOne()
      const errors: unknown[] = []
      const resolver = staleOnError(source, { world, onStale: ({ error }) => errors.push(error) })
      await resolver.resolveSrv(SERVICE)
      let given: SrvAnswer | undefined
      const stale = resolver.resolveSrv(SERVICE).then((found) => (given = found))
      await world.clock.advance(1_799)
      expect(given).toBeUndefined()
      await world.clock.advance(1)
      expect(await stale).toMatchObject({ stale: true, ttlSeconds: 0 })
      expect(errors).toMatchObject([{ code: 'DNS_TIMEOUT', message: expect.stringContaining('1800 ms') }])

      // It is still being asked: the next caller waits for the same answer.
      const next = resolver.resolveSrv(SERVICE)
      await world.clock.advance(10)
      expect(asked).toHaveLength(2)
      expect(asked[1]!.signal!.aborted).toBe(false)
      asked[1]!.resolve(answer(['b']))
      expect(labelsOf(await next)).toStrictEqual(['b'])
      expect((await next).stale).toBe(false)
      expect(world.clock.timers).toBe(0)
    })

    it('keeps an answer that comes when nobody waits any more', async () => {
      const world = fakeWorld()
      const { asked, source } = silentAfterOne()
      const resolver = staleOnError(source, { world, staleAfterMs: 100 })
      await resolver.resolveSrv(SERVICE)
      for (const labels of [['a'], ['b']]) {
        const stale = resolver.resolveSrv(SERVICE)
        await world.clock.advance(100)
        expect(labelsOf(await stale)).toStrictEqual(labels)
        asked.at(-1)!.resolve(answer(['b']))
        await world.clock.advance(0)
      }
      expect(asked).toHaveLength(3)
    })

    it('waits for the first answer, which nothing can stand in for', async () => {
      const world = fakeWorld()
      const { resolver: silent, asked } = scripted('open')
      const resolver = staleOnError(silent, { world })
      const abort = new AbortController()
      const lookup = resolver.resolveSrv(SERVICE, { signal: abort.signal })
      await world.clock.advance(60_000)
      abort.abort(new Error('enough'))
      await expect(lookup).rejects.toThrow('enough')
      expect(asked[0]!.signal!.aborted).toBe(true)
    })

    it('ends the lookup when its last caller gives up before', async () => {
      const world = fakeWorld()
      const { asked, source } = silentAfterOne()
      const resolver = staleOnError(source, { world })
      await resolver.resolveSrv(SERVICE)
      const abort = new AbortController()
      const [one, other] = [resolver.resolveSrv(SERVICE, { signal: abort.signal }), resolver.resolveSrv(SERVICE)]
      await world.clock.advance(1)
      abort.abort(new Error('enough'))
      await expect(one).rejects.toThrow('enough')
      expect(asked[1]!.signal!.aborted).toBe(false)
      asked[1]!.resolve(answer(['b']))
      expect(labelsOf(await other)).toStrictEqual(['b'])

      const last = new AbortController()
      const alone = resolver.resolveSrv(SERVICE, { signal: last.signal })
      await world.clock.advance(1)
      last.abort(new Error('enough'))
      await expect(alone).rejects.toThrow('enough')
      expect(asked[2]!.signal!.aborted).toBe(true)
      expect(world.clock.timers).toBe(0)
    })
  })

  it('believes a zone that says there is nothing', async () => {
    const resolver = staleOnError(scripted(answer(['a']), empty).resolver)
    await resolver.resolveSrv(SERVICE)
    expect(await resolver.resolveSrv(SERVICE)).toMatchObject({ empty: 'nxdomain', stale: false })
  })
})

describe('failover', () => {
  it('goes on after a failure, and says all when all fail', async () => {
    const good = scripted(answer(['a']))
    expect(labelsOf(await failover([scripted(FAILURE).resolver, good.resolver]).resolveSrv(SERVICE))).toStrictEqual([
      'a',
    ])
    const timeout = new ResolverError('DNS_TIMEOUT', 'slow')
    await expect(
      failover([scripted(FAILURE).resolver, scripted(timeout).resolver]).resolveSrv(SERVICE),
    ).rejects.toMatchObject({ code: 'DNS_SERVFAIL', message: expect.stringContaining('slow') })
  })

  it('takes an empty answer for an answer, unless onEmpty is set', async () => {
    const sources = () => [scripted(empty).resolver, scripted(answer(['a'])).resolver]
    expect((await failover(sources()).resolveSrv(SERVICE)).empty).toBe('nxdomain')
    expect(labelsOf(await failover(sources(), { onEmpty: true }).resolveSrv(SERVICE))).toStrictEqual(['a'])
  })

  it('rejects when one had nothing and the other failed', async () => {
    const sources = [scripted(empty).resolver, scripted(FAILURE).resolver]
    await expect(failover(sources, { onEmpty: true }).resolveSrv(SERVICE)).rejects.toBe(FAILURE)
  })
})

describe('racing', () => {
  it('takes the first answer and ends the others', async () => {
    const slow = scripted('open')
    const resolver = racing([slow.resolver, scripted(FAILURE).resolver, scripted(answer(['a'])).resolver])
    expect(labelsOf(await resolver.resolveSrv(SERVICE))).toStrictEqual(['a'])
    expect(slow.asked[0]?.signal?.aborted).toBe(true)
  })

  it('asks the next one at once after a failure, not only after the head start', async () => {
    const resolver = racing([scripted(FAILURE).resolver, scripted(answer(['a'])).resolver], { staggerMs: 60_000 })
    expect(labelsOf(await resolver.resolveSrv(SERVICE))).toStrictEqual(['a'])
  })

  it('does not ask the next one when the first answers in time', async () => {
    const second = scripted(answer(['b']))
    await racing([scripted(answer(['a'])).resolver, second.resolver], { staggerMs: 60_000 }).resolveSrv(SERVICE)
    expect(second.asked).toHaveLength(0)
  })

  it('rejects when all fail', async () => {
    const both = racing([scripted(FAILURE).resolver, scripted(FAILURE).resolver])
    await expect(both.resolveSrv(SERVICE)).rejects.toMatchObject({ code: 'DNS_SERVFAIL' })
  })
})

describe('metered', () => {
  it('reports answers, failures and aborts, on the channel too', async () => {
    const heard: unknown[] = []
    const listen = (event: unknown) => heard.push(event)
    subscribe(QUERY_CHANNEL, listen)
    const events: QueryEvent[] = []
    const resolver = metered(scripted(answer(['a']), empty, FAILURE, 'open').resolver, (event) => events.push(event))
    await resolver.resolveSrv(SERVICE)
    await resolver.resolveSrv(SERVICE)
    await expect(resolver.resolveSrv(SERVICE)).rejects.toBe(FAILURE)
    const abort = new AbortController()
    const open = resolver.resolveSrv(SERVICE, { signal: abort.signal })
    abort.abort()
    await expect(open).rejects.toBe(abort.signal.reason)
    await resolver.resolveAddresses(`a.${SERVICE}`, { family: 4 })
    unsubscribe(QUERY_CHANNEL, listen)
    expect(events.map(({ kind, outcome, records }) => [kind, outcome, records])).toStrictEqual([
      ['srv', 'records', 1],
      ['srv', 'nxdomain', 0],
      ['srv', 'failed', 0],
      ['srv', 'aborted', 0],
      ['addresses', 'records', 1],
    ])
    expect(events[2]?.error).toBe(FAILURE)
    expect(heard).toStrictEqual(events)
  })
})

describe('the end of a decorator', () => {
  /** A resolver, and how often it was closed. */
  function watched(): { readonly resolver: SrvResolver; readonly close: Mock } {
    const close = vi.fn()
    return { resolver: { ...scripted(answer(['a'])).resolver, close }, close }
  }
  const DECORATORS: Record<string, (one: SrvResolver, other: SrvResolver) => ClosableResolver> = {
    cached: (one) => cached(one),
    staleOnError: (one) => staleOnError(one),
    failover: (one, other) => failover([one, other]),
    racing: (one, other) => racing([one, other]),
    metered: (one) => metered(one),
    sameDomain: (one) => sameDomain(one),
    trimDetecting: (one, other) => trimDetecting(one, { tcp: other }),
  }

  it.each(Object.entries(DECORATORS))('%s closes what it asks, and gives nothing from before', async (name, make) => {
    const [one, other] = [watched(), watched()]
    const resolver = make(one.resolver, other.resolver)
    await resolver.resolveSrv(SERVICE)
    await resolver[Symbol.asyncDispose]()
    expect(one.close).toHaveBeenCalledOnce()
    expect(other.close).toHaveBeenCalledTimes(['failover', 'racing', 'trimDetecting'].includes(name) ? 1 : 0)
    await expect(resolver.resolveSrv(SERVICE)).rejects.toMatchObject({ code: 'DNS_CLOSED' })
  })
})

describe('sameDomain', () => {
  const foreign = { target: 'evil.example.org', port: 1, priority: 0, weight: 0, ttlSeconds: 1 }
  const lookalike = { ...foreign, target: 'x.notservice.consul' }

  it('leaves foreign targets out and reports them', async () => {
    const mixed = answer(['a'])
    const reported: string[] = []
    const resolver = sameDomain(scripted({ ...mixed, records: [...mixed.records, foreign, lookalike] }).resolver, {
      onForeign: ({ records }) => reported.push(...records.map(({ target }) => target)),
    })
    const { ignored, ...rest } = await resolver.resolveSrv(SERVICE)
    expect(labelsOf(rest)).toStrictEqual(['a'])
    expect(reported).toStrictEqual(['evil.example.org', 'x.notservice.consul'])
    expect(ignored).toStrictEqual(reported.map((target) => ({ target, reason: 'it lies outside service.consul' })))
  })

  it('rejects when nothing is left, and takes a suffix that is allowed', async () => {
    const script = scripted(answer([], { records: [foreign] }))
    await expect(sameDomain(script.resolver).resolveSrv(SERVICE)).rejects.toMatchObject({
      code: 'DNS_FOREIGN_TARGETS',
      message: expect.stringContaining('evil.example.org'),
    })
    const allowed = sameDomain(script.resolver, { suffixes: ['Example.org'] })
    expect((await allowed.resolveSrv(SERVICE)).records).toHaveLength(1)
  })

  it.each([
    [SERVICE, 'lab-1.node.dc1.consul', true],
    [SERVICE, 'lab-1.node.consul', true],
    [SERVICE, 'c0000201.addr.dc1.consul', true],
    [`a.${SERVICE}`, 'lab-1.node.dc1.consul', true],
    ['my-service.service.dc1.consul', 'lab-1.node.dc1.consul', true],
    [SERVICE, 'lab-1.node.dc1.consul.evil.test', false],
    [SERVICE, 'evil.node.test', false],
    ['my.service.com', 'evil.node.com', false],
    ['my-service.test', 'lab-1.node.dc1.consul', false],
  ])('of %s lets %s in: %j', async (name, target, allowed) => {
    const script = scripted(answer([], { records: [{ ...foreign, target }] }))
    const asked = sameDomain(script.resolver).resolveSrv(name)
    if (allowed) expect((await asked).records).toHaveLength(1)
    else await expect(asked).rejects.toMatchObject({ code: 'DNS_FOREIGN_TARGETS' })
  })

  it('never takes a top-level domain for the parent, and skips underscore labels', async () => {
    const target = (name: string) => answer([], { records: [{ ...foreign, target: name }] })
    const ask = (name: string, at: string) => sameDomain(scripted(target(at)).resolver).resolveSrv(name)
    await expect(ask('mine.org', 'other.org')).rejects.toMatchObject({ code: 'DNS_FOREIGN_TARGETS' })
    expect((await ask('_api._tcp.mine.org', 'a.mine.org')).records).toHaveLength(1)
    await expect(ask('_api._tcp.mine.org', 'a.other.org')).rejects.toMatchObject({ code: 'DNS_FOREIGN_TARGETS' })
  })
})

describe('trimDetecting', () => {
  const all = ['a', 'b', 'c', 'd', 'e', 'f']

  it('asks nobody again when there was room for more', async () => {
    const tcp = scripted(answer(all))
    const resolver = trimDetecting(scripted(answer(['a', 'b'], { messageBytes: 200 })).resolver, { tcp: tcp.resolver })
    expect((await resolver.resolveSrv(SERVICE)).trimmed).toBeUndefined()
    expect(tcp.asked).toHaveLength(0)
  })

  it('asks the same resolver over TCP when none is given', async () => {
    const asked: unknown[] = []
    const udp = answer(['a', 'b'], { messageBytes: 490 })
    const resolver = trimDetecting({
      ...scripted().resolver,
      resolveSrv: async (_name, { transport } = {}) => {
        asked.push(transport)
        return (transport === 'tcp' ? answer(all, { transport: 'tcp' }) : udp) as SrvAnswer
      },
    })
    expect(labelsOf(await resolver.resolveSrv(SERVICE))).toStrictEqual(all)
    expect(asked).toStrictEqual([undefined, 'tcp'])
    expect(labelsOf(await resolver.resolveSrv(SERVICE, { transport: 'tcp' }))).toStrictEqual(all)
    expect(asked).toStrictEqual([undefined, 'tcp', 'tcp'])
  })

  it('gives what TCP knows when it knows more', async () => {
    const events: TrimEvent[] = []
    const resolver = trimDetecting(scripted(answer(['a', 'b'], { messageBytes: 490 })).resolver, {
      tcp: scripted(answer(all, { transport: 'tcp' })).resolver,
      onTrimmed: (event) => events.push(event),
    })
    const whole = await resolver.resolveSrv(SERVICE)
    expect([labelsOf(whole), whole.trimmed]).toStrictEqual([all, undefined])
    expect(events).toMatchObject([{ reason: 'contradicted', shown: 2, known: 6 }])
  })

  it.each([
    ['agrees', answer(['a', 'b'], { transport: 'tcp' })],
    ['fails', FAILURE],
  ])('marks the answer when TCP %s, until it is smaller', async (_what, second) => {
    const resolver = trimDetecting(
      scripted(answer(['a', 'b'], { messageBytes: 490 }), answer(['a'], { messageBytes: 250 })).resolver,
      { tcp: scripted(second).resolver },
    )
    expect((await resolver.resolveSrv(SERVICE)).trimmed).toBe('size-limit')
    const smaller = await resolver.resolveSrv(SERVICE)
    expect([labelsOf(smaller), smaller.trimmed]).toStrictEqual([['a'], undefined])
  })

  it('gathers answers that contradict each other, and trusts again after as many that agree', async () => {
    const parts = [
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'd'],
      ['a', 'd'],
    ].map((part) => answer(part))
    const resolver = trimDetecting(scripted(...parts, answer(['a', 'd'])).resolver, { window: 3 })
    const seen: [string[], string | undefined][] = []
    for (let poll = 0; poll < 6; poll++) {
      const one = await resolver.resolveSrv(SERVICE)
      seen.push([labelsOf(one), one.trimmed])
    }
    expect(seen).toStrictEqual([
      [['a', 'b'], undefined],
      [['a', 'b', 'c'], 'rotating'],
      [['a', 'b', 'c', 'd'], 'rotating'],
      [['a', 'b', 'c', 'd'], 'rotating'],
      [['a', 'c', 'd'], 'rotating'],
      [['a', 'd'], undefined],
    ])
  })

  it('believes joins and leaves at once', async () => {
    const steps = [['a'], ['a', 'b', 'c'], ['a', 'c'], []].map((part) => (part.length === 0 ? empty : answer(part)))
    const resolver = trimDetecting(scripted(...steps).resolver)
    for (const step of steps) {
      const one = await resolver.resolveSrv(SERVICE)
      expect([labelsOf(one), one.trimmed, one.empty]).toStrictEqual([labelsOf(step), undefined, step.empty])
    }
  })
})
