import fc from '@dynsrv/tools/property'
import { describe, expect, it } from 'vitest'
import { atom, Binary, encode, encodedLength, equals, Float, type Term, t, tuple } from '../../src/index.ts'
import { term as anyTerm } from '../arbitrary-term.ts'

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text))
const inTuples = (term: Term, levels: number): Term => (levels === 0 ? term : tuple(inTuples(term, levels - 1)))

describe('a map with two keys that are one Erlang term', () => {
  const TWICE: readonly (readonly [string, readonly [Term, Term]])[] = [
    ['an integer', [1, 1n]],
    ['an integer beyond 53 bits', [2 ** 60, 2n ** 60n]],
    ['a float', [0.5, new Float(0.5)]],
    ['a boxed float', [new Float(1), new Float(1)]],
    ['an atom that JavaScript has a word for', [true, atom('true')]],
    ['nil', [atom('nil'), null]],
    ['a text', ['é', bytesOf('é')]],
    ['a binary', [bytesOf('a'), new Binary(bytesOf('a'))]],
    ['a tuple', [tuple(1, 'a'), tuple(1, bytesOf('a'))]],
    ['a map', [new Map([['a', 1]]), { a: 1 }]],
    ['a list', [[1.5], [new Float(1.5)]]],
  ]

  it.each(TWICE)('is refused, because BEAM closes a connection over it: %s', (_what, keys) => {
    const map = new Map<Term, Term>(keys.map((key) => [key, 1]))
    const fails = expect.objectContaining({ name: 'EtfError', code: 'ETF_NOT_ENCODABLE' })
    for (const term of [map, [map], inTuples(map, 300), new Map([[map, 1]]), new Map([[atom('k'), map]])]) {
      expect(() => encode(term)).toThrow(fails)
      expect(() => encode(term, { deterministic: true })).toThrow(fails)
    }
  })

  it.each([
    [[1, new Float(1)]],
    [[atom('a'), 'a', bytesOf('b'), [97], tuple('a')]],
    [[true, atom('True'), 'true', null, undefined, atom('')]],
    [[1n, 2, -1n, 2n ** 60n, 2 ** 61, 0.5]],
    [[bytesOf('ab'), bytesOf('a'), bytesOf('')]],
    [[[], tuple(), new Map(), 0, '']],
  ])('is not taken for another map: %o', (keys) => {
    const map = new Map<Term, Term>(keys.map((key) => [key, 1]))
    for (const term of [map, inTuples(map, 300)]) expect(encode(term).length).toBeGreaterThan(10)
    expect(encode(map, { deterministic: true })).toHaveLength(encode(map).length)
  })
})

describe('encodedLength', () => {
  it('is the length of what encode gives', () => {
    fc.assert(
      fc.property(anyTerm, (term) => {
        expect(encodedLength(term)).toBe(encode(term).length)
      }),
    )
    const large = [new Uint8Array(1_000_000), 'a'.repeat(100_000), Array.from({ length: 50_000 }, (_, index) => index)]
    for (const options of [undefined, { compressed: true }, { deterministic: true }] as const) {
      expect(encodedLength(large, options)).toBe(encode(large, options).length)
    }
  })

  it('refuses bytes whose memory was given away: they would arrive as an empty binary', () => {
    const bytes = new Uint8Array(10)
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
    for (const term of [bytes, [1, bytes], tuple(bytes), new Map([[1, bytes]])] as Term[]) {
      expect(() => encode(term)).toThrow(expect.objectContaining({ code: 'ETF_NOT_ENCODABLE' }))
      expect(() => encodedLength(term)).toThrow(expect.objectContaining({ code: 'ETF_NOT_ENCODABLE' }))
    }
    expect(encode(new Uint8Array(0))).toStrictEqual(encode(''))
  })

  it('goes on after a term that has no encoding, and inside itself', () => {
    expect(() => encodedLength([1, Number.NaN])).toThrow(expect.objectContaining({ code: 'ETF_NOT_ENCODABLE' }))
    const asks = {
      get length() {
        return encodedLength('inner')
      },
    }
    expect(encodedLength(asks)).toBe(encode(asks).length)
  })
})

describe('an object without a prototype', () => {
  const bare: { [key: string]: Term } = Object.assign(Object.create(null), { name: 'Ada' })

  it('is the map that it is encoded as', () => {
    expect(equals(bare, new Map([['name', 'Ada']]))).toBe(true)
    expect(equals(bare, { name: 'Eve' })).toBe(false)
    expect(t.fields({ name: t.text() }).parse(bare)).toStrictEqual({ name: 'Ada' })
  })
})
