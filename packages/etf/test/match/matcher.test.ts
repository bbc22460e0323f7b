import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  type Atom,
  atom,
  Binary,
  charlist,
  decode,
  EtfError,
  encode,
  equals,
  Float,
  ImproperList,
  type Matched,
  type Matcher,
  Matcher as MatcherClass,
  mismatchText,
  type Result,
  type StandardSchema,
  struct,
  type Term,
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
    const [tag, count, names] = value
    expectTypeOf(tag).toEqualTypeOf<'ok'>()
    expectTypeOf(count).toEqualTypeOf<number>()
    expectTypeOf(names).toEqualTypeOf<string[]>()
    expect({ count, names }).toStrictEqual({ count: 7, names: ['a', 'b'] })
    expectTypeOf<Matched<typeof reply>>().toEqualTypeOf<
      ['ok', { name: string; age: number; note?: string }] | ['error', string]
    >()
  })

  it.each(['bytes', 'text', 'view'] as const)('does not care how binaries were decoded: %s', (binary) => {
    const bytes = encode(tuple(atom('ok'), { name: 'Ada', age: 36 }))
    for (const map of ['map', 'object'] as const) {
      const [, fields] = reply.parse(decode(bytes, { binary, map }))
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

  it('narrows unions by their tags', () => {
    const read = reply.parse(tuple(atom('ok'), { name: 'Ada', age: 36 }))
    const [tag, body] = read
    if (tag === 'ok') expectTypeOf(body.age).toEqualTypeOf<number>()
    else expectTypeOf(body).toEqualTypeOf<string>()
    if (read[0] === 'error') expectTypeOf(read[1]).toEqualTypeOf<string>()
    expectTypeOf<Matched<ReturnType<typeof t.boolean>>>().toEqualTypeOf<boolean>()
    expectTypeOf(t.atom()).toEqualTypeOf<Matcher<Atom>>()
    expectTypeOf(t.atom('a', 'b')).toEqualTypeOf<Matcher<'a' | 'b'>>()
    // @ts-expect-error no such tag
    expect(read[0] === 'other').toBe(false)
    // @ts-expect-error there is no third element
    const [, , third] = read
    expect(third).toBeUndefined()
    // @ts-expect-error only a Matcher
    expect(() => t.tuple('ok')).toThrow('t.tuple')
  })

  it('of a union names the place in the shape that fits best', () => {
    const wrong = (term: Term): string => {
      const result = reply.match(term)
      return result.ok ? 'it fits' : `${result.mismatch.path}: ${result.mismatch.expected}`
    }
    expect(wrong(tuple(atom('ok'), { name: 'Ada', age: 'old' }))).toBe('[1].age: an integer')
    expect(wrong(tuple(atom('ok'), { name: 'Ada' }))).toMatch(/^\[1\]: a map with .* no age$/)
    expect(wrong(tuple(atom('error'), 5))).toBe('[1]: text')
    expect(wrong(tuple(atom('other'), 5))).toBe('[0]: ok or error')
    expect(wrong(7)).toMatch(/^: a tuple .* or a tuple/)
    const nested = t.fields({ reply: t.list(reply) })
    expect(() => nested.parse({ reply: [tuple(atom('ok'), 1)] })).toThrow('reply[0][1]: expected a map with name, age')
    expect(() => reply.write(['ok', { name: 'Ada', age: 1.5 }])).toThrow('[1].age: expected an integer, found 1.5')
  })

  it.each<[term: Term, result: unknown]>([
    [tuple(atom('ok'), 7), { ok: true, value: 7 }],
    [tuple(atom('error'), atom('sold_out')), { ok: false, reason: 'sold_out' }],
  ])('result reads %s, and writes it', (term, value) => {
    const shape = t.result(t.int(), t.atom('sold_out'))
    expect(shape.parse(term)).toStrictEqual(value)
    expect(equals(shape.write(shape.parse(term)), term)).toBe(true)
  })

  it('result reads what is bare where there is to be nothing', () => {
    const shape = t.result()
    expect(shape.parse(atom('ok'))).toStrictEqual({ ok: true, value: undefined })
    expect(shape.parse(atom('error'))).toStrictEqual({ ok: false, reason: undefined })
    expect(shape.parse(tuple(atom('error'), 'why'))).toStrictEqual({ ok: false, reason: 'why' })
    expect(shape.write({ ok: true, value: undefined })).toBe(atom('ok'))
    expect(shape.write({ ok: false, reason: undefined })).toBe(atom('error'))
    expect(shape.test(tuple(atom('ok'), 1))).toBe(false)
    const strict = t.result(t.int(), t.atom('sold_out'))
    expect(strict.test(atom('ok'))).toBe(false)
    expect(strict.test(atom('error'))).toBe(false)
    expect(() => strict.parse(tuple(atom('ok'), 'a'))).toThrow('[1]: expected an integer, found <<"a">>')
    expect(() => strict.parse(tuple(atom('error'), atom('x')))).toThrow('[1]: expected sold_out, found x')
    expect(() => strict.parse(5)).toThrow('expected {ok, an integer} or {error, sold_out}, found 5')
    expect(() => strict.write(5 as never)).toThrow('expected {ok, an integer} or {error, sold_out}, found 5')
    expect(() => strict.write({ ok: true, value: 'a' as never })).toThrow('.value: expected an integer, found <<"a">>')
    const read = strict.parse(tuple(atom('ok'), 7))
    expectTypeOf(read).toEqualTypeOf<Result<number, 'sold_out'>>()
    if (read.ok) expectTypeOf(read.value).toEqualTypeOf<number>()
    else expectTypeOf(read.reason).toEqualTypeOf<'sold_out'>()
    // @ts-expect-error the reason is there only when it is not ok
    expect(read.reason).toBeUndefined()
  })

  it.each<[name: string, shape: { write: unknown }, value: unknown, term: Term]>([
    ['atom', t.atom('nil', 'ok'), 'nil', null],
    ['any atom', t.atom(), atom('x'), atom('x')],
    ['boolean', t.boolean(), true, true],
    ['literal', t.literal(tuple(1)), tuple(1), tuple(1)],
    ['int', t.int(), 5, 5],
    ['bigint', t.bigint(), 5n, 5],
    ['number', t.number(), 1.5, 1.5],
    ['text', t.text(), 'é', 'é'],
    ['bytes', t.bytes(), Uint8Array.of(1), Uint8Array.of(1)],
    ['charlist', t.charlist(), 'hé', charlist('hé')],
    ['list', t.list(t.atom('a')), ['a', 'a'], [atom('a'), atom('a')]],
    ['cons', t.cons(t.atom('alias'), t.int()), { head: 'alias', tail: 1 }, new ImproperList([atom('alias')], 1)],
    ['map', t.map(t.text(), t.atom('a')), new Map([['k', 'a']]), new Map([['k', atom('a')]])],
    ['fields', t.fields({ id: t.int(), note: t.optional(t.text()) }), { id: 1 }, new Map([[atom('id'), 1]])],
    ['fields of text', t.fields({ id: t.int() }, { keys: 'text' }), { id: 1 }, new Map([['id', 1]])],
    ['tuple', t.tuple(t.atom('ok'), t.text()), ['ok', 'a'], tuple(atom('ok'), 'a')],
    ['union', t.union(t.int(), t.text()), 'a', 'a'],
    ['any', t.any(), { a: 1 }, { a: 1 }],
  ])('%s writes what it reads', (_name, any, value, term) => {
    const shape = any as Matcher<unknown>
    expect(equals(shape.write(value), term)).toBe(true)
    expect(shape.parse(shape.write(value))).toStrictEqual(value)
    if (_name === 'any') return
    for (const wrong of [() => 1, Symbol('a'), -0.5, { odd: 1 }, new Date(0)]) {
      if (_name === 'number' && typeof wrong === 'number') continue
      expect(() => shape.write(wrong)).toThrow(expect.objectContaining({ code: 'ETF_MISMATCH' }))
    }
  })

  it('made with map writes only what a second function makes again', () => {
    const seconds = t.int().map(
      (ms) => ms / 1000,
      (s) => s * 1000,
    )
    expect(t.tuple(seconds).write([1.5])).toStrictEqual(tuple(1500))
    const oneWay = t.fields({ at: t.int().map(String) })
    expect(oneWay.parse({ at: 1 })).toStrictEqual({ at: '1' })
    expect(() => oneWay.write({ at: '1' })).toThrow(
      expect.objectContaining({ code: 'ETF_BAD_OPTION', message: 'the shape of an integer only reads' }),
    )
    // @ts-expect-error no text
    expect(() => t.fields({ id: t.int() }).write({ id: 'a' })).toThrow('.id: expected an integer')
    // @ts-expect-error there is no id
    expect(() => t.fields({ id: t.int() }).write({})).toThrow('there is no id')
  })

  it('makes other values of what it matched', () => {
    const date = t.tuple(t.int(), t.int(), t.int()).map(([y, m, d]) => `${y}-${m}-${d}`)
    expect(date.parse(tuple(2024, 2, 29))).toBe('2024-2-29')
  })
})

describe('a shape as a Standard Schema', () => {
  it('reads a term, and says what differs and where, as others do', () => {
    const { version, vendor, validate } = reply['~standard']
    expect({ version, vendor }).toStrictEqual({ version: 1, vendor: '@dynsrv/etf' })
    expect(validate(tuple(atom('ok'), { name: 'Ada', age: 36 }))).toStrictEqual({
      value: ['ok', { name: 'Ada', age: 36 }],
    })
    expect(validate(tuple(atom('ok'), { name: 'Ada', age: 'old' }))).toStrictEqual({
      issues: [{ message: 'expected an integer, found <<"old">>', path: [1, 'age'] }],
    })
    const prices = t.map(t.text(), t.list(t.int()))
    expect(prices['~standard'].validate({ 'a.b': [1, 'x'] })).toMatchObject({
      issues: [{ path: ['get(<<"a.b">>)', 1] }],
    })
    expectTypeOf(prices).toExtend<StandardSchema<Term, Map<string, number[]>>>()
  })
})

describe('a mismatch in the words of Elixir', () => {
  it.each<[name: string, shape: Matcher<unknown>, term: Term, erlang: string, elixir: string]>([
    ['an atom', t.atom('sold_out'), 'x', 'expected sold_out, found <<"x">>', 'expected :sold_out, found "x"'],
    ['one that is a value', t.atom('nil'), atom('x'), 'expected nil, found x', 'expected nil, found :x'],
    ['a module', t.atom('Elixir.Shop'), 1, "expected 'Elixir.Shop', found 1", 'expected Shop, found 1'],
    ['a literal', t.literal('a'), atom('a'), 'expected <<"a">>, found a', 'expected "a", found :a'],
    ['a tuple', t.tuple(t.atom('ok'), t.int()), 1, 'expected a tuple {ok, an integer}', 'a tuple {:ok, an integer}'],
    ['a union', t.union(t.atom('a'), t.atom('b')), 1, 'expected a or b', 'expected :a or :b'],
    [
      'a result',
      t.result(t.int(), t.atom('no')),
      1,
      '{ok, an integer} or {error, no}',
      '{:ok, an integer} or {:error, :no}',
    ],
    ['a list', t.list(t.atom('a')), 1, 'a list of a,', 'a list of :a,'],
    ['some', t.nonEmpty(t.atom('a')), [], 'at least one a,', 'at least one :a,'],
    ['an improper list', t.improperList(t.atom('a'), t.atom('b')), [], 'of a that ends in b', 'of :a that ends in :b'],
    ['a cons', t.cons(t.atom('a'), t.atom('b')), 1, '[a | b]', '[:a | :b]'],
    ['a map', t.map(t.atom('a'), t.int()), 1, 'from a to an integer', 'from :a to an integer'],
    ['pairs', t.pairs({ key: t.atom('a'), value: t.int() }), 1, 'from a to an integer', 'from :a to an integer'],
    ['a set', t.set(t.atom('a')), 1, 'a set of a,', 'a set of :a,'],
    ['a part', t.fields({ a: t.list(t.atom('b')) }), { a: [1] }, 'expected b, found 1', 'expected :b, found 1'],
    ['another value', t.atom('a').map(String), 1, 'expected a, found 1', 'expected :a, found 1'],
  ])('%s', (_name, shape, term, erlang, elixir) => {
    const result = shape.match(term)
    if (result.ok) return expect.unreachable()
    expect(mismatchText(result.mismatch)).toContain(erlang)
    expect(mismatchText(result.mismatch, 'elixir')).toContain(elixir)
    const { path, expected, found } = result.mismatch
    expect(mismatchText({ path, expected, found })).toContain(erlang)
    expect([shape.describe(), shape.describe('erlang')]).toEqual([shape.expected, shape.expected])
  })

  it('is that of a matcher of the program, too', () => {
    expect(t.optional(t.atom('a')).describe('elixir')).toBe(':a')
    const own = new MatcherClass('mine', (term) => ({
      ok: false,
      mismatch: { path: '', expected: 'mine', found: term },
    }))
    const result = own.match('x')
    expect(own.describe('elixir')).toBe('mine')
    expect(!result.ok && mismatchText(result.mismatch, 'elixir')).toBe('expected mine, found "x"')
  })
})

describe('a function of the program that gives a promise', () => {
  const refused = expect.objectContaining({ code: 'ETF_BAD_OPTION' })
  const fails = () => Promise.reject(new Error('nobody waits for this'))

  it.each([
    ['map', () => t.int().map(fails).match(1)],
    ['map, read from bytes', () => t.int().map(fails).decode(encode(1))],
    [
      'the way back of map',
      () =>
        t
          .int()
          .map((value) => value, fails as never)
          .write(1),
    ],
    ['a Matcher', () => new MatcherClass('x', fails as never).match(1)],
    [
      'the way back of a Matcher',
      () => new MatcherClass('x', (term) => ({ ok: true, value: term }), fails as never).write(1),
    ],
    [
      'encode of a struct',
      () => encode(struct('Odd', { class: Odd, decode: () => new Odd(), encode: fails as never }) && new Odd()),
    ],
  ])('%s is refused, and no rejection stays unhandled', async (_what, run) => {
    const unhandled: unknown[] = []
    const note = (cause: unknown) => unhandled.push(cause)
    process.on('unhandledRejection', note)
    try {
      expect(run).toThrow(refused)
      await new Promise(setImmediate)
      expect(unhandled).toStrictEqual([])
    } finally {
      process.off('unhandledRejection', note)
    }
  })

  it('decode of a struct costs the value only', () => {
    const odd = struct('Promised', { decode: fails, encode: () => ({}) })
    const term = new Map([[atom('__struct__'), atom('Elixir.Promised')]])
    const value = decode(encode(term), { values: { set: 'plain', structs: [odd] } })
    expect(value).toStrictEqual(decode(encode(term), { values: 'plain' }))
  })
})

class Odd {}
