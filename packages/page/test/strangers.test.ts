import { start } from '@dynsrv/cluster'
import { Static } from '@dynsrv/epmd-shim'
import { realWorld } from '@dynsrv/kit'
import { startNode } from '@dynsrv/node'
import { startZoneServer } from '@dynsrv/srv-resolver'
import { expect, it } from 'vitest'
import { ClusterPage } from '../src/live/cluster-page.ts'

it('a stranger with many names does not push what happened to members out of the page', async () => {
  await using zone = await startZoneServer()
  zone.add({ type: 'SRV', name: 'shop.test', target: 'cart-1.shop.test', port: 1 })
  zone.add({ type: 'A', name: 'cart-1.shop.test', address: '127.0.0.1' })
  await using cluster = await start({
    ...{ name: 'api-1@shop.test', cookie: 'strangers', host: '127.0.0.1', port: 0, env: {} },
    ...{ service: 'shop.test', dns: zone.address, pollingInterval: 50 },
  })
  const page = new ClusterPage(cluster, realWorld)
  let refused = 0
  cluster.on((event) => {
    if (event.type === 'refused') refused++
    page.notice(event)
  })
  const told = () => page.state().changes.map(({ about, text }) => `${about} ${text}`)
  await expect.poll(told).toContainEqual(expect.stringMatching(/^cart-1@shop\.test not reached/))
  const epmd = new Static({ [cluster.self]: { ip: '127.0.0.1', port: cluster.port } })
  for (let at = 0; at < 300; at++) {
    await using stranger = await startNode({ name: `x-${at}@shop.test`, cookie: 'guess', epmd, listen: false })
    await expect(stranger.connect(cluster.self)).rejects.toMatchObject({ code: 'DIST_COOKIE_REJECTED' })
  }
  await expect.poll(() => refused).toBe(300)
  expect(told()).toContainEqual(expect.stringMatching(/^cart-1@shop\.test not reached/))
  expect(told().filter((line) => line.includes('dialled us'))).toHaveLength(1)
})
