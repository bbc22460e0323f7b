import { type Consul, startConsul } from '@dynsrv/tools/consul'
import { startDnsmasq } from '@dynsrv/tools/dnsmasq'
import { startNamed } from '@dynsrv/tools/named'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CONTRACT_SERVICE as SERVICE } from '../../src/contract.ts'
import { consulHttp, dnsClient, nodeDns, type SrvResolver, type TrimEvent, trimDetecting } from '../../src/index.ts'
import { itIsAResolver } from '../contract.ts'

const COUNTS = [3, 100, 1000]
const labels = (count: number) => Array.from({ length: count }, (_, index) => `node-${index}`)
const targets = (records: readonly { target: string }[]) => records.map(({ target }) => target).sort()
const expected = (count: number) =>
  labels(count)
    .map((label) => `${label}.${SERVICE}`)
    .sort()

describe('BIND', () => {
  it.each(COUNTS)('gives all of %i members, over UDP first', async (count) => {
    const lines = labels(count).flatMap((label, index) => [
      `@ 33 IN SRV 0 1 ${9000 + index} ${label}`,
      `${label} 44 IN A 127.0.0.1`,
    ])
    await using named = await startNamed(SERVICE, lines)
    const answer = await dnsClient({ servers: [named.address] }).resolveSrv(SERVICE.toUpperCase())
    expect(targets(answer.records)).toStrictEqual(expected(count))
    expect(answer).toMatchObject({ ttlSeconds: 33, authoritative: true, truncated: false })
    expect(answer.transport).toBe(count > 10 ? 'tcp' : 'udp')
    if (count === 3) expect(answer.addresses.size).toBe(3)
  })

  it('does not confuse NXDOMAIN, NODATA, REFUSED, aliases, text and both families', async () => {
    const lines = ['a IN A 192.0.2.1', 'a IN AAAA 2001:db8::1', 'b 3 IN CNAME c', 'c IN CNAME A', 'a IN TXT "x y" "z"']
      .concat('@ IN SRV 0 0 1 Mixed-Case', 'gone IN SRV 0 0 0 .', 'loop IN CNAME pool', 'pool IN CNAME loop')
      .concat('deep.er IN A 192.0.2.3')
    await using named = await startNamed(SERVICE, lines)
    const dns = dnsClient({ servers: [named.address], tries: 1 })
    expect(await dns.resolveSrv(`no.${SERVICE}`)).toMatchObject({ empty: 'nxdomain', ttlSeconds: 17 })
    expect(await dns.resolveSrv(`a.${SERVICE}`)).toMatchObject({ empty: 'nodata', ttlSeconds: 17 })
    expect(await dns.resolveSrv(`er.${SERVICE}`)).toMatchObject({ empty: 'nodata' })
    expect(await dns.resolveSrv(`gone.${SERVICE}`)).toMatchObject({ records: [], empty: 'absent' })
    await expect(dns.resolveSrv('other.example')).rejects.toMatchObject({ code: 'DNS_REFUSED', server: named.address })
    const aliased = await dns.resolveAddresses(`b.${SERVICE}`)
    expect(aliased.records.map(({ address }) => address)).toStrictEqual(['192.0.2.1', '2001:db8::1'])
    expect(aliased.ttlSeconds).toBe(3)
    expect((await dns.resolveTxt(`a.${SERVICE}`)).records).toStrictEqual(['x yz'])
    expect((await dns.resolveSrv(SERVICE)).records[0]?.target).toBe(`Mixed-Case.${SERVICE}`)
    await expect(dns.resolveAddresses(`loop.${SERVICE}`)).rejects.toMatchObject({ code: 'DNS_SERVFAIL' })
  })
})

describe('dnsmasq', () => {
  it.each(COUNTS)('gives all of %i members', async (count) => {
    const members = labels(count).map((label, index) => ({ label, port: 9000 + index }))
    await using dnsmasq = await startDnsmasq({ service: SERVICE, members })
    const answer = await dnsClient({ servers: [dnsmasq.address] }).resolveSrv(SERVICE)
    expect(targets(answer.records)).toStrictEqual(expected(count))
    // Past 16 KiB its pointers to the targets go astray: no address is better than another member's.
    expect(answer.addresses.size).toBe(count === 1000 ? 0 : count)
  })
})

describe('Consul', () => {
  let consul: Consul
  beforeAll(async () => {
    consul = await startConsul()
  })
  afterAll(() => consul.stop())

  const register = (consulAt: Consul, service: string, count: number) =>
    consulAt.register(
      ...labels(count).map((label, index) => ({
        id: `${service}-${label}`,
        service,
        port: 9000 + index,
        tags: [label],
        address: `${label}.${service}.service.consul`,
      })),
    )

  itIsAResolver(
    'consulHttp',
    async () => {
      const own = await startConsul()
      await own.register(
        ...['node-a', 'node-b'].map((label, index) => ({
          id: label,
          port: 9001 + index,
          tags: [label],
          address: `${label}.${SERVICE}`,
        })),
        { id: 'mixed-a', service: 'mixed', port: 9001, address: 'node-a.mixed.service.consul' },
        { id: 'mixed-c', service: 'mixed', port: 0, address: 'node-c.mixed.service.consul' },
        { id: 'unusable-c', service: 'unusable', port: 0, address: 'node-c.unusable.service.consul' },
      )
      const resolver = consulHttp({ url: own.url })
      let stopped = false
      const breakDown = async () => {
        if (!stopped) await own.stop()
        stopped = true
      }
      return { resolver, breakDown, [Symbol.asyncDispose]: breakDown }
    },
    { ttl: false },
  )

  it.each(
    COUNTS,
  )('gives all of %i members over TCP and HTTP, with equal targets, ports and addresses', async (count) => {
    const service = `count-${count}`
    const name = `${service}.service.consul`
    await register(consul, service, count)
    const http = await consulHttp({ url: consul.url }).resolveSrv(name)
    expect(http.records).toHaveLength(count)
    const answer = await dnsClient({ servers: [consul.address], transport: 'tcp' }).resolveSrv(name)
    if (count === 1000) {
      // More than a message can hold: even TCP shows a part, and nothing says so.
      expect(answer.records.length).toBeLessThan(count)
      return
    }
    const line = ({ target, port, priority, weight }: (typeof http.records)[number]) =>
      `${priority} ${weight} ${port} ${target}`
    expect(answer.records.map(line).sort()).toStrictEqual(http.records.map(line).sort())
    expect(http.addresses).toStrictEqual(answer.addresses)
  })

  it('names targets as Consul does: by the address, the node, or the label', async () => {
    await consul.register(
      { id: 'shape-1', service: 'shape', port: 1, address: '192.0.2.1' },
      { id: 'shape-2', service: 'shape', port: 2 },
      { id: 'shape-3', service: 'shape', port: 3, address: '2001:db8::a1', tags: ['six'] },
    )
    const http = consulHttp({ url: consul.url })
    const dns = dnsClient({ servers: [consul.address], transport: 'tcp' })
    const [one, other] = [await http.resolveSrv('shape.service.consul'), await dns.resolveSrv('shape.service.consul')]
    expect(targets(one.records)).toStrictEqual(targets(other.records))
    for (const { target } of one.records) {
      const [viaHttp, viaDns] = [await http.resolveAddresses(target), await dns.resolveAddresses(target)]
      expect(viaHttp.records.map(({ address }) => address)).toStrictEqual(viaDns.records.map(({ address }) => address))
    }
    for (const name of ['six.shape.service.consul', '_shape._six.service.consul', '_shape._tcp.service.dc1.consul']) {
      expect(targets((await http.resolveSrv(name)).records)).toStrictEqual(
        targets((await dns.resolveSrv(name)).records),
      )
    }
    expect((await http.resolveSrv('shape.service.nowhere.consul').catch((error) => error)).code).toMatch(/^DNS_/)
  })

  it('finds that UDP is cut without TC, and gets the whole over TCP', async () => {
    await register(consul, 'cut', 60)
    const name = 'cut.service.consul'
    const udp = dnsClient({ servers: [consul.address] })
    const shown = await udp.resolveSrv(name)
    expect(shown).toMatchObject({ transport: 'udp', truncated: false })
    expect(shown.records.length).toBeLessThan(60)
    const events: TrimEvent[] = []
    const tcp = dnsClient({ servers: [consul.address], transport: 'tcp' })
    const whole = await trimDetecting(udp, { tcp, onTrimmed: (event) => events.push(event) }).resolveSrv(name)
    expect(whole.records).toHaveLength(60)
    expect(whole.trimmed).toBeUndefined()
    expect(events).toMatchObject([{ reason: 'contradicted', shown: shown.records.length, known: 60 }])
  })

  it('marks a cut answer where TCP does not contradict, and gathers what the answers show', async () => {
    await register(consul, 'forwarded', 40)
    const name = 'forwarded.service.consul'
    const udp = dnsClient({ servers: [consul.address] })
    // A forwarder that repeats over TCP what it got over UDP, as unbound does.
    const forwarder: SrvResolver = {
      resolveSrv: (asked) => udp.resolveSrv(asked),
      resolveAddresses: (asked) => udp.resolveAddresses(asked),
      resolveTxt: (asked) => udp.resolveTxt(asked),
    }
    const detecting = trimDetecting(udp, { tcp: forwarder, window: 10 })
    const first = await detecting.resolveSrv(name)
    expect(first.trimmed).toBeDefined()
    let last = first
    for (let poll = 0; poll < 9; poll++) last = await detecting.resolveSrv(name)
    expect(last.trimmed).toBe('rotating')
    expect(last.records.length).toBeGreaterThan(first.records.length)
  })

  it('shows fewer members to node:dns, which sends no EDNS', async () => {
    await register(consul, 'small', 20)
    expect(
      (await nodeDns({ servers: [consul.address] }).resolveSrv('small.service.consul')).records.length,
    ).toBeLessThan(20)
  })

  it('reports a change at once, and failures, and goes on', async () => {
    await using own = await startConsul()
    const abort = new AbortController()
    const events = consulHttp({ url: own.url }).watchSrv(SERVICE, { signal: abort.signal })
    const next = async () => (await events.next()).value
    expect(await next()).toMatchObject({ type: 'answer', answer: { records: [], empty: 'nxdomain' } })
    const joined = next()
    await own.register({ id: 'x', port: 9001, address: `x.${SERVICE}` })
    expect(await joined).toMatchObject({
      type: 'answer',
      answer: { records: [{ target: `x.${SERVICE}`, port: 9001 }] },
    })
    const left = next()
    await own.deregister('x')
    expect(await left).toMatchObject({ type: 'answer', answer: { empty: 'nxdomain' } })
    const failed = next()
    await own.stop()
    expect(await failed).toMatchObject({
      type: 'failed',
      retryInMs: 250,
      error: { code: expect.stringMatching(/^DNS_/) },
    })
    const reason = new Error('enough')
    const after = next()
    abort.abort(reason)
    await expect(after).rejects.toBe(reason)
  })

  it('leaves critical instances out, and warnings where only passing ones are wanted', async () => {
    const statuses = ['passing', 'warning', 'critical'] as const
    await consul.register(
      ...statuses.map((status, index) => ({
        id: `health-${status}`,
        service: 'health',
        port: index + 1,
        address: `${status}.health.service.consul`,
        status,
      })),
    )
    const ports = async (passing: boolean) =>
      (await consulHttp({ url: consul.url, passing }).resolveSrv('health.service.consul')).records.map(
        ({ port }) => port,
      )
    expect(await ports(true)).toStrictEqual([1])
    expect((await ports(false)).sort()).toStrictEqual([1, 2])
    const dns = dnsClient({ servers: [consul.address] })
    expect((await dns.resolveSrv('health.service.consul')).records.map(({ port }) => port).sort()).toStrictEqual([1, 2])
  })

  it('says that a token is missing', async () => {
    await using own = await startConsul({
      acl: { enabled: true, default_policy: 'deny', tokens: { master: 'root-token' } },
    })
    const name = 'consul.service.consul'
    await expect(consulHttp({ url: own.url, token: 'wrong' }).resolveSrv(name)).rejects.toMatchObject({
      code: 'DNS_REFUSED',
      hint: expect.stringContaining('token'),
    })
    // Consul registers itself a moment after it has a leader.
    for await (const event of consulHttp({ url: own.url, token: 'root-token' }).watchSrv(name)) {
      expect(event.type).toBe('answer')
      if (event.type === 'answer' && event.answer.records.length === 1) break
    }
  })
})
