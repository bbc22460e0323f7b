import { describe, expect, it } from 'vitest'
import {
  atom,
  ByteWriter,
  decode,
  type EtfError,
  encode,
  ImproperList,
  struct,
  type Term,
  tuple,
  writeTerm,
} from '../../src/index.ts'

function refusal(value: unknown): EtfError {
  try {
    encode(value as Term)
  } catch (error) {
    return error as EtfError
  }
  throw new Error('it was taken')
}

class Order {
  readonly id = 7
  readonly items: readonly unknown[]
  constructor(items: readonly unknown[]) {
    this.items = items
  }
}

describe('what cannot be sent is refused with its path', () => {
  it.each<[value: unknown, path: string, says: string, hint: RegExp]>([
    [() => 1, '', 'a function has no Erlang term', /what it returns/],
    [{ items: [1, 2, 3, { at: Symbol('now') }] }, '.items[3].at', 'a symbol has no Erlang term', /atom\(name\)/],
    [tuple(atom('ok'), { price: Number.NaN }), '[1].price', 'NaN has no Erlang term', /nil/],
    [[{ reply: Promise.resolve(1) }], '[0].reply', 'a promise has no Erlang term', /Await/],
    [new Map([['a', [() => 1]]]), '.get(<<"a">>)[0]', 'a function has no Erlang term', /returns/],
    [new Map([[tuple(Number.NaN), 1]]), '.key({#JavaScript<NaN>})[0]', 'NaN', /nil/],
    [{ 'odd name': { x: new WeakMap() } }, '["odd name"].x', 'an object of class WeakMap', /plain object/],
    [new Order([1, /x/]), '.items[1]', 'an object of class RegExp', /plain object/],
    [{ error: new TypeError('no') }, '.error', 'an object of class TypeError', /message/],
    [{ a: new (class Empty {})() }, '.a', 'an object without fields of class Empty', /struct/],
    [{ at: new Date(Number.NaN) }, '.at', 'an invalid Date', /how the Date was made/],
    [new Set([1, () => 1]), '[1]', 'a function', /returns/],
    [new ImproperList([1], { tail: () => 1 } as never), '.tail.tail', 'a function', /returns/],
    [struct('A.B', { field: [() => 1] } as never), '.field[0]', 'a function', /returns/],
    [{ text: ['\ud800'] }, '.text[0]', 'lone surrogate', /./],
    [{ name: atom('ok'), deep: { big: 2n ** (8n * 524_281n) } }, '.deep.big', '524280 bytes', /./],
  ])('%o', (value, path, says, hint) => {
    const error = refusal(value)
    expect(error.code).toMatch(/^ETF_(?:NOT_ENCODABLE|LIMIT_INTEGER)$/)
    expect(error.path).toBe(path)
    expect(error.message).toContain(path === '' ? says : `${path}: `)
    expect(error.message).toContain(says)
    expect(error.hint).toMatch(hint)
  })

  it('of a deep value, of a value met twice, and of one that throws when it is read', () => {
    let deep: unknown = { end: () => 1 }
    for (let depth = 0; depth < 5_000; depth++) deep = [deep]
    // Of a path that nobody would read to the end, both ends.
    expect(refusal(deep).path).toBe(`${'[0]'.repeat(50)}…${'[0]'.repeat(49)}.end`)
    const shared = { fine: 1 }
    expect(refusal([shared, shared, { not: () => 1 }]).path).toBe('[2].not')
    const thrower = Object.defineProperty({}, 'x', { enumerable: true, get: () => Number.NaN })
    expect(refusal([thrower]).path).toBe('[0].x')
  })

  it('a map with one key twice is named as a whole', () => {
    const twice = new Map<Term, Term>([
      [1, 'a'],
      [1n, 'b'],
    ])
    expect(refusal([twice]).message).toBe('a map has two keys that are one Erlang term')
  })

  it('leaves the writer as it was, and in order for the next term', () => {
    const writer = new ByteWriter()
    expect(() => writeTerm(writer, [1, () => 1] as never)).toThrow('[1]: a function')
    expect(writer.length).toBe(0)
    writeTerm(writer, 7)
    expect([...writer.take()]).toEqual([97, 7])
  })
})

describe('instances of classes and interfaces', () => {
  it('are maps of their fields, nested ones too', () => {
    interface Stock {
      readonly qty: number
      readonly order: Order
    }
    const stock: Stock = { qty: 1, order: new Order([{ at: 1n }]) }
    const term = decode(encode({ ...stock } as unknown as Term), { values: 'plain' })
    expect(term).toStrictEqual({ qty: 1, order: { id: 7, items: [{ at: 1 }] } })
  })
})
