import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startZoneServer, type ZoneRecord, type ZoneServer } from '@dynsrv/srv-resolver'
import { companionArgs, startElixir } from '@dynsrv/tools/beam'
import { freePort } from '@dynsrv/tools/free-port'
import { PHOENIX_PUBSUB } from '@dynsrv/tools/phoenix'
import { describe, expect, it } from 'vitest'
import { eventually } from '../src/eventually.ts'
import { ExampleProgram } from '../src/example-program.ts'
import { Undo } from '../src/undo.ts'

const EXAMPLES = new URL('../../examples/', import.meta.url)

/** The example's zone, with ports that are free here; the ports by label. */
async function zoneOf(example: string): Promise<{ zone: ZoneServer; ports: Record<string, number> }> {
  const records = JSON.parse(await readFile(new URL(`${example}/zone.json`, EXAMPLES), 'utf8')) as ZoneRecord[]
  const zone = await startZoneServer()
  const ports: Record<string, number> = {}
  for (const record of records) {
    if (record.type !== 'SRV') zone.add(record)
    else {
      const port = await freePort()
      ports[record.target.split('.')[0]!] = port
      zone.add({ ...record, port })
    }
  }
  return { zone, ports }
}

/** Mix compiles an application and what it depends on. */
const MIX_MS = 120_000

describe('an Elixir application and a TypeScript service', { timeout: MIX_MS }, () => {
  it('call each other', async () => {
    const { zone, ports } = await zoneOf('elixir-and-typescript')
    await using _zone = zone
    const project = await mkdtemp(join(tmpdir(), 'dynsrv-shop-'))
    try {
      await cp(fileURLToPath(new URL('elixir-and-typescript/shop', EXAMPLES)), project, { recursive: true })
      const env = { ...process.env, MIX_ENV: 'prod', LC_ALL: 'C.UTF-8', MIX_HOME: join(project, '.mix') }
      await promisify(execFile)('mix', ['compile', '--warnings-as-errors'], { cwd: project, env })

      await using shop = await startElixir({
        name: 'shop-1@shop.test',
        cookie: 'example',
        args: [...companionArgs(), '-pa', join(project, '_build/prod/lib/shop/ebin')],
        env: { ERL_DIST_PORT: String(ports['shop-1']), DYNSRV_DNS: zone.address },
      })
      await shop.eval('{:ok, _} = Application.ensure_all_started(:shop)')

      await using prices = await ExampleProgram.start('elixir-and-typescript/prices.ts', {
        RELEASE_NODE: 'prices-1@shop.test',
        RELEASE_COOKIE: 'example',
        ERL_DIST_PORT: String(ports['prices-1']),
        DYNSRV_DNS: zone.address,
      })
      expect(await prices.firstLines(1)).toEqual(['two apples taken, 8 left'])
      expect(await shop.eval('Shop.cost("pear", 2)')).toBe('{:ok, 90}')
      expect(await shop.eval('Shop.cost("plum", 1)')).toBe(':unknown')
      expect(await prices.stop()).toBe(0)
      await eventually(() => shop.eval('Node.list(:connected)'), '[]')
    } finally {
      await rm(project, { recursive: true, force: true })
    }
  })
})

describe('a cluster of TypeScript processes', () => {
  it('shares work among its members', async () => {
    const { zone, ports } = await zoneOf('typescript-cluster')
    await using _zone = zone
    await using undo = new Undo()
    const programs: ExampleProgram[] = []
    for (const label of ['one', 'two', 'three']) {
      const program = await ExampleProgram.start('typescript-cluster/member.ts', {
        RELEASE_NODE: `${label}@squares.test`,
        RELEASE_COOKIE: 'example',
        ERL_DIST_PORT: String(ports[label]),
        DYNSRV_DNS: zone.address,
      })
      programs.push(undo.use(program))
    }
    for (const program of programs) {
      const lines = await program.firstLines(3)
      const who = lines.map((line) => /^\{squared,'(\w+)@squares\.test',\d\}$/.exec(line)?.[1])
      expect(who.toSorted()).toEqual(['one', 'three', 'two'])
      expect(lines.map((line) => Number(line.at(-2))).toSorted()).toEqual([1, 4, 9])
    }
    for (const program of programs) expect(await program.stop()).toBe(0)
  })
})

describe('an echo in a room of Phoenix', () => {
  // Slow: Elixir starts, and compiles what speaks as Phoenix.PubSub does.
  it('hears what is broadcast, and is heard', async () => {
    await using zone = await startZoneServer()
    const ports = { phx: await freePort(), echo: await freePort() }
    for (const [label, port] of Object.entries(ports)) {
      zone.add({ type: 'SRV', name: 'chat.test', target: `${label}-1.chat.test`, port })
      zone.add({ type: 'A', name: `${label}-1.chat.test`, address: '127.0.0.1' })
    }
    await using phoenix = await startElixir({
      name: 'phx-1@chat.test',
      cookie: 'example',
      args: companionArgs(),
      env: { ERL_DIST_PORT: String(ports.phx), DYNSRV_DNS: zone.address },
    })
    await phoenix.eval(`Code.compile_file(${JSON.stringify(PHOENIX_PUBSUB)}); :ok`)
    await phoenix.eval('{:ok, pid} = Phoenix.PubSub.start(MyApp.PubSub); Process.unlink(pid)')
    await phoenix.eval('Phoenix.PubSub.subscribe(MyApp.PubSub, "room:lobby")')
    await using echo = await ExampleProgram.start('phoenix-pubsub/echo.ts', {
      RELEASE_NODE: 'echo-1@chat.test',
      RELEASE_COOKIE: 'example',
      ERL_DIST_PORT: String(ports.echo),
      DYNSRV_DNS: zone.address,
    })
    await eventually(() => phoenix.eval('length(:pg.get_members(Phoenix.PubSub, MyApp.PubSub.Adapter))'), '2')
    await phoenix.eval(
      'Phoenix.Channel.Server.broadcast(MyApp.PubSub, "room:lobby", "new_msg", %{from: "Joe", body: "hello"})',
    )
    expect(await echo.firstLines(1)).toEqual(['Joe: hello'])
    const heard = 'receive do %{payload: %{"from" => "echo", "body" => body}} -> body after 20_000 -> :nothing end'
    expect(await phoenix.eval(heard)).toBe('"HELLO"')
    expect(await echo.stop()).toBe(0)
  })
})
