import { deepStrictEqual } from 'node:assert'
import fc from '@dynsrv/tools/property'
import { describe, expect, it } from 'vitest'
import {
  atom,
  atoms,
  type DecodeOptions,
  decode,
  encode,
  Float,
  ImproperList,
  type Matcher,
  struct,
  type Term,
  t,
  tuple,
} from '../../src/index.ts'
import { directReader } from '../../src/match/direct.ts'
import { decodeDirect } from '../../src/read/decode.ts'
import { MISS } from '../../src/read/direct-read.ts'
import { Tag } from '../../src/tag-names.ts'
import { leaf as anyLeaf, term as anyTerm } from '../arbitrary-term.ts'

/** A shape, and terms that have it. */
interface Shaped {
  readonly shape: Matcher<unknown>
  readonly fits: fc.Arbitrary<Term>
}

const names = ['id', 'name', 'nil', 'true', 'é', '日本', 'a'.repeat(255), '__proto__', '7', 'constructor']

const leaves: fc.Arbitrary<Shaped> = fc.constantFrom<Shaped>(
  { shape: t.int(), fits: fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.constant(new Float(2))) },
  { shape: t.range(-3, 300), fits: fc.integer({ min: -3, max: 300 }) },
  { shape: t.integer(), fits: fc.oneof(fc.integer(), fc.bigInt()) },
  { shape: t.bigint(), fits: fc.bigInt() },
  { shape: t.number(), fits: fc.oneof(fc.integer(), fc.constantFrom<Term>(1.5, new Float(-0), new Float(3))) },
  { shape: t.float(), fits: fc.oneof(fc.integer(), fc.constantFrom<Term>(0.1, new Float(3))) },
  { shape: t.text(), fits: fc.string({ unit: 'grapheme', maxLength: 40 }) },
  { shape: t.bytes(), fits: fc.uint8Array({ maxLength: 40 }) },
  { shape: t.bytes(16, 16), fits: fc.constant(new Uint8Array(6)) },
  { shape: t.boolean(), fits: fc.boolean() },
  { shape: t.atom(), fits: fc.constantFrom(...names, 'undefined').map((name) => atom(name).value) },
  { shape: t.atom('ok'), fits: fc.constant(atom('ok')) },
  { shape: t.atom('nil', 'é'), fits: fc.constantFrom<Term>(null, atom('é')) },
  { shape: t.literal(7), fits: fc.constant(7) },
  { shape: t.charlist(), fits: fc.constantFrom<Term>([], [97, 98], [0x1f422]) },
  { shape: t.any(), fits: anyLeaf },
  { shape: t.text().map((text) => text.length), fits: fc.string() },
  { shape: t.keyword({ id: t.int() }), fits: fc.constant([tuple(atom('id'), 4)]) },
)

/** Containers of shapes. */
function containersOf(parts: fc.Arbitrary<Shaped>): fc.Arbitrary<Shaped> {
  const several = fc.array(parts, { maxLength: 4 })
  const fieldsOf = fc.uniqueArray(fc.tuple(fc.constantFrom(...names), parts, fc.boolean()), {
    selector: ([name]) => name,
    maxLength: 5,
  })
  return fc.oneof(
    several.map((all) => ({
      shape: t.tuple(...all.map(({ shape }) => shape)),
      fits: fc.tuple(...all.map(({ fits }) => fits)).map((terms) => tuple(...terms)),
    })),
    fc.tuple(parts, fc.boolean()).map(([{ shape, fits }, isFilled]) => ({
      shape: isFilled ? t.nonEmpty(shape) : t.list(shape),
      fits: fc.array(fits, { minLength: isFilled ? 1 : 0, maxLength: 6 }),
    })),
    fc
      .tuple(fieldsOf, fc.constantFrom('fields', 'object', 'open'))
      .map(([fields, kind]) => shapeOfFields(fields, kind)),
    fc.tuple(leaves, parts).map(([key, value]) => ({
      shape: t.map(key.shape, value.shape),
      fits: fc
        .uniqueArray(fc.tuple(key.fits, value.fits), { selector: ([one]) => String(one), maxLength: 4 })
        .map(mapOf),
    })),
    fc.array(parts, { minLength: 1, maxLength: 3 }).map((all) => ({
      shape: t.union(...(all.map(({ shape }) => shape) as [Matcher<unknown>])),
      fits: fc.oneof(...all.map(({ fits }) => fits)),
    })),
    fc.tuple(parts, parts).map(([value, reason]) => ({
      shape: t.result(value.shape, reason.shape),
      fits: fc.oneof(
        value.fits.map((term) => tuple(atom('ok'), term)),
        reason.fits.map((term) => tuple(atom('error'), term)),
        fc.constantFrom<Term>(atom('ok'), atom('error')),
      ),
    })),
    parts.map(({ shape, fits }) => ({ shape: t.lazy('named', () => shape), fits })),
    parts.map(({ shape, fits }) => ({ shape: shape.map((value) => ({ value })), fits })),
  )
}

function mapOf(pairs: readonly (readonly [Term, Term])[]): Term {
  const map = new Map(pairs)
  try {
    encode(map)
    return map
  } catch {
    // Two keys that are one term.
    return new Map(pairs.slice(0, 1))
  }
}

function shapeOfFields(fields: readonly (readonly [string, Shaped, boolean])[], kind: string): Shaped {
  const shapes: [string, Matcher<unknown>][] = fields.map(([name, { shape }, isOptional]) => [
    name,
    isOptional ? t.optional(shape) : shape,
  ])
  const shape = Object.fromEntries(shapes)
  const pairs = fc.tuple(
    ...fields.map(([name, { fits }, isOptional]) =>
      fc.tuple(fc.constant(name), fits, isOptional ? fc.boolean() : fc.constant(true)),
    ),
  )
  const others = fc.constantFrom<Term[]>([], [atom('other')], ['other'], [5], [tuple(1)])
  return {
    shape: kind === 'fields' ? t.fields(shape) : t.object(shape, { others: kind === 'open' }),
    fits: fc.tuple(pairs, others, fc.boolean(), fc.boolean()).map(([all, more, isText, isReversed]) => {
      const written = all.filter(([, , isThere]) => isThere)
      if (isReversed) written.reverse()
      const keyed = written.map(([name, value]): [Term, Term] => [
        kind === 'fields' && isText ? name : atom(name).value,
        value,
      ])
      return new Map([...keyed, ...more.map((key): [Term, Term] => [key, [1, { x: 1 }]])])
    }),
  }
}

const shaped: fc.Arbitrary<Shaped> = fc.oneof(
  { weight: 1, arbitrary: leaves },
  { weight: 3, arbitrary: containersOf(leaves) },
  { weight: 4, arbitrary: containersOf(fc.oneof(leaves, containersOf(leaves))) },
)

const options: fc.Arbitrary<DecodeOptions | undefined> = fc.oneof(
  fc.constantFrom<DecodeOptions | undefined>(
    undefined,
    {},
    { values: 'plain' },
    { binary: 'view' },
    { binary: 'text' },
    { map: 'object' },
    { float: 'boxed' },
  ),
  fc.record({ limits: fc.record({ depth: fc.nat({ max: 4 }), atomCharacters: fc.nat({ max: 260 }) }) }),
)

/** What comes of reading, in a form that compares; bytes as such, whatever they lie on. */
function outcome(run: () => unknown): unknown {
  try {
    return { value: comparable(run()) }
  } catch (error) {
    const { code, path, offset, limit, message } = error as Record<string, unknown>
    return { code, path, offset, limit, message }
  }
}

function comparable(value: unknown): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value)
  if (Array.isArray(value)) return value.map(comparable)
  if (value instanceof Map) return new Map([...value].map(([key, one]) => [comparable(key), comparable(one)]))
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, comparable(one)]))
  }
  return value
}

function expectSame(shape: Matcher<unknown>, bytes: Uint8Array, options: DecodeOptions | undefined): void {
  // Not `toStrictEqual`, to which objects with a field `constructor` are of other types.
  deepStrictEqual(
    outcome(() => shape.decode(bytes, options)),
    outcome(() => shape.parse(decode(bytes, options))),
  )
}

function isReadStraight(shape: Matcher<unknown>, bytes: Uint8Array, options?: DecodeOptions): boolean {
  const read = directReader(shape)
  return read !== undefined && decodeDirect(bytes, options, read) !== MISS
}

const fitting = shaped.chain(({ shape, fits }) => fits.map((term) => ({ shape, bytes: encode(term) })))

describe('decode with a shape', () => {
  it('gives what decode and parse give', () => {
    fc.assert(
      fc.property(fitting, options, ({ shape, bytes }, options) => expectSame(shape, bytes, options)),
      { numRuns: 3000 },
    )
  })

  it('says of other terms what they say', () => {
    fc.assert(
      fc.property(shaped, anyTerm, options, ({ shape }, term, options) => expectSame(shape, encode(term), options)),
      { numRuns: 1500 },
    )
  })

  it('says of bytes that were changed what they say', () => {
    const change = fc.record({
      at: fc.nat(),
      to: fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(...Object.values(Tag))),
    })
    const hostile = fc.tuple(fitting, fc.array(change, { minLength: 1, maxLength: 3 }), fc.option(fc.nat()))
    fc.assert(
      fc.property(hostile, options, ([{ shape, bytes }, changes, cut], options) => {
        const changed = bytes.slice(0, cut === null ? bytes.length : cut % (bytes.length + 1))
        for (const { at, to } of changes) if (changed.length > 0) changed[at % changed.length] = to
        expectSame(shape, changed, options)
      }),
      { numRuns: 6000 },
    )
  })
})

const row = t.fields({
  id: t.int(),
  name: t.text(),
  price: t.number(),
  tags: t.list(t.text()),
  size: t.object({ w: t.range(0), h: t.int() }),
  note: t.optional(t.text()),
})
const rows = t.list(row)
const item = atoms({ id: 7, name: 'item', price: 1.5, tags: ['red', 'é'], size: atoms({ w: 1, h: 2 }) })

describe('what is read straight', () => {
  it.each<[string, Matcher<unknown>, Term]>([
    ['a tuple', t.tuple(t.atom('ok'), t.int(), t.text()), tuple(atom('ok'), 70_000, 'x')],
    ['a list of maps', rows, [item, item]],
    ['text for keys', row, { ...(item as object), size: atoms({ w: 1, h: 2 }) }],
    ['other keys', row, atoms({ ...(item as object), more: [1, 2, [3]] })],
    ['numbers', t.list(t.number()), [1.5, 2.5]],
    ['a string', t.list(t.int()), [1, 2, 3]],
    ['a map', t.map(t.text(), t.boolean()), { a: true, b: false }],
    [
      'a later branch',
      t.union(t.tuple(t.atom('ok'), row), t.tuple(t.atom('error'), t.atom())),
      tuple(atom('error'), null),
    ],
    ['a result', t.result(row, t.text()), tuple(atom('ok'), item)],
    ['another value', t.tuple(t.text().map((text) => text.length)), tuple('abc')],
  ])('%s', (_name, shape, term) => {
    expect(isReadStraight(shape, encode(term))).toBe(true)
    expectSame(shape, encode(term), undefined)
  })

  it('keeps the order of the shape, whatever the order of the map', () => {
    const shape = t.fields({ b: t.int(), a: t.int(), c: t.optional(t.int()) })
    for (const map of [atoms({ a: 1, b: 2 }), atoms({ c: 3, b: 2, a: 1 }), { a: 1, b: 2 }]) {
      expect(Object.keys(shape.decode(encode(map)) as object).slice(0, 2)).toStrictEqual(['b', 'a'])
    }
  })
})

describe('what is left to decode', () => {
  it('refuses a key that comes twice', () => {
    const [once, twice] = [encode(atoms({ id: 1, x: 2 })), encode(atoms({ id: 1, ix: 2 }))]
    const shape = t.fields({ id: t.int() })
    expect(shape.decode(once)).toStrictEqual({ id: 1 })
    // `ix` becomes `id`, with a byte less; then an unknown key that comes twice.
    const doubled = Buffer.concat([once.subarray(0, 6), once.subarray(6, 12), once.subarray(6, 12)])
    const strange = Buffer.concat([twice.subarray(0, 2), Buffer.of(0, 0, 0, 2), twice.subarray(12), twice.subarray(12)])
    for (const bytes of [doubled, strange]) {
      expect(() => shape.decode(bytes)).toThrow(expect.objectContaining({ code: 'ETF_DUPLICATE_KEY' }))
    }
  })

  it('reads a first branch that is written unusually', () => {
    // [1 | [2]] in two cells.
    const bytes = Uint8Array.of(131, 108, 0, 0, 0, 1, 104, 1, 97, 1, 108, 0, 0, 0, 1, 104, 1, 97, 2, 106)
    const shape = t.union(t.list(t.tuple(t.int())), t.any())
    expect(shape.decode(bytes)).toStrictEqual([[1], [2]])
    expect(isReadStraight(shape, bytes)).toBe(true)
  })

  it('compressed terms, with their own errors', () => {
    const bytes = encode(atoms({ id: 1, name: 'x'.repeat(2000) }), { compressed: true })
    expect(t.fields({ id: t.int() }).decode(bytes)).toStrictEqual({ id: 1 })
    expectSame(t.tuple(), bytes, { limits: { inflatedBytes: 10 } })
  })

  it('structs of the program', () => {
    class Money {
      amount = 0
    }
    const money = struct('MyApp.Money', {
      class: Money,
      decode: (fields) => Object.assign(new Money(), { amount: Number(fields.amount) * 100 }),
      encode: ({ amount }) => ({ amount }),
    })
    const bytes = encode(atoms({ __struct__: atom('Elixir.MyApp.Money'), amount: 5 }))
    const shape = t.fields({ amount: t.int() })
    expectSame(shape, bytes, { values: { set: 'plain', structs: [money] } })
    expect(shape.decode(bytes, { values: { set: 'plain', structs: [money] } })).toStrictEqual({ amount: 500 })
  })

  it('an improper list', () => expectSame(t.list(t.int()), encode(new ImproperList([1], 2)), undefined))

  it('a function of the program that decodes, too', () => {
    const inner = t.tuple(t.text())
    const outer = t.list(t.text().map((text) => inner.decode(encode(tuple(`${text}!`)))[0]))
    expect(outer.decode(encode(['a', 'b']))).toStrictEqual(['a!', 'b!'])
  })

  it('a function of the program that throws', () => {
    const shape = t.tuple(
      t.int().map(() => {
        throw new RangeError('no')
      }),
    )
    expect(() => shape.decode(encode(tuple(1)))).toThrow(RangeError)
  })
})

describe('limits', () => {
  it('counts what is made', () => {
    const bytes = encode(Array.from({ length: 1000 }, () => item))
    const limits = (memoryBytes: number): DecodeOptions => ({ limits: { memoryBytes } })
    let least = 1 << 24
    while (isReadStraight(rows, bytes, limits(least / 2))) least /= 2
    // Objects and texts are less than maps and bytes, and no less than they are.
    expect(least).toBeGreaterThan(100_000)
    expect(() => rows.decode(bytes, limits(least / 16))).toThrow(expect.objectContaining({ code: 'ETF_LIMIT_MEMORY' }))
  })

  it('allocates nothing for a count without the bytes for it', () => {
    const deep = (levels: number): Matcher<unknown> => (levels === 0 ? t.any() : t.list(deep(levels - 1)))
    const heads = Array.from({ length: 20 }, () => [108, 0, 255, 255, 255]).flat()
    const bytes = Uint8Array.of(131, ...heads, ...new Uint8Array(200).fill(106))
    expectSame(deep(20), bytes, undefined)
  })
})
