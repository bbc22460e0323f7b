import { atom, type Term, tuple } from '@dynsrv/etf'
import type { MemberOptions, Simulation } from '@dynsrv/testing'
import type { Cluster } from '../../src/cluster.ts'
import { start } from '../../src/start.ts'

/** What a story of calls is made of. */
export interface StoryOptions {
  readonly calls: number
  /** Whether one member takes ten times as long, and others are killed at random. */
  readonly disturbed: boolean
}

/** What came of it. */
export interface StoryEnd {
  /** Idempotent calls that failed. */
  readonly failed: readonly unknown[]
  /** Other calls that failed: those that were out when their member was killed. */
  readonly lost: number
  /** Calls that must not happen twice, and did. */
  readonly duplicates: number
  /** How long calls took, sorted. Unit: milliseconds. */
  readonly times: readonly number[]
  readonly kills: number
  /** How many calls each member ran. */
  readonly ran: ReadonlyMap<string, number>
}

const CONCURRENCY = 32
const MEAN_MS = 10
const SLOW = 10
const SERVERS = 5

/** The value below which so much of the rest lies. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!
}

/** One caller and five servers; half of the calls may happen twice. */
export async function story(sim: Simulation, { calls, disturbed }: StoryOptions): Promise<StoryEnd> {
  const ran = new Map<string, number>()
  const timesRun = new Map<number, number>()
  let slow: string | undefined
  const server = async (options: MemberOptions) => {
    const cluster = await start(options)
    const { clock, random } = options.world
    cluster.node.serve({
      name: 'Elixir.MyApp.Stock',
      concurrency: Number.POSITIVE_INFINITY,
      call: async (request) => {
        const id = idOf(request)
        timesRun.set(id, (timesRun.get(id) ?? 0) + 1)
        ran.set(cluster.self, (ran.get(cluster.self) ?? 0) + 1)
        const ms = MEAN_MS * (0.5 + random.number()) * (cluster.self === slow ? SLOW : 1)
        await new Promise<void>((resolve) => clock.setTimeout(resolve, ms))
        return id
      },
    })
    return cluster
  }
  const [caller] = await sim.members('svc.test', 1, start)
  const servers: Cluster[] = await sim.members('svc.test', SERVERS, server)
  await sim.until(() => caller.members().length === SERVERS)
  if (disturbed) slow = servers[0]!.self
  const stock = caller.service('MyApp.Stock')
  const end = { failed: [] as unknown[], lost: 0, kills: 0 }
  const times: number[] = []
  let next = 0
  const callers = Array.from({ length: CONCURRENCY }, async () => {
    while (next < calls) {
      const id = next++
      const idempotent = id % 2 === 0
      const begun = sim.now
      try {
        await stock.call(tuple(atom('take'), id), { idempotent })
        times.push(sim.now - begun)
      } catch (error) {
        if (idempotent) end.failed.push(error)
        else end.lost += 1
      }
    }
  })
  const all = Promise.all(callers)
  let isOver = false
  void all.then(() => {
    isOver = true
  })
  while (!isOver) {
    const ms = sim.random.integer(200, 1_200)
    for (let passed = 0; passed < ms && !isOver; passed += 50) await sim.run(50)
    if (!disturbed || isOver) continue
    const index = sim.random.integer(1, SERVERS)
    const killed = servers[index]!
    sim.crash(killed, { silent: sim.random.number() < 0.3 })
    end.kills += 1
    await sim.run(sim.random.integer(100, 2_000))
    servers[index] = await sim.restart(killed)
  }
  await all
  times.sort((a, b) => a - b)
  const duplicates = [...timesRun].filter(([id, count]) => id % 2 === 1 && count > 1).length
  return { ...end, times, duplicates, ran }
}

function idOf(request: Term): number {
  return (request as unknown as { elements: readonly Term[] }).elements[1] as number
}
