import { hasSubscribers } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { CHANNELS } from '@dynsrv/node'
import { dnsClient, metered, QUERY_CHANNEL, startZoneServer, trimDetecting } from '@dynsrv/srv-resolver'
import { every, MEMBERSHIP_CHANNEL, Strategy } from '@dynsrv/strategy'
import { Counter, Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { METRICS, prometheusName, startMetrics } from '../src/index.ts'
import { promClient } from '../src/prom-client.ts'
import { startPair } from './support/pair.ts'

const LEFT = 'left@127.0.0.1'
const RIGHT = 'right@127.0.0.1'

/** The value of one line of what Prometheus scrapes; undefined when there is no such line. */
async function scraped(registry: Registry, line: string): Promise<number | undefined> {
  const found = (await registry.metrics()).split('\n').find((text) => text.startsWith(`${line} `))
  return found === undefined ? undefined : Number(found.slice(line.length + 1))
}

it('counts links, what goes over them, and calls', async () => {
  await using pair = await startPair()
  const { left, right } = pair
  const registry = new Registry()
  using _metrics = startMetrics(promClient(registry), { nodes: [left, right] })
  const of = (line: string) => scraped(registry, line)

  await right.connect(LEFT)
  expect(await of(`dynsrv_links{node="${RIGHT}",state="connected"}`)).toBe(1)
  expect(await of(`dynsrv_link_ups_total{node="${RIGHT}",direction="outgoing"}`)).toBe(1)
  left.expose('js', { double: (n: number) => n * 2 })
  for (let n = 0; n < 3; n++) await right.erpc(LEFT, 'js', 'double', [n])
  await expect(right.erpc(LEFT, 'js', 'nothing', [])).rejects.toMatchObject({ code: 'NODE_REMOTE_ERROR' })
  await expect(right.call({ name: 'nobody', node: LEFT }, 1)).rejects.toMatchObject({ code: 'NODE_NO_PROCESS' })
  const aborted = AbortSignal.abort(new Error('mine'))
  const stays = left.mailbox('stays')
  await expect(right.call({ name: 'stays', node: LEFT }, 1, { signal: aborted })).rejects.toThrow('mine')
  const duration = 'dynsrv_call_duration_seconds'
  expect(await of(`${duration}_count{node="${RIGHT}",peer="${LEFT}",kind="erpc",outcome="ok"}`)).toBe(3)
  expect(await of(`${duration}_count{node="${RIGHT}",peer="${LEFT}",kind="erpc",outcome="failed"}`)).toBe(1)
  expect(
    await of(`dynsrv_call_failures_total{node="${RIGHT}",peer="${LEFT}",kind="erpc",code="NODE_REMOTE_ERROR"}`),
  ).toBe(1)
  expect(
    await of(`dynsrv_call_failures_total{node="${RIGHT}",peer="${LEFT}",kind="call",code="NODE_NO_PROCESS"}`),
  ).toBe(1)
  expect(await of(`dynsrv_call_failures_total{node="${RIGHT}",peer="${LEFT}",kind="call",code="aborted"}`)).toBe(1)
  expect(await of(`dynsrv_calls_active{node="${RIGHT}",peer="${LEFT}",kind="call"}`)).toBe(0)
  const waits = right.call({ name: 'stays', node: LEFT }, 2, { timeoutMs: 60_000 })
  await expect.poll(() => of(`dynsrv_calls_active{node="${RIGHT}",peer="${LEFT}",kind="call"}`)).toBe(1)
  await expect.poll(() => stays.length).toBe(1)
  stays.close()
  await expect(waits).rejects.toMatchObject({ code: 'NODE_EXITED' })

  right.send({ name: 'nobody', node: LEFT }, new Uint8Array(100_000))
  const sent = `dynsrv_link_sent_bytes_total{node="${RIGHT}",peer="${LEFT}"}`
  await expect.poll(() => of(sent)).toBeGreaterThan(100_000)
  await expect
    .poll(() => of(`dynsrv_link_received_bytes_total{node="${LEFT}",peer="${RIGHT}"}`))
    .toBeGreaterThan(100_000)
  const [bytes, messages] = [
    await of(sent),
    await of(`dynsrv_link_messages_sent_total{node="${RIGHT}",peer="${LEFT}"}`),
  ]
  expect(messages).toBeGreaterThan(6)

  const down = once(right, 'nodedown')
  await right.disconnect(LEFT)
  expect((await down)[0]).toMatchObject({ counters: { sentBytes: expect.any(Number) } })
  expect(await of(`dynsrv_link_downs_total{node="${RIGHT}",code="NODE_DISCONNECTED"}`)).toBe(1)
  expect(await of(`dynsrv_links{node="${RIGHT}",state="connected"}`)).toBe(0)
  // What went over a link that is gone still counts, and a second link counts on.
  expect(await of(sent)).toBeGreaterThanOrEqual(bytes!)
  expect(await of(`dynsrv_link_messages_sent_total{node="${RIGHT}",peer="${LEFT}"}`)).toBe(messages)
  await right.ping(LEFT)
  expect(await of(`dynsrv_link_messages_sent_total{node="${RIGHT}",peer="${LEFT}"}`)).toBeGreaterThan(messages!)
  right.mailbox({ maxMessages: 1, name: 'small' })
  for (const n of [1, 2]) right.send('small', n)
  expect(await of(`dynsrv_warnings_total{node="${RIGHT}",code="MAILBOX_FULL"}`)).toBe(1)
})

it('counts processes and what waits for them', async () => {
  await using pair = await startPair()
  const { left, right } = pair
  const registry = new Registry()
  using _metrics = startMetrics(promClient(registry), { nodes: [left, right] })
  const of = (name: string, kind: string) => scraped(registry, `${name}{node="${LEFT}",kind="${kind}"}`)
  expect(await of('dynsrv_processes', 'mailbox')).toBe(0)
  const short = left.mailbox('short')
  const long = left.mailbox('long')
  const asked = short.monitor(long.pid)
  left.send('short', 1)
  for (const n of [1, 2, 3]) left.send('long', n)
  expect(await of('dynsrv_processes', 'mailbox')).toBe(2)
  expect(await of('dynsrv_process_waiting', 'mailbox')).toBe(4)
  expect(await of('dynsrv_process_waiting_longest', 'mailbox')).toBe(3)
  expect(await of('dynsrv_processes', 'system')).toBeGreaterThan(0)
  expect(await scraped(registry, `dynsrv_monitors{node="${LEFT}"}`)).toBe(1)
  short.demonitor(asked)
  long.close()
  expect(await of('dynsrv_processes', 'mailbox')).toBe(1)
  expect(await of('dynsrv_process_waiting_longest', 'mailbox')).toBe(1)
  expect(await scraped(registry, `dynsrv_monitors{node="${LEFT}"}`)).toBe(0)
  expect(await right.ping(LEFT)).toBe('pong')
  const pings = `dynsrv_call_duration_seconds_count{node="${RIGHT}",peer="${LEFT}",kind="ping",outcome="ok"}`
  expect(await scraped(registry, pings)).toBe(1)
})

it('tells what strategies and lookups do', async () => {
  await using pair = await startPair()
  await using zone = await startZoneServer()
  zone.add({ type: 'SRV', name: 'db.test', target: 'a.db.test', port: 1 })
  let names: readonly string[] = [LEFT]
  const strategy = new Strategy(pair.right, {
    topology: 'main',
    discover: async () => {
      if (names.length === 0) throw new Error('no answer')
      return new Set([pair.left.self])
    },
    interval: every(20),
  })
  const registry = new Registry()
  using _metrics = startMetrics(promClient(registry), { strategies: [strategy] })
  const of = (line: string) => scraped(registry, line)
  strategy.start()
  await strategy.ready({ signal: AbortSignal.timeout(15_000) })
  expect(await of('dynsrv_membership_expected{topology="main"}')).toBe(1)
  expect(await of('dynsrv_membership_connected{topology="main"}')).toBe(1)
  expect(await of('dynsrv_membership_last_good_age_seconds{topology="main"}')).toBeLessThan(60)
  expect(await of(`dynsrv_membership_polls_total{node="${RIGHT}",topology="main",outcome="ok"}`)).toBeGreaterThan(0)
  expect(await of(`dynsrv_membership_changes_total{node="${RIGHT}",topology="main",type="joined"}`)).toBe(1)
  names = []
  await expect
    .poll(() => of(`dynsrv_membership_polls_total{node="${RIGHT}",topology="main",outcome="failed"}`))
    .toBeGreaterThan(0)
  expect(await of('dynsrv_membership_failures{topology="main"}')).toBeGreaterThan(0)
  await strategy.close()

  const dns = metered(trimDetecting(dnsClient({ servers: [zone.address], timeoutMs: 5_000, tries: 1 })))
  await dns.resolveSrv('db.test')
  await dns.resolveSrv('nobody.test')
  zone.setFault('servfail')
  await expect(dns.resolveSrv('db.test')).rejects.toMatchObject({ code: 'DNS_SERVFAIL' })
  dns.close()
  for (const outcome of ['records', 'nxdomain', 'failed']) {
    expect(await of(`dynsrv_dns_query_duration_seconds_count{kind="srv",outcome="${outcome}"}`)).toBe(1)
  }
})

it('bounds the label of peers', async () => {
  await using pair = await startPair()
  const registry = new Registry()
  using _metrics = startMetrics(promClient(registry), { nodes: [pair.right], maxPeers: 0 })
  await pair.right.connect(LEFT)
  expect(await scraped(registry, `dynsrv_link_sent_bytes_total{node="${RIGHT}",peer="other"}`)).toBeGreaterThan(0)
})

it('costs nothing before it is started and after it is closed, and leaves what is not its own', async () => {
  const channels = [CHANNELS.event, MEMBERSHIP_CHANNEL, QUERY_CHANNEL].concat(
    ['start', 'asyncEnd'].map((part) => `tracing:${CHANNELS.call}:${part}`),
  )
  const heard = () => channels.filter((channel) => hasSubscribers(channel))
  expect(heard()).toStrictEqual([])
  const registry = new Registry()
  new Counter({ name: 'mine_total', help: 'of the program', registers: [registry] })
  const metrics = startMetrics(promClient(registry))
  expect(heard()).toStrictEqual(channels)
  expect(registry.getMetricsAsArray().map(({ name }) => name)).toStrictEqual(
    expect.arrayContaining(Object.values(METRICS).map(prometheusName)),
  )
  expect(() => startMetrics(promClient(registry))).toThrow(expect.objectContaining({ code: 'METRICS_NAME_TAKEN' }))
  expect(heard()).toStrictEqual(channels)
  metrics.close()
  metrics.close()
  expect(heard()).toStrictEqual([])
  expect(registry.getMetricsAsArray().map(({ name }) => name)).toStrictEqual(['mine_total'])
  startMetrics(promClient(registry)).stop()
  await startMetrics(promClient(registry))[Symbol.asyncDispose]()
  expect(heard()).toStrictEqual([])
  expect(() => startMetrics(promClient(registry), { maxPeers: -1 })).toThrow(
    expect.objectContaining({ code: 'METRICS_BAD_OPTION' }),
  )
})
