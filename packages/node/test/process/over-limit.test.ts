import { type Atom, atom, type Pid, Reference, type Term, type Tuple, tuple } from '@dynsrv/etf'
import type { Beam } from '@dynsrv/tools/beam'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Node, NodeOptions, Warning } from '../../src/index.ts'
import { startBeamPeer } from '../support/beam-peer.ts'
import { startOurs } from '../support/nodes.ts'

/** A node with low limits, a BEAM node, what either can call, and what the first warned of. */
interface Pair extends AsyncDisposable {
  readonly node: Node
  readonly erl: Beam
  readonly warnings: Warning[]
}

async function pair(options: Partial<NodeOptions>): Promise<Pair> {
  const erl = await startBeamPeer('sends')
  const node = await startOurs('limited', options)
  const warnings: Warning[] = []
  node.on('warning', (warning) => warnings.push(warning))
  node.expose('js', { size: (term: Term) => (term as { length: number }).length })
  node.serve({ name: 'server', call: () => atom('answered') })
  await node.connect(erl.name)
  await erl.eval(`Big = fun() -> persistent_term:get(big) end,
    register(server, spawn(fun() -> (fun Loop() -> receive
      {'$gen_call', From, ask} -> gen:reply(From, Big()), Loop();
      {tell, To} -> To ! Big(), To ! told, Loop();
      {die, To} -> link(To), exit(Big());
      {mortal, To} -> To ! {mortal, spawn(fun() -> receive now -> exit(Big()) end end)}, Loop()
    end end)() end))`)
  const end = async () => {
    await node.close()
    await erl.stop()
  }
  return { node, erl, warnings, [Symbol.asyncDispose]: end }
}

const DEEP = 'lists:foldl(fun(_, Inner) -> [Inner] end, [], lists:seq(1, 200))'
const LARGE = 'binary:copy(<<7>>, 3000000)'
const WAIT = { timeoutMs: 20_000 }

describe.each([
  ['decode.limits.depth', DEEP, { decode: { limits: { depth: 100 } } }],
  ['limits.maxPartialBytes', LARGE, { limits: { maxPartialBytes: 1_000_000 } }],
] as const)('a term over %s', (limit, big, options) => {
  let nodes: Pair
  beforeAll(async () => {
    nodes = await pair(options)
    await nodes.erl.eval(`persistent_term:put(big, ${big})`)
  }, 60_000)
  afterAll(() => nodes[Symbol.asyncDispose]())

  const over = () => expect.objectContaining({ code: 'NODE_OVER_LIMIT', category: 'limit', limit, fault: 'peer' })
  const evaluate = (text: string) => nodes.erl.eval(`(fun(Node, Big) -> ${text} end)('${nodes.node.self}', ${big})`)
  const server = () => ({ name: 'server', node: nodes.erl.name })
  /** The link is the one that it was, and there is one warning more. */
  const warned = () => {
    const [warning, ...others] = nodes.warnings.splice(0)
    expect(warning).toMatchObject({ code: 'OVER_LIMIT', limit, peer: nodes.erl.name })
    expect(warning?.message).toContain(limit)
    expect(others).toStrictEqual([])
    expect(nodes.node.peers()).toMatchObject([{ state: 'connected' }])
  }

  it('costs a message, and no other', async () => {
    using inbox = nodes.node.mailbox()
    inbox.send(server(), tuple(atom('tell'), inbox.pid))
    expect(await inbox.receive(WAIT)).toBe(atom('told'))
    warned()
  })

  it('fails a call to us at once, by gen, erpc and rpc', async () => {
    // What failed is in the reason, and must not be printed.
    const gen = `try gen_server:call({server, Node}, Big, 20000) catch exit:{{system_limit, Why}, _} -> Why end`
    expect(await evaluate(gen)).toContain(`is over ${limit}`)
    warned()
    expect(await evaluate('catch erpc:call(Node, js, size, [Big], 20000)')).toMatch(/\{erpc,system_limit\}/)
    warned()
    const rpc = `{badrpc, {'EXIT', {{system_limit, Why}, _}}} = rpc:block_call(Node, js, size, [Big], 20000), Why`
    expect(await evaluate(rpc)).toContain(`is over ${limit}`)
    warned()
  })

  it('fails a call of ours at once, by gen, erpc and rpc', async () => {
    const { node, erl } = nodes
    await expect(node.call(server(), atom('ask'), WAIT)).rejects.toThrow(over())
    warned()
    await expect(node.erpc(erl.name, 'persistent_term', 'get', [atom('big')], WAIT)).rejects.toThrow(over())
    warned()
    await expect(node.rpc(erl.name, 'persistent_term', 'get', [atom('big')], WAIT)).rejects.toThrow(over())
    warned()
  })

  it('is replaced where it is the reason of an end', async () => {
    using inbox = nodes.node.mailbox({ trapExit: true })
    inbox.send(server(), tuple(atom('mortal'), inbox.pid))
    const [, mortal] = (await inbox.receive(WAIT)) as Iterable<Term>
    inbox.monitor(mortal as Pid)
    inbox.link(mortal as Pid)
    inbox.send(mortal as Pid, atom('now'))
    const ends = [await inbox.receive(WAIT), await inbox.receive(WAIT)] as Tuple[]
    expect(ends.map(({ elements }) => (elements[0] as Atom).name).sort()).toStrictEqual(['DOWN', 'EXIT'])
    for (const { elements } of ends) expect(elements.at(-1)).toMatchObject({ elements: [atom('system_limit'), {}] })
    expect(nodes.warnings.splice(1)).toHaveLength(1)
    warned()
  })

  it('costs an alias of ours the message', async () => {
    using inbox = nodes.node.mailbox()
    const { ref } = nodes.node.alias(inbox)
    expect(ref).toBeInstanceOf(Reference)
    inbox.send(server(), tuple(atom('tell'), ref))
    expect(await inbox.receive(WAIT)).toBe(atom('told'))
    warned()
  })
})

describe('the default limits', () => {
  let nodes: Pair
  beforeAll(async () => {
    nodes = await pair({})
  }, 60_000)
  afterAll(() => nodes[Symbol.asyncDispose]())

  it.each([
    ['20 000 levels', 'lists:foldl(fun(_, Inner) -> [Inner] end, [], lists:seq(1, 20000))'],
    ['a list of 10 000 001 integers', 'lists:seq(1, 10000001)'],
    ['a binary of 70 MB', 'binary:copy(<<7>>, 70000000)'],
    ['keys 35 deep', 'lists:foldl(fun(_, Inner) -> #{Inner => 1} end, a, lists:seq(1, 35))'],
    ['an integer of 4 million bits', '1 bsl 4000000'],
  ])(
    'let through %s, in a message and back',
    async (_what, text) => {
      const { node, erl, warnings } = nodes
      using _same = node.expose('same', { same: (term: Term) => term })
      const same = `(fun(Term) -> erpc:call('${node.self}', same, same, [Term], 60000) =:= Term end)(${text})`
      expect(await erl.eval(same)).toBe('true')
      expect(warnings).toStrictEqual([])
    },
    120_000,
  )

  it('let through thirty calls of 8 MB at once while our loop is busy', async () => {
    const { node, erl, warnings } = nodes
    const calls = erl.eval(`Self = self(), Big = binary:copy(<<7>>, 8000000),
      [spawn(fun() -> Self ! {size, erpc:call('${node.self}', js, size, [Big], 60000)} end) || _ <- lists:seq(1, 30)],
      lists:usort([receive {size, S} -> S end || _ <- lists:seq(1, 30)])`)
    const received = () => node.peers().map((peer) => (peer.state === 'connected' ? peer.receivedBytes : 0))[0]!
    for (let block = 0; block < 4; block++) {
      const before = received()
      while (received() === before) await new Promise(setImmediate)
      const until = performance.now() + 500
      while (performance.now() < until);
    }
    expect(await calls).toBe('[8000000]')
    expect(warnings).toStrictEqual([])
  }, 120_000)
})

it('a sender of OTP 23 that is killed within a message does not cost its link later', async () => {
  await using erl = await startBeamPeer('killed', { suite: 'bullseye', args: ['-kernel', 'net_ticktime', '4'] })
  await using node = await startOurs('patient', { netTickTimeMs: 4_000, limits: { maxPartialAgeMs: 1_500 } })
  const warnings: Warning[] = []
  node.on('warning', (warning) => warnings.push(warning))
  const downs: unknown[] = []
  node.on('nodedown', (event) => downs.push(event))
  await node.connect(erl.name)
  const inbox = node.mailbox('inbox')
  await erl.eval(`Big = binary:copy(<<7>>, 100000000), Self = self(),
    Sender = spawn(fun() -> Self ! begun, {inbox, '${node.self}'} ! Big, {inbox, '${node.self}'} ! whole end),
    receive begun -> ok end, timer:sleep(2), exit(Sender, kill), Ref = monitor(process, Sender),
    receive {'DOWN', Ref, process, _, Why} -> Why end`)
  await expect
    .poll(() => warnings)
    .toMatchObject([{ code: 'OVER_LIMIT', limit: 'limits.maxPartialAgeMs', peer: erl.name }])
  await erl.eval(`{inbox, '${node.self}'} ! later`)
  expect(await inbox.receive({ ...WAIT, match: (message) => message === atom('later') })).toBe(atom('later'))
  expect(downs).toStrictEqual([])
}, 240_000)

describe('a request of BEAM whose atoms are too many', () => {
  let nodes: Pair
  beforeAll(async () => {
    nodes = await pair({ decode: { limits: { atomBytes: 30_000 } } })
  }, 60_000)
  afterAll(() => nodes[Symbol.asyncDispose]())

  it.each([
    [
      'a monitor of a name',
      'erlang:monitor(process, {New(N), Node})',
      `{'DOWN', Ref, process, {_, Node}, Why} -> Why`,
      ['noproc', 'system_limit'],
    ],
    [
      'a spawn',
      'spawn_request(Node, New(N), f, [], [monitor])',
      `{'DOWN', Ref, process, _, {undef, _}} -> undef; {spawn_reply, Ref, error, Why} -> Why`,
      // The monitors before have taken all the room.
      ['system_limit'],
    ],
  ])('%s gets its answer at once', async (what, asks, answers, expected) => {
    const { node, erl } = nodes
    const prefix = what.replaceAll(' ', '_')
    const got = await erl.eval(`
      Node = '${node.self}',
      New = fun(N) -> list_to_atom("${prefix}_" ++ integer_to_list(N)) end,
      lists:usort([begin Ref = ${asks}, receive ${answers} after 10000 -> nothing end end || N <- lists:seq(1, 200)])`)
    expect(got).toBe(`[${expected.join(',')}]`)
    expect(await erl.eval(`lists:member('${node.self}', nodes(hidden))`)).toBe('true')
  })
})
