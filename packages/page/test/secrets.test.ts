import { once } from 'node:events'
import { start } from '@dynsrv/cluster'
import { DynamicSrv } from '@dynsrv/epmd-shim'
import { startNode } from '@dynsrv/node'
import { dnsClient, startZoneServer } from '@dynsrv/srv-resolver'
import { expect, it } from 'vitest'
import { startHealthServer } from '../src/health/health-server.ts'
import { pageRoutes } from '../src/live/page-routes.ts'

const SERVICE = 'shop.test'
const OURS = 'the-cookie-of-ours'
const THEIRS = 'the-cookie-of-theirs'
const MESSAGE = 'what-they-say-to-each-other'

it('the page and the health server show who is there and why not, and no cookie and no message', async () => {
  await using zone = await startZoneServer()
  const member = async (label: string, cookie: string) => {
    const epmd = new DynamicSrv({ resolver: dnsClient({ servers: [zone.address] }), listenPort: 0 })
    const listen = { host: '127.0.0.1', port: 0 }
    const node = await startNode({ name: `${label}@${SERVICE}`, cookie, epmd, listen })
    zone.add({ type: 'SRV', name: SERVICE, target: `${label}.${SERVICE}`, port: node.port! })
    zone.add({ type: 'A', name: `${label}.${SERVICE}`, address: '127.0.0.1' })
    return node
  }
  await using peer = await member('peer', OURS)
  await using stranger = await member('stranger', THEIRS)
  await using cluster = await start({
    ...{ name: `api-1@${SERVICE}`, cookie: OURS, host: '127.0.0.1', port: 0, env: {} },
    ...{ service: SERVICE, dns: zone.address, pollingInterval: 50 },
  })
  await using server = await startHealthServer(cluster, { port: 0, routes: pageRoutes(cluster) })
  expect(new URL(server.url).hostname).toBe('127.0.0.1')
  await cluster.ready()
  const inbox = peer.mailbox('inbox')
  const unread = cluster.node.mailbox('unread')
  cluster.node.send({ name: 'inbox', node: peer.self }, MESSAGE)
  expect(Buffer.from((await inbox.receive()) as Uint8Array).toString()).toBe(MESSAGE)
  peer.send(unread.pid, MESSAGE)
  await expect
    .poll(() => cluster.node.inspect().processes.find(({ names }) => names.includes('unread'))?.queued)
    .toBe(1)
  zone.add({ type: 'SRV', name: SERVICE, target: `api-1.${SERVICE}`, port: cluster.port })
  zone.add({ type: 'A', name: `api-1.${SERVICE}`, address: '127.0.0.1' })
  const refused = once(cluster.node, 'refused')
  await stranger.connect(cluster.self).catch(() => undefined)
  await refused

  const read = async (path: string) => (await fetch(`${server.url}${path}`)).text()
  const stream = (await fetch(`${server.url}/page/events`)).body!.getReader()
  const first = Buffer.from((await stream.read()).value!).toString()
  await stream.cancel()
  const shown = [await read('/'), await read('/page/state'), await read('/readyz'), first]
  for (const text of shown) {
    expect(text).toContain(SERVICE)
    for (const secret of [OURS, THEIRS, MESSAGE]) expect(text).not.toContain(secret)
  }
  expect(shown.slice(0, 2).join('')).toMatch(/COOKIE/)
})
