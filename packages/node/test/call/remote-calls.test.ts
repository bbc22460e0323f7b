import { atom, inspect, type Pid, type Term, tuple } from '@dynsrv/etf'
import { type Beam, startElixir } from '@dynsrv/tools/beam'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Node, RemoteError } from '../../src/index.ts'
import { COOKIE, compiledEpmd, freeName, startBeamPeer } from '../support/beam-peer.ts'
import { startOurs } from '../support/nodes.ts'

let erl: Beam
let node: Node
const printed: string[] = []
beforeAll(async () => {
  erl = await startBeamPeer('functions')
  node = await startOurs('functions', { output: (text) => printed.push(text) })
  node.expose('js', {
    hello: (name: string) => tuple(atom('hello'), name),
    later: async () => new Promise((resolve) => setImmediate(resolve, atom('done'))),
    bad: () => {
      throw new TypeError('not like this')
    },
    chosen: () => {
      throw new RemoteError('throw', atom('ball'))
    },
    leaves: () => {
      throw new RemoteError('exit', atom('gone'))
    },
    tell: (pid: Pid, message: string) => node.send(pid, message),
  })
})
afterAll(async () => {
  await node.close()
  await erl.stop()
})

describe.each(['erpc', 'rpc'] as const)('%s', (how) => {
  it('calls a function of another node', async () => {
    expect(await node[how](erl.name, 'lists', 'sum', [[1, 2, 39]])).toBe(42)
    expect(await node[how](erl.name, 'erlang', 'node')).toBe(atom(erl.name))
  })

  it('tells what it raised', async () => {
    await expect(node[how](erl.name, 'erlang', 'error', [atom('oops')])).rejects.toMatchObject({
      code: 'NODE_REMOTE_ERROR',
      class: 'error',
      reason: atom('oops'),
      peer: erl.name,
    })
    await expect(node[how](erl.name, 'erlang', 'exit', [atom('away')])).rejects.toMatchObject({
      class: 'exit',
      reason: atom('away'),
    })
    await expect(node[how](erl.name, 'nowhere', 'nothing')).rejects.toMatchObject({ reason: atom('undef') })
  })

  it('ends by timeout, by abort, and when there is no such node', async () => {
    const sleep = ['timer', 'sleep', [2_000]] as const
    await expect(node[how](erl.name, ...sleep, { timeoutMs: 20 })).rejects.toMatchObject({ code: 'NODE_TIMEOUT' })
    await expect(node[how](erl.name, ...sleep, { signal: AbortSignal.abort('no') })).rejects.toBe('no')
    await expect(node[how](await freeName('gone'), ...sleep)).rejects.toMatchObject({
      code: 'NODE_NOT_CONNECTED',
      cause: { code: 'NODE_REFUSED' },
    })
    await expect(node[how](erl.name, 'lists', 'sum', [Number.NaN])).rejects.toMatchObject({
      code: 'NODE_MESSAGE_INVALID',
    })
  })

  it('brings what is printed there to us', async () => {
    printed.length = 0
    expect(await node[how](erl.name, 'io', 'format', ['~s is ~p~n', ['x', tuple(1, atom('a'))]])).toBe(atom('ok'))
    expect(printed.join('')).toBe('x is {1,a}\n')
    await node[how](erl.name, 'io', 'put_chars', ['plain\n'])
    expect(printed.join('')).toBe('x is {1,a}\nplain\n')
    expect(await node[how](erl.name, 'io', 'get_line', ['? '])).toBe(atom('eof'))
  })

  it('runs many at once', async () => {
    const sums = await Promise.all(Array.from({ length: 200 }, (_, n) => node[how](erl.name, 'erlang', '+', [n, n])))
    expect(sums).toStrictEqual(Array.from({ length: 200 }, (_, n) => n + n))
  })
})

it('erpc throws what was thrown, with its class, and its stack trace for an error', async () => {
  await expect(node.erpc(erl.name, 'erlang', 'throw', [atom('ball')])).rejects.toMatchObject({
    class: 'throw',
    reason: atom('ball'),
  })
  const error = await node.erpc(erl.name, 'lists', 'sum', [atom('x')]).catch((reason: unknown) => reason)
  expect(error).toMatchObject({
    class: 'error',
    reason: atom('function_clause'),
    message: expect.stringMatching(/^lists:sum\/1 on .* raised error: function_clause in lists:sum\/[12]/),
  })
  expect(inspect((error as RemoteError).stacktrace)).toMatch(/lists/)
})

it('spawns processes there, and casts', async () => {
  using mailbox = node.mailbox()
  const pid = await node.spawn(erl.name, 'erlang', 'send', [mailbox.pid, atom('from_spawn')])
  expect(pid.node).toBe(atom(erl.name))
  expect(await mailbox.receive({ timeoutMs: 5_000 })).toBe(atom('from_spawn'))
  node.erpcCast(erl.name, 'erlang', 'send', [mailbox.pid, atom('from_cast')])
  expect(await mailbox.receive({ timeoutMs: 5_000 })).toBe(atom('from_cast'))
})

describe('what is exposed is called from Erlang', () => {
  const to = () => `'${node.self}'`

  it('by erpc and rpc, with its result', async () => {
    expect(await erl.eval(`erpc:call(${to()}, js, hello, [<<"joe">>])`)).toBe('{hello,<<"joe">>}')
    expect(await erl.eval(`rpc:call(${to()}, js, hello, [joe])`)).toBe('{hello,joe}')
    expect(await erl.eval(`rpc:block_call(${to()}, js, hello, [joe])`)).toBe('{hello,joe}')
    expect(await erl.eval(`erpc:multicall([node(), ${to()}], js, later, [], 5000)`)).toContain('{ok,done}')
    expect(await erl.eval(`{Id, N} = {erpc:send_request(${to()}, js, later, []), 1}, erpc:receive_response(Id)`)).toBe(
      'done',
    )
  })

  it('and raises with class, reason and a stack', async () => {
    const raised = `try erpc:call(${to()}, js, bad, []) catch C:R -> {C, R} end`
    const text = await erl.eval(raised)
    expect(text).toMatch(
      /^\{error,\{exception,#\{'__exception__' => true,'__struct__' => 'Elixir\.RuntimeError',message => <<"not like this">>,name => <<"TypeError">>\}/,
    )
    expect(text).toMatch(/\{js,bad,0,\[\]\}/)
    expect(text).toMatch(/remote-calls\.test\.ts/)
    expect(text).not.toMatch(/\/test\//)
    expect(await erl.eval(`catch erpc:call(${to()}, js, chosen, [])`)).toBe('ball')
    expect(await erl.eval(`try erpc:call(${to()}, js, leaves, []) catch C:R -> {C, R} end`)).toBe(
      '{exit,{exception,gone}}',
    )
    expect(await erl.eval(`rpc:call(${to()}, js, bad, [])`)).toMatch(/^\{badrpc,\{'EXIT',\{#\{'__exception__'/)
  })

  it('by casts and spawns', async () => {
    using mailbox = node.mailbox('told')
    const send = (how: string) => erl.eval(`Pid = erpc:call(${to()}, js, hello, [x]), ${how}`)
    await erl.eval(`{told, ${to()}} ! self()`)
    await mailbox.receive({ timeoutMs: 5_000 })
    await send(`P = spawn(${to()}, js, tell, [self(), <<"s">>]), R = receive <<"s">> -> node(P) end`)
    expect(
      await erl.eval(`erpc:cast(${to()}, js, tell, [self(), <<"c">>]), receive <<"c">> -> ok after 5000 -> no end`),
    ).toBe('ok')
    expect(
      await erl.eval(
        `{P, R} = spawn_monitor(${to()}, js, leaves, []), receive {'DOWN', R, process, P, Why} -> Why after 5000 -> no end`,
      ),
    ).toBe('gone')
    expect(
      await erl.eval(
        `process_flag(trap_exit, true), L = spawn_link(${to()}, js, leaves, []),
         receive {'EXIT', L, Y} -> Y after 5000 -> no end`,
      ),
    ).toBe('gone')
  })

  it('and nothing else is', async () => {
    expect(await erl.eval(`try erpc:call(${to()}, erlang, halt, []) catch C:R -> {C, R} end`)).toMatch(
      /\{error,\{exception,undef/,
    )
    expect(await erl.eval(`rpc:call(${to()}, os, cmd, ["true"])`)).toMatch(/undef/)
    expect(await erl.eval(`rpc:call(${to()}, js, constructor, [])`)).toMatch(/undef/)
    expect(
      await erl.eval(
        `{P, R} = spawn_monitor(${to()}, fun() -> ok end), receive {'DOWN', R, process, P, {Why, _}} -> Why end`,
      ),
    ).toBe('undef')
    expect(
      await erl.eval(
        `Q = spawn_request(${to()}, js, hello, [x], [{strange, 1}]), receive {spawn_reply, Q, E, W} -> {E, W} end`,
      ),
    ).toBe('{error,badopt}')
  })

  it('with the number of arguments that is declared, or with as many as the function has parameters', async () => {
    using _ = node.expose('arity', {
      'one/1': (...args: Term[]) => args.length,
      'one/3': (...args: Term[]) => tuple(atom('three'), args.length),
      least: (_a: Term, ...rest: Term[]) => rest.length,
      default: (_a: Term, _b: Term = null) => _b,
      '//2': (a: number, b: number) => a / b,
    })
    const call = (name: string, args: string): Promise<string> =>
      erl.eval(
        `try erpc:call(${to()}, arity, ${name}, ${args}) catch error:{exception, R, [{M, F, A, _} | _]} -> {R, M, F, A} end`,
      )
    expect(await call('one', '[a]')).toBe('1')
    expect(await call('one', '[a, b, c]')).toBe('{three,3}')
    expect(await call('one', '[]')).toBe('{undef,arity,one,[]}')
    expect(await call('one', '[a, b]')).toBe('{undef,arity,one,[a,b]}')
    expect(await call("'one/1'", '[a]')).toMatch(/^\{undef/)
    expect(await call('least', '[]')).toBe('{undef,arity,least,[]}')
    expect(await call('least', '[a]')).toBe('0')
    expect(await call('least', '[a, b, c]')).toBe('2')
    expect(await call('default', '[a]')).toBe('nil')
    expect(await call("'/'", '[4, 2]')).toBe('2')
    expect(await erl.eval(`rpc:block_call(${to()}, arity, one, [])`)).toMatch(/badrpc.*undef/)
    expect(
      await erl.eval(`{_, Q} = spawn_monitor(${to()}, arity, one, []), receive {'DOWN', Q, _, _, {R, _}} -> R end`),
    ).toBe('undef')
    expect(node.inspect().exposed.arity).toStrictEqual(['least', 'default', 'one/1', 'one/3', '//2'])
    for (const wrong of [{ 'f/256': () => 1 }, { 'f/01': () => 1 }, { f: 1 }]) {
      expect(() => node.expose('wrong', wrong as never)).toThrow(expect.objectContaining({ code: 'NODE_BAD_OPTION' }))
    }
  })

  it('with arguments that are a list, else they are a badarg', async () => {
    const improper = (call: string): Promise<string> => erl.eval(`try ${call} catch C:R -> {C, R} end`)
    const [theirs, ours] = await Promise.all(
      [`'${erl.name}'`, to()].map(async (at) => [
        await improper(`erpc:call(${at}, js, hello, [joe | foo])`),
        await improper(`rpc:call(${at}, js, hello, [joe | foo])`),
        await improper(`gen_server:call({rex, ${at}}, {call, js, hello, [joe | foo], user})`),
        await improper(`gen_server:call({rex, ${at}}, {block_call, js, hello, foo, user})`),
      ]),
    )
    const reasons = (texts: string[] | undefined) => texts?.map((text) => text.match(/badarg|undef/g)?.[0])
    expect(reasons(ours)).toStrictEqual(reasons(theirs))
    expect(reasons(ours)).toStrictEqual(['badarg', 'badarg', 'badarg', 'badarg'])
  })

  it('no more once it is taken back', async () => {
    const taken = node.expose('brief', { here: () => true })
    expect(await erl.eval(`erpc:call(${to()}, brief, here, [])`)).toBe('true')
    taken[Symbol.dispose]()
    expect(await erl.eval(`catch erpc:call(${to()}, brief, here, [])`)).toMatch(/undef/)
  })
})

it('Elixir calls a module that is JavaScript, and a GenServer that is', async () => {
  const name = await freeName('elixir')
  await using elixir = await startElixir({
    name,
    cookie: COOKIE,
    args: ['-pa', compiledEpmd(), '-start_epmd', 'false', '-epmd_module', 'port_in_name_epmd'],
  })
  using _module = node.expose('Elixir.MyApp.Js', { hello: (who: Uint8Array) => `hello ${Buffer.from(who)}` })
  using _server = node.serve<number>({
    name: 'Elixir.MyApp.Counter',
    init: () => 0,
    call: (request, server) => (request === atom('get') ? server.state : [request]),
    cast: (_message, server) => {
      server.state++
    },
  })
  const to = `:"${node.self}"`
  expect(await elixir.eval(`:erpc.call(${to}, MyApp.Js, :hello, ["joe"])`)).toBe('"hello joe"')
  const counter = `{MyApp.Counter, ${to}}`
  expect(
    await elixir.eval(
      `GenServer.cast(${counter}, :inc); GenServer.cast(${counter}, :inc); GenServer.call(${counter}, :get)`,
    ),
  ).toBe('2')
  expect(await elixir.eval(`Node.ping(${to})`)).toBe(':pong')
  expect(await elixir.eval('Node.list(:hidden)')).toBe(`[:"${node.self}"]`)
})
