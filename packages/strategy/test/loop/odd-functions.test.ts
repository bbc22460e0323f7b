import { describe, expect, it } from 'vitest'
import { mapNames } from '../../src/answers/name-mapping.ts'
import { type Discover, filter, map } from '../../src/index.ts'
import { FakeMembership, node, nodes } from '../fake-membership.ts'
import { onVirtualClock, polls, running, Scripted } from '../scripted.ts'

onVirtualClock()

const ODD: Record<string, () => unknown> = {
  throws: () => {
    throw new Error('broken')
  },
  rejects: async () => {
    throw new Error('broken')
  },
  'gives a promise': async () => true,
  'never settles': () => new Promise(() => undefined),
}
const LOOP = ['interval', 'leave', 'retry'] as const
const kinds = Object.entries(ODD).flatMap(([how, odd]) => LOOP.map((part) => [part, how, odd] as const))

// What stays unhandled fails the run.
describe('functions of the program', () => {
  it.each(kinds)('%s that %s is reported, and nobody leaves', async (part, _how, odd) => {
    const membership = new FakeMembership()
    membership.dialDoes('c@svc.test', async () => {
      throw new Error('refused')
    })
    const source = new Scripted(nodes('a', 'b', 'c'))
    const run = running(membership, source, { [part]: odd as never })
    await polls(6)
    source.answer = nodes('a')
    await polls(12)
    expect(run.of('partFailed').map((change) => change.part)).toContain(part)
    if (part === 'leave') expect(membership.connected()).toContain(node('b'))
    await run.strategy.close()
  })

  it.each(Object.entries(ODD))('subscribe that %s does not stop the polls', async (_how, odd) => {
    const membership = new FakeMembership()
    const source = new Scripted(nodes('a'))
    const discover = Object.assign((...given: Parameters<Discover>) => source.discover(...given), { subscribe: odd })
    const run = running(membership, source, { discover: discover as unknown as Discover })
    await polls(3)
    expect(source.polls).toBeGreaterThan(1)
    await run.strategy.close()
  })

  it.each(Object.entries(ODD))('a mapping, a filter and a name that %s fail the answer', async (how, odd) => {
    const source: Discover = async () => nodes('a')
    const { signal } = new AbortController()
    const expected = how === 'throws' ? { message: 'broken' } : { code: 'STRATEGY_BAD_OPTION' }
    await expect(filter(source, odd as never)({ signal })).rejects.toMatchObject(expected)
    await expect(map(source, odd as never)({ signal })).rejects.toMatchObject(expected)
    const named = async () => mapNames([['a', {}]], { needs: 'target', map: odd as never })
    await expect(named()).rejects.toMatchObject(expected)
  })
})
