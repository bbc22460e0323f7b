import { inspect } from 'node:util'
import { serialize } from 'node:v8'
import fc from '@dynsrv/tools/property'
import { describe, expect, it } from 'vitest'
import { SeededMap, tuple } from '../src/index.ts'

const LONG = 'x'.repeat(20_000)
const POINT = tuple(1, 2)

/** Keys that are two for a `Map`, and that look alike. */
const KEYS: readonly unknown[] = [
  ...[0, -0, 1, 1.5, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 1e300],
  ...[0n, 1n, -1n, 2n ** 64n, 2n ** 64n + (1n << 70n), -(2n ** 90n), 7n ** 40_000n],
  ...['', '0', '1', 'n1', 's1', 'b1', 'é', '\ud800', LONG, `${LONG}y`],
  ...[true, false, null, undefined, POINT, tuple(1, 2), Symbol.iterator],
]

describe('a seeded map', () => {
  it('does what a map does, whatever is done in whichever order', () => {
    const key = fc.constantFrom(...KEYS)
    const action = fc.tuple(fc.constantFrom('set', 'set', 'set', 'delete', 'get', 'has', 'clear?'), key, fc.nat())
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const [plain, seeded] = [new Map<unknown, unknown>(), new SeededMap<unknown, unknown>()]
        for (const [what, at, value] of actions) {
          if (what === 'set') expect(seeded.set(at, value)).toBe(seeded)
          if (what === 'set') plain.set(at, value)
          if (what === 'delete') expect(seeded.delete(at)).toBe(plain.delete(at))
          if (what === 'clear?' && value % 10 === 0) {
            plain.clear()
            seeded.clear()
          }
          expect(seeded.get(at)).toBe(plain.get(at))
          expect(seeded.has(at)).toBe(plain.has(at))
        }
        expect(seeded.size).toBe(plain.size)
        expect([...seeded]).toStrictEqual([...plain])
        expect([...seeded.entries()]).toStrictEqual([...plain.entries()])
        expect([...seeded.keys()]).toStrictEqual([...plain.keys()])
        expect([...seeded.values()]).toStrictEqual([...plain.values()])
        expect(new Map(seeded)).toStrictEqual(plain)
        expect([...new SeededMap(plain)]).toStrictEqual([...plain])
      }),
    )
  })

  it('is a map, and keeps 0 for -0', () => {
    const seeded = new SeededMap([[-0, 'zero']])
    expect(seeded).toBeInstanceOf(Map)
    expect(Object.prototype.toString.call(seeded)).toBe('[object Map]')
    expect(Object.is([...seeded.keys()][0], 0)).toBe(true)
    expect(new SeededMap().size).toBe(0)
    expect(new SeededMap(null).size).toBe(0)
  })

  it('calls back with value, key and itself', () => {
    const seeded = new SeededMap([[1n, 'one']])
    const seen: unknown[] = []
    seeded.forEach(function (this: unknown, ...given) {
      seen.push(this, ...given)
    }, 'this')
    expect(seen).toStrictEqual(['this', 'one', 1n, seeded])
  })

  it('sees what is added while it is gone over, and nothing that was removed, as a map does', () => {
    const walk = (map: Map<unknown, number>) => {
      const seen: unknown[] = []
      for (const [key] of map) {
        seen.push(key)
        if (key === 'a') map.delete('b')
        if (key === 'c') map.set('d', 4)
      }
      return seen
    }
    const pairs: [string, number][] = [
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ]
    expect(walk(new SeededMap(pairs))).toStrictEqual(walk(new Map(pairs)))
  })

  it('gives nobody its inside to change', () => {
    const seeded = new SeededMap([['a', 1]])
    for (const pair of seeded) pair[1] = 2
    expect(seeded.get('a')).toBe(1)
  })

  it('shows itself in the log as a map', () => {
    expect(inspect(new SeededMap())).toBe('SeededMap(0) {}')
    expect(inspect(new SeededMap<unknown, unknown>([['a', 1n]]))).toBe("SeededMap(1) { 'a' => 1n }")
    const many = inspect(new SeededMap(Array.from({ length: 102 }, (_, index) => [index, index])))
    expect(many).toContain('99 => 99')
    expect(many).toMatch(/^SeededMap\(102\) \{.*2 more items/s)
  })

  it('refuses to be cloned inside out', () => {
    const seeded = new SeededMap([['a', 1]])
    expect(() => structuredClone(seeded)).toThrow(/cloneANewMapOfItInstead/)
    expect(() => serialize(seeded)).toThrow(/cloneANewMapOfItInstead/)
    expect(structuredClone(new Map(seeded))).toStrictEqual(new Map([['a', 1]]))
  })

  it('refuses a callback that is no function, before it calls it', () => {
    const seeded = new SeededMap([[1, 2]])
    for (const callback of [undefined, null, {}, 'text']) {
      expect(() => seeded.forEach(callback as never)).toThrow(expect.objectContaining({ code: 'ETF_BAD_OPTION' }))
    }
  })
})
