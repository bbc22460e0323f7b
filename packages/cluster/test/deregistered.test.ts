import { dnsClient, type SrvAnswer, type SrvResolver, startZoneServer, type ZoneServer } from '@dynsrv/srv-resolver'
import { describe, expect, it, vi } from 'vitest'
import type { Cluster } from '../src/cluster.ts'
import { start } from '../src/start.ts'

const SERVICE = 'my-service.test'
const COMMON = { service: SERVICE, cookie: 'secret', host: '127.0.0.1', port: 0, env: {}, pollingInterval: 50 }

function register(zone: ZoneServer, label: string, port: number): void {
  zone.add({ type: 'SRV', name: SERVICE, target: `${label}.${SERVICE}`, port, ttlSeconds: 0 })
  zone.add({ type: 'A', name: `${label}.${SERVICE}`, address: '127.0.0.1', ttlSeconds: 0 })
}

/** Two members that are connected, the first found in the zone as API-1. */
async function pair(zone: ZoneServer, options: { readonly disconnectOnDeregister?: boolean } = {}) {
  const common = { ...COMMON, ...options, dns: zone.address }
  const one = await start({ ...common, name: `api-1@${SERVICE}` })
  const two = await start({ ...common, name: `api-2@${SERVICE}` })
  register(zone, 'API-1', one.port)
  register(zone, 'api-2', two.port)
  await Promise.all([one.ready(), two.ready()])
  return { one, two }
}

/** Waits for so many polls, in which a node is never told that it is deregistered. */
async function withoutWord(cluster: Cluster, count: number): Promise<void> {
  let polls = 0
  for await (const { type } of cluster.events()) {
    expect(type).not.toBe('deregistered')
    if (type === 'polled' && ++polls === count) return
  }
}

describe('a member whose record is removed', () => {
  it('is dropped by the others, stays away without a failed dial, and comes back with its record', async () => {
    await using zone = await startZoneServer()
    const { one, two } = await pair(zone)
    await using _one = one
    await using _two = two
    const missing: number[] = []
    one.on((event) => event.type === 'left' && missing.push(event.missingMs))
    zone.remove({ target: `api-2.${SERVICE}` })
    for await (const event of two.events()) if (event.type === 'deregistered') break
    // Several polls of both sides later it is still away.
    let polls = 0
    for await (const event of two.events()) {
      expect(['nodeup', 'connectFailed']).not.toContain(event.type)
      if (event.type === 'polled' && ++polls === 5) break
    }
    await expect.poll(() => one.members()).toStrictEqual([])
    expect(missing).toHaveLength(1)
    expect(missing[0]).toBeGreaterThanOrEqual(0)
    register(zone, 'api-2', two.port)
    await one.ready()
    expect(one.members()).toStrictEqual([two.self])
  })

  it('keeps its links with disconnectOnDeregister: false, and says so', async () => {
    await using zone = await startZoneServer()
    const { one, two } = await pair(zone, { disconnectOnDeregister: false })
    await using _one = one
    await using _two = two
    zone.remove({ target: `api-2.${SERVICE}` })
    for await (const event of two.events()) if (event.type === 'deregistered') break
    await one.node.disconnect(two.self)
    await two.ready()
    expect(two.members()).toStrictEqual([one.self])
  })

  it('does not count as removed when nobody else is listed either', async () => {
    await using zone = await startZoneServer()
    const { one, two } = await pair(zone)
    await using _one = one
    await using _two = two
    zone.remove({ type: 'SRV' })
    await withoutWord(two, 12)
    expect(one.members()).toStrictEqual([two.self])
  })

  it('does not count as removed when its record cannot be used', async () => {
    await using zone = await startZoneServer()
    const { one, two } = await pair(zone)
    await using _one = one
    await using _two = two
    zone.remove({ target: `api-2.${SERVICE}` })
    zone.add({ type: 'SRV', name: SERVICE, target: `api-2.${SERVICE}`, port: 0, ttlSeconds: 0 })
    await withoutWord(two, 5)
    zone.remove({ type: 'SRV' })
    await withoutWord(two, 7)
    expect(one.members()).toStrictEqual([two.self])
  })
})

describe('one join', () => {
  it.each([
    ['brings addresses', (answer: SrvAnswer) => answer],
    ['brings none', (answer: SrvAnswer) => ({ ...answer, addresses: new Map() })],
  ])('costs one SRV query when the answer %s', async (_what, change) => {
    await using zone = await startZoneServer()
    const client = dnsClient({ servers: [zone.address] })
    const asked = vi.fn()
    const dns: SrvResolver = {
      resolveSrv: async (name, options) => {
        asked(name)
        return change(await client.resolveSrv(name, options))
      },
      resolveAddresses: (name, options) => client.resolveAddresses(name, options),
      resolveTxt: (name, options) => client.resolveTxt(name, options),
    }
    await using peer = await start({ ...COMMON, dns: zone.address, name: `api-1@${SERVICE}` })
    register(zone, 'api-1', peer.port)
    await using joins = await start({ ...COMMON, dns, name: `api-2@${SERVICE}`, pollingInterval: 60_000 })
    await joins.ready()
    expect(asked.mock.calls).toStrictEqual([[SERVICE]])
    client.close()
  })
})

describe('a link that is lost while DNS is down', () => {
  it('is dialled again within a second, where the peer was', async () => {
    await using zone = await startZoneServer()
    const { one, two } = await pair(zone)
    await using _one = one
    await using _two = two
    await zone.pause()
    await one.node.disconnect(two.self)
    await one.ready({ timeoutMs: 1_500 })
    expect(one.members()).toStrictEqual([two.self])
  })
})
