import { atom, type Term, tuple } from '@dynsrv/etf'
import type { Beam } from '@dynsrv/tools/beam'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Node, NodeError, RemoteError } from '../../src/index.ts'
import { startElixirPeer } from '../support/elixir-peer.ts'
import { startOurs } from '../support/nodes.ts'

let elixir: Beam
let node: Node
beforeAll(async () => {
  elixir = await startElixirPeer('elixir')
  await elixir.eval(
    `
      defmodule Shop.Broken do
        defexception [:code]
        def message(e), do: "broken with #{e.code}"
      end
      defmodule Shop.Stock do
        def boom, do: raise "boom happened"
        def argument, do: raise ArgumentError, "which one?"
        def broken, do: raise Shop.Broken, code: 7
        def missing(map), do: map.b
        def match(x), do: {:ok, _} = x
        def clause(:a), do: 1
        def choose(x), do: (case x do :a -> 1 end)
        def divide(x), do: 1 / x
        def to_atom(x), do: String.to_existing_atom(x)
        def outside, do: Nope.fun(1)
        def nowhere, do: apply(__MODULE__, :nothing, [1, 2])
        def update(x), do: %{x | a: 1}
        def each, do: Enum.map([1], fn _ -> raise "in a fun" end)
        def odd, do: :erlang.error({:odd, "reason", 1})
        def apply_it(x), do: x.(1)
        def thrown, do: throw(:ball)
        def leaves, do: exit({:shutdown, :now})
      end
    :ok`,
  )
  node = await startOurs('ours')
})
afterAll(async () => {
  await node.close()
  await elixir[Symbol.asyncDispose]()
})

async function raisedBy(name: string, args: readonly Term[] = []): Promise<RemoteError> {
  const error = await node.erpc(elixir.name, 'Elixir.Shop.Stock', name, args).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(RemoteError)
  return error as RemoteError
}

/** What Elixir itself says of the same reason and stack: its banner and its lines. */
async function saidByElixir(error: RemoteError): Promise<{ banner: string; lines: string[] }> {
  const { reason, stacktrace } = error
  const text = async (name: string, ...args: Term[]) =>
    Buffer.from((await node.erpc(elixir.name, 'Elixir.Exception', name, args)) as Uint8Array).toString()
  const banner = await text('format_banner', atom('error'), reason, stacktrace)
  const trace = await text('format_stacktrace', stacktrace)
  const lines = trace.split('\n').map((line) => line.trim().replace(/^\([^)]+\) /, ''))
  return { banner, lines: lines.filter((line) => line !== '') }
}

describe('what Elixir raised', () => {
  it.each<[string, readonly Term[]]>([
    ['boom', []],
    ['argument', []],
    ['missing', [new Map([[atom('a'), 1]])]],
    ['match', [tuple(atom('error'), 'no')]],
    ['clause', [atom('b')]],
    ['choose', [atom('b')]],
    ['divide', [0]],
    ['nowhere', []],
    ['update', [5]],
    ['each', []],
    ['odd', []],
    ['apply_it', [atom('no_fun')]],
  ])('%s is said as Elixir says it', async (name, args) => {
    const error = await raisedBy(name, args)
    const { banner, lines } = await saidByElixir(error)
    const [first] = banner.replace(/^\*\* /, '').split('\n')
    // Elixir has a word more on some: what else there is, or what may be meant.
    const said = error.message.replace(/^Shop\.Stock\.\w+\/\d on \S+ raised /, '').replace(/ in \S+$/, '')
    const own = said.replace(/(, line \d+)$/, '').replace(/ in \S+\/\d+$/, '')
    expect(`${first} `.startsWith(own) || said.startsWith(first!), `${first}\n${error.message}`).toBe(true)
    expect(error.remoteStack.filter((line) => line.includes('Shop.'))).toEqual(
      lines.filter((line) => line.includes('Shop.')),
    )
  })

  it('an exception with fields alone shows them', async () => {
    const error = await raisedBy('broken')
    expect(error.said).toMatch(/^\(Shop\.Broken\) %Shop\.Broken\{code: 7\} in Shop\.Stock\.broken\/0, line \d+$/)
  })

  it('throws and exits are said as what they are', async () => {
    expect((await raisedBy('thrown')).message).toMatch(/^Shop\.Stock\.thrown\/0 on \S+ raised throw: ball$/)
    expect((await raisedBy('leaves')).message).toMatch(/raised exit: \{shutdown,now\}$/)
  })
})

describe('the stack of a call that fails', () => {
  const functionOf = (error: Error) => error.stack?.split('\n').at(-1)

  it('ends in the line that called, with the functions of the other node first', async () => {
    async function buyApples(): Promise<unknown> {
      return await node.erpc(elixir.name, 'Elixir.Shop.Stock', 'boom')
    }
    const error = await buyApples().catch((reason: Error) => reason)
    const lines = (error as Error).stack!.split('\n')
    expect(lines[0]).toMatch(/^RemoteError: Shop\.Stock\.boom\/0 on \S+ raised \(RuntimeError\) boom happened/)
    expect(lines[1]).toMatch(/^ {4}nofile:\d+: Shop\.Stock\.boom\/0$/)
    expect(lines.some((line) => /at (?:async )?buyApples .*exception-text\.test\.ts/.test(line))).toBe(true)
  })

  it.each<[string, () => Promise<unknown>]>([
    ['call', async () => await node.call({ name: 'nobody', node: elixir.name }, 1)],
    ['rpc', async () => await node.rpc(elixir.name, 'erlang', 'error', [1])],
    ['erpc', async () => await node.erpc(elixir.name, 'erlang', 'error', [1])],
    ['spawn', async () => await node.spawn('nowhere@127.0.0.1', 'erlang', 'node', [])],
    ['connect', async () => await node.connect('nowhere@127.0.0.1')],
    ['ping', async () => await node.ping('nowhere@127.0.0.1')],
    [
      'a call that takes too long',
      async () => await node.erpc(elixir.name, 'timer', 'sleep', [5_000], { timeoutMs: 50 }),
    ],
  ])('%s', async (_what, run) => {
    const error = (await run().catch((reason: Error) => reason)) as Error
    expect(error).toBeInstanceOf(NodeError)
    expect(functionOf(error) ?? '').toMatch(/exception-text\.test\.ts|node_modules\/@?vitest/)
    expect(error.stack).toMatch(/exception-text\.test\.ts/)
  })
})

describe('a module of Elixir without its whole name', () => {
  it('is suggested for a function', async () => {
    await expect(node.erpc(elixir.name, 'String', 'upcase', ['x'])).rejects.toMatchObject({
      hint: expect.stringContaining("call 'Elixir.String'"),
    })
    await expect(node.erpc(elixir.name, 'lists', 'nothing')).rejects.toMatchObject({
      hint: 'Check the module, the function and the number of arguments.',
    })
  })

  it('is suggested for a process', async () => {
    await expect(node.call({ name: 'Shop.Stock', node: elixir.name }, 1)).rejects.toMatchObject({
      code: 'NODE_NO_PROCESS',
      hint: expect.stringContaining("{ name: 'Elixir.Shop.Stock' }"),
    })
  })
})

describe('what a function of ours throws', () => {
  it('is an exception that rescue takes, with name, message, code and the frames of the program alone', async () => {
    node.expose('js', {
      'fails/0': () => {
        throw Object.assign(new TypeError('no such file'), { code: 'ENOENT' })
      },
    })
    const answer = await elixir.eval(`
      try do
        :erpc.call(:"${node.self}", :js, :fails, [])
      rescue
        e in ErlangError ->
          {:exception, %RuntimeError{} = raised, stack} = e.original
          {Exception.message(raised), raised.name, raised.code, Enum.map(stack, fn {_, f, _, place} -> {f, place[:file]} end)}
      end`)
    expect(answer).toMatch(/^\{"no such file", "TypeError", "ENOENT", \[fails: nil, /)
    expect(answer).toMatch(/'exception-text\.test\.ts'/)
    expect(answer).not.toMatch(/'(outcome|node|remote-calls|exposed-functions)\.ts'/)
  })

  it('keeps the name of its class between two of ours', async () => {
    await using other = await startOurs('other')
    node.expose('ours', {
      'fails/0': () => {
        throw new RangeError('too far')
      },
    })
    const error = await other.erpc(node.self, 'ours', 'fails').catch((reason: unknown) => reason)
    expect((error as RemoteError).message).toMatch(
      /^ours:fails\/0 on \S+ raised \(RangeError\) too far in ours:fails\/0$/,
    )
  })
})

it('a large reason is not written out', () => {
  const large = Array.from({ length: 100_000 }, (_, at) => at)
  expect(new RemoteError('exit', large).message).toMatch(/^exit: a term of \d+ bytes$/)
  const text = new Map<Term, Term>([
    [atom('__struct__'), atom('Elixir.RuntimeError')],
    [atom('__exception__'), true],
    [atom('message'), 'x'.repeat(1_000_000)],
  ])
  expect(new RemoteError('error', text).message.length).toBeLessThan(11_000)
})

it('what is no exception, and no stack trace, is said as a term', () => {
  expect(new RemoteError('error', tuple(atom('a'), 1)).message).toBe('error: {a,1}')
  for (const stacktrace of [5, [1], [tuple(1)], [tuple(atom('m'), 1, 2, 3)], [tuple(atom('m'), atom('f'), [], 7)]]) {
    expect(new RemoteError('error', atom('badarg'), { stacktrace }).message).toMatch(/^error: badarg/)
  }
  expect(new RemoteError('error', new Map([[atom('__exception__'), true]])).message).toMatch(/^error: #\{/)
  expect(
    new RemoteError('error', atom('badarg'), { stacktrace: [tuple(atom('lists'), atom('sum'), [1, 2], [])] }).said,
  ).toBe('error: badarg in lists:sum/2')
})

it('control characters of what the other node raised are shown by their number', () => {
  const raised = new Map<Term, Term>([
    [atom('__struct__'), atom('Elixir.RuntimeError')],
    [atom('__exception__'), true],
    [atom('message'), 'a\u001b[2Jb\u0007\nc'],
  ])
  const { message, said } = new RemoteError('error', raised, { call: 'm:f/0 on a@h' })
  expect(said).toContain('a\\u{1b}[2Jb\\u{7}\nc')
  expect(message).toContain(said)
})
