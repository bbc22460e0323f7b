import { type Atom, atom, atoms, type Matched, type Result, type Sendable, type Term, t, tuple } from '@dynsrv/etf'
import type { Beam } from '@dynsrv/tools/beam'
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import { fn, type Node, type NodeError, type Warning } from '../../src/index.ts'
import { startElixirPeer } from '../support/elixir-peer.ts'
import { startOurs } from '../support/nodes.ts'

let elixir: Beam
let plain: Node
let exact: Node
beforeAll(async () => {
  elixir = await startElixirPeer('typed')
  plain = await startOurs('typed_plain', { values: 'plain' })
  exact = await startOurs('typed_exact')
  await Promise.all([plain, exact].map((node) => node.connect(elixir.name)))
  await elixir.eval(`defmodule Shop.Stock do
    use GenServer
    def init(_), do: {:ok, nil}
    def handle_call({:reserve, sku, n}, _, s), do: {:reply, reserve(sku, n), s}
    def handle_call({:make, code}, _, s), do: {:reply, elem(Code.eval_string(code), 0), s}
    def handle_call({:is, term, code}, _, s), do: {:reply, term === elem(Code.eval_string(code), 0), s}
    def reserve("pear", _), do: {:error, :sold_out}
    def reserve("odd", _), do: {:ok, %{sku: "odd", qty: "many", tags: []}}
    def reserve(sku, n), do: {:ok, %{sku: sku, qty: n, tags: [:fresh], at: ~U[2024-01-31 17:30:00Z]}}
  end
  {:ok, _} = GenServer.start(Shop.Stock, nil, name: Shop.Stock); :ok`)
})
afterAll(async () => {
  await Promise.all([plain, exact].map((node) => node.close()))
  await elixir.stop()
})

const nodes = () => [plain, exact]
const stock = () => ({ name: 'Elixir.Shop.Stock', node: elixir.name })
const item = t.fields({ sku: t.text(), qty: t.int(), tags: t.list(t.atom('fresh', 'old')), at: t.instance(Date) })
const reserved = t.result(item, t.atom('sold_out'))
const zReserved = z.union([
  z.tuple([
    z.literal('ok'),
    z.object({ sku: z.string(), qty: z.int(), tags: z.array(z.enum(['fresh', 'old'])), at: z.date() }),
  ]),
  z.tuple([z.literal('error'), z.literal('sold_out')]),
])
const vReserved = v.union([
  v.tuple([v.literal('ok'), v.object({ sku: v.string(), qty: v.number(), tags: v.array(v.string()), at: v.date() })]),
  v.tuple([v.literal('error'), v.literal('sold_out')]),
])
/** A schema that answers later, and one that is a function, as those of arktype are. */
const later = v.pipeAsync(
  v.tuple([v.literal('ok'), v.object({ qty: v.number() })]),
  v.checkAsync(async ([, { qty }]) => qty < 100, 'too many'),
)
const callable = Object.assign(() => undefined, {
  '~standard': z.tuple([z.literal('ok'), z.looseObject({})])['~standard'],
})

const ask = (sku: string, n = 2) => tuple(atom('reserve'), sku, n)
const failure = (run: Promise<unknown>): Promise<NodeError> =>
  run.then(
    () => expect.fail('it was not refused'),
    (error: NodeError) => error,
  )

describe('a reply with a schema', () => {
  const fine = { sku: 'apple', qty: 2, tags: ['fresh'], at: new Date('2024-01-31T17:30:00Z') }

  it('is what a t reads, whichever values the node has', async () => {
    for (const node of nodes()) {
      const reply = await node.call(stock(), ask('apple'), { reply: reserved })
      expectTypeOf(reply).toEqualTypeOf<
        Result<{ sku: string; qty: number; tags: ('fresh' | 'old')[]; at: Date }, 'sold_out'>
      >()
      expect(reply).toEqual({ ok: true, value: fine })
      expect(await node.call(stock(), ask('pear'), { reply: reserved })).toEqual({ ok: false, reason: 'sold_out' })
    }
  })

  it('is what zod and valibot give: atoms are text, and tuples arrays', async () => {
    for (const node of nodes()) {
      const byZod = await node.call(stock(), ask('apple'), { reply: zReserved })
      expectTypeOf(byZod).toEqualTypeOf<z.output<typeof zReserved>>()
      expect(byZod).toEqual(['ok', fine])
      const byValibot = await node.call(stock(), ask('pear'), { reply: vReserved })
      expectTypeOf(byValibot).toEqualTypeOf<v.InferOutput<typeof vReserved>>()
      expect(byValibot).toEqual(['error', 'sold_out'])
      expect(await node.call(stock(), ask('apple'), { reply: callable })).toEqual(['ok', fine])
      expect(await node.call(stock(), ask('apple'), { reply: later })).toEqual(['ok', { qty: 2 }])
    }
  })

  it.each<[name: string, reply: Parameters<Node['call']>[2], path: string, said: string]>([
    ['t', { reply: reserved }, '[1].qty', 'expected an integer, found'],
    ['zod', { reply: zReserved.options[0] }, '[1].qty', 'received string, found "many"'],
    ['valibot', { reply: vReserved.options[0] }, '[1].qty', 'received "many"'],
    ['one that answers later', { reply: later }, '[1].qty', 'received "many"'],
    ['the reply itself', { reply: t.int() }, '', 'expected an integer, found {ok,'],
    ['one that throws', { reply: t.any().map(() => expect.unreachable()) }, '', 'the schema threw'],
  ] as never)('that does not fit is refused with its path: %s', async (_name, options, path, said) => {
    for (const node of nodes()) {
      const error = await failure(node.call(stock(), ask('odd'), options))
      expect(error).toMatchObject({ code: 'NODE_REPLY_MISMATCH', retryable: false, fault: 'peer', path })
      expect(error.message).toContain(`Elixir.Shop.Stock on ${elixir.name} answered`)
      expect(error.message).toContain(path === '' ? said : `${path}: `)
      expect(error.message).toContain(said)
      expect(error.message.split('"many"').length).toBeLessThanOrEqual(2)
      expect(error.hint).toContain('The call itself ran')
      expect(error.stack).toContain('typed-calls.test.ts')
    }
  })

  it('that does not come, since the server raised, is an error in the words of Elixir', async () => {
    for (const node of nodes()) {
      await elixir.eval('{:ok, _} = GenServer.start(Shop.Stock, nil, name: Shop.Raises); :ok')
      const raises = { name: 'Elixir.Shop.Raises', node: elixir.name }
      const request = tuple(atom('make'), 'raise ArgumentError, "boom happened"')
      const error = await failure(node.call(raises, request, { reply: reserved }))
      expect(error).toMatchObject({ code: 'NODE_EXITED' })
      expect(error.message).toContain('the process ended with (ArgumentError) boom happened in ')
    }
  })

  it('goes with erpc, rpc, many calls, several nodes and mailboxes', async () => {
    using mailbox = plain.mailbox()
    const calls = ['apple', 'odd'].map((sku) => ({
      ...{ node: elixir.name, module: 'Elixir.Shop.Stock', name: 'reserve' },
      args: [sku, 2] as const,
    }))
    const [first] = calls
    for (const kind of ['erpc', 'rpc'] as const) {
      const read = await plain[kind](elixir.name, first!.module, 'reserve', ['apple', 2], { reply: reserved })
      expectTypeOf(read).toEqualTypeOf<Matched<typeof reserved>>()
      expect(read.ok && read.value.qty).toBe(2)
      const error = await failure(plain[kind](elixir.name, first!.module, 'reserve', ['odd', 2], { reply: reserved }))
      expect(error).toMatchObject({ code: 'NODE_REPLY_MISMATCH', path: '[1].qty' })
    }
    const outcomes = new Map<string, unknown>()
    for await (const outcome of plain.erpcMany(calls, { reply: reserved })) {
      if (outcome.ok) expectTypeOf(outcome.value).toEqualTypeOf<Matched<typeof reserved>>()
      outcomes.set(outcome.call.args[0], outcome.ok ? outcome.value.ok : outcome.error.code)
    }
    expect(Object.fromEntries(outcomes)).toEqual({ apple: true, odd: 'NODE_REPLY_MISMATCH' })
    const called = await mailbox.call(stock(), ask('pear'), { reply: reserved })
    expectTypeOf(called).toEqualTypeOf<Matched<typeof reserved>>()
    expect(called.ok).toBe(false)
    const several = await plain.multiCall('Elixir.Shop.Stock', ask('apple'), { nodes: [elixir.name], reply: reserved })
    expectTypeOf(several.replies).toEqualTypeOf<ReadonlyMap<string, Matched<typeof reserved>>>()
    expect(several.replies.get(elixir.name)).toMatchObject({ ok: true })
    const odd = await plain.multiCall('Elixir.Shop.Stock', ask('odd'), { nodes: [elixir.name], reply: reserved })
    expect(odd.failures.get(elixir.name)?.code).toBe('NODE_REPLY_MISMATCH')
  })

  it('stays a term without one', async () => {
    expectTypeOf(await plain.call(stock(), ask('pear'))).toEqualTypeOf<Term>()
    expectTypeOf(await plain.call(stock(), ask('pear'), { timeoutMs: 100_000 })).toEqualTypeOf<Term>()
    await expect(plain.call(stock(), ask('pear'), { reply: 'text' } as never)).rejects.toMatchObject({
      code: 'NODE_BAD_OPTION',
      message: expect.stringContaining('reply must be a schema'),
    })
  })

  it('what does not compile', () => {
    const never = async () => {
      // @ts-expect-error a reply is a schema
      await plain.call(stock(), ask('pear'), { reply: String })
      const reply = await plain.call(stock(), ask('pear'), { reply: reserved })
      // @ts-expect-error it is not known whether it went well
      expect(reply.value)
      // @ts-expect-error the shape has no such reason
      expect(!reply.ok && reply.reason === 'gone')
      // @ts-expect-error a text is no number
      fn([t.text()], t.int(), (sku) => sku)
      // @ts-expect-error there are two arguments
      fn([t.text(), t.int()], t.int(), (a: string, b: number, c: number) => a.length + b + c)
      // @ts-expect-error the reply is a number
      plain.serve({ schema: { call: t.text(), reply: t.int() }, call: (name) => name })
      // @ts-expect-error a ping has no reply to be read
      await plain.ping(elixir.name, { reply: t.any() })
    }
    expect(never).toBeTypeOf('function')
  })
})

describe('an exposed function with schemas', () => {
  const calls: unknown[] = []
  const warnings: Warning[] = []
  const order = t.fields({ items: t.list(t.fields({ sku: t.text(), qty: t.int() })) })
  const functions = {
    reserve: fn([t.text(), t.int()], t.result(t.fields({ left: t.int() }), t.atom('sold_out')), async (sku, n) => {
      expectTypeOf(sku).toEqualTypeOf<string>()
      expectTypeOf(n).toEqualTypeOf<number>()
      calls.push([sku, n])
      return n > 5 ? { ok: false, reason: 'sold_out' } : { ok: true, value: { left: 5 - n } }
    }),
    total: fn([order], t.int(), ({ items }) => items.reduce((sum, { qty }) => sum + qty, 0)),
    'both/1': fn([t.text()], (one) => one),
    'both/2': fn([t.text(), t.text()], (one, two) => `${one}${two}`),
    zod: fn(
      [z.object({ sku: z.string(), state: z.enum(['open', 'paid']) })],
      z.object({ sku: z.string() }),
      (it) => it,
    ),
    valibot: fn([v.pipe(v.string(), v.minLength(3))], v.number(), (text) => text.length),
    later: fn(
      [
        v.pipeAsync(
          v.string(),
          v.checkAsync(async (text) => text !== 'no', 'not this one'),
        ),
      ],
      v.string(),
      async (text) => text,
    ),
    wrong: fn([], t.int(), () => 1.5),
    deep: fn([], t.tuple(t.atom('ok'), t.list(t.fields({ at: t.instance(Date), left: t.list(t.text()) }))), () => [
      'ok',
      [{ at: new Date(0), left: ['a'] }],
    ]),
  }
  beforeAll(() => {
    for (const node of nodes()) {
      node.on('warning', (warning) => warnings.push(warning))
      node.expose('Elixir.Shop.Js', functions)
    }
  })
  const from = (node: Node, call: string) => elixir.eval(`:erpc.call(:"${node.self}", Shop.Js, ${call})`)
  const raised = (node: Node, call: string) =>
    elixir.eval(`try do
      :erpc.call(:"${node.self}", Shop.Js, ${call})
    rescue
      e in ErlangError -> {:exception, %ArgumentError{} = inner, _} = e.original; Exception.message(inner)
    end`)

  it.each([
    [':reserve, ["apple", 2]', '{:ok, %{left: 3}}'],
    [':reserve, ["apple", 6]', '{:error, :sold_out}'],
    [':total, [%{items: [%{sku: "a", qty: 2}, %{"sku" => "b", "qty" => 3}]}]', '5'],
    [':both, ["a"]', '"a"'],
    [':both, ["a", "b"]', '"ab"'],
    [':zod, [%{sku: "a", state: :paid}]', '%{"sku" => "a"}'],
    [':valibot, ["four"]', '4'],
    [':later, ["yes"]', '"yes"'],
    [':deep, []', '{:ok, [%{at: ~U[1970-01-01 00:00:00.000Z], left: ["a"]}]}'],
  ])('reads its arguments and writes its result: %s', async (call, result) => {
    for (const node of nodes()) expect(await from(node, call)).toBe(result)
  })

  it.each([
    [':reserve, ["apple", "two"]', 'Shop.Js.reserve/2: argument 2: expected an integer, found \\"two\\"'],
    [':reserve, [:apple, 2]', 'Shop.Js.reserve/2: argument 1: expected text, found :apple'],
    [':total, [%{items: [%{sku: "a", qty: 2}, %{sku: "b"}]}]', 'Shop.Js.total/1: argument 1, .items[1]: expected'],
    [':zod, [%{sku: "a", state: :gone}]', 'Shop.Js.zod/1: argument 1, .state: '],
    [':valibot, ["no"]', 'Shop.Js.valibot/1: argument 1: '],
    [':later, ["no"]', 'Shop.Js.later/1: argument 1: not this one'],
  ])('raises an ArgumentError that names the argument and the place: %s', async (call, said) => {
    const before = [calls.length, warnings.length]
    for (const node of nodes()) expect(await raised(node, call)).toContain(said)
    expect([calls.length, warnings.length]).toEqual(before)
  })

  it('tells rpc the same, and the log where nobody is told', async () => {
    const badrpc = `{:badrpc, {:EXIT, {%ArgumentError{message: m}, _}}} = :rpc.call(:"${plain.self}", Shop.Js, :total, [1]); m`
    expect(await elixir.eval(badrpc)).toContain('Shop.Js.total/1: argument 1: expected a map with items')
    const warned = new Promise<Warning>((resolve) => plain.once('warning', resolve))
    await elixir.eval(`:erpc.cast(:"${plain.self}", Shop.Js, :total, [1])`)
    expect(await warned).toMatchObject({ code: 'MISMATCH', message: expect.stringContaining('argument 1') })
  })

  it('is undef with another number of arguments', async () => {
    const undef = `try do :erpc.call(:"${plain.self}", Shop.Js, :reserve, ["a"]) rescue e -> elem(e.original, 1) end`
    expect(await elixir.eval(undef)).toBe(':undef')
    const { exposed } = plain.inspect()
    expect(exposed['Elixir.Shop.Js']).toEqual(expect.arrayContaining(['reserve/2', 'total/1', 'both/1', 'both/2']))
  })

  it('fails with a result that its schema does not take, and the program hears of it', async () => {
    const warned = new Promise<Warning>((resolve) => plain.once('warning', resolve))
    await expect(elixir.eval(`:erpc.call(:"${plain.self}", Shop.Js, :wrong, [])`)).rejects.toThrow(
      'the result of Shop.Js.wrong/0 does not fit',
    )
    expect(await warned).toMatchObject({
      code: 'HANDLER_THREW',
      message: expect.stringContaining('the result of Shop.Js.wrong/0 does not fit: expected an integer, found 1.5'),
    })
  })

  it.each([
    ['an arity beside another', { 'one/2': fn([t.int()], (n) => n) }, 'must be 1, as many as it has schemas'],
    ['what is no function', { one: [t.int()] }, 'must be a function'],
  ])('is refused with %s', (_name, table, said) => {
    expect(() => plain.expose('other', table as never)).toThrow(
      expect.objectContaining({ code: 'NODE_BAD_OPTION', message: expect.stringContaining(said) }),
    )
  })
})

describe('a server with schemas', () => {
  it('gets what they read, and answers what they write', async () => {
    const prices = new Map([['apple', 30]])
    using _server = plain.serve({
      name: 'Elixir.Prices',
      schema: {
        call: t.union(t.tuple(t.atom('price'), t.text()), t.atom('count')),
        reply: t.union(t.result(t.int(), t.atom('unknown')), t.int()),
        cast: t.tuple(t.atom('set'), t.text(), t.int()),
        info: t.tuple(t.atom('note'), t.text()),
      },
      init: () => prices,
      call: (request, { state }) => {
        expectTypeOf(request).toEqualTypeOf<'count' | ['price', string]>()
        expectTypeOf(state).toEqualTypeOf<Map<string, number>>()
        if (request === 'count') return state.size
        const price = state.get(request[1])
        return price === undefined ? { ok: false, reason: 'unknown' } : { ok: true, value: price }
      },
      cast: ([, sku, price], { state }) => {
        state.set(sku, price)
      },
      info: ([, text], { state }) => {
        state.set(text, 0)
      },
    })
    const server = `{Prices, :"${plain.self}"}`
    expect(await elixir.eval(`GenServer.call(${server}, {:price, "apple"})`)).toBe('{:ok, 30}')
    expect(await elixir.eval(`GenServer.call(${server}, {:price, "plum"})`)).toBe('{:error, :unknown}')
    const warned: Warning[] = []
    plain.on('warning', (warning) => warned.push(warning))
    const exit = `catch_exit = try do GenServer.call(${server}, {:price, 1}) catch :exit, {{%ArgumentError{message: m}, _}, _} -> m end`
    expect(await elixir.eval(exit)).toContain('the request to Prices: [1]: expected text, found 1')
    await elixir.eval(`GenServer.cast(${server}, {:set, "pear", "dear"}); send(${server}, :odd)`)
    await elixir.eval(`GenServer.cast(${server}, {:set, "pear", 45}); send(${server}, {:note, "plum"})`)
    expect(await elixir.eval(`GenServer.call(${server}, :count)`)).toBe('3')
    expect(warned.map(({ code, message }) => [code, message.split(':')[0]])).toEqual([
      ['MISMATCH', 'dropped a message (cast) to Elixir.Prices'],
      ['MISMATCH', 'dropped a message (info) to Elixir.Prices'],
    ])
  })
})

describe('a message by a schema', () => {
  it('is taken as receive of Erlang takes it: what does not fit stays', async () => {
    using inbox = plain.mailbox()
    const order = t.tuple(t.atom('order'), t.int())
    const waits = inbox.receive({ match: order, timeoutMs: 60_000 })
    for (const message of ['first', tuple(atom('order'), 'x'), tuple(atom('order'), 7), tuple(atom('order'), 8)]) {
      plain.send(inbox.pid, message as Sendable)
    }
    const [, number] = await waits
    expectTypeOf(number).toEqualTypeOf<number>()
    expect(number).toBe(7)
    expect(await inbox.receive({ match: z.tuple([z.literal('order'), z.int()]) })).toEqual(['order', 8])
    expect(inbox.length).toBe(2)
    await expect(inbox.receive({ match: order, timeoutMs: 1 })).rejects.toMatchObject({ code: 'NODE_TIMEOUT' })
    expect(await inbox.receive()).toBe('first')
    expectTypeOf(
      await inbox.receive({ match: (message): message is Atom => message === 1 || true }),
    ).toEqualTypeOf<Atom>()
  })

  it('ends the wait, and nothing else, with a schema that throws or answers later', async () => {
    using inbox = plain.mailbox()
    const all = [
      inbox.receive({ match: later }),
      inbox.receive({
        match: t.any().map(() => {
          throw new Error('no')
        }),
      }),
      inbox.receive({ match: t.int() }),
    ]
    const settled = Promise.allSettled(all)
    plain.send(inbox.pid, 5)
    expect(await settled).toMatchObject([
      { reason: { code: 'NODE_BAD_OPTION', message: expect.stringContaining('answers later') } },
      { reason: { message: 'no' } },
      { value: 5 },
    ])
    plain.send(inbox.pid, 6)
    await expect(inbox.receive({ match: later })).rejects.toMatchObject({ code: 'NODE_BAD_OPTION' })
    expect(await inbox.receive()).toBe(6)
  })
})

it('a t says how keys are written: atoms, unless text is asked for', async () => {
  const is = (term: Sendable, code: string) =>
    plain.call(stock(), tuple(atom('is'), term, code), { reply: t.boolean() })
  expect(await is(t.fields({ qty: t.int() }).write({ qty: 3 }), '%{qty: 3}')).toBe(true)
  expect(await is(t.fields({ qty: t.int() }, { keys: 'text' }).write({ qty: 3 }), '%{"qty" => 3}')).toBe(true)
  expect(await is(t.fields({ qty: t.int() }, { keys: 'text' }).write(atoms({ qty: 3 })), '%{"qty" => 3}')).toBe(true)
  const both = t.fields({ order: t.fields({ id: t.int() }, { keys: 'text' }), state: t.atom('paid') })
  expect(await is(both.write({ order: { id: 7 }, state: 'paid' }), '%{order: %{"id" => 7}, state: :paid}')).toBe(true)
})
