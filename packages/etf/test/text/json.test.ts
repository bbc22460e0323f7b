import { inspect as nodeInspect } from 'node:util'
import fc from '@dynsrv/tools/property'
import { describe, expect, it } from 'vitest'
import {
  Atom,
  atom,
  Binary,
  BitString,
  decode,
  ExternalFun,
  encode,
  Float,
  Fun,
  fromJson,
  ImproperList,
  inspect,
  type Json,
  LocalTerm,
  NativeRecord,
  Pid,
  Port,
  Reference,
  type Term,
  Tuple,
  toJson,
  tuple,
} from '../../src/index.ts'
import { knownTo } from '../arbitrary-term.ts'

const node = atom('a@b')
const fun = new Fun(atom('m'), 1, 2, 3, Uint8Array.of(112))

/** One of each class of terms, with its JSON and its text. */
const CLASSES: readonly (readonly [term: Term, json: unknown, text: string])[] = [
  [atom('ok'), 'ok', 'ok'],
  [new Float(1), 1, '1.0'],
  [new Binary(encode('abc'), 6, 3), 'abc', 'abc'],
  [new Binary(Uint8Array.of(255)), { base64: '/w==' }, '�'],
  [new BitString(Uint8Array.of(255, 128), 1), '<<255,1:1>>', '<<255,1:1>>'],
  [tuple(atom('ok'), 1n), ['ok', '1'], '{ok,1}'],
  [tuple(), [], '{}'],
  [new ImproperList([1], atom('tail')), [1, 'tail'], '[1|tail]'],
  [
    new NativeRecord(atom('m'), atom('r'), true, [[atom('f'), new Map([[1, 2]])]]),
    { f: { 1: 2 } },
    '#m:r{f = #{1 => 2}}',
  ],
  [new Pid(node, 1, 2, 3), '<a@b.1.2>', '<a@b.1.2>'],
  [new Port(node, 1n, 2), '#Port<a@b.1>', '#Port<a@b.1>'],
  [new Reference(node, 1, [1, 2, 3]), '#Ref<a@b.3.2.1>', '#Ref<a@b.3.2.1>'],
  [fun, '#Fun<m.2.3>', '#Fun<m.2.3>'],
  [new ExternalFun(atom('m'), atom('f'), 2), 'fun m:f/2', 'fun m:f/2'],
  [new LocalTerm(new Uint8Array(9)), '#Local<9 bytes>', '#Local<9 bytes>'],
]

describe('JSON', () => {
  it.each(CLASSES)('JSON.stringify of the class of %s', (term, json) => {
    expect(JSON.parse(JSON.stringify(term))).toStrictEqual(json)
    expect(JSON.parse(JSON.stringify({ in: [term] }))).toStrictEqual({ in: [json] })
    expect(toJson(term)).toStrictEqual(json)
  })

  it.each(CLASSES)('String() and a template string write %s as Erlang does', (term, _json, text) => {
    expect(String(term)).toBe(text)
    expect(`${term as Tuple}`).toBe(text)
  })

  it('console.log shows terms inside of JavaScript values as Erlang writes them', () => {
    expect(nodeInspect([tuple(atom('ok'), [1000, 2000])])).toBe('[ {ok,[1000,2000]} ]')
  })

  it.each([
    [null, null],
    [undefined, null],
    [atom('nil'), null],
    [true, true],
    [Atom.of('false'), false],
    [1.5, 1.5],
    [2n ** 64n, '18446744073709551616'],
    ['text', 'text'],
    [new TextEncoder().encode('é'), 'é'],
    [Uint8Array.of(255), { base64: '/w==' }],
    [new Map([[atom('a'), 1]]), { a: 1 }],
    [
      new Map<Term, Term>([
        [1, 'one'],
        ['2', 'two'],
      ]),
      { 1: 'one', 2: 'two' },
    ],
    [
      new Map<Term, Term>([
        [atom('a'), 1],
        ['a', 2],
      ]),
      [
        ['a', 1],
        ['a', 2],
      ],
    ],
    [new Map<Term, Term>([[tuple(1, 2), 3]]), [[[1, 2], 3]]],
    [new Map([['__proto__', 1]]), JSON.parse('{"__proto__":1}')],
    [{ a: { b: [tuple()] } }, { a: { b: [[]] } }],
  ])('toJson of %s', (term, json) => {
    expect(toJson(term as Term)).toStrictEqual(json)
  })

  it('any term has a JSON, whatever is in it', () => {
    fc.assert(
      fc.property(knownTo(29).term, (term) => {
        expect(() => JSON.parse(JSON.stringify(toJson(term)))).not.toThrow()
        expect(() => JSON.parse(JSON.stringify(tuple(term)))).not.toThrow()
      }),
      { numRuns: 500 },
    )
  })

  it('refuses what is no term, and what has no end', () => {
    const circle: Term[] = []
    circle.push(circle)
    expect(() => toJson(circle)).toThrow(expect.objectContaining({ code: 'ETF_LIMIT_DEPTH' }))
    expect(() => toJson((() => 1) as never)).toThrow(expect.objectContaining({ code: 'ETF_NOT_ENCODABLE' }))
    expect(() => toJson(Number.NaN)).toThrow(expect.objectContaining({ code: 'ETF_NOT_ENCODABLE' }))
  })

  it('fromJson gives the term of a JSON value, bytes included', () => {
    const json = { name: 'Ada', ids: [1, 2.5, null, true], raw: { base64: '/wA=' }, base64: 'no bytes' }
    const term = fromJson(json)
    expect(term).toStrictEqual({ ...json, raw: Uint8Array.of(255, 0) })
    expect(inspect(decode(encode(term)))).toBe(inspect(term))
  })

  it('what is JSON already comes back the same', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        expect(toJson(fromJson(json as never))).toEqual(JSON.parse(JSON.stringify(json)))
      }),
    )
  })

  it.each([[Number.NaN], [() => 1], ['\ud800'], [1n]])('fromJson refuses %s', (value) => {
    expect(() => fromJson([value] as never)).toThrow(expect.objectContaining({ code: 'ETF_NOT_ENCODABLE' }))
  })

  it('a tuple is still one after a class of another name was made of it', () => {
    class Reply extends Tuple {}
    expect(JSON.stringify(new Reply([atom('ok')]))).toBe('["ok"]')
  })
})

describe('what a peer makes large', () => {
  const huge = (1n << 33_000_000n) + 5n
  const QUICK_MS = 2_000

  it('an integer of 4 MB is text in hexadecimal, in no long time', () => {
    const begun = performance.now()
    const json = toJson([huge, -huge, new Map([[huge, 1]])]) as readonly unknown[]
    expect(performance.now() - begun).toBeLessThan(QUICK_MS)
    expect(BigInt(String(json[0]).replace('16#', '0x'))).toBe(huge)
    expect(String(json[1]).slice(0, 6)).toBe('-16#10')
    expect(toJson(2n ** 4_096n - 1n)).toBe(String(2n ** 4_096n - 1n))
    expect(toJson(2n ** 4_096n)).toBe(`16#1${'0'.repeat(1_024)}`)
  })

  it('a Decimal of such digits stays an object, and one of fewer does not', () => {
    const decimal = (coef: Term) =>
      decode(
        encode(
          new Map<Term, Term>([
            [atom('__struct__'), atom('Elixir.Decimal')],
            [atom('sign'), 1],
            [atom('coef'), coef],
            [atom('exp'), -2],
          ]),
        ),
        { values: 'plain' },
      )
    const begun = performance.now()
    // As large as BEAM takes them.
    const digits = (1n << 4_194_000n) + 5n
    const large = decimal(digits)
    JSON.stringify(large)
    inspect(large)
    expect(performance.now() - begun).toBeLessThan(QUICK_MS)
    expect(large).toMatchObject({ coef: digits, exp: -2 })
    expect(String(decimal(2n ** 4_096n - 1n))).toMatch(/\.\d\d$/)
    expect(decode(encode(large), { values: 'plain' })).toStrictEqual(large)
  })

  it('a map of many keys of 16 KB is pairs, in no long time', () => {
    const keys = Array.from({ length: 3_000 }, (_, index) => `${String(index).padStart(6, '0')}${'x'.repeat(16_384)}`)
    const map = new Map(keys.map((key) => [Buffer.from(key), 1] as const))
    const begun = performance.now()
    const json = toJson(map) as readonly (readonly [string, number])[]
    expect(performance.now() - begun).toBeLessThan(QUICK_MS)
    expect(json).toHaveLength(keys.length)
    expect(json[7]).toStrictEqual([keys[7], 1])
  })
})

describe('an array that is longer than any list', () => {
  const endless = (): Term => Object.assign([], { length: 2 ** 32 - 1 })

  it.each<[string, (value: Term) => unknown]>([
    ['toJson', toJson],
    ['fromJson', (value) => fromJson(value as Json)],
    ['encode', (value) => encode(value)],
    ['encode, deep', (value) => encode(Array.from({ length: 5_000 }).reduce<Term>((inner) => [inner], value))],
  ])('%s refuses it without a look at its holes', (_, take) => {
    let looks = 0
    const watched = new Proxy(endless() as object, {
      get: (array, key) => {
        looks++
        return Reflect.get(array, key)
      },
    }) as Term
    expect(() => take(watched)).toThrow(expect.objectContaining({ code: expect.stringMatching(/^ETF_LIMIT_/) }))
    expect(looks).toBeLessThan(20)
  })

  it('inspect says what it is', () => {
    expect(inspect([endless()])).toBe('[#JavaScript<array of 4294967295>]')
  })

  it('holes of a shorter one are undefined, as everywhere', () => {
    const holes = Object.assign([1], { length: 3 }) as Term
    expect(decode(encode(holes))).toStrictEqual([1, undefined, undefined])
    expect(toJson(holes)).toStrictEqual([1, null, null])
  })
})

it.each<[string, object]>([
  ['bytes', new Uint8Array(3)],
  ['a Buffer of JSON text', Buffer.from('{"a":1}')],
  ['an ArrayBuffer', new ArrayBuffer(3)],
  ['a Map', new Map([['a', 1]])],
  ['a Set', new Set([1])],
])('fromJson refuses %s, also inside, rather than make a map of it', (_, value) => {
  for (const json of [value, [value], { a: value }]) {
    expect(() => fromJson(json as unknown as Json)).toThrow(expect.objectContaining({ code: 'ETF_NOT_ENCODABLE' }))
  }
})
