import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  atom,
  Binary,
  charlist,
  decode,
  EtfError,
  encode,
  Float,
  ImproperList,
  type Matched,
  type Tuple,
  t,
  tuple,
} from '../../src/index.ts'

const reply = t.union(
  t.tuple(t.atom('ok'), t.fields({ name: t.text(), age: t.int(), note: t.optional(t.text()) })),
  t.tuple(t.atom('error'), t.text()),
)

describe('t', () => {
  it('narrows', () => {
    const shape = t.tuple(t.atom('ok'), t.int(), t.list(t.text()))
    const value = shape.parse(decode(encode(tuple(atom('ok'), 7, ['a', 'b']))))
    const [, count, names] = value.elements
    expectTypeOf(count).toEqualTypeOf<number>()
    expectTypeOf(names).toEqualTypeOf<string[]>()
    expect({ count, names }).toStrictEqual({ count: 7, names: ['a', 'b'] })
    expectTypeOf<Matched<typeof reply>>().toExtend<Tuple>()
  })

  it.each(['bytes', 'text', 'view'] as const)('does not care how binaries were decoded: %s', (binary) => {
    const bytes = encode(tuple(atom('ok'), { name: 'Ada', age: 36 }))
    for (const map of ['map', 'object'] as const) {
      const [, fields] = reply.parse(decode(bytes, { binary, map })).elements
      expect(fields).toStrictEqual({ name: 'Ada', age: 36 })
    }
    const atoms = encode(tuple(atom('ok'), { name: 'Ada', age: 36 }), { keys: 'atom' })
    expect(reply.test(decode(atoms, { binary }))).toBe(true)
  })

  it('names the path of what differs', () => {
    const shape = t.tuple(t.atom('ok'), t.list(t.fields({ id: t.int() })))
    const wrong = tuple(atom('ok'), [{ id: 1 }, { id: 'two' }])
    expect(() => shape.parse(wrong)).toThrow('[1][1].id: expected an integer, found <<"two">>')
    expect(() => shape.parse(wrong)).toThrow(expect.objectContaining({ code: 'ETF_MISMATCH', path: '[1][1].id' }))
    expect(() => shape.parse(tuple(atom('ok'), [{}]))).toThrow('there is no id')
    expect(() => shape.parse(5)).toThrow(EtfError)
  })

  it.each([
    ['boolean', t.boolean(), true, atom('truth')],
    ['atom of a word', t.atom('nil'), null, undefined],
    ['any atom', t.atom(), undefined, 'text'],
    ['bigint', t.bigint(), 2n ** 70n, 1.5],
    ['int', t.int(), 5, 2n ** 70n],
    ['number', t.number(), new Float(1), '1'],
    ['text', t.text(), new Binary(Buffer.from('é')), new Uint8Array([255])],
    ['bytes', t.bytes(), 'abc', 5],
    ['charlist', t.charlist(), charlist('é🐢'), [-1]],
    ['literal', t.literal(tuple(1, 'a')), tuple(1, Buffer.from('a')), tuple(new Float(1), 'a')],
    ['cons', t.cons(t.atom('alias'), t.int()), new ImproperList([atom('alias')], 1), [atom('alias'), 1]],
    ['map', t.map(t.text(), t.int()), new Map([['a', 1]]), new Map([['a', 'b']])],
    ['any', t.map(t.any(), t.any()), { a: 1 }, []],
  ])('%s', (_name, matcher, fits, differs) => {
    expect(matcher.test(fits)).toBe(true)
    expect(matcher.test(differs)).toBe(false)
  })

  it('makes other values of what it matched', () => {
    const date = t.tuple(t.int(), t.int(), t.int()).map(({ elements: [y, m, d] }) => `${y}-${m}-${d}`)
    expect(date.parse(tuple(2024, 2, 29))).toBe('2024-2-29')
  })
})
