import { describe, expect, it } from 'vitest'
import { type PendingSocket, PendingSockets, sourceOf } from '../../src/link/pending-sockets.ts'

const from = (source: string): PendingSocket => ({ source, giveUp: () => undefined })

describe('sockets that have not proved themselves', () => {
  it('make room from where most of them come, the oldest first', () => {
    const pending = new PendingSockets(4)
    const [lone, ...many] = [from('a'), from('b'), from('b'), from('b')]
    for (const socket of [lone!, ...many]) expect(pending.add(socket)).toBeUndefined()
    expect(pending.add(from('c'))).toBe(many[0])
    expect(pending.add(from('b'))).toBe(many[1])
    expect(pending.size).toBe(4)
  })

  it('make room by age when nobody has more than others, but never the newest', () => {
    const pending = new PendingSockets(2)
    const [first, second] = [from('a'), from('b')]
    pending.add(first)
    pending.add(second)
    expect(pending.add(from('c'))).toBe(first)
    expect(pending.add(from('d'))).toBe(second)
  })

  it('are forgotten when they are through, once', () => {
    const pending = new PendingSockets(1)
    const [first, second] = [from('a'), from('a')]
    pending.add(first)
    pending.delete(first)
    pending.delete(first)
    expect(pending.add(second)).toBeUndefined()
    expect(pending.size).toBe(1)
  })
})

it.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:aaaa:bbbb:cccc:dddd', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:2::9', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('%s counts as %s', (address, source) => {
  expect(sourceOf(address)).toBe(source)
})
