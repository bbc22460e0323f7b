import fc from '@dynsrv/tools/property'
import { expect, it } from 'vitest'
import { KeptBytes, PeerBytes } from '../../src/process/kept-bytes.ts'

const MOST = 1_000_000
const LITTLE = MOST / 256

/** Takes as much as it may, in pieces. */
function takesAll(peer: PeerBytes, piece: number): number {
  while (peer.room >= piece) peer.changeHeld(piece)
  return peer.bytes
}

it('one peer gets half of what there is for the large, and leaves the others room', () => {
  const all = new KeptBytes(MOST)
  const peers = Array.from({ length: 40 }, () => new PeerBytes(all))
  const got = peers.map((peer) => takesAll(peer, 100))
  expect(got[0]).toBeGreaterThan(0.37 * MOST)
  expect(got[0]).toBeLessThanOrEqual(0.375 * MOST)
  for (const bytes of got) expect(bytes).toBeGreaterThan(LITTLE - 100)
  expect(all.bytes).toBeLessThanOrEqual(MOST)
  // Who comes after forty greedy ones still gets the little that everybody has.
  const honest = new PeerBytes(all)
  expect(honest.mayLink && honest.mayRun).toBe(true)
  peers[0]!.changeHeld(-got[0]!)
  expect(honest.room).toBeGreaterThan(0.1 * MOST)
})

it('nobody takes more than there is, however many come, and what is freed is free again', () => {
  const step = fc.record({
    peer: fc.nat(300),
    kind: fc.constantFrom(
      'changeUnread',
      'changeHeld',
      'changeLinks',
      'changeRunning',
      'changeUnfinished',
      'changeQueued',
    ),
    amount: fc.integer({ min: 1, max: 200 }),
  } as const)
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const all = new KeptBytes(20_000)
      const peers = new Map<number, PeerBytes>()
      const undo: (() => void)[] = []
      for (const { peer, kind, amount } of steps) {
        const one = peers.get(peer) ?? new PeerBytes(all)
        peers.set(peer, one)
        const before = one.bytes
        const { room } = one
        one[kind](amount)
        const took = one.bytes - before
        if (took > room) one[kind](-amount)
        else undo.push(() => one[kind](-amount))
        expect(all.bytes).toBeLessThanOrEqual(20_000)
        expect([...peers.values()].reduce((sum, { bytes }) => sum + bytes, 0)).toBe(all.bytes)
      }
      for (const back of undo) back()
      expect(all.bytes).toBe(0)
    }),
  )
})

it('without a limit there is always room', () => {
  expect(new PeerBytes(new KeptBytes(Number.POSITIVE_INFINITY)).room).toBe(Number.POSITIVE_INFINITY)
})
