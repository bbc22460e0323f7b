import { readFile } from 'node:fs/promises'
import { startZoneServer } from '@dynsrv/srv-resolver'
import { companionArgs, startElixir } from '@dynsrv/tools/beam'
import { freePort } from '@dynsrv/tools/free-port'
import { PHOENIX_PUBSUB } from '@dynsrv/tools/phoenix'
import { expect, it } from 'vitest'
import { eventually } from '../src/eventually.ts'
import { ExampleProgram } from '../src/example-program.ts'

const PROGRAM = 'twenty-lines/shop.ts'
const TILL = ':erpc.call(:"till-1@shop.test", Shop.Till, :sell, '

it('twenty lines call a GenServer, expose a function, watch a process, publish, serve health, and leave', async () => {
  const source = await readFile(new URL(`../../examples/${PROGRAM}`, import.meta.url), 'utf8')
  expect(source.trimEnd().split('\n')).toHaveLength(20)
  expect(source).not.toMatch(/ as |[\w)\]]!|: any\b|@ts-/)

  await using zone = await startZoneServer()
  const ports = { 'shop-1': await freePort(), 'till-1': await freePort() }
  for (const [label, port] of Object.entries(ports)) {
    zone.add({ type: 'SRV', name: 'shop.test', target: `${label}.shop.test`, port })
    zone.add({ type: 'A', name: `${label}.shop.test`, address: '127.0.0.1' })
  }
  await using shop = await startElixir({
    ...{ name: 'shop-1@shop.test', cookie: 'example', args: companionArgs() },
    env: { ERL_DIST_PORT: String(ports['shop-1']), DYNSRV_DNS: zone.address },
  })
  await shop.eval(`Code.compile_file(${JSON.stringify(PHOENIX_PUBSUB)}); :ok`)
  await shop.eval(`defmodule Shop.Stock do
    use GenServer
    def init(left), do: {:ok, left}
    def handle_call({:take, _fruit, count}, _from, left) when count <= left, do: {:reply, {:ok, left - count}, left - count}
    def handle_call({:take, _fruit, _count}, _from, left), do: {:reply, {:error, :sold_out}, left}
  end
  {:ok, _} = GenServer.start(Shop.Stock, 10, name: Shop.Stock)
  {:ok, pid} = Phoenix.PubSub.start(Shop.PubSub)
  Process.unlink(pid)
  Phoenix.PubSub.subscribe(Shop.PubSub, "stock"); :ok`)

  const http = await freePort()
  await using program = await ExampleProgram.start(PROGRAM, {
    ...{ RELEASE_NODE: 'till-1@shop.test', RELEASE_COOKIE: 'example', PORT: String(http) },
    ...{ ERL_DIST_PORT: String(ports['till-1']), DYNSRV_DNS: zone.address },
  })
  await eventually(() => shop.eval('length(:pg.get_members(Phoenix.PubSub, Shop.PubSub.Adapter))'), '2')
  const ready = await fetch(`http://127.0.0.1:${http}/readyz`)
  expect([ready.status, await ready.json()]).toMatchObject([200, { name: 'till-1@shop.test', connected: 1 }])

  // The function is exposed as soon as the program has found the shop.
  await eventually(() => shop.eval(`try do ${TILL}["apple", 2]) rescue _ -> :not_yet end`), '{:ok, 8}')
  const heard = 'receive do message -> {message.event, message.payload} after 20_000 -> :nothing end'
  expect(await shop.eval(heard)).toBe('{"sold", %{"fruit" => "apple", "left" => 8}}')
  expect(await shop.eval(`${TILL}["apple", 9])`)).toBe('{:error, :sold_out}')
  const refused = `try do ${TILL}["apple", "two"]) rescue e -> elem(e.original, 1).message end`
  expect(await shop.eval(refused)).toContain('Shop.Till.sell/2: argument 2: expected an integer')

  await shop.eval('GenServer.stop(Shop.Stock, :shutdown)')
  expect(await program.firstLines(1)).toEqual(['the stock ended: shutdown'])
  expect(await program.stop()).toBe(0)
  await expect(fetch(`http://127.0.0.1:${http}/readyz`)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
  await eventually(() => shop.eval('Node.list(:connected)'), '[]')
})
