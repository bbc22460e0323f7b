// Calls through a service beside the same calls to a node that was chosen, in turn: node service.mjs [rounds = 15]
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { start } from '@dynsrv/cluster'
import { companionPath } from '@dynsrv/epmd-shim'
import { startZoneServer } from '@dynsrv/srv-resolver'
import { Strategy } from '@dynsrv/strategy'
import { freePort } from './free-port.mjs'
import { median } from './node/table.mjs'

const SERVICE = 'bench.test'
const COOKIE = 'bench'
const MEMBERS = 5
const CALLS = { 1: 1_500, 64: 6_000 }
const rounds = Number(process.argv[2] ?? 15)

const folder = mkdtempSync(join(tmpdir(), 'dynsrv-bench-'))
execFileSync('erlc', ['-o', folder, companionPath()])
const zone = await startZoneServer()
const erlang = []
for (let index = 1; index <= MEMBERS; index++) {
  const port = await freePort()
  const args = ['-noinput', '-name', `erl-${index}@${SERVICE}`, '-setcookie', COOKIE, '+S', '1:1', '-hidden']
  const companion = ['-pa', folder, '-start_epmd', 'false', '-epmd_module', 'dynsrv_epmd']
  const env = { ...process.env, ERL_DIST_PORT: String(port), DYNSRV_DNS: zone.address }
  erlang.push(spawn('erl', [...args, ...companion], { env, stdio: 'ignore' }))
  zone.add({ type: 'SRV', name: SERVICE, target: `erl-${index}.${SERVICE}`, port })
  zone.add({ type: 'A', name: `erl-${index}.${SERVICE}`, address: '127.0.0.1' })
}
const cluster = await start({
  ...{
    name: `js@${SERVICE}`,
    service: SERVICE,
    topology: 'five',
    dns: zone.address,
    cookie: COOKIE,
    host: '127.0.0.1',
    port: 0,
  },
  ...{ pollingInterval: 500, env: {} },
  topologies: {
    one: (membership) => new Strategy(membership, { discover: async () => new Set([`erl-1@${SERVICE}`]) }),
  },
})
try {
  await cluster.ready({ minPeers: MEMBERS, timeoutMs: 60_000 })
  const { node } = cluster
  const members = cluster.members()
  let turn = 0
  const waysOf = (nodes, service) => ({
    erpc: () => node.erpc(nodes[turn++ % nodes.length], 'erlang', 'node'),
    'service.erpc': () => service.erpc('erlang', 'node'),
    'service.erpc, idempotent': () => service.erpc('erlang', 'node', [], { idempotent: true }),
  })
  const stages = {
    'one member': waysOf([`erl-1@${SERVICE}`], cluster.service({ topology: 'one' })),
    'five members': waysOf(members, cluster.service({ topology: 'five' })),
  }
  const run = async (call, inFlight) => {
    let left = CALLS[inFlight]
    const cpu = process.cpuUsage()
    const begun = performance.now()
    await Promise.all(
      Array.from({ length: inFlight }, async () => {
        while (left-- > 0) await call()
      }),
    )
    const us = (performance.now() - begun) * 1_000
    const { user, system } = process.cpuUsage(cpu)
    return { us: us / CALLS[inFlight], cpu: (user + system) / CALLS[inFlight] }
  }
  console.log('| | in flight | µs a call | ratio | spread | processor µs | ratio | spread |')
  console.log('|---|---:|---:|---:|---:|---:|---:|---:|')
  for (const [stage, ways] of Object.entries(stages)) {
    for (const inFlight of [1, 64]) await compare(stage, ways, inFlight)
  }

  async function compare(stage, ways, inFlight) {
    const names = Object.keys(ways)
    for (let warm = 0; warm < 2; warm++) for (const name of names) await run(ways[name], inFlight)
    const figures = names.map(() => [])
    for (let round = 0; round < rounds; round++) {
      // Whoever is first in one round is last in the next.
      for (let place = 0; place < names.length; place++) {
        const index = (place + round) % names.length
        figures[index].push(await run(ways[names[index]], inFlight))
      }
    }
    for (const [index, name] of names.entries()) {
      const cells = ['us', 'cpu'].flatMap((key) => {
        const ratios = figures[index].map((each, round) => each[key] / figures[0][round][key])
        const spread = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`
        return [median(figures[index].map((each) => each[key])).toFixed(1), median(ratios).toFixed(3), spread]
      })
      console.log(`| ${stage}, ${name} | ${inFlight} | ${cells.join(' | ')} |`)
    }
  }
} finally {
  await cluster.close()
  await zone.close()
  for (const each of erlang) each.kill()
  rmSync(folder, { recursive: true })
}
