import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startZoneServer, type ZoneRecord } from '@dynsrv/srv-resolver'
import { freePort } from '@dynsrv/tools/free-port'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../src/eventually.ts'
import { ExampleProgram } from '../src/example-program.ts'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const EXAMPLE = 'examples/elixir-release'
/** Each command of a release is a BEAM node of its own. */
const RELEASE_MS = 240_000

let folder: string
let shop: string
const build = { ...process.env, MIX_ENV: 'prod', LC_ALL: 'C.UTF-8' }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dynsrv-release-'))
  shop = join(folder, EXAMPLE, 'shop')
  for (const part of ['src', 'lib', 'mix.exs']) {
    await cp(join(ROOT, 'packages/beam', part), join(folder, 'packages/beam', part), { recursive: true })
  }
  await cp(join(ROOT, EXAMPLE, 'shop'), shop, { recursive: true })
  const { stdout } = await run('mix', ['dynsrv.install'], { cwd: shop, env: build })
  // What the example has is what the task writes.
  expect(stdout).toContain('* unchanged rel/env.sh.eex')
  await run('mix', ['release', '--quiet', '--path', join(folder, 'out')], { cwd: shop, env: build })
}, RELEASE_MS)
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('an Elixir release and a TypeScript service, without epmd', { timeout: RELEASE_MS }, () => {
  it('call each other, go on when DNS dies, and the doctor says so', async () => {
    const records = JSON.parse(await readFile(join(ROOT, EXAMPLE, 'zone.json'), 'utf8')) as ZoneRecord[]
    await using zone = await startZoneServer()
    const ports: Record<string, number> = {}
    for (const record of records) {
      if (record.type !== 'SRV') zone.add(record)
      else {
        const port = await freePort()
        ports[record.target.split('.')[0]!] = port
        zone.add({ ...record, port })
      }
    }
    const env = {
      ...process.env,
      ...{ RELEASE_COOKIE: 'k3Yd8-Vq71-xRm2-Zt94-Lw06', ERL_DIST_PORT: String(ports.shop), DYNSRV_DNS: zone.address },
      // Nothing may ask an epmd.
      ERL_EPMD_PORT: String(await freePort()),
      LC_ALL: 'C.UTF-8',
    }
    const program = join(folder, 'out/bin/shop')
    const rpc = async (code: string) => (await run(program, ['rpc', code], { env, timeout: 60_000 })).stdout.trim()
    const release = spawn(program, ['start'], { env, stdio: 'ignore' })
    const ended = once(release, 'exit')
    try {
      await using prices = await ExampleProgram.start(`${EXAMPLE.slice(9)}/prices.ts`, {
        RELEASE_NODE: 'prices@market.test',
        RELEASE_COOKIE: env.RELEASE_COOKIE,
        ERL_DIST_PORT: String(ports.prices),
        DYNSRV_DNS: zone.address,
      })
      expect(await prices.firstLines(1)).toEqual(['two apples taken: {:ok, 8}'])
      await eventually(() => rpc('IO.inspect(Shop.cost("pear", 2))').catch(String), '{:ok, 90}', { patienceMs: 60_000 })
      expect(await rpc('IO.inspect(Shop.cost("plum", 1))')).toBe('{:error, "NO_PRICE"}')
      const healthy = await rpc('IO.inspect(Dynsrv.doctor())')
      expect(healthy).toMatch(/\n:ok$/)
      expect(healthy).toContain('ok       cookie from RELEASE_COOKIE')
      expect(healthy).toContain('prices@market.test is connected (hidden)')
      expect(healthy).not.toContain(env.RELEASE_COOKIE)

      await zone.pause()
      const ill = await rpc('IO.inspect(Dynsrv.doctor())')
      expect(ill).toContain('EPMD_LOOKUP_FAILED: SRV market.test')
      expect(ill).toMatch(/\n:error$/)
      expect(await rpc('IO.inspect(Shop.cost("pear", 3))')).toBe('{:ok, 135}')
      expect(await prices.stop()).toBe(0)
      await eventually(() => rpc('IO.inspect(Shop.cost("pear", 1))'), '{:error, :no_member}', { patienceMs: 60_000 })
    } finally {
      await run(program, ['stop'], { env }).catch(() => release.kill('SIGKILL'))
      await ended
    }
  })
})
