// One of our nodes in the soak: serves, calls others without a pause, and tells of itself when it is asked on its input.
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { atom, tuple } from '@dynsrv/etf'
import { start } from 'dynsrv'

const { name, label, cookie, dns, port, service, netTickTimeMs, certificate } = JSON.parse(process.argv[2])
const { cert, key, ca } = certificate ?? {}
const counts = { calls: 0, wrong: 0, unanswered: 0, lost: 0, lastLost: [], faults: [] }
process.on('unhandledRejection', (error) => counts.faults.push(String(error)))
process.on('uncaughtException', (error) => counts.faults.push(String(error)))

const cluster = await start({
  name,
  cookie,
  dns,
  port,
  service,
  netTickTimeMs,
  hidden: false,
  pollingInterval: 500,
  env: {},
  ...(certificate && { tls: { cert, key, ca, requestCert: true, rejectUnauthorized: true } }),
})
const { node } = cluster
node.serve({ name: 'soak', call: (request) => tuple(atom('ok'), request.elements[1] * 2) })
node.expose('Elixir.Soak', { double: (number) => number * 2 })
const worker = node.mailbox()
node.pg().join(atom('all'), worker)
await node.global.register(atom(label), worker)
node.on('nodedown', ({ node: peer, reason }) => {
  counts.lost += 1
  counts.lastLost = [...counts.lastLost, `${new Date().toISOString()} ${peer} ${reason.code}`].slice(-5)
})

const traffic = new AbortController()
let next = 0
/** One call after another, to each peer in turn: what comes back must be the answer to this call. */
async function callOthers() {
  while (!traffic.signal.aborted) {
    const peers = node.connected()
    const peer = peers[next % peers.length]
    const number = next++
    if (peer === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      continue
    }
    try {
      const doubled =
        number % 2 === 0
          ? (await node.call({ name: 'soak', node: peer }, tuple(atom('double'), number), { timeoutMs: 1_000 }))
              .elements[1]
          : await node.erpc(peer, 'erlang', '+', [number, number], { timeoutMs: 1_000 }).catch(async (error) => {
              // Our own nodes have no module erlang; they expose one of their own.
              if (error.code !== 'NODE_REMOTE_ERROR') throw error
              return node.erpc(peer, 'Elixir.Soak', 'double', [number], { timeoutMs: 1_000 })
            })
      counts.calls += 1
      if (doubled !== number * 2) counts.wrong += 1
    } catch {
      counts.unanswered += 1
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
}
const running = callOthers()

const COMMANDS = {
  async quiet() {
    traffic.abort()
    await running
    return {}
  },
  async state() {
    globalThis.gc()
    const { processCount, monitors } = node.inspect({ maxProcesses: 0 })
    return {
      ...counts,
      links: [...node.connected()].sort(),
      group: node.pg().members(atom('all')).length,
      names: node.global.names().map(String).sort(),
      processes: processCount,
      monitors,
      heapBytes: process.memoryUsage().heapUsed,
      rssBytes: process.memoryUsage().rss,
      sockets: process.getActiveResourcesInfo().filter((resource) => resource === 'TCPSocketWrap').length,
      files: readdirSync('/proc/self/fd').length,
    }
  },
  async leave() {
    traffic.abort()
    await running
    await cluster.drain()
    return {}
  },
}
const input = createInterface({ input: process.stdin })
input.on('line', async (command) => {
  process.stdout.write(`${JSON.stringify(await COMMANDS[command]())}\n`)
  if (command === 'leave') input.close()
})
process.stdout.write('{"ready":true}\n')
await once(input, 'close')
