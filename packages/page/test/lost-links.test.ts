import { start } from '@dynsrv/cluster'
import { DynamicSrv } from '@dynsrv/epmd-shim'
import { realWorld } from '@dynsrv/kit'
import { startNode } from '@dynsrv/node'
import { dnsClient, startZoneServer } from '@dynsrv/srv-resolver'
import { expect, it, vi } from 'vitest'
import { ClusterPage } from '../src/live/cluster-page.ts'

const SERVICE = 'shop.test'
const COOKIE = 'lost-links-cookie'
const PATIENCE = { timeout: 60_000, interval: 100 }

it('keeps in sight why a member was lost while DNS fails, and forgets it when the member is back', {
  timeout: 240_000,
}, async () => {
  await using zone = await startZoneServer()
  const startMember = async (port: number) =>
    startNode({
      ...{ name: `cart-1@${SERVICE}`, cookie: COOKIE, listen: { host: '127.0.0.1', port } },
      epmd: new DynamicSrv({ resolver: dnsClient({ servers: [zone.address] }), listenPort: port }),
    })
  const first = await startMember(0)
  const port = first.port ?? 0
  zone.add({ type: 'SRV', name: SERVICE, target: `cart-1.${SERVICE}`, port, ttlSeconds: 0 })
  zone.add({ type: 'A', name: `cart-1.${SERVICE}`, address: '127.0.0.1', ttlSeconds: 0 })
  await using cluster = await start({
    ...{ name: `api-1@${SERVICE}`, cookie: COOKIE, host: '127.0.0.1', port: 0 },
    ...{ service: SERVICE, dns: zone.address, pollingInterval: 200 },
  })
  const page = new ClusterPage(cluster, realWorld)
  cluster.on((event) => page.notice(event))
  const told = () => page.state().members.find(({ name }) => name === first.self)
  await vi.waitFor(() => expect(told()).toMatchObject({ state: 'connected', reason: '' }), PATIENCE)

  await zone.pause()
  await first.close()
  await vi.waitFor(() => {
    expect(told()?.reason).toMatch(
      // It is dialled where it was last.
      /^lost at \d\d:\d\d:\d\d UTC: NODE_(?!LOOKUP|REFUSED)\w+: .*; since then: .*NODE_REFUSED/,
    )
  }, PATIENCE)

  await zone.resume()
  await using second = await startMember(port)
  await vi.waitFor(() => expect(told()).toMatchObject({ state: 'connected', reason: '' }), PATIENCE)
  expect(second.self).toBe(first.self)
})
