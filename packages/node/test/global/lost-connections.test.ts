import { Atom, atom, Float, Pid, type Term, Tuple, tuple } from '@dynsrv/etf'
import { realWorld } from '@dynsrv/kit'
import { FakeClock } from '@dynsrv/kit/testing'
import { expect, it } from 'vitest'
import { readGlobalNodes, writeGlobalNodes } from '../../src/global/global-nodes.ts'
import { LostConnections } from '../../src/global/lost-connections.ts'

const notice = (first: string, instance: Term, count: Term, second: string) =>
  tuple(atom('lost_connection'), atom(first), instance, count, atom(second))

function lostConnections(own: { connected?: string[]; prevent?: boolean } = {}) {
  const nodes = new Map([
    ['a', 8],
    ['b', 8],
    ['c', 7],
    ['old', 5],
  ])
  const { connected = ['a', 'b', 'c', 'old'] } = own
  const clock = new FakeClock()
  const told: string[] = []
  const dropped: string[] = []
  const lost = new LostConnections({
    ...realWorld,
    clock,
    self: 'self',
    creation: 7,
    prevent: own.prevent ?? true,
    version: (node) => nodes.get(node),
    connected: () => connected,
    isConnected: (node) => connected.includes(node),
    tell: (node, message) => {
      const [kind, first, , , second] = (message as Tuple).elements
      told.push(
        [node, kind, first, second]
          .map((part) => (part instanceof Atom ? part.name : part))
          .join(' ')
          .trim(),
      )
    },
    forget: (node) => nodes.delete(node),
    disconnect: (node, { code }) => dropped.push(`${node} ${code}`),
  })
  const seen = () => ({ told: told.splice(0), dropped: dropped.splice(0) })
  return { lost, seen, clock }
}

it('passes each notice on once, and drops the one that was lost', () => {
  const { lost, seen } = lostConnections()
  lost.heard(notice('a', 5, -3, 'b'))
  expect(seen()).toStrictEqual({
    told: ['b lost_connection a b', 'c lost_connection a b', 'b remove_connection self'],
    dropped: ['b NODE_PARTITION_PREVENTED'],
  })
  // The same once more, by another way, and an older one.
  lost.heard(notice('a', 5, -3, 'b'))
  lost.heard(notice('a', 5, -4n, 'b'))
  expect(seen()).toStrictEqual({ told: [], dropped: [] })
  // A later one, and one of a later instance of the node.
  for (const later of [notice('a', 5, -2, 'b'), notice('a', 6n, -9, 'b')]) {
    lost.heard(later)
    expect(seen()).toStrictEqual({ told: ['c lost_connection a b'], dropped: [] })
  }
  // That its own link is gone is no news to anybody.
  lost.lost('b')
  expect(seen().told).toStrictEqual([])
  lost.lost('c')
  expect(seen().told).toStrictEqual(['a lost_connection self c'])
})

it('knows a notice again whatever its instance is, and lets go of one whose count is none', () => {
  const { lost, seen } = lostConnections()
  for (const instance of [() => new Float(1), () => tuple(atom('x'), 1), () => 'text']) {
    lost.heard(notice('a', instance(), 1, 'b'))
    expect(seen().told).toContain('c lost_connection a b')
    lost.heard(notice('a', instance(), 1, 'b'))
    expect(seen()).toStrictEqual({ told: [], dropped: [] })
  }
  for (const count of [1.5, new Float(2), atom('x')]) lost.heard(notice('a', 7, count, 'b'))
  expect(seen()).toStrictEqual({ told: [], dropped: [] })
})

it('drops the one that lost us, and one too old to be asked at once', () => {
  const { lost, seen } = lostConnections()
  lost.heard(notice('a', 5, 1, 'self'))
  expect(seen().dropped).toStrictEqual(['a NODE_PARTITION_PREVENTED'])
  lost.heard(notice('b', 5, 1, 'old'))
  const { told, dropped } = seen()
  expect(dropped).toStrictEqual(['old NODE_PARTITION_PREVENTED'])
  expect(told).toStrictEqual(['c lost_connection b old'])
})

it('remembers notices for an hour at least, and the last ones of a flood', async () => {
  const { lost, seen, clock } = lostConnections()
  const isNews = (first: string): boolean => {
    seen()
    lost.heard(notice(first, 5, 1, 'elsewhere'))
    return seen().told.length > 0
  }
  expect(isNews('a')).toBe(true)
  await clock.advance(3_599_000)
  expect([isNews('b'), isNews('a')]).toStrictEqual([true, false])
  await clock.advance(3_599_000)
  expect([isNews('b'), isNews('c')]).toStrictEqual([false, true])
  await clock.advance(3_600_000)
  expect([isNews('d'), isNews('a')]).toStrictEqual([true, true])
  for (let number = 0; number < 150_000; number++) lost.heard(notice(`f${number}`, 5, 1, 'elsewhere'))
  expect([isNews('f149999'), isNews('f100001'), isNews('f1')]).toStrictEqual([false, false, true])
})

it('does nothing that another node has no say in', () => {
  const { lost, seen } = lostConnections({ connected: ['a'] })
  lost.asked('stranger')
  lost.heard(notice('a', 1, 1, 'stranger'))
  for (const bad of [[atom('a')], ['a', 1, 1, 'b'], [atom('a'), 1, atom('x'), atom('b')]]) {
    lost.heard(new Tuple([atom('lost_connection'), ...bad]))
  }
  expect(seen().dropped).toStrictEqual([])
  // Known and not connected: the next link to it that is lost is a loss again.
  lost.asked('b')
  lost.lost('b')
  expect(seen().told).toContain('a lost_connection self b')
  const off = lostConnections({ prevent: false })
  off.lost.heard(notice('a', 1, 1, 'b'))
  off.lost.lost('b')
  off.lost.disconnecting('a')
  expect(off.seen()).toStrictEqual({ told: [], dropped: [] })
})

it('nodes are told with versions to those that understand them', () => {
  const nodes = [
    ['a', 8],
    ['b', 0],
  ] as const
  for (const version of [8, 7]) {
    const told = writeGlobalNodes(nodes, version)
    expect(told).toStrictEqual([tuple(atom('a'), 8), tuple(atom('b'), 0)])
    expect(readGlobalNodes(told)).toStrictEqual(nodes)
  }
  expect(readGlobalNodes(writeGlobalNodes(nodes, 5))).toStrictEqual([
    ['a', 0],
    ['b', 0],
  ])
  const pid = new Pid(atom('a'), 1, 0, 1)
  expect(readGlobalNodes([pid, tuple(atom('a')), tuple(atom('a'), 'x'), 5])).toStrictEqual([])
  expect(readGlobalNodes(5)).toStrictEqual([])
})
