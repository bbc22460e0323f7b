import { inspect as nodeInspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import {
  type Atom,
  atom,
  atoms,
  Decimal,
  decode,
  type ElixirError,
  encode,
  equals,
  Float,
  inspect,
  PlainDate,
  PlainDateTime,
  PlainTime,
  Range,
  struct,
  type Term,
  TermDecoder,
  t,
  toJson,
  tuple,
  Version,
} from '../../src/index.ts'
import { ElixirPeer } from './elixir-peer.ts'

let elixir: ElixirPeer
beforeAll(async () => {
  elixir = await ElixirPeer.start()
}, 60_000)
afterAll(() => elixir[Symbol.asyncDispose]())

const plain = (bytes: Uint8Array): Term => decode(bytes, { values: 'plain' })
const made = async (code: string): Promise<Term> => plain(await elixir.make(code))

describe('plain values and a live Elixir', () => {
  it('what came and goes back unchanged is the same term', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      for (const bytes of await elixir.random(seed, 100)) {
        const again = encode(plain(bytes))
        expect(await elixir.isSame(bytes, again), Buffer.from(bytes).toString('base64')).toBe(true)
        // The deep writer and the order of keys know the same values.
        const ordered = encode(plain(bytes), { deterministic: true })
        expect(await elixir.isSame(bytes, ordered), Buffer.from(bytes).toString('base64')).toBe(true)
      }
    }
  }, 120_000)

  it('terms that nest deeply come back too', async () => {
    const bytes = await elixir.make('Enum.reduce(1..500, %{at: ~U[2024-01-01 00:00:00.1Z]}, &%{in: [&2], n: &1})')
    expect(await elixir.isSame(bytes, encode(plain(bytes)))).toBe(true)
  })

  it('equals and inspect see the term, whichever values it came as', async () => {
    for (const bytes of await elixir.random(77, 300)) {
      const value = plain(bytes)
      expect(equals(value, decode(bytes)), inspect(decode(bytes))).toBe(true)
      expect(inspect(value)).not.toContain('#JavaScript')
      expect(() => JSON.stringify(toJson(value))).not.toThrow()
    }
  })
})

describe('JSON.stringify', () => {
  it('takes whatever came, but for a bigint or bytes alone', async () => {
    for (const bytes of await elixir.random(33, 500)) {
      const value = plain(bytes)
      if (typeof value === 'bigint' || value instanceof Uint8Array || value === undefined) continue
      expect(JSON.parse(JSON.stringify(value)), inspect(value)).toEqual(JSON.parse(JSON.stringify(toJson(value))))
    }
  })

  it.each([
    ['%{id: 100000000000000000000, n: 1}', '{"id":"100000000000000000000","n":1}'],
    ['[1, 100000000000000000000]', '[1,"100000000000000000000"]'],
    ['%{raw: <<255>>, in: [%{deep: [<<255>>]}]}', '{"in":[{"deep":[{"base64":"/w=="}]}],"raw":{"base64":"/w=="}}'],
    ['%{1 => %{2 => 3}}', '{"1":{"2":3}}'],
    ['[MapSet.new([1, 2])]', '[[1,2]]'],
    ['%{toJSON: 1, big: 100000000000000000000, a: %{{1, 2} => 3}}', undefined],
    ['Enum.reduce(1..400, [100000000000000000000], &[&2, &1])', /100000000000000000000/],
  ])('%s', async (code, json) => {
    const value = await made(code)
    if (json === undefined) return expect(() => JSON.stringify(value)).toThrow(TypeError)
    const text = JSON.stringify(value)
    if (typeof json === 'string') expect(JSON.parse(text)).toEqual(JSON.parse(json))
    else expect(text).toMatch(json)
    expect(await elixir.isSame(await elixir.make(code), encode(value))).toBe(true)
  })
})

describe('objects', () => {
  it('of atoms keep them in a copy, and show nothing of it', async () => {
    const stock = (await made('%{id: 7, qty: 3}')) as { readonly id: number; readonly qty: number }
    expect(Object.entries(stock)).toEqual([
      ['id', 7],
      ['qty', 3],
    ])
    expect(JSON.stringify(stock)).toBe('{"id":7,"qty":3}')
    expect(nodeInspect(stock)).toBe('{ id: 7, qty: 3 }')
    expect(nodeInspect({ deep: { deeper: { stock } } })).toBe('{ deep: { deeper: { stock: [Object] } } }')
    expect(stock).toMatchObject({ id: 7, qty: 3 })
    expect(stock).toEqual(atoms({ id: 7, qty: 3 }))
    expect(await elixir.eval('& &1 === %{id: 7, qty: 4}', { ...stock, qty: 4 })).toBe('true')
    const { id: _, ...rest } = stock
    expect(await elixir.eval('& &1 === %{qty: 3}', rest)).toBe('true')
    expect(inspect(stock)).toBe('#{id => 7,qty => 3}')
    expect(inspect(tuple(stock), { syntax: 'elixir' })).toBe('{%{id: 7, qty: 3}}')
  })

  it('made anew have text, and atoms by choice', async () => {
    expect(await elixir.eval('& &1 === %{"qty" => 3}', { qty: 3 })).toBe('true')
    expect(await elixir.eval('& &1 === %{qty: 3, in: %{"text" => 1}}', atoms({ qty: 3, in: { text: 1 } }))).toBe('true')
    expect(await elixir.eval('& &1 === %{nil: 1, true: 2}', atoms({ nil: 1, true: 2 }))).toBe('true')
  })

  it('that data of a stranger is spread into take its names as their own, unless a shape writes them', async () => {
    const stock = (await made('%{id: 7, qty: 3}')) as { readonly id: number; readonly qty: number }
    const body = JSON.parse('{"qty":4,"made_up":{"deep":1}}') as { readonly qty: number }
    const spread = { ...stock, ...body }
    expect(await elixir.eval('& &1 === %{id: 7, qty: 4, made_up: %{"deep" => 1}}', spread)).toBe('true')
    expect(await elixir.eval('& &1 === %{id: 7, qty: 4, made_up: %{"deep" => 1}}', { ...body, ...stock, qty: 4 })).toBe(
      'true',
    )
    const shape = { id: t.int(), qty: t.int() }
    expect(await elixir.eval('& &1 === %{id: 7, qty: 4}', t.fields(shape).write(spread))).toBe('true')
    const asText = t.fields(shape, { keys: 'text' })
    expect(await elixir.eval('& &1 === %{"id" => 7, "qty" => 4}', asText.write(spread))).toBe('true')
    expect(() => t.fields(shape).write({ ...stock, ...JSON.parse('{"qty":"4"}') })).toThrow('.qty: expected an integer')
    // What a shape reads has no mark: only the program names keys then.
    const read = t.fields(shape).parse(stock)
    expect(await elixir.eval('& &1 === %{"id" => 7, "qty" => 3, "more" => 1}', { ...read, more: 1 })).toBe('true')
  })

  it('are Maps where keys are of both kinds, or neither', async () => {
    expect(await made('%{:a => 1, "b" => 2}')).toEqual(
      new Map<Term, Term>([
        [atom('a'), 1],
        ['b', 2],
      ]),
    )
    expect(await made('%{1 => 2}')).toEqual(new Map([[1, 2]]))
    expect(await made('%{1.0 => 2}')).toEqual(new Map([[new Float(1), 2]]))
    expect(await made('%{}')).toStrictEqual({})
  })

  it('with a key named __proto__ stay objects', async () => {
    const value = (await made('%{__proto__: %{a: 1}}')) as object
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect(Object.keys(value)).toEqual(['__proto__'])
  })
})

describe('structs', () => {
  it.each<[code: string, check: (value: never) => unknown, shown: unknown]>([
    ['~U[2024-01-31 17:30:00.125Z]', (at: Date) => at.toISOString(), '2024-01-31T17:30:00.125Z'],
    [
      '%{~U[2024-01-31 17:30:00Z] | utc_offset: 3600, std_offset: 3600, time_zone: "Europe/Paris"}',
      (at: Date) => at.toISOString(),
      '2024-01-31T15:30:00.000Z',
    ],
    ['~U[0099-01-31 00:00:00Z]', (at: Date) => at.toISOString(), '0099-01-31T00:00:00.000Z'],
    ['~D[2024-01-31]', (day: PlainDate) => [day instanceof PlainDate, `${day}`], [true, '2024-01-31']],
    ['~T[17:30:00.120]', (time: PlainTime) => [time instanceof PlainTime, `${time}`], [true, '17:30:00.120']],
    ['~N[2024-01-31 17:30:00]', (at: PlainDateTime) => `${at}`, '2024-01-31T17:30:00'],
    ['MapSet.new([1, "a", :b])', (set: Set<Term>) => [...set].map(String).sort(), ['1', 'a', 'b']],
    ['MapSet.new(["a"])', (set: Set<Term>) => [...set], ['a']],
    ['MapSet.new([:a, nil])', (set: Set<Term>) => new Set(set), new Set([atom('a'), null])],
    ['MapSet.new([])', (set: Set<Term>) => [set instanceof Set, set.size], [true, 0]],
    ['1..7//3', (range: Range) => [...range, `${range}`], [1, 4, 7, '1..7//3']],
    ['URI.parse("http://a.example/x?y#z")', (url: URL) => url.href, 'http://a.example/x?y#z'],
    ['Version.parse!("1.2.3-rc.1+b")', (version: Version) => `${version}`, '1.2.3-rc.1+b'],
    [
      'ArgumentError.exception("boom")',
      (error: ElixirError) => [error instanceof Error, error.name, error.message, error.toElixir()],
      [true, 'ArgumentError', 'boom', '(ArgumentError) boom'],
    ],
    ['%KeyError{key: :a, term: 1}', (error: ElixirError) => `${error}`, 'KeyError: %{key: :a, term: 1}'],
    [
      '%{__struct__: Decimal, sign: -1, coef: 1250, exp: -2}',
      (number: Decimal) => [`${number}`, Number(number)],
      ['-12.50', -12.5],
    ],
    ['%{__struct__: MyApp.Order, id: 7}', (order: { id: number }) => order.id, 7],
    ['%{~D[2024-01-31] | month: 13}', (value: object) => value.constructor, Object],
    ['Map.put(~D[2024-01-31], :more, 1)', (value: object) => value.constructor, Object],
    ['%{~D[2024-01-31] | calendar: Calendar.Other}', (value: object) => value.constructor, Object],
    ['URI.parse("/relative")', (uri: { path: string }) => uri.path, '/relative'],
  ])('%s', async (code, check, shown) => {
    const value = await made(code)
    expect(check(value as never)).toEqual(shown)
    expect(await elixir.isSame(await elixir.make(code), encode(value))).toBe(true)
  })

  it.each<[value: Term, code: string]>([
    [new Date('2024-01-31T17:30:00.125Z'), '~U[2024-01-31 17:30:00.125Z]'],
    [PlainDate.from('2024-01-31'), '~D[2024-01-31]'],
    [PlainTime.from('17:30:00.123456'), '~T[17:30:00.123456]'],
    [PlainDateTime.from('2024-01-31 17:30:00'), '~N[2024-01-31 17:30:00]'],
    [new Range(5, 1), '5..1//-1'],
    [Version.from('1.2.3-rc.1'), 'Version.parse!("1.2.3-rc.1")'],
    [new URL('https://u:p@a.example:444/x?y#z'), 'URI.new!("https://u:p@a.example:444/x?y#z")'],
    [new URL('http://a.example/'), 'URI.new!("http://a.example/")'],
    [new URL('mailto:a@b.example'), 'URI.new!("mailto:a@b.example")'],
    [Decimal.from('-12.50'), '%{__struct__: Decimal, sign: -1, coef: 1250, exp: -2}'],
    [struct('MyApp.Order', { id: 7 }), '%{__struct__: MyApp.Order, id: 7}'],
  ])('%s is sent as %s', async (value, code) => {
    expect(await elixir.eval(`& &1 === ${code}`, value)).toBe('true')
  })

  it('a Set is a MapSet that Elixir works with', async () => {
    const check = '&{MapSet.member?(&1, 2), MapSet.size(&1), MapSet.equal?(MapSet.put(&1, 3), &1), Enum.sort(&1)}'
    expect(await elixir.eval(check, new Set([1, 2]))).toBe('{true, 2, false, [1, 2]}')
    const set = (await made('MapSet.new([1])')) as Set<number>
    expect(await elixir.eval('& &1 === MapSet.new([1, 2])', set.add(2))).toBe('true')
  })

  it('a Date that was changed is sent as it is now, in UTC', async () => {
    const at = (await made('%{~U[2024-01-31 17:30:00.123456Z] | time_zone: "Europe/Paris"}')) as Date
    at.setUTCFullYear(2025)
    expect(await elixir.eval('& &1 === ~U[2025-01-31 17:30:00.123Z]', at)).toBe('true')
  })

  it('an invalid Date is refused', () => {
    expect(() => encode(new Date(Number.NaN))).toThrow(expect.objectContaining({ code: 'ETF_NOT_ENCODABLE' }))
  })

  it('of the program become its values, and go back as structs', async () => {
    class Money {
      readonly amount: bigint
      readonly currency: string
      constructor(amount: bigint, currency: string) {
        this.amount = amount
        this.currency = currency
      }
    }
    const money = struct('MyApp.Money', {
      class: Money,
      decode: ({ amount, currency }) => new Money(BigInt(amount as number), (currency as Atom).name),
      encode: (value) => ({ amount: value.amount, currency: atom(value.currency) }),
    })
    const code = '%{__struct__: MyApp.Money, amount: 5, currency: :EUR}'
    const bytes = await elixir.make(`[${code}, ~D[2024-01-31]]`)
    const [value, day] = decode(bytes, { values: { set: 'plain', structs: [money] } }) as readonly unknown[]
    expect(value).toStrictEqual(new Money(5n, 'EUR'))
    expect(day).toBeInstanceOf(PlainDate)
    expect(await elixir.eval(`& &1 === ${code}`, value as Term)).toBe('true')
    expect(await elixir.eval(`& &1 === [${code}]`, [new Money(5n, 'EUR')] as unknown as Term)).toBe('true')
  })

  it('of the program may be plain objects, which go back while they are the same object', async () => {
    const point = struct('MyApp.Point', {
      decode: ({ x, y }) => ({ at: [x, y] }),
      encode: ({ at: [x, y] }) => ({ x, y }),
    })
    const bytes = await elixir.make('%{__struct__: MyApp.Point, x: 1, y: 2}')
    const value = decode(bytes, { values: { set: 'plain', structs: [point] } })
    expect(value).toStrictEqual({ at: [1, 2] })
    expect(await elixir.isSame(bytes, encode(value))).toBe(true)
    expect(await elixir.eval('& &1 === %{"at" => [1, 2]}', { ...(value as object) } as Term)).toBe('true')
    expect(await elixir.isSame(bytes, encode(point.encode({ at: [1, 2] })))).toBe(true)
  })

  it('stay objects where the decoder of the program throws', async () => {
    const bad = struct('MyApp.Bad', {
      decode: () => {
        throw new TypeError('no')
      },
      encode: () => ({}),
    })
    const bytes = await elixir.make('[%{__struct__: MyApp.Bad, x: 1}]')
    const value = decode(bytes, { values: { set: 'plain', structs: [bad] } })
    expect(value).toMatchObject([{ x: 1 }])
    expect(await elixir.isSame(bytes, encode(value))).toBe(true)
  })
})

describe('settings', () => {
  const bytes = encode(
    new Map<Term, Term>([
      [atom('text'), 'é'],
      [atom('raw'), Uint8Array.of(255)],
      [atom('one'), new Float(1)],
    ]),
  )

  it('exact is the default, and plain reads text and objects', () => {
    const exact = new Map<Term, Term>([
      [atom('text'), new TextEncoder().encode('é')],
      [atom('raw'), Uint8Array.of(255)],
      [atom('one'), 1],
    ])
    expect(decode(bytes)).toStrictEqual(exact)
    expect(decode(bytes, { values: 'exact' })).toStrictEqual(exact)
    expect(decode(bytes, { values: 'plain' })).toStrictEqual(atoms({ text: 'é', raw: Uint8Array.of(255), one: 1 }))
    expect(new TermDecoder({ values: 'plain' }).decode(bytes, 1, bytes.length)).toStrictEqual(plain(bytes))
  })

  it('single settings stand on top', () => {
    expect(decode(bytes, { values: { set: 'plain', float: 'boxed' } })).toMatchObject({ one: new Float(1), text: 'é' })
    expect(decode(bytes, { values: 'plain', float: 'boxed' })).toMatchObject({ one: new Float(1), text: 'é' })
    expect(decode(bytes, { values: { map: 'object' } })).toMatchObject({ text: new TextEncoder().encode('é') })
    expect(decode(bytes, { values: 'plain', map: 'map' })).toBeInstanceOf(Map)
    expect(decode(encode(new Date(0)), { values: 'plain', structs: false })).toMatchObject({ year: 1970 })
    expect(decode(encode(new Date(0)), { values: 'plain' })).toStrictEqual(new Date(0))
  })

  it.each([
    [{ values: 'plane' }, "values must be one of 'exact', 'plain'"],
    [{ values: { binary: 'txt' } }, 'values.binary'],
    [{ values: { maps: 'object' } }, 'map'],
    [{ structs: [{}] }, 'structs'],
  ])('%o is refused', (options, message) => {
    expect(() => decode(bytes, options as never)).toThrow(
      expect.objectContaining({ code: 'ETF_BAD_OPTION', message: expect.stringContaining(message) }),
    )
  })

  it('t reads structs in either form, and keyword lists', async () => {
    const code =
      '[at: ~U[2024-01-31 17:30:00Z], tags: MapSet.new([:a, :b]), price: %{__struct__: Decimal, sign: 1, coef: 5, exp: 0}]'
    const shape = t.keyword({
      at: t.instance(Date),
      tags: t.set(t.atom('a', 'b')),
      price: t.optional(t.instance(Decimal)),
    })
    const bytes = await elixir.make(code)
    for (const values of ['exact', 'plain'] as const) {
      const order = shape.parse(decode(bytes, { values }))
      expectTypeOf(order).toEqualTypeOf<{ at: Date; tags: Set<'a' | 'b'>; price?: Decimal }>()
      expect(order).toStrictEqual({
        at: new Date('2024-01-31T17:30:00Z'),
        tags: new Set(['a', 'b']),
        price: new Decimal(1, 5n, 0),
      })
      const { price: _, ...rest } = order
      const check = '& Keyword.keys(&1) == [:at, :tags] and MapSet.member?(&1[:tags], :a) and &1[:at].year'
      expect(await elixir.eval(check, shape.write(rest))).toBe('2024')
    }
    expect(() => shape.parse(decode(encode([tuple(atom('at'), 5)])))).toThrow('.at: expected a value of class Date')
    expect(() => shape.write({ at: new Date(0), tags: new Set(['c' as never]) })).toThrow('.tags[0]: expected a or b')
    expect(shape.test([5])).toBe(false)
  })

  it('t reads a binary in either form', () => {
    for (const values of ['exact', 'plain'] as const) {
      const term = decode(encode(tuple('é', Uint8Array.of(255))), { values })
      const [text] = t.tuple(t.text(), t.bytes()).parse(term)
      const [raw, other] = t.tuple(t.bytes(), t.bytes()).parse(term)
      expect([text, raw, other]).toEqual(['é', new TextEncoder().encode('é'), Uint8Array.of(255)])
    }
  })
})

it('shows a Decimal of a million digits at once, and exactly', () => {
  const digits = 10n ** 20n
  expect(nodeInspect(new Decimal(1, digits, -2))).toBe('Decimal.new("1000000000000000000.00")')
  const large = 1n << 3_000_000n
  const text = nodeInspect(new Decimal(-1, large, -2))
  expect(text).toMatch(/^Decimal\.new\(-1, 0x10+, -2\)$/)
  expect(BigInt(text.slice('Decimal.new(-1, '.length, text.indexOf(', -2')))).toBe(large)
})

it('sends what a shape read as text, and as it came by the shape', () => {
  const shape = t.fields({ id: t.int(), paid: t.boolean() })
  const came = decode(encode(atoms({ id: 7, paid: false })), { values: 'plain' })
  expect(inspect({ ...(came as object), paid: true } as Term)).toBe('#{id => 7,paid => true}')
  const read = shape.parse(came)
  expect(inspect({ ...read, paid: true })).toBe('#{<<"id">> => 7,<<"paid">> => true}')
  expect(inspect(shape.write({ ...read, paid: true }))).toBe('#{id => 7,paid => true}')
})
