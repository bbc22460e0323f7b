import { atom, charlist, type Pid, tuple } from '@dynsrv/etf'
import { type Beam, startElixir } from '@dynsrv/tools/beam'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Node } from '../../src/index.ts'
import { COOKIE, compiledEpmd, freeName, startBeamPeer } from '../support/beam-peer.ts'
import { startOurs } from '../support/nodes.ts'

let erl: Beam
let node: Node
let printed = ''
beforeAll(async () => {
  erl = await startBeamPeer('prints')
  node = await startOurs('leads', {
    // What is printed keeps its types whatever this says.
    decode: { binary: 'text', map: 'object' },
    output: (text) => {
      printed += text
    },
  })
  await node.connect(erl.name)
})
afterAll(async () => {
  await node.close()
  await erl.stop()
})
beforeEach(() => {
  printed = ''
})

/** What an expression gives in a process whose group leader is our `user`. */
function evalHere(expression: string): Promise<string> {
  return erl.eval(`begin Self = self(),
    Pid = spawn(fun() -> receive go -> ok end, Self ! {done, try ${expression} catch C:R -> {C, R} end} end),
    group_leader(persistent_term:get(leader), Pid), Pid ! go, receive {done, Result} -> Result after 10000 -> late end end`)
}

beforeAll(async () => {
  // Whatever we start there has our `user` as its group leader.
  const leader = await node.erpc(erl.name, 'erlang', 'group_leader')
  await node.erpc(erl.name, 'persistent_term', 'put', [atom('leader'), leader])
})

it.each([
  ['io:write of a float', 'io:write({x, 1.0})', '{x,1.0}'],
  ['io:write of a map', 'io:write(#{a => 1, <<"b">> => [2.0]})', '#{a => 1,<<98>> => [2.0]}'],
  ['a width from the arguments', 'io:format("~*s|~-*s|", [5, "ab", 5, "cd"])', '   ab|cd   |'],
  ['hexadecimal', 'io:format("~.16x ~.16X ~.16#", [255, "0x", 255, "0x", 255])', '0xff 0xFF 16#FF'],
  ['depth', 'io:format("~P ~W", [[a, b, c, d], 3, [a, b, c, d], 3])', '[a,b|...] [a,b|...]'],
  ['Unicode', 'io:format("~ts ~tp ~tw", [[955], [955], [955]])', 'λ [955] [955]'],
  ['Unicode as a binary', 'io:format(<<"~ts"/utf8>>, [<<955/utf8>>])', 'λ'],
  ['a fun', 'io:format("~p", [fun lists:map/2])', 'fun lists:map/2'],
  ['a bit string', 'io:format("~w", [<<1:3>>])', '<<1:3>>'],
  ['many at once', 'io:requests([{put_chars, unicode, "a"}, {format, "~p", [#{k => v}]}, nl])', 'a#{k => v}\n'],
])('prints as io_lib does: %s', async (_, expression, expected) => {
  expect(await evalHere(expression)).toBe('ok')
  expect(printed).toBe(expected)
})

it('prints processes, references and long terms as the node does that prints them', async () => {
  expect(
    await evalHere(`begin
      T = {self(), make_ref(), #{list => lists:seq(1, 60), text => "a text", deep => [[[#{x => 1.5}]]]}},
      persistent_term:put(expected, lists:flatten(io_lib:format("~p~n", [T]))), io:format("~p~n", [T]) end`),
  ).toBe('ok')
  const expected = Buffer.from(
    (await node.erpc(erl.name, 'erlang', 'list_to_binary', [
      await node.erpc(erl.name, 'persistent_term', 'get', [atom('expected')]),
    ])) as string,
  ).toString()
  expect(printed).toBe(expected)
  expect(printed.split('\n').length).toBeGreaterThan(3)
})

it('refuses what io_lib refuses, and the process that printed is told', async () => {
  expect(await evalHere('io:format("~p", [])')).toBe('{error,badarg}')
  expect(await evalHere('io:format("~q", [a])')).toBe('{error,badarg}')
  expect(printed).toBe('')
})

it('reads Latin-1 where it is said, and where nothing is said', async () => {
  const request = (what: string): Promise<string> =>
    evalHere(`begin group_leader() ! {io_request, self(), r, ${what}}, receive {io_reply, r, Reply} -> Reply end end`)
  expect(await request('{put_chars, latin1, <<233>>}')).toBe('ok')
  expect(await request('{put_chars, <<233>>}')).toBe('ok')
  expect(await request('{put_chars, unicode, <<233/utf8>>}')).toBe('ok')
  expect(await request('{put_chars, latin1, io_lib, format, ["~s", [<<233>>]]}')).toBe('ok')
  expect(printed).toBe('éééé')
  expect(await request('{put_chars, unicode, <<233>>}')).toMatch(/^\{error,/)
  expect(await request('{get_until, unicode, "", io_lib, fread, []}')).toBe('{error,terminated}')
  expect(await request('{get_geometry, columns}')).toBe('{error,enotsup}')
  expect(await request('{get_line, unicode, ""}')).toBe('eof')
})

// As a group leader of OTP 29 answers, but for `{put_chars, Encoding, Module, …}` of modules that we do not have, and for input.
it.each([
  ['foo', '{error,request}'],
  ['{foo}', '{error,request}'],
  ['{foo, 1}', '{error,request}'],
  ['{put_chars, unicode, bad}', '{error,{put_chars,unicode,bad}}'],
  ['{put_chars, latin1, [256]}', '{error,{put_chars,latin1,[256]}}'],
  ['{put_chars, utf7, "a"}', '{error,request}'],
  ['{put_chars, unicode, io_lib, format, ["~p", []]}', '{error,format}'],
  ['{put_chars, unicode, io_lib, format, x}', '{error,format}'],
  ['{put_chars, unicode, io_lib, no_such_function, []}', '{error,no_such_function}'],
  ['{put_chars, unicode, io_lib, module_info, []}', '{error,module_info}'],
  ['{put_chars, unicode, erlang, halt, []}', '{error,halt}'],
  ['{put_chars, unicode, lists, reverse, ["abc"]}', '{error,reverse}'],
  ['{setopts, []}', 'ok'],
  ['{setopts, [binary, {encoding, unicode}, {echo, false}]}', 'ok'],
  ['{setopts, [{foo, 1}]}', '{error,enotsup}'],
  ['{setopts, [{encoding, latin9}]}', '{error,enotsup}'],
  ['{get_password, unicode}', '{error,enotsup}'],
  ['{requests, []}', 'ok'],
  ['{requests, [foo, {put_chars, unicode, "z"}]}', '{error,request}'],
])('answers the request %s', async (asked, expected) => {
  const request = `{io_request, self(), r, ${asked}}`
  expect(await evalHere(`begin group_leader() ! ${request}, receive {io_reply, r, Reply} -> Reply end end`)).toBe(
    expected,
  )
})

it('has a request formatted by the node that sent it, whatever process it names', async () => {
  await using other = await startBeamPeer('named')
  await node.connect(other.name)
  const named = await node.erpc(other.name, 'erlang', 'whereis', [atom('init')])
  await node.erpc(erl.name, 'persistent_term', 'put', [atom('named'), named])
  // `io_lib:write` of a reference takes the node that prints; the other one would have shown it as one of another node.
  await evalHere(`group_leader() ! {io_request, persistent_term:get(named), r,
    {put_chars, unicode, io_lib, format, ["~p", [self()]]}}`)
  await expect.poll(() => printed).toMatch(/^<0\.\d+\.\d+>$/)
})

it.each([
  'io:format("~30000000c", [$a])',
  'io:format("~999999999c~n", [$a])',
  'io:format("~*c", [1 bsl 40, $a])',
  'io:format("~1000000000n")',
  'io:format("~999999999s", [abc])',
  'io:format(lists:append(lists:duplicate(200000, "~30000s")), lists:duplicate(200000, a))',
])('what prints more than the limit is cut and goes on: %s', async (expression) => {
  expect(await evalHere(expression)).toBe('ok')
  expect(Buffer.byteLength(printed)).toBeLessThan(1024 * 1024 + 100)
  expect(printed).toMatch(/… \[cut: limits\.maxPrintedBytes is 1048576\]\n$/)
})

it('a term that nests deeply is printed, or refused: the process that prints goes on', async () => {
  const deep = (wrap: string): string => `lists:foldl(fun(_, T) -> ${wrap} end, [], lists:seq(1, 90000))`
  expect(await evalHere(`io:format("~w", [${deep('[T]')}])`)).toBe('ok')
  expect(printed).toBe('['.repeat(90_001) + ']'.repeat(90_001))
  for (const wrap of ['{T}', '#{a => T}', '[#{a => {T}}|x]']) {
    expect(await evalHere(`io:write(${deep(wrap)})`)).toMatch(/^ok$|^\{error,/)
  }
})

it('a shell that is started in our name ends, and its node does not', async () => {
  await using peer = await startBeamPeer('shell')
  using inbox = node.mailbox()
  inbox.monitor((await node.erpc(peer.name, 'shell', 'start', [false, false])) as Pid)
  expect(await inbox.receive()).toMatchObject({ elements: [atom('DOWN'), {}, {}, {}, {}] })
  expect(await node.erpc(peer.name, 'init', 'get_status', [])).toStrictEqual(tuple(atom('started'), atom('started')))
  expect(await node.erpc(peer.name, 'io', 'read', [charlist('> ')])).toMatchObject({
    elements: [atom('error'), atom('terminated')],
  })
})

it('a function of the program that takes the output and throws harms nobody', async () => {
  await using loud = await startOurs('loud', {
    output: () => {
      throw new Error('no room')
    },
  })
  expect(await loud.erpc(erl.name, 'io', 'format', [charlist('~p'), [1]])).toBe(atom('ok'))
})

it('prints what Elixir prints', async () => {
  const name = await freeName('elixir')
  await using elixir = await startElixir({
    name,
    cookie: COOKIE,
    args: ['-pa', compiledEpmd(), '-start_epmd', 'false', '-epmd_module', 'port_in_name_epmd'],
  })
  await node.erpc(elixir.name, 'Elixir.IO', 'puts', ['grüße'])
  await node.erpc(elixir.name, 'Elixir.IO', 'inspect', [new Map([[atom('a'), 'b']])])
  expect(printed).toBe('grüße\n%{a: "b"}\n')
})
