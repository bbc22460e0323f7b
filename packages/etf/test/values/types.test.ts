import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  type Atom,
  atom,
  atoms,
  decode,
  encode,
  type Sendable,
  struct,
  type Term,
  type Tuple,
  tuple,
} from '../../src/index.ts'

interface Order {
  readonly id: number
  readonly at: Date
  readonly lines: readonly { readonly sku: string; readonly qty: bigint }[]
}

class Customer {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
  greet(): string {
    return this.name
  }
}

const order: Order = { id: 7, at: new Date(0), lines: [{ sku: 'a', qty: 2n }] }

describe('what can be sent, as the compiler sees it', () => {
  it('takes interfaces, instances, dates, sets, and tuples of them', () => {
    const sent = [order, new Customer('Ada'), new Date(0), new Set([1]), tuple(atom('take'), order)]
    for (const each of sent) {
      expectTypeOf(each).toExtend<Sendable>()
      expect(encode(each).length).toBeGreaterThan(2)
    }
    expect(decode(encode(tuple(atom('take'), order)), { values: 'plain' })).toStrictEqual(
      tuple(atom('take'), { ...order, lines: [{ sku: 'a', qty: 2 }] }),
    )
    expectTypeOf(tuple(atom('take'), order)).toEqualTypeOf<Tuple<readonly [Atom, Order]>>()
  })

  it('takes interfaces and instances as the fields of structs, and from encode', () => {
    const sent = { ...order, lines: [{ sku: 'a', qty: 2 }] }
    const read = (bytes: Uint8Array) => decode(bytes, { values: 'plain' })
    expect(read(encode(struct('MyApp.Order', order)))).toMatchObject({
      ...sent,
      __struct__: atom('Elixir.MyApp.Order'),
    })
    expect(read(encode(struct('MyApp.Customer', new Customer('Ada'))))).toMatchObject({ name: 'Ada' })
    const orders = struct('MyApp.Order', { decode: () => order, encode: (given: Order) => given })
    expect(read(encode(orders.encode(order)))).toMatchObject(sent)
    // @ts-expect-error
    expect(() => struct('MyApp.Order', () => 1)).toThrow('must be an object with fields')
    // @ts-expect-error
    expect(() => struct('MyApp.Order', Promise.resolve(1))).toThrow('must be an object with fields')
  })

  it('takes no function, promise or symbol', () => {
    // @ts-expect-error
    expect(() => encode(() => 1)).toThrow('a function has no Erlang term')
    // @ts-expect-error
    expect(() => encode(Promise.resolve(1))).toThrow('a promise has no Erlang term')
    // @ts-expect-error
    expect(() => encode(Symbol('a'))).toThrow('a symbol has no Erlang term')
    // @ts-expect-error
    expect(() => encode(tuple(1, () => 1))).toThrow('[1]: a function has no Erlang term')
  })

  it('keeps the type of what atoms makes, and knows structs', () => {
    expectTypeOf(atoms({ qty: 3 }).qty).toEqualTypeOf<number>()
    expectTypeOf(struct('MyApp.Order', { id: 7 })).toExtend<Term>()
    const money = struct('MyApp.Money', { decode: ({ amount }) => Number(amount), encode: (amount) => ({ amount }) })
    expectTypeOf(money.encode).parameter(0).toEqualTypeOf<number>()
    expect(money.module).toBe('MyApp.Money')
  })
})
