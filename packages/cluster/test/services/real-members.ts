import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { atom, tuple } from '@dynsrv/etf'
import { startZoneServer } from '@dynsrv/srv-resolver'
import { type Beam, companionArgs, startErl } from '@dynsrv/tools/beam'
import { freePort } from '@dynsrv/tools/free-port'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { start } from '../../src/start.ts'

const SERVICE = 'stock.test'
const COOKIE = 'stock-cookie'
const MEMBERS = 5
const CONCURRENCY = 16
export const QUICK_MS = 10
export const SLOW_MS = 500

/** How calls to five real Erlang nodes ended. */
export interface RealEnd {
  readonly failed: readonly unknown[]
  readonly lost: readonly unknown[]
  readonly duplicates: readonly number[]
  /** How long calls took, sorted. Unit: milliseconds. */
  readonly times: readonly number[]
  /** How many calls each node ran. */
  readonly ran: readonly number[]
  readonly kills: number
}

/**
 * A process that speaks the protocol of a GenServer, and works on many calls at once. What it begins it writes into a file first,
 * which outlives it.
 */
const program = (file: string, ms: number) => `
  Serve = fun Loop() ->
    receive {'$gen_call', From, {take, Id}} ->
      spawn(fun() ->
        ok = file:write_file("${file}", [integer_to_list(Id), $\\n], [append]),
        timer:sleep(${ms}),
        gen_server:reply(From, Id)
      end)
    end,
    Loop()
  end,
  register('Elixir.MyApp.Stock', spawn(Serve)).
`

/** Calls five real nodes, of which the first is slow; another one is killed now and then, and started again. */
export async function callRealMembers(calls: number, killEvery: number): Promise<RealEnd> {
  const folder = temporaryFolder('stock')
  await using zone = await startZoneServer()
  const fileOf = (index: number) => join(folder, `ran-${index}`)
  const startMember = async (index: number): Promise<Beam> => {
    const port = await freePort()
    const label = `erl-${index}`
    zone.remove({ target: `${label}.${SERVICE}` })
    const beam = await startErl({
      name: `${label}@${SERVICE}`,
      cookie: COOKIE,
      args: [...companionArgs(), '-hidden'],
      env: { ERL_DIST_PORT: String(port), DYNSRV_DNS: zone.address },
    })
    await beam.eval(
      program(fileOf(index), index === 0 ? SLOW_MS : QUICK_MS)
        .replaceAll('\n', ' ')
        .trim()
        .slice(0, -1),
    )
    zone.add({ type: 'SRV', name: SERVICE, target: `${label}.${SERVICE}`, port, ttlSeconds: 0 })
    zone.add({ type: 'A', name: `${label}.${SERVICE}`, address: '127.0.0.1', ttlSeconds: 0 })
    return beam
  }
  const members = await Promise.all(Array.from({ length: MEMBERS }, (_, index) => startMember(index)))
  const common = { service: SERVICE, dns: zone.address, cookie: COOKIE, host: '127.0.0.1', port: 0, env: {} }
  const cluster = await start({ ...common, name: `js@${SERVICE}`, pollingInterval: 100 })
  const end = { failed: [] as unknown[], lost: [] as unknown[], kills: 0 }
  const times: number[] = []
  try {
    await cluster.ready({ minPeers: MEMBERS })
    const stock = cluster.service('MyApp.Stock')
    let next = 0
    let restarting: Promise<void> | undefined
    const restart = async (index: number): Promise<void> => {
      end.kills += 1
      await members[index]!.kill()
      members[index] = await startMember(index)
      restarting = undefined
    }
    const callers = Array.from({ length: CONCURRENCY }, async () => {
      while (next < calls) {
        const id = next++
        if (id % killEvery === killEvery - 1) restarting ??= restart(1 + ((id * 7) % (MEMBERS - 1)))
        const idempotent = id % 2 === 0
        const begun = performance.now()
        try {
          await stock.call(tuple(atom('take'), id), { idempotent })
          times.push(performance.now() - begun)
        } catch (error) {
          ;(idempotent ? end.failed : end.lost).push(error)
        }
      }
    })
    await Promise.all(callers)
    await restarting
  } finally {
    await cluster.close()
    await Promise.all(members.map((member) => member.stop()))
  }
  const ran = members.map((_, index) => linesOf(fileOf(index)))
  const counts = new Map<number, number>()
  for (const id of ran.flat()) counts.set(id, (counts.get(id) ?? 0) + 1)
  const duplicates = [...counts].flatMap(([id, count]) => (id % 2 === 1 && count > 1 ? [id] : []))
  times.sort((a, b) => a - b)
  return { ...end, times, duplicates, ran: ran.map(({ length }) => length) }
}

function linesOf(file: string): number[] {
  try {
    return readFileSync(file, 'utf8').trim().split('\n').map(Number)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
