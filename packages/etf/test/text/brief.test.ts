import { describe, expect, it } from 'vitest'
import { Binary, BitString, ImproperList, type Term, t, tuple } from '../../src/index.ts'

const atom = t.atom()

/** What a mismatch says of a term. */
function found(term: unknown): string {
  const answer = atom['~standard'].validate(term)
  if (answer instanceof Promise || answer.issues === undefined) throw new Error('it was expected to be refused')
  return answer.issues[0]!.message
}

/** A list that counts how often one of its elements is read. */
function counted(length: number) {
  let reads = 0
  const list = new Proxy(
    Array.from({ length }, () => 1_000),
    {
      get(target, name, receiver) {
        if (typeof name === 'string' && /^\d+$/.test(name)) reads += 1
        return Reflect.get(target, name, receiver)
      },
    },
  )
  return { list, reads: () => reads }
}

class CountedMap extends Map<number, number> {
  reads = 0

  override *[Symbol.iterator](): MapIterator<[number, number]> {
    for (const entry of super[Symbol.iterator]()) {
      this.reads += 1
      yield entry
    }
  }
}

describe('the words of a mismatch', () => {
  it('do not read a large list, tuple or map to its end', () => {
    for (const wrap of [
      (list: Term[]) => list,
      (list: Term[]) => tuple(...list),
      (list: Term[]) => new ImproperList(list, 1),
    ]) {
      const { list, reads } = counted(50_000)
      const wrapped = wrap(list)
      const before = reads()
      expect(found(wrapped).length).toBeLessThan(200)
      // The tuple has taken the elements out already.
      expect(reads() - before).toBeLessThan(2_000)
    }
    const map = new CountedMap(Array.from({ length: 50_000 }, (_, key) => [key, key]))
    expect(found(map)).toMatch(/^expected an atom, found #\{0 => 0,1 => 1,/)
    expect(map.reads).toBeLessThan(2_000)
  })

  it('are the same for 40 MB as for the beginning of them', () => {
    expect(found('x'.repeat(40_000_000))).toBe(found('x'.repeat(500)))
    expect(found(new Uint8Array(40_000_000))).toBe(found(new Uint8Array(500)))
    expect(found(new Binary(new Uint8Array(40_000_000)))).toBe(found(new Binary(new Uint8Array(500))))
    expect(found(new BitString(new Uint8Array(40_000_000), 3))).toBe(found(new BitString(new Uint8Array(500), 3)))
    expect(found(Array(2_000_000).fill(1_000))).toBe(found(Array(500).fill(1_000)))
  })

  it('cut a text of several bytes a character at a whole one', () => {
    for (const shift of [0, 1, 2, 3]) {
      const bytes = Buffer.from(`${'a'.repeat(shift)}${'é'.repeat(500)}`)
      expect(found(new Uint8Array(bytes))).toMatch(/^expected an atom, found <<"a*é{100,}…$/)
    }
  })
})
