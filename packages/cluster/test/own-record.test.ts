import { nodeName } from '@dynsrv/epmd-shim'
import { realWorld } from '@dynsrv/kit'
import { dnsClient, startZoneServer, type ZoneServer } from '@dynsrv/srv-resolver'
import { describe, expect, it } from 'vitest'
import { OwnRecord } from '../src/own-record.ts'
import { start } from '../src/start.ts'

const SERVICE = 'my-service.test'

function register(zone: ZoneServer, label: string, port: number): void {
  zone.add({ type: 'SRV', name: SERVICE, target: `${label}.${SERVICE}`, port, ttlSeconds: 0 })
  zone.add({ type: 'A', name: `${label}.${SERVICE}`, address: '127.0.0.1', ttlSeconds: 0 })
}

function watched(zone: ZoneServer) {
  const record = new OwnRecord(
    nodeName(`Api-1@${SERVICE}`),
    SERVICE,
    dnsClient({ servers: [zone.address], timeoutMs: 200 }),
    realWorld.clock,
  )
  let gone = 0
  record.on('gone', () => {
    gone += 1
  })
  return { record, poll: () => record.resolver.resolveSrv(SERVICE), gone: () => gone }
}

describe('OwnRecord', () => {
  it('lets a visitor that never had a record dial', async () => {
    await using zone = await startZoneServer()
    const { record, poll, gone } = watched(zone)
    for (let polls = 0; polls < 5; polls++) await poll()
    expect(() => record.check()).not.toThrow()
    expect(gone()).toBe(0)
  })

  it('stops at the first whole answer without it, and says so at the second', async () => {
    await using zone = await startZoneServer()
    const { record, poll, gone } = watched(zone)
    register(zone, 'API-1', 4370)
    await poll()
    expect(() => record.check()).not.toThrow()
    zone.remove({ type: 'SRV' })
    await poll()
    expect(() => record.check()).toThrow(expect.objectContaining({ code: 'DYNSRV_DEREGISTERED' }))
    expect(gone()).toBe(0)
    await poll()
    await poll()
    expect(gone()).toBe(1)
  })

  it('goes on when the record is back', async () => {
    await using zone = await startZoneServer()
    const { record, poll, gone } = watched(zone)
    for (let times = 1; times <= 2; times++) {
      register(zone, 'api-1', 4370)
      await poll()
      expect(() => record.check()).not.toThrow()
      zone.remove({ type: 'SRV' })
      await poll()
      await poll()
      expect(gone()).toBe(times)
    }
  })

  it('does not take a record that cannot be used for one that was taken away', async () => {
    await using zone = await startZoneServer()
    const { record, poll, gone } = watched(zone)
    register(zone, 'api-1', 4370)
    register(zone, 'api-2', 4371)
    await poll()
    zone.remove({ target: `api-1.${SERVICE}` })
    register(zone, 'api-1', 0)
    for (let polls = 0; polls < 3; polls++) expect((await poll()).records).toHaveLength(1)
    expect(() => record.check()).not.toThrow()
    expect(gone()).toBe(0)
  })

  it('concludes nothing from a failed lookup', async () => {
    await using zone = await startZoneServer()
    const { record, poll, gone } = watched(zone)
    register(zone, 'api-1', 4370)
    await poll()
    zone.setFault({ type: 'servfail' })
    for (let polls = 0; polls < 3; polls++) await expect(poll()).rejects.toMatchObject({ code: 'DNS_SERVFAIL' })
    await record.refresh(new AbortController().signal)
    expect(() => record.check()).not.toThrow()
    expect(gone()).toBe(0)
  })

  it('covers the peers of its service only', async () => {
    await using zone = await startZoneServer()
    const { record } = watched(zone)
    expect(record.covers(`db-1@${SERVICE.toUpperCase()}`)).toBe(true)
    expect(record.covers(`db-1@other-${SERVICE}`)).toBe(false)
    expect(record.covers(`db-1@sub.${SERVICE}`)).toBe(false)
  })
})

describe('a member whose record is removed', () => {
  it('is dropped by the others, stays away, and comes back with its record', async () => {
    await using zone = await startZoneServer()
    const common = { service: SERVICE, dns: zone.address, cookie: 'secret', host: '127.0.0.1', port: 0, env: {} }
    await using one = await start({ ...common, pollingInterval: 50, name: `api-1@${SERVICE}` })
    await using two = await start({ ...common, pollingInterval: 50, name: `api-2@${SERVICE}` })
    register(zone, 'api-1', one.port)
    register(zone, 'api-2', two.port)
    await Promise.all([one.ready(), two.ready()])
    zone.remove({ target: `api-2.${SERVICE}` })
    for await (const event of two.events()) if (event.type === 'deregistered') break
    // Several polls of both sides later it is still away.
    let polls = 0
    for await (const event of two.events()) {
      expect(event.type).not.toBe('nodeup')
      if (event.type === 'polled' && ++polls === 5) break
    }
    expect(one.members()).toStrictEqual([])
    register(zone, 'api-2', two.port)
    await one.ready()
    expect(one.members()).toStrictEqual([two.self])
  })
})
