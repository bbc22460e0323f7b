// Times commands as a user types them, process start included: --help, ping, and the doctor at five real Erlang nodes.
import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startZoneServer } from '@dynsrv/srv-resolver'
import { freePort } from './free-port.mjs'

const ROUNDS = 15
const NODES = 5
const SERVICE = 'bench.test'
const COOKIE = 'k3Yd8-Vq71-xRm2-Zt94-Lw06'
const DYNSRV = fileURLToPath(new URL('../packages/dynsrv/bin/dynsrv.js', import.meta.url))
const COMPANION = fileURLToPath(new URL('../packages/epmd-shim/beam/dynsrv_epmd.erl', import.meta.url))

const run = promisify(execFile)
const sorted = (values) => values.toSorted((a, b) => a - b)
const seconds = (ms) => `${(ms / 1_000).toFixed(2)} s`

async function startErl(label, port, { folder, dns }) {
  const args = ['-noinput', '-name', `${label}@${SERVICE}`, '-setcookie', COOKIE, '-pa', folder, '-start_epmd', 'false']
  const rest = ['-epmd_module', 'dynsrv_epmd', '-eval', 'io:format("ready~n")']
  const env = { ...process.env, ERL_DIST_PORT: String(port), DYNSRV_DNS: dns }
  const child = spawn('erl', [...args, ...rest], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return child
}

async function time(title, args, env) {
  const times = []
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now()
    await run(process.execPath, [DYNSRV, ...args], { env: { ...process.env, ...env } })
    times.push(performance.now() - began)
  }
  const ordered = sorted(times)
  const [median, slowest] = [ordered[times.length >> 1], ordered.at(-1)]
  console.log(`${title.padEnd(40)} ${seconds(median).padStart(8)} ${seconds(slowest).padStart(8)}`)
}

const folder = mkdtempSync(join(tmpdir(), 'dynsrv-bench-'))
const zone = await startZoneServer()
const peers = []
try {
  execFileSync('erlc', ['-o', folder, COMPANION])
  for (let at = 1; at <= NODES; at++) {
    const [label, port] = [`erl-${at}`, await freePort()]
    peers.push(await startErl(label, port, { folder, dns: zone.address }))
    zone.add({ type: 'SRV', name: SERVICE, target: `${label}.${SERVICE}`, port, ttlSeconds: 0 })
    zone.add({ type: 'A', name: `${label}.${SERVICE}`, address: '127.0.0.1', ttlSeconds: 0 })
  }
  const env = { RELEASE_COOKIE: COOKIE, DYNSRV_DNS: zone.address, ERL_EPMD_PORT: String(await freePort()) }
  // Dialling the first makes a mesh of all: visible nodes tell each other.
  for (let at = 2; at <= NODES; at++) {
    const expression = `net_kernel:connect_node('erl-${at}@${SERVICE}')`
    await run(process.execPath, [DYNSRV, 'eval', `erl-1@${SERVICE}`, expression, '--dns', zone.address], {
      env: { ...process.env, ...env },
    })
  }
  console.log(
    `${''.padEnd(40)} ${'median'.padStart(8)} ${'slowest'.padStart(8)}   of ${ROUNDS}, process start included`,
  )
  await time('dynsrv --help', ['--help'], env)
  await time('dynsrv ping', ['ping', `erl-1@${SERVICE}`, '--dns', zone.address], env)
  await time(`dynsrv doctor, ${NODES} healthy nodes`, ['doctor', '--service', SERVICE], env)
} finally {
  for (const peer of peers) peer.kill('SIGKILL')
  await zone.close()
  rmSync(folder, { recursive: true, force: true })
}
