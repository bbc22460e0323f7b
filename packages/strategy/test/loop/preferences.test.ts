import { staticResolver } from '@dynsrv/srv-resolver'
import { describe, expect, it } from 'vitest'
import {
  type Discover,
  type Discovery,
  filter,
  map,
  type Preference,
  sample,
  srvNodes,
  union,
} from '../../src/index.ts'
import { onDeregister, whenLinkDropped } from '../../src/policy/leave-policy.ts'
import { FakeMembership, node, nodes } from '../fake-membership.ts'
import { onVirtualClock, pass, polls, running, Scripted } from '../scripted.ts'

onVirtualClock()

const SERVICE = 'svc.test'
const srv = (label: string, priority: number, weight: number, port = 4370) =>
  ({ type: 'SRV', name: SERVICE, target: `${label}.${SERVICE}`, port, priority, weight }) as const
const source = (...records: readonly ReturnType<typeof srv>[]) => srvNodes(staticResolver(records), SERVICE)
const asked = async (discover: Discover) => (await discover({ signal: new AbortController().signal })) as Discovery
const of = ({ nodes: named, preferences }: Discovery) =>
  Object.fromEntries([...named].map((name) => [name.split('@')[0], preferences?.get(name)]))
const say = (...given: readonly [label: string, preference: unknown][]): Discovery => ({
  nodes: nodes(...given.map(([label]) => label)),
  preferences: new Map(given.map(([label, preference]) => [node(label), preference as Preference])),
})
const both = (priority: number, weight: number): Preference => ({ priority, weight })

describe('priority and weight of an SRV record', () => {
  it('come with the answer; of several records of a node, the best ones', async () => {
    const answer = await asked(source(srv('a', 1, 10), srv('b', 2, 0), srv('b', 1, 5, 1), srv('b', 1, 7, 2)))
    expect(of(answer)).toStrictEqual({ a: both(1, 10), b: both(1, 7) })
  })

  it('go through sources that are made of others', async () => {
    const one = source(srv('a', 1, 10), srv('b', 2, 20))
    const other = source(srv('b', 9, 9), srv('c', 3, 30))
    expect(of(await asked(union(one, other)))).toStrictEqual({ a: both(1, 10), b: both(2, 20), c: both(3, 30) })
    expect(of(await asked(filter(one, (name) => name === node('b'))))).toStrictEqual({ b: both(2, 20) })
    expect(of(await asked(sample(one, { count: 2, key: 'me' })))).toMatchObject({ a: both(1, 10) })
    const renamed = map(one, (name) => node(`x-${name.split('@')[0]}`))
    expect(of(await asked(renamed))).toStrictEqual({ 'x-a': both(1, 10), 'x-b': both(2, 20) })
  })
})

describe('the members of a strategy', () => {
  it('have the priority and weight of the last answer, which may change', async () => {
    const scripted = new Scripted(say(['a', both(1, 10)], ['b', both(2, 0)]))
    const { strategy } = running(new FakeMembership(), scripted)
    expect(strategy.members()).toStrictEqual(new Map())
    await polls(1)
    expect(strategy.members().get(node('a'))).toStrictEqual({ ...both(1, 10), deregistered: false })
    scripted.answer = say(['a', both(5, 50)], ['b', both(2, 0)])
    await polls(1)
    expect(strategy.members().get(node('a'))).toStrictEqual({ ...both(5, 50), deregistered: false })
    expect([...strategy.members().keys()]).toStrictEqual(strategy.expected())
    await strategy.close()
  })

  it.each([
    undefined,
    null,
    {},
    both(-1, 0),
    both(0, 65_536),
    both(0.5, 1),
    { priority: '1', weight: 1 },
  ])('have 0 and 0 where a source says %j', async (odd) => {
    const { strategy } = running(new FakeMembership(), new Scripted(say(['a', odd])))
    await polls(1)
    expect(strategy.members().get(node('a'))).toStrictEqual({ ...both(0, 0), deregistered: false })
    await strategy.close()
  })

  it('keep them while an answer lacks the member, and in other letters', async () => {
    const scripted = new Scripted(say(['a', both(1, 10)], ['b', both(2, 20)]))
    const { strategy } = running(new FakeMembership(), scripted)
    await polls(1)
    scripted.answer = { ...say(['A', both(3, 30)]), stale: true }
    await polls(1)
    expect(strategy.members()).toStrictEqual(
      new Map([
        [node('a'), { ...both(3, 30), deregistered: false }],
        [node('b'), { ...both(2, 20), deregistered: false }],
      ]),
    )
    await strategy.close()
  })

  it('say who is deregistered, when the leave policy keeps the link; a doubtful answer says it of nobody', async () => {
    const scripted = new Scripted(say(['a', both(1, 10)], ['b', both(2, 20)]))
    const { strategy } = running(new FakeMembership(), scripted, { leave: whenLinkDropped() })
    await polls(1)
    scripted.answer = { ...say(['a', both(1, 10)]), trimmed: true }
    await polls(1)
    expect(strategy.members().get(node('b'))).toStrictEqual({ ...both(2, 20), deregistered: false })
    scripted.answer = say(['a', both(1, 10)])
    await polls(1)
    expect(strategy.members().get(node('b'))).toStrictEqual({ ...both(2, 20), deregistered: true })
    scripted.answer = say(['a', both(1, 10)], ['b', both(4, 4)])
    await polls(1)
    expect(strategy.members().get(node('b'))).toStrictEqual({ ...both(4, 4), deregistered: false })
    await strategy.close()
  })

  it('are without those that have left', async () => {
    const scripted = new Scripted(say(['a', both(1, 10)], ['b', both(2, 20)]))
    const { strategy } = running(new FakeMembership(), scripted, { leave: onDeregister() })
    await polls(1)
    scripted.answer = say(['a', both(1, 10)])
    await pass(10_000)
    expect([...strategy.members().keys()]).toStrictEqual([node('a')])
    await strategy.close()
  })
})
