import { type Atom, atom, atoms, decode, ElixirError, encode, struct, type Term, tuple } from '@dynsrv/etf'
import type { Beam } from '@dynsrv/tools/beam'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Node } from '../src/index.ts'
import { startElixirPeer } from './support/elixir-peer.ts'
import { startOurs } from './support/nodes.ts'

class Money {
  readonly amount: number
  readonly currency: string
  constructor(amount: number, currency: string) {
    this.amount = amount
    this.currency = currency
  }
}

const money = struct('MyApp.Money', {
  class: Money,
  decode: ({ amount, currency }) => new Money(amount as number, (currency as Atom).name),
  encode: (value) => ({ amount: value.amount, currency: atom(value.currency) }),
})

let elixir: Beam
let node: Node
beforeAll(async () => {
  elixir = await startElixirPeer('shop')
  node = await startOurs('values', { values: { set: 'plain', structs: [money] } })
  await node.connect(elixir.name)
  await elixir.eval(`defmodule Echo do
    use GenServer
    def init(_), do: {:ok, nil}
    def handle_call({:is, term, code}, _, s), do: {:reply, term === elem(Code.eval_string(code), 0), s}
    def handle_call({:make, code}, _, s), do: {:reply, elem(Code.eval_string(code), 0), s}
  end
  GenServer.start(Echo, nil, name: Echo)`)
})
afterAll(async () => {
  await node.close()
  await elixir.stop()
})

const echo = () => ({ name: 'Elixir.Echo', node: elixir.name })

it.each<[code: string, value: unknown]>([
  ['{:ok, %{id: 7, name: "Ada"}}', tuple(atom('ok'), atoms({ id: 7, name: 'Ada' }))],
  ['[~U[2024-01-31 17:30:00Z], MapSet.new([1])]', [new Date('2024-01-31T17:30:00Z'), new Set([1])]],
  ['%{__struct__: MyApp.Money, amount: 5, currency: :EUR}', new Money(5, 'EUR')],
])('a reply of a GenServer is plain, and goes back as it was: %s', async (code, value) => {
  const reply = await node.call(echo(), tuple(atom('make'), code))
  expect(reply).toStrictEqual(value)
  expect(await node.call(echo(), tuple(atom('is'), reply, code))).toBe(true)
})

it('an exception that a function raised is an Error', async () => {
  const failed = node.erpc(elixir.name, 'Elixir.String', 'to_integer', ['x'])
  await expect(failed).rejects.toMatchObject({ code: 'NODE_REMOTE_ERROR' })
  const raised = node.erpc(elixir.name, 'Elixir.Code', 'eval_string', ['raise ArgumentError, "not this one"'])
  const { reason } = (await raised.catch((error: unknown) => error)) as { readonly reason: Term }
  expect(reason).toBeInstanceOf(ElixirError)
  expect(String(reason)).toBe('ArgumentError: not this one')
})

it('what the program made is sent as structs, and what cannot be is refused with its path', async () => {
  const sent = { price: new Money(5, 'EUR'), at: new Date(0) }
  const code =
    '%{"price" => %{__struct__: MyApp.Money, amount: 5, currency: :EUR}, "at" => ~U[1970-01-01 00:00:00.000Z]}'
  expect(await node.call(echo(), tuple(atom('is'), sent, code))).toBe(true)
  const wrong = { items: [{ at: () => 1 }] }
  expect(() => node.send(echo(), wrong)).toThrow(
    expect.objectContaining({
      code: 'NODE_MESSAGE_INVALID',
      message: expect.stringContaining('.items[0].at: a function'),
    }),
  )
})

it('a program that exposes a function gets plain arguments', async () => {
  const got: unknown[] = []
  using _ = node.expose('Elixir.Ours', { take: (...args: unknown[]) => got.push(...args) })
  await elixir.eval(`:erpc.call(:"${node.self}", Ours, :take, [%{a: "text"}, ~D[2024-01-31], "é"])`)
  const [map, day, text] = decode(encode(got as readonly Term[]), { values: 'plain' }) as readonly unknown[]
  expect([map, String(day), text]).toStrictEqual([atoms({ a: 'text' }), '2024-01-31', 'é'])
  expect(got[2]).toBe('é')
})

it.each([
  [{ values: 'plane' }, "values must be one of 'exact', 'plain'"],
  [{ values: { binary: 'txt' } }, 'values.binary must be'],
])('%o is refused', async (options, message) => {
  await expect(startOurs('refused', options as never)).rejects.toMatchObject({
    code: 'NODE_BAD_OPTION',
    message: expect.stringContaining(message),
  })
})
