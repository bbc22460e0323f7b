import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { atom, type Sendable, tuple } from '@dynsrv/etf'
import type { Node, Warning } from '@dynsrv/node'
import { startZoneServer, type ZoneServer } from '@dynsrv/srv-resolver'
import { type Beam, companionArgs, startElixir } from '@dynsrv/tools/beam'
import { freePort } from '@dynsrv/tools/free-port'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Cluster, StartOptions } from '../src/index.ts'
import { start } from '../src/index.ts'

// What a newcomer does wrong in the first hour, against a live Elixir: each says what it was and what to do.

const SHOP = 'shop-1@shop.test'
let zone: ZoneServer
let elixir: Beam
let cluster: Cluster
let node: Node
let options: StartOptions
const warnings: Warning[] = []

beforeAll(async () => {
  zone = await startZoneServer()
  const port = await freePort()
  elixir = await startElixir({
    ...{ name: SHOP, cookie: 'right', args: companionArgs() },
    env: { ERL_DIST_PORT: String(port), DYNSRV_DNS: zone.address },
  })
  const srv = (name: string, target: string, at = port) => zone.add({ type: 'SRV', name, target, port: at })
  srv('shop.test', 'shop-1.shop.test')
  srv('foreign.test', 'shop-1.shop.test')
  srv('down.test', 'gone-1.down.test', await freePort())
  srv('noaddress.test', 'gone-1.noaddress.test')
  for (const name of ['shop-1.shop.test', 'gone-1.down.test', 'silent.test']) {
    zone.add({ type: 'A', name, address: '127.0.0.1' })
  }
  await elixir.eval(`defmodule Shop.Stock do
    use GenServer
    def init(_), do: {:ok, 10}
    def handle_call({:take, _, n}, _, s), do: {:reply, {:ok, s - n}, s - n}
    def handle_call(:slow, _, s), do: (Process.sleep(300); {:reply, :ok, s})
  end
  for name <- [Shop.Stock, Shop.First, Shop.Second], do: {:ok, _} = GenServer.start(Shop.Stock, nil, name: name)
  :ok`)
  options = {
    ...{ name: 'js-1@shop.test', service: 'shop.test', dns: zone.address, cookie: 'right', env: {} },
    ...{ host: '127.0.0.1', port: 0, pollingInterval: 50 },
  }
  cluster = await start(options)
  await cluster.ready()
  node = cluster.node
  node.on('warning', (warning) => warnings.push(warning))
})
afterAll(async () => {
  await cluster.close()
  await elixir.stop()
  await zone.close()
})

interface Told {
  readonly code?: string
  readonly message: string
  readonly hint?: string
}

async function told(run: () => unknown): Promise<Told> {
  try {
    await run()
  } catch (error) {
    return error as Told
  }
  return expect.fail('it was no mistake')
}

type Mistake = readonly [name: string, run: () => unknown, code: string, message: string, hint: string]

async function join(given: object, timeoutMs = 700): Promise<void> {
  await using joined = await start({ ...options, name: 'js-2@shop.test', ...given })
  await joined.ready({ timeoutMs })
}

const stock = (name = 'Elixir.Shop.Stock', at = SHOP) => ({ name, node: at })
const take = () => tuple(atom('take'), 'apple', 1)

const STARTING: readonly Mistake[] = [
  ['the wrong cookie', () => join({ cookie: 'wrong' }), 'DYNSRV_NOT_READY', 'it refused our cookie', 'the same cookie'],
  [
    'a misspelled service',
    () => join({ service: 'shpo.test' }),
    'DYNSRV_NOT_READY',
    'DNS has no name shpo.test',
    'dig SRV shpo.test',
  ],
  [
    'a host as the service',
    () => join({ service: 'silent.test' }),
    'DYNSRV_NOT_READY',
    'has no SRV record',
    'Give service the name',
  ],
  [
    'no DNS server',
    () => join({ dns: '127.0.0.1:1' }),
    'DYNSRV_NOT_READY',
    'cannot ask 127.0.0.1:1',
    'Check that the server runs',
  ],
  [
    'nobody who listens',
    () => join({ service: 'down.test' }),
    'DYNSRV_NOT_READY',
    'gone-1@down.test',
    'Check that the peer runs',
  ],
  [
    'a target without an address',
    () => join({ service: 'noaddress.test' }),
    'DYNSRV_NOT_READY',
    'gone-1.noaddress.test',
    'A',
  ],
  [
    'targets of another domain',
    () => join({ service: 'foreign.test' }),
    'DYNSRV_NOT_READY',
    'shop-1.shop.test for foreign.test, which names no node',
    'memberName',
  ],
  [
    'the name of another node',
    () => join({ name: SHOP }),
    'DYNSRV_NOT_READY',
    'lists this node itself',
    'a name of its own',
  ],
  [
    'a peer that allow excludes',
    () => join({ allow: () => false }),
    'DYNSRV_NOT_READY',
    'the allow option of this node',
    'function allow',
  ],
  [
    'too many peers waited for',
    () => cluster.ready({ minPeers: 2, timeoutMs: 100 }),
    'DYNSRV_NOT_READY',
    `1 of 2 peers after 0.1 s (discovery named no more than ${SHOP})`,
    'Start 1 more',
  ],
  ['a short service', () => join({ service: 'shop' }), 'DYNSRV_SERVICE_INVALID', 'has no dot', 'Give the DNS name'],
  [
    'a node name as the service',
    () => join({ service: SHOP }),
    'DYNSRV_SERVICE_INVALID',
    'is a node name',
    'Give the DNS name',
  ],
  [
    'a DNS server by name',
    () => join({ dns: 'localhost:53' }),
    'DYNSRV_DNS_SERVER_INVALID',
    'is not an IP address',
    '127.0.0.1:8600',
  ],
  ['a name without a host', () => join({ name: 'js-1' }), 'NODE_NAME_NO_AT', "'js-1' has no @", 'Write alive@host'],
  [
    'a name with a short host',
    () => join({ name: 'js-1@localhost' }),
    'NODE_NAME_SHORT_HOST',
    'has a short host',
    'Give the host a dot',
  ],
  ['no name', () => join({ name: undefined }), 'DYNSRV_NAME_MISSING', 'RELEASE_NODE is not set', 'Give a name'],
  [
    'no cookie',
    () => join({ cookie: undefined, env: { HOME: '/nowhere' } }),
    'DYNSRV_COOKIE_MISSING',
    'RELEASE_COOKIE is not set',
    "Give the cluster's cookie",
  ],
  ['a port as text', () => join({ port: '9100' }), 'DYNSRV_BAD_OPTION', "not '9100'", 'Give a whole number'],
  [
    'a time with a unit',
    () => join({ pollingInterval: '5s' }),
    'STRATEGY_BAD_OPTION',
    "milliseconds of at least 1, or Infinity, not '5s'",
    'Give a number of milliseconds',
  ],
  [
    'a misspelled option',
    () => join({ servce: 'shop.test' }),
    'DYNSRV_BAD_OPTION',
    'there is no option servce',
    'Write service.',
  ],
  [
    'a port that is taken',
    async () => {
      const other = createServer().listen(0, '127.0.0.1')
      await once(other, 'listening')
      try {
        await join({ port: (other.address() as AddressInfo).port })
      } finally {
        other.close()
      }
    },
    'NODE_PORT_IN_USE',
    'is in use',
    'choose another port',
  ],
]

const CALLING: readonly Mistake[] = [
  [
    'nobody of that name',
    () => node.call(stock('Elixir.Shop.Nope'), take()),
    'NODE_NO_PROCESS',
    'Elixir.Shop.Nope',
    'Process.whereis(Shop.Nope)',
  ],
  [
    'a module without its prefix',
    () => node.call(stock('Shop.Stock'), take()),
    'NODE_NO_PROCESS',
    'Shop.Stock',
    "call { name: 'Elixir.Shop.Stock' }",
  ],
  [
    'a name without a node',
    () => node.call('Elixir.Shop.Stock', take()),
    'NODE_NO_PROCESS',
    'js-1@shop.test',
    "{ name: 'Elixir.Shop.Stock', node: 'name@host' }",
  ],
  [
    'both',
    () => node.call('Shop.Stock', take()),
    'NODE_NO_PROCESS',
    'js-1@shop.test',
    "{ name: 'Elixir.Shop.Stock', node: 'name@host' }",
  ],
  [
    'no member at all',
    () => node.call({ name: 'Elixir.Shop.Stock', node: undefined as never }, take()),
    'NODE_BAD_OPTION',
    'to.node must be a node name',
    'Give a node name',
  ],
  [
    'a node that DNS does not list',
    () => node.call(stock('a', 'nope-1@shop.test'), take()),
    'NODE_NOT_CONNECTED',
    'no SRV record has the target nope-1.shop.test',
    'shop.test has shop-1.shop.test',
  ],
  [
    'text for an atom',
    () => node.call(stock('Elixir.Shop.First'), tuple('take', 'apple', 1)),
    'NODE_EXITED',
    '(FunctionClauseError) no function clause matching in Shop.Stock.handle_call/3, line',
    "atom('name')",
  ],
  [
    'an array for a tuple',
    () => node.call(stock('Elixir.Shop.Second'), [atom('take'), 'apple', 1]),
    'NODE_EXITED',
    '[:take, "apple", 1]',
    'tuple(…)',
  ],
  [
    'a forgotten await inside',
    () => node.call(stock(), tuple(atom('take'), node.call(stock(), take()) as never, 1)),
    'NODE_MESSAGE_INVALID',
    'cannot be sent: [1]: a promise has no Erlang term',
    'Await it first.',
  ],
  [
    'a function in a message',
    () => node.send(stock(), { on: () => 1 } as never),
    'NODE_MESSAGE_INVALID',
    '.on: a function has no Erlang term',
    'Send what it returns',
  ],
  [
    'a time as text',
    () => node.call(stock(), take(), { timeoutMs: '5s' as never }),
    'NODE_BAD_OPTION',
    "not '5s'",
    'Give a number of milliseconds',
  ],
  [
    'timeout without a unit',
    () => node.call(stock(), take(), { timeout: 100 } as never),
    'NODE_BAD_OPTION',
    'there is no option timeout',
    'Write timeoutMs.',
  ],
  [
    'too little time',
    () => node.call(stock(), atom('slow'), { timeoutMs: 20 }),
    'NODE_TIMEOUT',
    'no answer within 20 ms',
    'Raise timeoutMs',
  ],
  [
    'erpc without the prefix',
    () => node.erpc(SHOP, 'String', 'upcase', ['a']),
    'NODE_REMOTE_ERROR',
    'undef',
    "call 'Elixir.String'",
  ],
  [
    'erpc to no function',
    () => node.erpc(SHOP, 'Elixir.String', 'upcse', ['a']),
    'NODE_REMOTE_ERROR',
    'function String.upcse/1 is undefined',
    'Check the module, the function',
  ],
  [
    'erpc with too few arguments',
    () => node.erpc(SHOP, 'Elixir.String', 'upcase'),
    'NODE_REMOTE_ERROR',
    'function String.upcase/0 is undefined',
    'the number of arguments',
  ],
  [
    'erpc with no list',
    () => node.erpc(SHOP, 'Elixir.String', 'upcase', 'a' as never),
    'NODE_BAD_OPTION',
    'args must be an array',
    'Give an array',
  ],
  [
    'erpc that raises',
    () => node.erpc(SHOP, 'Elixir.String', 'to_integer', ['a']),
    'NODE_REMOTE_ERROR',
    '(ArgumentError)',
    'Read class',
  ],
  [
    'a function to expose',
    () => node.expose('Elixir.Js', (() => 1) as never),
    'NODE_BAD_OPTION',
    'an object of functions, not a function',
    'Give an object',
  ],
  [
    'one module exposed twice',
    () => {
      using _first = node.expose('Elixir.Twice', { a: () => 1 })
      node.expose('Elixir.Twice', { b: () => 1 })
    },
    'NODE_NAME_TAKEN',
    'Elixir.Twice is exposed already',
    'in one call',
  ],
  [
    'a topic that nobody publishes',
    () => node.pubsub('MyApp.PubSub').subscribe('nobody').receive({ timeoutMs: 20 }),
    'NODE_TIMEOUT',
    'the topic nobody',
    'No other node has a PubSub called MyApp.PubSub',
  ],
  [
    'an empty mailbox',
    () => node.mailbox('empty').receive({ timeoutMs: 20 }),
    'NODE_TIMEOUT',
    'no such message',
    'Send to empty',
  ],
  ['global on a hidden node', () => node.global, 'NODE_BAD_OPTION', 'a hidden node', 'hidden: false'],
]

const CLOSED: readonly Mistake[] = [
  [
    'a call',
    ({ node: closed }: Cluster) => closed.call(stock(), take()),
    'NODE_CLOSED',
    'the node is closed',
    'Start a new node',
  ],
  [
    'a subscription',
    ({ node: closed }: Cluster) => closed.pubsub('A'),
    'NODE_CLOSED',
    'the node is closed',
    'Start a new node',
  ],
  ['waiting for peers', (closed: Cluster) => closed.ready(), 'DYNSRV_CLOSED', 'closed', 'before close()'],
] as unknown as readonly Mistake[]

describe.each([
  ['starting', STARTING],
  ['calling', CALLING],
])('a first mistake in %s', (_group, mistakes) => {
  it.each(mistakes)('%s', async (_name, run, code, message, hint) => {
    const error = await told(run)
    expect(error).toMatchObject({
      code,
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    })
    // Nobody should have to read a page for the first mistake.
    expect(error.message.length + error.hint!.length).toBeLessThan(500)
  })
})

it.each(CLOSED)('after close: %s', async (_name, run, code, message, hint) => {
  const closed = await start({ ...options, name: 'js-3@shop.test' })
  await closed.close()
  const error = await told(() => (run as (closed: Cluster) => unknown)(closed))
  expect(error).toMatchObject({ code, message: expect.stringContaining(message), hint: expect.stringContaining(hint) })
})

it('two nodes of one name: the first hears who took over', async () => {
  await using first = await start({ ...options, name: 'js-4@shop.test' })
  await first.ready()
  const down = once(first.node, 'nodedown')
  await using second = await start({ ...options, name: 'js-4@shop.test' })
  await second.ready()
  const [{ reason }] = await down
  expect(reason).toMatchObject({ hint: expect.stringMatching(/./) })
  expect(['NODE_CLOSED_BY_PEER', 'NODE_CONNECTION_LOST', 'NODE_REPLACED']).toContain(reason.code)
})

describe('what an exposed function returns', () => {
  class Money {
    readonly amount: number
    constructor(amount: number) {
      this.amount = amount
    }
  }
  const returning = (value: unknown) => node.expose('Elixir.Returns', { it: () => value as Sendable })
  const called = () =>
    elixir.eval('try do :erpc.call(:"js-1@shop.test", Returns, :it, []) rescue e -> elem(e.original, 1) end')

  it.each<[name: string, value: unknown, elixir: string]>([
    ['an instance of a class', new Money(1), '%{"amount" => 1}'],
    ['nothing', undefined, ':undefined'],
    ['a Date', new Date(0), '~U[1970-01-01 00:00:00.000Z]'],
    ['a Map', new Map([['a', 1]]), '%{"a" => 1}'],
    ['a promise', Promise.resolve(1), '1'],
  ])('%s arrives', async (_name, value, text) => {
    using _exposed = returning(value)
    expect(await called()).toBe(text)
  })

  it.each<[name: string, value: unknown, said: string]>([
    ['a function', () => 1, 'a function has no Erlang term'],
    ['NaN', Number.NaN, 'NaN has no Erlang term'],
    ['a promise in an object', { a: Promise.resolve(1) }, '.a: a promise has no Erlang term'],
    ['an Error', new Error('x'), 'an object of class Error has no Erlang term'],
    ['a Symbol', Symbol('a'), 'a symbol has no Erlang term'],
  ])('%s is refused, here and there', async (_name, value, said) => {
    warnings.length = 0
    using _exposed = returning(value)
    expect(await called()).toContain(said)
    await expect.poll(() => warnings.map(({ message }) => message)).toEqual([expect.stringContaining(said)])
  })
})

it.each([
  ['another number of arguments', 'Elixir.Near', 'Near, :two, [1]', 'called Elixir.Near:two/1', 'there is two/2'],
  ['a module without its prefix', 'Far', 'Far, :two, [1, 2]', 'called Elixir.Far:two/2', 'a module Far;'],
])('a call from Elixir that misses what is exposed is told, once: %s', async (_name, module, call, said, there) => {
  warnings.length = 0
  using _exposed = node.expose(module, { 'two/2': (a: number, b: number) => a + b })
  for (let times = 0; times < 2; times++) {
    await elixir.eval(`try do :erpc.call(:"js-1@shop.test", ${call}) rescue e -> elem(e.original, 1) end`)
  }
  expect(warnings.map(({ code }) => code)).toEqual(['NOT_EXPOSED'])
  expect(warnings[0]?.message).toContain(said)
  expect(warnings[0]?.message).toContain(there)
})
