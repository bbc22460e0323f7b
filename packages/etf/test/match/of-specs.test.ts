import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  atom,
  atoms,
  BitString,
  charlist,
  clause,
  contract,
  contractClient,
  decode,
  ExternalFun,
  encode,
  equals,
  Float,
  ImproperList,
  type Matcher,
  type Sendable,
  type Term,
  t,
  tuple,
} from '../../src/index.ts'

// The shapes that types of Erlang and Elixir need. What real nodes make of each type, and judge of it, is tried in @dynsrv/types.

const bytes = (text: string) => new TextEncoder().encode(text)

/** A term that a shape reads as that value, and writes again, whichever way it was decoded. */
function reads(shape: Matcher<unknown>, term: Sendable, value: unknown): void {
  for (const values of ['exact', 'plain'] as const) {
    const given = decode(encode(term as Term), { values })
    expect(shape.parse(given)).toEqual(value)
  }
  expect(equals(decode(encode(shape.write(value))), decode(encode(term as Term)))).toBe(true)
}

describe('numbers', () => {
  it('are within their bounds, and exact', () => {
    reads(t.range(0, 255), 255, 255)
    reads(t.range(null, -1), -7, -7)
    for (const other of [-1, 256, 1.5, 2n ** 70n, '1']) expect(t.range(0, 255).test(other)).toBe(false)
    reads(t.integer(1), 2n ** 70n, 2n ** 70n)
    expect(t.integer(1).test(0)).toBe(false)
    expect(t.int().test(2n ** 70n)).toBe(false)
  })

  it('are floats where a spec says so, also without a fraction', () => {
    expect(t.float().write(1)).toEqual(new Float(1))
    expect(encode(t.float().write(1))).toEqual(encode(new Float(1)))
    expect(t.float().parse(new Float(-0))).toBe(-0)
    expect(t.float().test(1n)).toBe(false)
    expect(t.float().test(Number.NaN)).toBe(false)
  })
})

describe('maps', () => {
  const item = t.object({ name: t.text(), count: t.optional(t.int()) })

  it('have the atoms of the shape for keys, and no others', () => {
    reads(item, atoms({ name: 'apple', count: 1 }), { name: 'apple', count: 1 })
    reads(item, atoms({ name: 'apple' }), { name: 'apple' })
    for (const other of [
      { name: 'apple' },
      atoms({ count: 1 }),
      atoms({ name: 'apple', other: 1 }),
      new Map<Term, Term>([
        [atom('name'), 'apple'],
        ['count', 1],
      ]),
      [],
    ]) {
      expect(item.test(decode(encode(other as Term))), JSON.stringify(other)).toBe(false)
    }
    expect(() => item.write({ name: 'apple', cuont: 1 } as never)).toThrow(/nothing else, but there is cuont/)
    expect(item.write({ name: 'apple', count: undefined } as never)).toEqual(atoms({ name: 'apple' }))
  })

  it('may have others where that is said', () => {
    const open = t.object({ name: t.text() }, { others: true })
    const more = open.parse(atoms({ name: 'a', more: 1 }))
    expectTypeOf(more).toEqualTypeOf<{ name: string; [other: string]: unknown }>()
    expect(more).toEqual({ name: 'a', more: 1 })
    expect(open.write({ ...more, less: 'b' })).toEqual(atoms({ name: 'a', more: 1, less: 'b' }))
    expect(open.decode(encode(atoms({ name: 'a', more: 1 })), { values: 'plain' })).toEqual({ name: 'a', more: 1 })
    expect(
      open.parse(
        new Map<Term, Term>([
          ['x', 1],
          [atom('name'), 'a'],
        ]),
      ),
    ).toEqual({ name: 'a' })
    const atomsOnly = t.object({ name: t.text() }, { others: 'atoms' })
    expect(atomsOnly.parse(atoms({ name: 'a', more: 1 }))).toEqual({ name: 'a', more: 1 })
    expect(atomsOnly.test({ name: 'a', more: 1 })).toBe(false)
    for (const key of ['x', 1, tuple()]) {
      const other = new Map<Term, Term>([
        [atom('name'), 'a'],
        [key, 1],
      ])
      expect([atomsOnly.test(other), atomsOnly.test(decode(encode(other)))]).toEqual([false, false])
    }
  })

  it('take a key that JavaScript gives a meaning to', () => {
    const shape = t.object({ ['__proto__']: t.int() })
    const value = shape.parse(new Map([[atom('__proto__'), 1]])) as object
    expect(Object.entries(value)).toEqual([['__proto__', 1]])
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  })

  it('have pairs of several kinds; the first whose key fits decides', () => {
    const shape = t.pairs(
      { key: t.literal(atom('size')), value: t.int(), required: true },
      { key: t.atom(), value: t.text() },
    )
    const map = new Map<Term, Term>([
      [atom('size'), 1],
      [atom('name'), 'x'],
    ])
    expect(shape.parse(map)).toEqual(map)
    expect(shape.write(map as never)).toEqual(map)
    expect(shape.test(new Map([[atom('name'), 'x']]))).toBe(false)
    expect(shape.test(new Map<Term, Term>([[atom('size'), 'x']]))).toBe(false)
    expect(shape.test(new Map([['size', 1]]))).toBe(false)
  })

  it('are keyword lists as objects, each pair of which is looked at', () => {
    const shape = t.keywords({ timeout: t.optional(t.int()), name: t.optional(t.text()) })
    reads(shape, [tuple(atom('timeout'), 5), tuple(atom('name'), 'a')], { timeout: 5, name: 'a' })
    expect(shape.parse([tuple(atom('timeout'), 1), tuple(atom('timeout'), 2)])).toEqual({ timeout: 1 })
    expect(shape.test([tuple(atom('timeout'), 1), tuple(atom('timeout'), 'x')])).toBe(false)
    expect(shape.test([tuple(atom('other'), 1)])).toBe(false)
    expect(() => shape.write({ tiemout: 5 } as never)).toThrow(/tiemout/)
  })
})

describe('lists', () => {
  it('have at least one element', () => {
    reads(t.nonEmpty(t.int()), [1, 2], [1, 2])
    expect(t.nonEmpty(t.int()).test([])).toBe(false)
    expect(t.charlist(1).test([])).toBe(false)
    reads(t.charlist(1), charlist('a'), 'a')
  })

  it('end in something else than []', () => {
    reads(t.improperList(t.int(), t.text()), new ImproperList([1, 2], 'end'), { elements: [1, 2], tail: 'end' })
    // A tail that takes lists: the first place where it fits.
    const rest = t.improperList(t.int(), t.list(t.text()))
    reads(rest, [1, 2, 'a', 'b'], { elements: [1, 2], tail: ['a', 'b'] })
    expect(t.improperList(t.int(), t.text()).test([1, 2])).toBe(false)
    expect(t.improperList(t.int(), t.text()).test([])).toBe(false)
  })

  it('of bytes or text, however deep, are what they hold', () => {
    const nested = [104, [bytes('el'), [new ImproperList([108], 'o')]]]
    expect(t.iodata().parse(nested)).toEqual(bytes('hello'))
    expect(t.iodata().write(bytes('x'))).toEqual(bytes('x'))
    expect(t.iolist().test('x')).toBe(false)
    expect(t.iolist().write(bytes('x'))).toEqual([bytes('x')])
    expect(t.chardata().parse([0x20ac, ['é', []]])).toBe('€é')
    for (const other of [[256], [-1], [1.5], [atom('a')], new ImproperList([1], 2)]) {
      expect(t.iodata().test(other as Term)).toBe(false)
    }
    let deep: Term = []
    for (let level = 0; level < 100_000; level++) deep = [deep]
    expect(t.iodata().parse(deep)).toEqual(new Uint8Array())
  })
})

describe('what cannot be taken apart', () => {
  it('is of its kind, size or arity', () => {
    const fun = new ExternalFun(atom('lists'), atom('map'), 2)
    reads(t.fun(2), fun, fun)
    expect(t.fun(1).test(fun)).toBe(false)
    expect(t.fun().test(1)).toBe(false)
    const bit = new BitString(Uint8Array.of(0x80), 1)
    expect(t.bits(1, 8).test(bit)).toBe(true)
    expect(t.bits(0, 2).test(bit)).toBe(false)
    expect(t.bytes(16, 0).test(bytes('ab'))).toBe(true)
    expect(t.bytes(16, 0).test('abc')).toBe(false)
    expect(t.anyTuple().test(tuple(1))).toBe(true)
    expect(t.port().test(1)).toBe(false)
    expect(t.never().test(undefined)).toBe(false)
  })

  it('is handed out as it came, once the shape inside fits', () => {
    const secret = t.opaque('m:secret()', t.tuple(t.int(), t.text()))
    const term = tuple(1, 'a')
    expect(secret.parse(term)).toBe(term)
    expect(secret.write(secret.parse(term))).toBe(term)
    expect(secret.test(tuple('a', 1))).toBe(false)
  })

  it('may contain itself, and is named in errors', () => {
    type Tree = 'leaf' | [Tree, Tree]
    const tree: Matcher<Tree> = t.lazy('Tree', () => t.union(t.atom('leaf'), t.tuple(tree, tree)))
    reads(tree, tuple(tuple(atom('leaf'), atom('leaf')), atom('leaf')), [['leaf', 'leaf'], 'leaf'])
    expect(t.tuple(tree).expected).toBe('a tuple {Tree}')
    expect(() => t.lazy('Bad', () => 1 as never).test(1)).toThrow(/t\.lazy: what make returns/)
  })
})

describe('a contract', () => {
  const spec = contract<{ f(...args: unknown[]): Promise<unknown> }>('m', {
    f: {
      name: 'f!',
      clauses: [clause([t.atom('all')], t.list(t.int())), clause([t.text()], t.int()), clause([], t.atom('none'))],
    },
  })
  const answering = (reply: Term) => {
    const calls: unknown[] = []
    const client = contractClient(spec, async (name, args) => {
      calls.push([name, args])
      return reply
    })
    return { client, calls }
  }

  it('writes arguments with the first clause that takes them, and reads the reply with it', async () => {
    const { client, calls } = answering([1])
    expect(await client.f('all')).toEqual([1])
    await expect(client.f('x')).rejects.toMatchObject({ code: 'ETF_MISMATCH', path: 'reply' })
    expect(calls).toEqual([
      ['f!', [atom('all')]],
      ['f!', ['x']],
    ])
  })

  it('sends nothing that no clause takes', async () => {
    const { client, calls } = answering(1)
    await expect(client.f(1)).rejects.toMatchObject({ code: 'ETF_MISMATCH', path: 'arguments[0]' })
    await expect(client.f(1, 2)).rejects.toThrow('m:f!/2: it takes 0 or 1 arguments')
    expect(calls).toEqual([])
  })

  it('has nothing but its functions, and none that makes a promise of it', async () => {
    const { client } = answering(1)
    expect(Object.getPrototypeOf(client)).toBe(null)
    expect(await client).toBe(client)
    expect(() => contract('m', Object.fromEntries([['then', { name: 'then', clauses: [] }]]))).toThrow(
      /none of which is called then/,
    )
  })
})
