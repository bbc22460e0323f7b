import fc from '@dynsrv/tools/property'
import { describe, expect, it } from 'vitest'
import { HeardNames } from '../../src/gossip/heard-names.ts'
import { node } from '../fake-membership.ts'

describe('names that were heard', () => {
  it('are kept until they have been silent for too long', () => {
    const heard = new HeardNames(10)
    expect(heard.hear(node('a'), '10.0.0.1', 100)).toBe(true)
    expect(heard.hear(node('b'), '10.0.0.2', 200)).toBe(true)
    expect(heard.hear(node('a'), '10.0.0.1', 300)).toBe(false)
    heard.expire(300)
    expect(heard.names()).toStrictEqual(new Set([node('a')]))
  })

  it('do not fill up for good with names that one address forges', () => {
    const heard = new HeardNames(1_000)
    for (const label of ['a', 'b', 'c']) heard.hear(node(label), '10.0.0.1', 0)
    for (let forged = 0; forged < 5_000; forged++) heard.hear(node(`f${forged}`), '10.6.6.6', forged)
    expect(heard.size).toBe(1_000)
    // Those that were there stay, and one that comes now is heard at once.
    expect(heard.hear(node('new'), '10.0.0.2', 5_000)).toBe(true)
    expect([...heard.names()]).toStrictEqual(expect.arrayContaining(['a', 'b', 'c', 'new'].map(node)))
    for (let forged = 0; forged < 5_000; forged++) heard.hear(node(`g${forged}`), '10.6.6.6', 6_000 + forged)
    expect([...heard.names()]).toStrictEqual(expect.arrayContaining(['a', 'b', 'c', 'new'].map(node)))
  })

  it('let every node in that says its own name, also when each forged name comes from an address of its own', () => {
    const heard = new HeardNames(1_000)
    for (let forged = 0; forged < 10_000; forged++) {
      heard.hear(node(`f${forged}`), `10.6.${forged >> 8}.${forged & 255}`, forged)
    }
    expect(heard.hear(node('new'), '10.0.0.2', 10_000)).toBe(true)
    expect(heard.names().has(node('new'))).toBe(true)
  })

  it('never are more than there is room for, and lose only the address that has most, whatever comes', () => {
    const label = fc.integer({ min: 0, max: 30 })
    const address = fc.integer({ min: 0, max: 5 }).map((index) => `10.0.0.${index}`)
    fc.assert(
      fc.property(fc.array(fc.tuple(label, address)), (packets) => {
        const heard = new HeardNames(8)
        // The same by hand: address by name, in the order in which names were heard last.
        let model: [name: string, from: string][] = []
        for (const [at, [index, from]] of packets.entries()) {
          const name = node(`n${index}`)
          model = model.filter(([known]) => known !== name)
          if (model.length >= 8) {
            const count = (wanted: string) => model.filter(([, one]) => one === wanted).length
            const most = Math.max(...model.map(([, one]) => count(one)))
            const before = heard.names()
            heard.hear(name, from, at)
            const lost = [...before].filter((known) => known !== name && !heard.names().has(known))
            expect(lost).toHaveLength(1)
            const [, loser] = model.find(([known]) => known === lost[0])!
            expect(count(loser)).toBe(most)
            expect(model.find(([, one]) => one === loser)![0]).toBe(lost[0])
            model = model.filter(([known]) => known !== lost[0])
          } else heard.hear(name, from, at)
          model.push([name, from])
          expect([...heard.names()].sort()).toStrictEqual(model.map(([known]) => known).sort())
        }
      }),
    )
  })
})
