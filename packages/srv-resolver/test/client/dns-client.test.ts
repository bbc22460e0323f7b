import { createSocket } from 'node:dgram'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startDnsmasq } from '@dynsrv/tools/dnsmasq'
import { freePort } from '@dynsrv/tools/free-port'
import { describe, expect, it } from 'vitest'
import { dnsClient, ResolverError, startZoneServer, type ZoneRecord } from '../../src/index.ts'

const SERVICE = 'my-service.service.consul'

function members(count: number): ZoneRecord[] {
  return Array.from({ length: count }, (_, index) => [
    { type: 'SRV' as const, name: SERVICE, target: `node-${index}.${SERVICE}`, port: 9_000 + index, ttlSeconds: 7 },
    { type: 'A' as const, name: `node-${index}.${SERVICE}`, address: `127.0.1.${index % 250}`, ttlSeconds: 7 },
  ]).flat()
}

async function failure(lookup: Promise<unknown>): Promise<ResolverError> {
  const error = await lookup.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(ResolverError)
  return error as ResolverError
}

describe('dnsClient and our zone server', () => {
  it('takes many lookups under one signal for no leak', async () => {
    await using zone = await startZoneServer({ records: members(50) })
    const warnings: Error[] = []
    const listener = (warning: Error) => warnings.push(warning)
    process.on('warning', listener)
    const dns = dnsClient({ servers: [zone.address] })
    const { signal } = new AbortController()
    const names = Array.from({ length: 50 }, (_, index) => `node-${index}.${SERVICE}`)
    await Promise.all(names.map((name) => dns.resolveAddresses(name, { signal })))
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', listener)
    expect(warnings).toStrictEqual([])
  })

  it('gives records, TTLs, additional addresses and who said so', async () => {
    await using zone = await startZoneServer({ records: members(2) })
    const answer = await dnsClient({ servers: [zone.address] }).resolveSrv('MY-service.service.consul.')
    expect(answer).toStrictEqual({
      records: [
        { target: `node-0.${SERVICE}`, port: 9000, priority: 0, weight: 0, ttlSeconds: 7 },
        { target: `node-1.${SERVICE}`, port: 9001, priority: 0, weight: 0, ttlSeconds: 7 },
      ],
      addresses: new Map([
        [`node-0.${SERVICE}`, [{ address: '127.0.1.0', family: 4, ttlSeconds: 7 }]],
        [`node-1.${SERVICE}`, [{ address: '127.0.1.1', family: 4, ttlSeconds: 7 }]],
      ]),
      ttlSeconds: 7,
      server: zone.address,
      transport: 'udp',
      authoritative: true,
      truncated: false,
      stale: false,
      messageBytes: expect.any(Number),
    })
  })

  it('goes over to TCP when the answer is larger than a datagram', async () => {
    await using zone = await startZoneServer({ records: members(300) })
    const answer = await dnsClient({ servers: [zone.address] }).resolveSrv(SERVICE)
    expect(answer.records).toHaveLength(300)
    expect(answer.transport).toBe('tcp')
    expect(answer.truncated).toBe(false)
  })

  it.each([
    [{ type: 'truncate', records: 2 }, 2],
    [{ type: 'truncate', records: 9 }, 3],
    ['truncate', 0],
  ] as const)('goes over to TCP when the server says that it cut its answer, whatever is left of it: %j', async (fault, left) => {
    await using zone = await startZoneServer({ records: members(3) })
    zone.setFault(fault)
    expect(await dnsClient({ servers: [zone.address] }).resolveSrv(SERVICE)).toMatchObject({
      ...{ transport: 'tcp', truncated: false, records: { length: 3 } },
    })
    // Over TCP there is no other way to ask.
    zone.setFault(typeof fault === 'string' ? { type: fault, transport: 'tcp' } : { ...fault, transport: 'tcp' })
    const cut = dnsClient({ servers: [zone.address], transport: 'tcp', tries: 1 }).resolveSrv(SERVICE)
    if (left > 0) expect(await cut).toMatchObject({ truncated: true, records: { length: left } })
    else await expect(cut).rejects.toMatchObject({ code: 'DNS_TRUNCATED' })
  })

  it('asks over TCP only with that option', async () => {
    await using zone = await startZoneServer({ records: members(1) })
    zone.setFault({ type: 'trim', records: 0 })
    const answer = await dnsClient({ servers: [zone.address], transport: 'tcp' }).resolveSrv(SERVICE)
    expect(answer.records).toHaveLength(1)
    expect(answer.transport).toBe('tcp')
  })

  it('does not confuse a name that does not exist and one without records, and gives the negative TTL', async () => {
    await using zone = await startZoneServer({ records: members(1) })
    const client = dnsClient({ servers: [zone.address] })
    const absent = await client.resolveSrv('other.service.consul')
    expect(absent).toMatchObject({ records: [], empty: 'nxdomain', ttlSeconds: 5 })
    expect(await client.resolveSrv(`node-0.${SERVICE}`)).toMatchObject({ records: [], empty: 'nodata', ttlSeconds: 5 })
    expect(await client.resolveSrv('service.consul')).toMatchObject({ records: [], empty: 'nodata' })
  })

  it('resolves both families, one family, and text', async () => {
    const name = 'dual.example.org'
    const records: ZoneRecord[] = [
      { type: 'A', name, address: '192.0.2.1', ttlSeconds: 30 },
      { type: 'AAAA', name, address: '2001:db8::1', ttlSeconds: 20 },
      { type: 'TXT', name, text: 'node=api-1' },
      { type: 'CNAME', name: 'alias.example.org', target: name, ttlSeconds: 3 },
    ]
    await using zone = await startZoneServer({ records })
    const client = dnsClient({ servers: [zone.address] })
    const both = await client.resolveAddresses(name)
    expect(both.records.map(({ address }) => address)).toStrictEqual(['192.0.2.1', '2001:db8::1'])
    expect(both.ttlSeconds).toBe(20)
    expect((await client.resolveAddresses(name, { family: 6 })).records).toHaveLength(1)
    expect((await client.resolveTxt(name)).records).toStrictEqual(['node=api-1'])
    expect(await client.resolveAddresses('alias.example.org', { family: 4 })).toMatchObject({
      records: [{ address: '192.0.2.1' }],
      ttlSeconds: 3,
    })
  })

  it.each([
    ['servfail', 'DNS_SERVFAIL'],
    ['refused', 'DNS_REFUSED'],
    ['garbage', 'DNS_MALFORMED'],
    ['silence', 'DNS_TIMEOUT'],
  ] as const)('rejects when the server answers with %s', async (type, code) => {
    await using zone = await startZoneServer({ records: members(1) })
    zone.setFault({ type })
    const client = dnsClient({ servers: [zone.address], timeoutMs: 100, tries: 1 })
    const error = await failure(client.resolveSrv(SERVICE))
    expect(error).toMatchObject({ code, server: zone.address, retryable: true })
    expect(error.message).toContain(zone.address)
    zone.setFault()
    expect((await client.resolveSrv(SERVICE)).records).toHaveLength(1)
  })

  it('asks the next server when one is dead', async () => {
    await using zone = await startZoneServer({ records: members(1) })
    const dead = `127.0.0.1:${await freePort()}`
    const answer = await dnsClient({ servers: [dead, zone.address] }).resolveSrv(SERVICE)
    expect(answer.server).toBe(zone.address)
    expect(await failure(dnsClient({ servers: [dead], tries: 1 }).resolveSrv(SERVICE))).toMatchObject({
      code: 'DNS_UNREACHABLE',
    })
  })

  it('ends at once when the signal aborts or the client is closed', async () => {
    await using zone = await startZoneServer({ records: members(1) })
    zone.setFault({ type: 'silence' })
    const client = dnsClient({ servers: [zone.address], timeoutMs: 60_000 })
    const reason = new Error('enough')
    const abort = new AbortController()
    const aborted = client.resolveSrv(SERVICE, { signal: abort.signal })
    const closed = client.resolveSrv(SERVICE)
    abort.abort(reason)
    await expect(aborted).rejects.toBe(reason)
    client.close()
    expect((await failure(closed)).code).toBe('DNS_CLOSED')
    expect((await failure(client.resolveSrv(SERVICE))).code).toBe('DNS_CLOSED')
  })

  it('takes a dead server for dead, and finds it again on the same port', async () => {
    await using zone = await startZoneServer({ records: members(1) })
    const client = dnsClient({ servers: [zone.address], timeoutMs: 200, tries: 1 })
    await zone.pause()
    await failure(client.resolveSrv(SERVICE))
    await zone.resume()
    expect((await client.resolveSrv(SERVICE)).records).toHaveLength(1)
    expect(zone.remove({ type: 'SRV', target: `NODE-0.${SERVICE}.` })).toBe(1)
    expect(await client.resolveSrv(SERVICE)).toMatchObject({ records: [], empty: 'nodata' })
  })
})

describe('dnsClient against strangers', () => {
  it('ignores answers with another id or to another question', async () => {
    const liar = createSocket('udp4')
    await new Promise<void>((resolve) => liar.bind(0, '127.0.0.1', resolve))
    liar.on('message', (query, { port, address }) => {
      const wrongId = Buffer.from(query)
      wrongId.writeUInt16BE((query.readUInt16BE(0) + 1) & 0xffff, 0)
      wrongId[2] = 0x84
      const wrongName = Buffer.from(query)
      wrongName[2] = 0x84
      wrongName[13] = wrongName[13]! ^ 0x01
      liar.send(wrongId, port, address)
      liar.send(wrongName, port, address)
    })
    const client = dnsClient({ servers: [`127.0.0.1:${liar.address().port}`], timeoutMs: 150, tries: 1 })
    const failed = await failure(client.resolveSrv(SERVICE))
    expect(failed.code).toBe('DNS_MALFORMED')
    expect(failed.message).toMatch(
      /sent (1 datagram, which does not answer|\d+ datagrams, none of which answers) the question/,
    )
    liar.close()
  })

  it('says so when the TCP port speaks HTTP', async () => {
    const http = createServer((_request, response) => response.end('hello'))
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
    const { port } = http.address() as AddressInfo
    const client = dnsClient({ servers: [`127.0.0.1:${port}`], transport: 'tcp', tries: 1, timeoutMs: 1_000 })
    expect((await failure(client.resolveSrv(SERVICE))).code).toBe('DNS_MALFORMED')
    await new Promise((resolve) => http.close(resolve))
  })

  it.each([
    '',
    '.',
    'a..b',
    `${'x'.repeat(64)}.org`,
    'with space.org',
    `${'a.'.repeat(127)}toolong`,
  ])('refuses the name %j before asking anybody', async (name) => {
    expect((await failure(dnsClient({ servers: ['127.0.0.1:1'] }).resolveSrv(name))).code).toBe('DNS_BAD_NAME')
  })

  it.each([
    { servers: [] },
    { servers: ['dns.example.org'] },
    { servers: ['127.0.0.1:0'] },
    { servers: ['127.0.0.1:70000'] },
    { timeoutMs: 0 },
    { tries: 1.5 },
    { ednsBytes: 100 },
  ])('refuses the options %j', (options) => {
    expect(() => dnsClient(options)).toThrow(expect.objectContaining({ code: 'DNS_BAD_OPTION' }))
  })

  it.each(['127.0.0.1', '::1', '[::1]:8600', '[::1]'])('takes the server %s', (server) => {
    expect(() => dnsClient({ servers: [server] })).not.toThrow()
  })
})

describe('dnsClient and a real dnsmasq', () => {
  it('reads SRV records with their addresses, and falls back to TCP', async () => {
    const many = Array.from({ length: 60 }, (_, index) => ({ label: `node-${index}`, port: 9_000 + index }))
    await using dnsmasq = await startDnsmasq({ service: SERVICE, members: many })
    const client = dnsClient({ servers: [dnsmasq.address] })
    const answer = await client.resolveSrv(SERVICE)
    expect(answer.records.map(({ port }) => port).sort()).toStrictEqual(many.map(({ port }) => port))
    expect(answer.transport).toBe('tcp')
    expect((await client.resolveAddresses(`node-3.${SERVICE}`)).records.map(({ address }) => address)).toStrictEqual([
      '127.0.0.1',
    ])
    expect((await client.resolveSrv(`nobody.${SERVICE}`)).empty).toBe('nxdomain')
    expect((await client.resolveSrv(`node-1.${SERVICE}`)).empty).toBe('nodata')
    expect((await failure(client.resolveSrv('elsewhere.example.org'))).code).toBe('DNS_REFUSED')
  })
})
