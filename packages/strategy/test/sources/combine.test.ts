import type { NodeName } from '@dynsrv/epmd-shim'
import { describe, expect, it } from 'vitest'
import { type Discover, type Discovery, discoveryOf } from '../../src/discover.ts'
import { filter, map, sample, union } from '../../src/index.ts'
import { node, nodes } from '../fake-membership.ts'
import { onVirtualClock, pass, timers, virtualWorld } from '../scripted.ts'

const { signal } = new AbortController()
const fixed = (answer: ReadonlySet<NodeName> | Discovery) => async () => answer
const failing = async () => {
  throw new Error('down')
}
const ask = async (source: Discover) => discoveryOf(await source({ signal }))

describe('union', () => {
  onVirtualClock()

  it('has the members of all, the shortest TTL, and every doubt', async () => {
    const one = fixed({ nodes: nodes('a', 'b'), ttlMs: 9_000, ignored: [{ target: 'x', reason: 'y' }] })
    const other = fixed({ nodes: nodes('b', 'c'), ttlMs: 4_000, stale: true })
    expect(await ask(union(one, other))).toStrictEqual({
      nodes: nodes('a', 'b', 'c'),
      ignored: [{ target: 'x', reason: 'y' }],
      ttlMs: 4_000,
      stale: true,
      trimmed: false,
    })
  })

  it('counts as trimmed when one source fails, so that its members stay', async () => {
    expect(await ask(union(fixed(nodes('a')), failing))).toMatchObject({
      nodes: nodes('a'),
      trimmed: true,
      failures: [{ message: 'down' }],
    })
  })

  it('counts one that is silent as failed before the whole answer is late', async () => {
    const before = timers()
    let ended: unknown
    const silent: Discover = ({ signal: own }) =>
      new Promise((_resolve, reject) =>
        own.addEventListener('abort', () => {
          ended = own.reason
          reject(ended)
        }),
      )
    const asked = Promise.resolve(union(fixed(nodes('a')), silent)({ signal, world: virtualWorld() }))
    await pass(20_000)
    expect(await asked).toMatchObject({
      nodes: nodes('a'),
      trimmed: true,
      failures: [{ code: 'STRATEGY_DISCOVER_TIMEOUT', retryable: true }],
    })
    expect(ended).toMatchObject({ code: 'STRATEGY_DISCOVER_TIMEOUT' })
    expect(timers()).toBe(before)
  })

  it('rejects when all fail', async () => {
    await expect(ask(union(failing, failing))).rejects.toThrow('all 2 sources failed')
    await expect(ask(union(failing))).rejects.toThrow('down')
  })

  it('learns of changes from each source that does', () => {
    const subscribed: string[] = []
    const source = (name: string): Discover =>
      Object.assign(fixed(nodes()), { subscribe: () => void subscribed.push(name) })
    union(source('one'), fixed(nodes()), source('other')).subscribe?.(() => undefined, { signal })
    expect(subscribed).toStrictEqual(['one', 'other'])
    expect(union(fixed(nodes())).subscribe).toBeUndefined()
  })
})

it('filter keeps who passes, map renames, and both keep the doubt', async () => {
  const source = fixed({ nodes: nodes('a', 'b'), trimmed: true })
  expect(await ask(filter(source, (name) => name.startsWith('a')))).toStrictEqual({ nodes: nodes('a'), trimmed: true })
  expect(await ask(map(source, () => node('z')))).toStrictEqual({ nodes: nodes('z'), trimmed: true })
})

describe('sample', () => {
  const all = nodes(...Array.from({ length: 100 }, (_, index) => `n${index}`))
  const chosen = async (members: ReadonlySet<NodeName>, key = 'gw-1@svc.test') =>
    (await ask(sample(fixed(members), { count: 5, key }))).nodes

  it('chooses so many, always the same for one key, others for another', async () => {
    expect((await chosen(all)).size).toBe(5)
    expect(await chosen(new Set([...all].reverse()))).toStrictEqual(await chosen(all))
    expect(await chosen(all, 'gw-2@svc.test')).not.toStrictEqual(await chosen(all))
  })

  it('changes nothing when somebody goes who was not chosen, and one choice when one was', async () => {
    const before = await chosen(all)
    for (const gone of all) {
      const rest = new Set(all)
      rest.delete(gone)
      const after = await chosen(rest)
      const kept = [...before].filter((name) => after.has(name)).length
      expect(kept).toBe(before.has(gone) ? 4 : 5)
    }
  })

  it('spreads over the members', async () => {
    const counts = new Map<NodeName, number>()
    for (let gateway = 0; gateway < 400; gateway++) {
      for (const name of await chosen(all, `gw-${gateway}@svc.test`)) counts.set(name, (counts.get(name) ?? 0) + 1)
    }
    expect(counts.size).toBe(100)
    expect(Math.max(...counts.values())).toBeLessThan(50)
  })

  it('never chooses the key itself, in any case', async () => {
    const few = nodes('a', 'GW')
    expect(await chosen(few, 'gw@svc.test')).toStrictEqual(nodes('a'))
  })
})
