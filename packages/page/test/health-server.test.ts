import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { start } from '@dynsrv/cluster'
import { startZoneServer } from '@dynsrv/srv-resolver'
import { expect, it } from 'vitest'
import { startHealthServer } from '../src/health/health-server.ts'

async function running() {
  const zone = await startZoneServer()
  const name = 'api-1@shop.test'
  const common = { service: 'shop.test', dns: zone.address, host: '127.0.0.1', port: 0, pollingInterval: 50 }
  zone.add({ type: 'SRV', name: 'shop.test', target: 'api-1.shop.test', port: 1 })
  const cluster = await start({ ...common, name, cookie: 'health', env: {} })
  const close = async () => {
    await cluster.close()
    await zone.close()
  }
  return { cluster, [Symbol.asyncDispose]: close }
}

it('says that it is ready in spite of a thousand connections that ask nothing', async () => {
  await using own = await running()
  await using server = await startHealthServer(own.cluster, { port: 0 })
  const port = Number(new URL(server.url).port)
  const guests: Socket[] = []
  for (let index = 0; index < 1_000; index++) {
    const guest = connect(port, '127.0.0.1')
    guest.on('error', () => undefined)
    await once(guest, 'connect')
    if (index % 2 === 0) guest.write('GET /readyz HTTP/1.1\r\nhost: loc')
    guests.push(guest)
  }
  await expect
    .poll(async () => (await fetch(`${server.url}/readyz`, { signal: AbortSignal.timeout(1_000) })).status)
    .toBe(200)
  for (const guest of guests) guest.destroy()
})

it('answers 500 for a route that throws, whatever it throws, and goes on', async () => {
  await using own = await running()
  await using server = await startHealthServer(own.cluster, {
    port: 0,
    routes: {
      '/null': () => Promise.reject(null),
      '/error': () => {
        throw new Error('no such page')
      },
    },
  })
  expect((await fetch(`${server.url}/null`)).status).toBe(500)
  expect(await (await fetch(`${server.url}/error`)).text()).toBe('no such page\n')
  expect((await fetch(`${server.url}/livez`)).status).toBe(200)
})

it('says that a port is taken, and leaves nothing open', async () => {
  await using own = await running()
  await using first = await startHealthServer(own.cluster, { port: 0 })
  const port = Number(new URL(first.url).port)
  await expect(startHealthServer(own.cluster, { port })).rejects.toMatchObject({ code: 'DYNSRV_LISTEN_FAILED' })
  await first.close()
  await first.close()
  await using again = await startHealthServer(own.cluster, { port })
  expect(again.url).toBe(first.url)
})
