import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { prometheusName, METRICS as TABLE } from '@dynsrv/metrics'
import { startZoneServer, type ZoneServer } from '@dynsrv/srv-resolver'
import { type Beam, companionArgs, startElixir } from '@dynsrv/tools/beam'
import { freePort } from '@dynsrv/tools/free-port'
import { type Cluster, start } from 'dynsrv'
import { StatefulSet } from 'kubernetes-models/apps/v1'
import ts from 'typescript'
import { beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { eventually } from '../src/eventually.ts'
import { publish } from '../src/publish.ts'
import { installRecipes, RECIPES, RecipeProgram, recipeBlock, recipeFiles, saveRecipe } from '../src/recipe.ts'

const METRICS = Object.values(TABLE)
const PAGES = fileURLToPath(new URL('../../docs/guides/recipes', import.meta.url))
const NAMES = readdirSync(PAGES)
  .filter((file) => file.endsWith('.md'))
  .map((file) => file.replace('.md', ''))
const SERVICE = 'shop.test'
const COOKIE = 'recipe-cookie'
/** npm installs all frameworks, from the network; the others start BEAM nodes and test runners. */
const [INSTALL_MS, RUN_MS] = [600_000, 180_000]

beforeAll(installRecipes, INSTALL_MS)

/** A program of a recipe as `member-1` of a cluster, and what it needs to find the others. */
async function startMember(zone: ZoneServer, recipe: string, file: string) {
  const [port, http] = [await freePort(), await freePort()]
  publish(zone, SERVICE, 'member-1', port)
  const program = await RecipeProgram.start(recipe, file, {
    RELEASE_NODE: `member-1@${SERVICE}`,
    RELEASE_COOKIE: COOKIE,
    ERL_DIST_PORT: String(port),
    DYNSRV_DNS: zone.address,
    PORT: String(http),
  })
  return { program, url: `http://127.0.0.1:${http}` }
}

async function startShop(zone: ZoneServer): Promise<Beam> {
  const port = await freePort()
  publish(zone, SERVICE, 'shop-1', port)
  return await startElixir({
    ...{ name: `shop-1@${SERVICE}`, cookie: COOKIE, args: companionArgs() },
    env: { ERL_DIST_PORT: String(port), DYNSRV_DNS: zone.address },
  })
}

/** A node of this process, which calls the program. */
async function startCaller(zone: ZoneServer): Promise<Cluster> {
  const caller = await start({
    ...{ name: `caller@${SERVICE}`, cookie: COOKIE, service: SERVICE, dns: zone.address },
    ...{ host: '127.0.0.1', port: 0, pollingInterval: 200 },
  })
  await caller.ready()
  return caller
}

const STOCK = `defmodule Shop.Stock do
  use GenServer
  def init(state), do: {:ok, state}
  def handle_call({:left, "slow"}, from, state) do
    Process.send_after(self(), {:answer, from}, 1_000)
    {:noreply, state}
  end
  def handle_call({:left, _fruit}, _from, state), do: {:reply, 7, state}
  def handle_info({:answer, from}, state) do
    GenServer.reply(from, 1)
    {:noreply, state}
  end
end
{:ok, _} = GenServer.start(Shop.Stock, nil, name: Shop.Stock); :ok`

it('the TypeScript of all recipes is right for the compiler', { timeout: RUN_MS }, async () => {
  const folder = join(RECIPES, '.run/types')
  const files = new Map(
    NAMES.flatMap((recipe) =>
      recipeFiles(recipe)
        .filter(({ name }) => name.endsWith('.ts'))
        .map(({ name, code }) => [join(folder, recipe, name), code] as const),
    ),
  )
  const options: ts.CompilerOptions = {
    ...{ module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, strict: true },
    ...{ target: ts.ScriptTarget.ES2023, noEmit: true, skipLibCheck: true, types: ['node'] },
    ...{ allowImportingTsExtensions: true, typeRoots: [join(RECIPES, 'node_modules/@types')] },
  }
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile, getSourceFile, directoryExists } = host
  host.fileExists = (name) => files.has(name) || fileExists.call(host, name)
  host.directoryExists = (name) => name.startsWith(folder) || (directoryExists?.call(host, name) ?? true)
  host.readFile = (name) => files.get(name) ?? readFile.call(host, name)
  host.getSourceFile = (name, version, ...rest) => {
    const code = files.get(name)
    if (code === undefined) return getSourceFile.call(host, name, version, ...rest)
    return ts.createSourceFile(name, code, version, true)
  }
  const program = ts.createProgram([...files.keys()], options, host)
  const wrong = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
    return `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
  })
  expect(files.size).toBeGreaterThan(6)
  expect(wrong).toEqual([])
})

describe.each(['fastify', 'express'])(
  '%s',
  (recipe) => {
    it('answers from a GenServer, says why it cannot, and finishes a request before it leaves', async () => {
      await using zone = await startZoneServer()
      await using shop = await startShop(zone)
      const { program, url } = await startMember(zone, recipe, 'server.js')
      await using server = program
      await server.line(/listening|^http/)
      await eventually(async () => (await fetch(`${url}/readyz`)).status, 200)

      const nobody = await fetch(`${url}/stock/apple`)
      expect([nobody.status, await nobody.json()]).toMatchObject([
        503,
        { code: expect.stringMatching(/^[A-Z]+_[A-Z_]+$/) },
      ])

      await shop.eval(STOCK)
      await eventually(async () => (await fetch(`${url}/stock/apple`)).status, 200)
      expect(await (await fetch(`${url}/stock/apple`)).json()).toEqual({ left: 7 })

      const slow = fetch(`${url}/stock/slow`)
      await eventually(() => shop.eval('elem(Process.info(Process.whereis(Shop.Stock), :reductions), 1) > 0'), 'true')
      server.terminate()
      const answer = await slow
      expect([answer.status, await answer.json()]).toEqual([200, { left: 1 }])
      expect(await server.exitCode()).toBe(0)
    })
  },
  RUN_MS,
)

describe('leaving in order', () => {
  it('finishes a call that runs when the signal comes', { timeout: RUN_MS }, async () => {
    await using zone = await startZoneServer()
    const { program } = await startMember(zone, 'shutdown', 'member.js')
    await using member = program
    await member.line(/^ready$/)
    await using caller = await startCaller(zone)
    const call = caller.node.erpc(`member-1@${SERVICE}`, 'Elixir.Shop.Slow', 'work', [1_000])
    await member.line(/^working$/)
    member.terminate()
    expect(await call).toBe('done')
    expect(await member.exitCode()).toBe(0)
  })

  it('has files that Kubernetes and Compose take', () => {
    const file = (name: string) => recipeFiles('shutdown').find((each) => each.name === name)!.code
    new StatefulSet(parse(file('member.yaml'))).validate()
    const { services } = parse(file('compose.yaml')) as { services: { member: Record<string, unknown> } }
    expect(services.member).toMatchObject({ init: true, stop_grace_period: '30s' })
    expect(/^CMD \[.*"node", "member\.ts"\]$/m.test(file('Dockerfile'))).toBe(true)
  })
})

it('a pool of threads keeps the event loop free', { timeout: RUN_MS }, async () => {
  await using zone = await startZoneServer()
  const { program } = await startMember(zone, 'worker-pool', 'member.js')
  await using member = program
  await member.line(/^ready$/)
  await using caller = await startCaller(zone)
  const peer = `member-1@${SERVICE}`
  let working = true
  const work = caller.node
    .erpc(peer, 'Elixir.Shop.Numbers', 'primes', [20_000_000], { timeoutMs: 120_000 })
    .finally(() => {
      working = false
    })
  let answered = 0
  while (working) {
    await caller.node.ping(peer)
    answered += 1
  }
  expect(await work).toBe(1_270_607)
  // On one thread there would be one, which waits for the end.
  expect(answered).toBeGreaterThan(10)
  expect(member.lines).toEqual(['ready'])
  member.terminate()
  expect(await member.exitCode()).toBe(0)
})

it('Prometheus gets every metric', { timeout: RUN_MS }, async () => {
  await using zone = await startZoneServer()
  const { program, url } = await startMember(zone, 'prometheus', 'member.js')
  await using member = program
  await member.line(/^listening$/)
  const text = await (await fetch(url)).text()
  const there = new Set([...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name))
  expect(METRICS.map(prometheusName).filter((name) => !there.has(name))).toEqual([])
  expect(there).toContain('nodejs_eventloop_lag_seconds')
})

describe('the simulator', () => {
  const run = async (program: string, ...args: string[]) => {
    const folder = await saveRecipe('simulator')
    try {
      // A project of its own, which takes nothing from this repository's.
      await writeFile(join(folder, 'vitest.config.mjs'), 'export default {}')
      const { NODE_OPTIONS: _ours, ...env } = process.env
      const { stdout, stderr } = await promisify(execFile)(
        process.execPath,
        [join(RECIPES, 'node_modules', program), ...args],
        { cwd: folder, env },
      )
      return stdout + stderr
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  it('runs in Vitest', { timeout: RUN_MS }, async () => {
    expect(await run('vitest/vitest.mjs', 'run', '--root', '.', '--reporter=verbose', 'outage.test.ts')).toContain(
      'an outage of DNS disconnects nobody',
    )
  })

  it('runs in Jest', { timeout: RUN_MS }, async () => {
    const args = ['--rootDir', '.', '--testMatch', '**/*.test.cjs', '--verbose']
    expect(await run('jest/bin/jest.js', ...args)).toContain('a member that was cut off comes back')
  })
})

it('OpenTelemetry: one trace goes from TypeScript through Elixir to TypeScript', { timeout: RUN_MS }, async () => {
  await using zone = await startZoneServer()
  await using shop = await startShop(zone)
  await shop.eval(`${recipeBlock('opentelemetry', 'elixir')}\n:ok`)
  const { program } = await startMember(zone, 'opentelemetry', 'member.js')
  await using member = program
  expect(await member.line(/^cost/)).toBe('cost 150')
  const order = /^order (?<trace>[0-9a-f]{32}) below nothing$/.exec(await member.line(/^order/))
  const price = /^price (?<trace>[0-9a-f]{32}) below [0-9a-f]{16}$/.exec(await member.line(/^price/))
  expect(price?.groups?.trace).toBe(order?.groups?.trace)
  expect(order).not.toBeNull()
})
