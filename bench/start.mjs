// Times a process from its start to its end, beside the bare `node -e 0` in the same round: the help of the command line, the
// import of @dynsrv/cluster, and a program that joins a real Erlang node. By the clock and in processor time, as ratios.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startZoneServer } from '@dynsrv/srv-resolver'
import { freePort } from './free-port.mjs'

const ROUNDS = Number(process.env.ROUNDS ?? 15)
const COOKIE = 'k3Yd8-Vq71-xRm2-Zt94-Lw06'
const SERVICE = 'start.test'
const path = (name) => fileURLToPath(new URL(name, import.meta.url))
const CLUSTER = new URL('../packages/cluster/dist/index.js', import.meta.url).href

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]

/** Processor time of all children so far. */
const childrenMs = () => {
  const text = execFileSync('cat', [`/proc/${process.pid}/stat`], { encoding: 'utf8' })
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[13]) + Number(fields[14])) * 10
}

if (process.argv[2] === '--times') {
  // In a process of its own, which serves nobody: the zone server's thread must be free to answer.
  const { programs, env } = JSON.parse(process.argv[3])
  const rows = programs.map(() => ({ clock: [], processor: [] }))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, args] of programs.entries()) {
      const [before, began] = [childrenMs(), performance.now()]
      const { status, stderr } = spawnSync(process.execPath, args, { env: { ...process.env, ...env } })
      if (status !== 0) throw new Error(String(stderr))
      rows[at].clock.push(performance.now() - began)
      rows[at].processor.push(childrenMs() - before)
    }
  }
  console.log(JSON.stringify(rows))
} else {
  const folder = mkdtempSync(join(tmpdir(), 'dynsrv-bench-'))
  const zone = await startZoneServer()
  const port = await freePort()
  execFileSync('erlc', ['-o', folder, path('../packages/epmd-shim/beam/dynsrv_epmd.erl')])
  const args = ['-noinput', '-name', `erl@${SERVICE}`, '-setcookie', COOKIE, '-pa', folder, '-start_epmd', 'false']
  const env = { ...process.env, ERL_DIST_PORT: String(port), DYNSRV_DNS: zone.address }
  const erl = spawn('erl', [...args, '-epmd_module', 'dynsrv_epmd', '-eval', 'io:format("ready~n")'], { env })
  try {
    await once(erl.stdout, 'data')
    zone.add({ type: 'SRV', name: SERVICE, target: `erl.${SERVICE}`, port, ttlSeconds: 0 })
    zone.add({ type: 'A', name: `erl.${SERVICE}`, address: '127.0.0.1', ttlSeconds: 0 })
    const programs = {
      'node -e 0': ['-e', '0'],
      'dynsrv --help': [path('../packages/dynsrv/bin/dynsrv.js'), '--help'],
      'import @dynsrv/cluster': ['--input-type=module', '-e', `import '${CLUSTER}'`],
      'join one erl by @dynsrv/cluster': [path('start-join.mjs'), SERVICE, zone.address, String(await freePort())],
    }
    const given = JSON.stringify({ programs: Object.values(programs), env: { RELEASE_COOKIE: COOKIE } })
    const child = spawn(process.execPath, [path('start.mjs'), '--times', given], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let text = ''
    for await (const part of child.stdout) text += part
    const rows = JSON.parse(text)
    const [bare] = rows
    console.log(
      `| process, from start to end | clock | ratio | spread | processor time | ratio |\n|---|---:|---:|---:|---:|---:|`,
    )
    for (const [at, name] of Object.keys(programs).entries()) {
      const { clock, processor } = rows[at]
      const ratios = clock.map((ms, round) => ms / bare.clock[round]).toSorted((a, b) => a - b)
      const cost = median(processor)
      console.log(
        `| \`${name}\` | ${median(clock).toFixed(0)} ms | ${median(ratios).toFixed(2)} | ${ratios[2].toFixed(2)}–${ratios.at(-3).toFixed(2)} ` +
          `| ${cost} ms | ${(cost / median(bare.processor)).toFixed(2)} |`,
      )
    }
  } finally {
    erl.kill('SIGKILL')
    await zone.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
