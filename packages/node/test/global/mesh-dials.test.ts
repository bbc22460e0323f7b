import { FakeClock } from '@dynsrv/kit/testing'
import { expect, it } from 'vitest'
import { MeshDials } from '../../src/global/mesh-dials.ts'

function meshDials(maxOfPeer = 1_000) {
  const clock = new FakeClock()
  const connected = new Set<string>()
  const dialled: string[] = []
  const givenUp: string[] = []
  const dials = new MeshDials({
    clock,
    maxOfPeer,
    isConnected: (node) => connected.has(node),
    connect: (node) => void dialled.push(node),
    givenUp: (node) => void givenUp.push(node),
  })
  const up = (node: string) => {
    connected.add(node)
    dials.stop(node)
  }
  return { clock, connected, dialled, givenUp, dials, up }
}

const many = (count: number) => Array.from({ length: count }, (_, at) => `n${at}@h.test`)

it('64 nodes are dialled at a time, and the next as soon as one is there or fails', () => {
  const { dialled, dials, up } = meshDials()
  for (const node of many(100)) dials.begin(node)
  expect(dialled).toEqual(many(64))
  up('n3@h.test')
  dials.failed('n4@h.test')
  expect(dialled.slice(64)).toEqual(['n64@h.test', 'n65@h.test'])
  expect(dials.isUnderWay('n99@h.test')).toBe(true)
})

it('a silent node gives up its place after 250 ms, and its dial goes on', async () => {
  const { clock, dialled, givenUp, dials } = meshDials()
  for (const node of many(300)) dials.begin(node)
  await clock.advance(249)
  expect(dialled).toHaveLength(64)
  await clock.advance(1_000)
  expect(dialled).toEqual(many(300))
  expect(givenUp).toEqual([])
  expect(dials.isUnderWay('n0@h.test')).toBe(true)
})

it('a node that refuses is dialled five times, with 200 ms in between', async () => {
  const { clock, dialled, givenUp, dials } = meshDials()
  dials.begin('a@h.test')
  for (let tries = 1; tries < 5; tries++) {
    dials.failed('a@h.test')
    await clock.advance(199)
    expect(dialled).toHaveLength(tries)
    await clock.advance(1)
    expect(dialled).toHaveLength(tries + 1)
  }
  dials.failed('a@h.test')
  expect(givenUp).toEqual(['a@h.test'])
  expect([dials.isUnderWay('a@h.test'), clock.timers]).toEqual([false, 0])
})

it('one that waits is not dialled when it came by itself, nor counted when the dial of another failed', () => {
  const { connected, dialled, dials } = meshDials()
  for (const node of many(66)) dials.begin(node)
  dials.failed('n64@h.test')
  connected.add('n64@h.test')
  dials.failed('n0@h.test')
  expect(dialled.slice(64)).toEqual(['n65@h.test'])
})

it('names without end, all made up, are not remembered without end', () => {
  const { dials } = meshDials()
  const names = many(20_000)
  for (const node of names) dials.begin(node)
  expect(names.filter((node) => dials.isUnderWay(node))).toHaveLength(10_000)
  dials.stop('n0@h.test')
  dials.begin('late@h.test')
  expect(dials.isUnderWay('late@h.test')).toBe(true)
})

it('dials that fail at once are begun 128 at a time, with 100 ms in between', async () => {
  const clock = new FakeClock()
  const dialled: string[] = []
  const dials: MeshDials = new MeshDials({
    ...{ clock, maxOfPeer: 1_000, isConnected: () => false, givenUp: () => undefined },
    connect: (node) => {
      dialled.push(node)
      dials.failed(node)
    },
  })
  for (const node of many(600)) dials.begin(node, 'names@h.test')
  expect(dialled).toEqual(many(128))
  await clock.advance(99)
  expect(dialled).toHaveLength(128)
  await clock.advance(1)
  expect(dialled).toEqual(many(256))
  await clock.advance(10_000)
  // Each five times and once more, and none is left.
  expect(dialled.length % 600).toBe(0)
  expect(clock.timers).toBe(0)
})

it('a peer may have so many nodes dialled, and the others as many', () => {
  const { dials, up } = meshDials(3)
  const begun = (asker: string | undefined, from: number) =>
    many(from + 5)
      .slice(from)
      .filter((node) => dials.begin(node, asker))
  expect(begun('a@h.test', 0)).toEqual(many(3))
  expect(begun('b@h.test', 10)).toHaveLength(3)
  // Our program is bounded by the sum only; a node that is dialled already is nobody's once more.
  expect(begun(undefined, 20)).toHaveLength(5)
  expect(dials.begin('n20@h.test', 'a@h.test')).toBe(true)
  up('n0@h.test')
  dials.stop('n1@h.test')
  expect(begun('a@h.test', 30)).toHaveLength(2)
})
