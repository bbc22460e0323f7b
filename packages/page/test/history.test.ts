import { start } from '@dynsrv/cluster'
import { DynamicSrv } from '@dynsrv/epmd-shim'
import { realWorld } from '@dynsrv/kit'
import { startNode } from '@dynsrv/node'
import { dnsClient, startZoneServer } from '@dynsrv/srv-resolver'
import { companionArgs, startErl } from '@dynsrv/tools/beam'
import { freePort } from '@dynsrv/tools/free-port'
import { expect, it } from 'vitest'
import { ClusterPage } from '../src/live/cluster-page.ts'

const SERVICE = 'shop.test'
const COOKIE = 'history-cookie'
const PATIENCE = { timeout: 60_000, interval: 50 }

it('keeps half an hour of the cluster and of each member, with gaps where a member was away', {
  timeout: 240_000,
}, async () => {
  await using zone = await startZoneServer()
  const startMember = (port: number, hidden: boolean) =>
    startNode({
      ...{ name: `cart-1@${SERVICE}`, cookie: COOKIE, hidden, listen: { host: '127.0.0.1', port } },
      epmd: new DynamicSrv({ resolver: dnsClient({ servers: [zone.address] }), listenPort: port }),
    })
  const first = await startMember(0, true)
  const port = first.port ?? 0
  zone.add({ type: 'SRV', name: SERVICE, target: `cart-1.${SERVICE}`, port, ttlSeconds: 0 })
  zone.add({ type: 'A', name: `cart-1.${SERVICE}`, address: '127.0.0.1', ttlSeconds: 0 })
  await using cluster = await start({
    ...{ name: `api-1@${SERVICE}`, cookie: COOKIE, host: '127.0.0.1', port: 0, env: {} },
    ...{ service: SERVICE, dns: zone.address, pollingInterval: 100 },
  })
  const page = new ClusterPage(cluster, realWorld)
  cluster.on((event) => page.notice(event))
  const told = () => page.state().members.find(({ name }) => name === first.self)
  await expect.poll(told, PATIENCE).toMatchObject({ state: 'connected', hidden: true })

  const inbox = first.mailbox('inbox')
  page.sample()
  cluster.node.send({ name: 'inbox', node: first.self }, 'hello')
  await inbox.receive()
  expect(page.sample()).toMatchObject({ connected: 1, missing: 0, dnsFailures: 0, latencyMs: null })
  const rates = (await page.member(first.self))?.samples.map(({ sentPerSecond }) => sentPerSecond)
  expect(rates).toStrictEqual([0, expect.any(Number)])
  expect(rates?.[1]).toBeGreaterThan(0)

  await first.close()
  await expect.poll(told, PATIENCE).toMatchObject({ state: 'unreachable', code: 'NODE_REFUSED' })
  expect(page.sample()).toMatchObject({ connected: 0, missing: 1 })
  // Our node stays hidden. That makes the link a hidden one, and not the member.
  await using second = await startMember(port, false)
  await expect.poll(told, PATIENCE).toMatchObject({ state: 'connected', hidden: false })
  page.sample()
  const gap = await page.member(second.self)
  expect(gap?.samples.map(({ sentPerSecond }) => sentPerSecond === null)).toStrictEqual([false, false, true, false])
  expect(gap?.changes.map(({ kind }) => kind)).toStrictEqual(expect.arrayContaining(['up', 'down', 'trouble']))
  expect(gap?.changes.every(({ about }) => about === second.self)).toBe(true)

  await zone.pause()
  await expect.poll(() => page.sample().dnsFailures, PATIENCE).toBeGreaterThan(0)
  await zone.resume()
  await expect.poll(() => page.sample().dnsMs, PATIENCE).toBeGreaterThanOrEqual(0)

  const before = page.samples().length
  for (let more = 0; more < 500; more++) page.sample()
  expect(before).toBeLessThan(360)
  const [all, one] = [page.samples(), await page.member(second.self)]
  expect(all).toHaveLength(360)
  expect(one?.samples.map(({ at }) => at)).toStrictEqual(all.map(({ at }) => at))
  expect(one?.samples.every(({ sentPerSecond }) => sentPerSecond !== null)).toBe(true)
})

it('says of a member what it runs, what it can do and where it is, and nothing of names that are none', {
  timeout: 240_000,
}, async () => {
  await using zone = await startZoneServer()
  const port = await freePort()
  await using erl = await startErl({
    ...{ name: `db-1@${SERVICE}`, cookie: COOKIE, args: companionArgs() },
    env: { ERL_DIST_PORT: String(port), DYNSRV_DNS: zone.address },
  })
  zone.add({ type: 'SRV', name: SERVICE, target: `db-1.${SERVICE}`, port, ttlSeconds: 0 })
  zone.add({ type: 'A', name: `db-1.${SERVICE}`, address: '127.0.0.1', ttlSeconds: 0 })
  await using cluster = await start({
    ...{ name: `api-1@${SERVICE}`, cookie: COOKIE, host: '127.0.0.1', port: 0, env: {} },
    ...{ service: SERVICE, dns: zone.address, pollingInterval: 100 },
  })
  const page = new ClusterPage(cluster, realWorld)
  await expect.poll(() => cluster.members(), PATIENCE).toHaveLength(1)
  const detail = await page.member(erl.name)
  expect(detail).toMatchObject({
    ...{ name: erl.name, runs: 'OTP 25', addresses: [`127.0.0.1:${port}`], queuedBytes: 0 },
    ...{ announced: expect.arrayContaining(['PUBLISHED', 'HANDSHAKE_23']), creation: expect.any(Number) },
  })
  expect(detail?.receivedMessages).toBeGreaterThan(0)
  expect(await page.member(`nobody@${SERVICE}`)).toBeUndefined()
  expect(await page.member(cluster.self)).toBeUndefined()
})
