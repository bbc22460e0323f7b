import { clause, contract, t } from '@dynsrv/etf'
import { type MemberOptions, type Simulation, simulate } from '@dynsrv/testing'
import { expect, it } from 'vitest'
import type { Cluster } from '../src/cluster.ts'
import { start } from '../src/start.ts'

interface Stock {
  count(name: string): Promise<number>
}
const Stock = contract<Stock>('Elixir.Stock', { count: { name: 'count', clauses: [clause([t.text()], t.int())] } })

/** A caller beside so many members; those that are named have the module, and note who was asked. */
async function shop(sim: Simulation, members: number, having: readonly number[]) {
  const [caller] = await sim.members('shop.test', 1, start)
  const asked: string[] = []
  const others: Cluster[] = await sim.members('shop.test', members, (options: MemberOptions) => start(options))
  for (const at of having) {
    const { node, self } = others[at]!
    node.expose('Elixir.Stock', {
      count: (name: unknown) => {
        asked.push(self)
        if (name === 'broken') throw new Error('it is broken')
        return 7
      },
    })
  }
  await sim.until(() => caller.members().length === members)
  return { caller, others, asked }
}

it('calls any member that has the module, however many have it not', () =>
  simulate({}, async (sim) => {
    const { caller, others, asked } = await shop(sim, 12, [3, 8])
    for (let call = 0; call < 40; call++) expect(await caller.module(Stock).count('x')).toBe(7)
    expect(new Set(asked)).toEqual(new Set([others[3]!.self, others[8]!.self]))
    // An exception is the answer of the one that was asked.
    await expect(caller.module(Stock, { idempotent: true }).count('broken')).rejects.toThrow('it is broken')
    expect(asked).toHaveLength(41)
  }))

it('gives the answer of the members when nobody has it, and says who was not asked', () =>
  simulate({}, async (sim) => {
    const { caller, others } = await shop(sim, 7, [])
    await expect(caller.module(Stock).count('x')).rejects.toMatchObject({
      code: 'NODE_REMOTE_ERROR',
      didNotRun: true,
      message: expect.stringContaining('Stock.count/1'),
    })
    // As long as one is not connected, that one may have it.
    sim.crash(others[2]!)
    await sim.run('1 s')
    await expect(caller.module(Stock).count('x')).rejects.toMatchObject({
      code: 'DYNSRV_NO_MEMBER',
      retryable: true,
      message: expect.stringContaining(others[2]!.self),
    })
  }))

it('calls only the node that is named', () =>
  simulate({}, async (sim) => {
    const { caller, others, asked } = await shop(sim, 3, [1])
    const [first, second] = others
    expect(await caller.module(Stock, { node: second!.self }).count('x')).toBe(7)
    expect(asked).toEqual([second!.self])
    await expect(caller.module(Stock, { node: first!.self }).count('x')).rejects.toMatchObject({
      code: 'NODE_REMOTE_ERROR',
    })
    expect(asked).toHaveLength(1)
  }))

it('takes the options of a call, and refuses what contradicts', () =>
  simulate({}, async (sim) => {
    const { caller } = await shop(sim, 1, [0])
    await expect(caller.module(Stock, { signal: AbortSignal.abort('enough') }).count('x')).rejects.toBe('enough')
    for (const options of [{ node: '' }, { node: 'a@b', idempotent: true }, { timeout: 1 }, { timeoutMs: -1 }]) {
      expect(() => caller.module(Stock, options)).toThrow(expect.objectContaining({ code: 'DYNSRV_BAD_OPTION' }))
    }
    const stock = caller.module(Stock)
    await caller.close()
    await expect(stock.count('x')).rejects.toMatchObject({ code: 'DYNSRV_CLOSED' })
  }))

it('serves the calls that a cluster finishes while it drains', () =>
  simulate({}, async (sim) => {
    const { caller, others } = await shop(sim, 2, [1])
    caller.node.expose('late', {
      count: async () => {
        await sim.sleep(1_000)
        return caller.module(Stock).count('x')
      },
    })
    const late = others[0]!.node.erpc(caller.self, 'late', 'count')
    await sim.run(100)
    await Promise.all([caller.drain(), expect(late).resolves.toBe(7)])
    expect(() => caller.module(Stock)).toThrow(expect.objectContaining({ code: 'DYNSRV_CLOSED' }))
  }))
