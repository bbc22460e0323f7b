// Times the membership loop: a poll's CPU, the way of a change from a registry to the node list, and a loop at rest.
import { execFileSync, fork, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { DynamicSrv, nodeName } from '@dynsrv/epmd-shim'
import { startNode } from '@dynsrv/node'
import { consulHttp, dnsClient, startZoneServer } from '@dynsrv/srv-resolver'
import { dynamicSrv, every, Strategy, srvNodes } from '@dynsrv/strategy'
import { freePort } from './free-port.mjs'

/** As many SRV records as one DNS message holds with ease. */
const PER_ANSWER = 1_000
const POLLS = 21
const CHANGES = 20
const POLLING_MS = 500
const IDLE_MS = 60_000

/** A membership whose links come up at once. */
class Links extends EventEmitter {
  self = nodeName('bench@svc0.test')
  #up = new Set()

  connected() {
    return this.#up
  }

  async connect(node) {
    this.#up.add(node)
    this.emit('nodeup', { node })
  }

  async disconnect(node) {
    if (this.#up.delete(node)) this.emit('nodedown', { node })
  }
}

const now = () => performance.timeOrigin + performance.now()
const sorted = (values) => values.toSorted((a, b) => a - b)
const median = (values) => sorted(values)[values.length >> 1]
const ms = (value) => `${value.toFixed(1)} ms`

function told(strategy, type) {
  return new Promise((resolve) => {
    const listener = (change) => {
      if (change.type !== type) return
      strategy.off('change', listener)
      resolve(change)
    }
    strategy.on('change', listener)
  })
}

async function startZone() {
  const child = fork(fileURLToPath(new URL('membership-zone.mjs', import.meta.url)))
  const [{ address }] = await once(child, 'message')
  const add = async (service, from, to) => {
    child.send({ service, from, to })
    const [{ at }] = await once(child, 'message')
    return at
  }
  return { address, add, stop: () => child.disconnect() }
}

/** All records of several DNS answers, since one holds no more than 64 KiB. */
function joined(resolver, services) {
  return {
    async resolveSrv(_name, options) {
      const answers = await Promise.all(services.map((service) => resolver.resolveSrv(service, options)))
      return { ...answers[0], records: answers.flatMap(({ records }) => records) }
    },
  }
}

const targetToNode = {
  needs: 'target',
  map: ({ target }) => ({ node: nodeName(target.replace('.', '@')) }),
}

async function cpuOfPoll(zone, count) {
  const services = Array.from({ length: count / PER_ANSWER }, (_, index) => `svc${index}.test`)
  const resolver = dnsClient({ servers: [zone.address], transport: 'tcp', timeoutMs: 20_000 })
  const discover = srvNodes(joined(resolver, services), services[0], targetToNode)
  const strategy = new Strategy(new Links(), { discover, interval: every(1e9), parallel: count })
  strategy.start()
  await strategy.ready({ minPeers: count })
  const times = []
  for (let poll = 0; poll < POLLS + 10; poll++) {
    await pause(20)
    const before = process.cpuUsage()
    const polled = told(strategy, 'polled')
    strategy.pollNow()
    await polled
    // What a poll reports first is followed by its end in the same turn.
    await pause(0)
    const { user, system } = process.cpuUsage(before)
    if (poll >= 10) times.push((user + system) / 1_000)
  }
  await strategy.stop()
  resolver.close()
  return times
}

async function changesByPolling(zone) {
  const service = 'changing.test'
  await zone.add(service, 0, 100)
  const resolver = dnsClient({ servers: [zone.address] })
  const links = new Links()
  const strategy = dynamicSrv(links, { service, resolver, pollingInterval: POLLING_MS })
  strategy.start()
  await strategy.ready({ minPeers: 100 })
  const times = []
  for (let change = 0; change < CHANGES; change++) {
    await pause(Math.random() * POLLING_MS)
    const joined = told(strategy, 'joined')
    const at = await zone.add(service, 100 + change, 101 + change)
    await joined
    times.push(now() - at)
  }
  await strategy.stop()
  resolver.close()
  return times
}

async function idle(zone) {
  const resolver = dnsClient({ servers: [zone.address] })
  const strategy = dynamicSrv(new Links(), { service: 'svc0.test', resolver })
  strategy.start()
  await strategy.ready({ minPeers: PER_ANSWER })
  await pause(1_000)
  const [before, from] = [process.cpuUsage(), now()]
  await pause(IDLE_MS)
  const { user, system } = process.cpuUsage(before)
  const share = (user + system) / 1_000 / (now() - from)
  await strategy.stop()
  resolver.close()
  return share
}

async function startConsul() {
  const script = fileURLToPath(new URL('../tools/peers/consul.sh', import.meta.url))
  const program = process.env.DYNSRV_CONSUL || execFileSync(script, { encoding: 'utf8' }).trim()
  const [http, dns, server, lan, wan, grpc] = await Promise.all(Array.from({ length: 6 }, freePort))
  const ports = { 'http-port': http, 'dns-port': dns, 'server-port': server, 'grpc-port': grpc }
  const serf = { 'serf-lan-port': lan, 'serf-wan-port': wan, client: '127.0.0.1', bind: '127.0.0.1' }
  const flags = Object.entries({ ...ports, ...serf, node: 'bench' }).map(([key, value]) => `-${key}=${value}`)
  const child = spawn(program, ['agent', '-dev', '-disable-host-node-id', ...flags], { stdio: 'ignore' })
  const url = `http://127.0.0.1:${http}`
  const leader = async () => (await fetch(`${url}/v1/status/leader`)).json()
  while (!(await leader().catch(() => ''))) await pause(100)
  const register = async (service, index) => {
    const body = { ID: `n${index}`, Name: service, Port: 9_000 + index, Address: `n${index}.${service}.service.consul` }
    const answer = await fetch(`${url}/v1/agent/service/register`, { method: 'PUT', body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(await answer.text())
  }
  return { url, register, stop: () => child.kill() }
}

async function changesByPush() {
  const consul = await startConsul()
  try {
    for (let index = 0; index < 100; index++) await consul.register('pushed', index)
    const service = 'pushed.service.consul'
    const resolver = consulHttp({ url: consul.url })
    const strategy = dynamicSrv(new Links(), { service, resolver, pollingInterval: 600_000 })
    strategy.start()
    await strategy.ready({ minPeers: 100 })
    const times = []
    for (let change = 0; change < CHANGES; change++) {
      await pause(200 + Math.random() * 100)
      const joined = told(strategy, 'joined')
      const at = now()
      await consul.register('pushed', 100 + change)
      await joined
      times.push(now() - at)
    }
    await strategy.stop()
    return times
  } finally {
    consul.stop()
  }
}

/** How many SRV queries a server sees while a node joins that many others. */
async function queriesOfJoin(peers) {
  const service = 'joined.test'
  const server = await startZoneServer()
  const asked = dnsClient({ servers: [server.address] })
  let queries = 0
  const resolver = {
    resolveSrv: (...question) => {
      queries += 1
      return asked.resolveSrv(...question)
    },
    resolveAddresses: (...question) => asked.resolveAddresses(...question),
  }
  const nodes = []
  try {
    for (let index = 0; index <= peers; index++) {
      const name = `n${index}@${service}`
      const epmd = new DynamicSrv({ resolver, listenPort: 0 })
      const node = await startNode({ name, cookie: 'bench-joins-Xy12', epmd, listen: { host: '127.0.0.1' } })
      nodes.push(node)
      if (index === peers) break
      server.add({ type: 'SRV', name: service, target: `n${index}.${service}`, port: node.port })
      server.add({ type: 'A', name: `n${index}.${service}`, address: '127.0.0.1' })
    }
    const strategy = dynamicSrv(nodes.at(-1), { service, resolver, pollingInterval: 600_000 })
    strategy.start()
    await strategy.ready({ minPeers: peers })
    await strategy.stop()
    return queries
  } finally {
    await Promise.all(nodes.map((node) => node.close()))
    asked.close()
    await server.close()
  }
}

const most = (times) => `median ${ms(median(times))}, most ${ms(Math.max(...times))}`
const zone = await startZone()
for (let index = 0; index < 10; index++) await zone.add(`svc${index}.test`, 0, PER_ANSWER)
for (const count of [1_000, 2_000, 5_000, 10_000]) {
  const times = await cpuOfPoll(zone, count)
  const each = (median(times) * 1_000) / count
  console.log(`CPU of a poll of ${count} SRV records: ${most(times)}; ${each.toFixed(2)} µs for each record`)
}
console.log(`A change by polling each ${POLLING_MS} ms, of ${CHANGES}: ${most(await changesByPolling(zone))}`)
console.log(`A change by Consul's push, of ${CHANGES}: ${most(await changesByPush())}`)
console.log(
  `At rest with 1000 members, polled each 5 s, for ${IDLE_MS / 1_000} s: ${((await idle(zone)) * 100).toFixed(2)} % of a core`,
)
for (const peers of [1, 20]) console.log(`SRV queries of a join to ${peers}: ${await queriesOfJoin(peers)}`)
zone.stop()
