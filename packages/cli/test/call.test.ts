import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runMain } from './main-run.ts'
import { ENV, type Peer, startPeer } from './peer.ts'
import { runDynsrv } from './run-dynsrv.ts'

describe('speaking to a real Erlang node', () => {
  let peer: Peer
  beforeAll(async () => {
    peer = await startPeer()
  })
  afterAll(() => peer[Symbol.asyncDispose]())
  const run = (command: string, ...args: string[]) => runMain([command, peer.name, ...args, ...peer.dns], ENV)

  it.each([
    [['lists', 'reverse', '[1, {a, <<"b">>}]'], '[{a,<<"b">>},1]\n'],
    [[':lists', 'reverse', '[1, {:a, "b"}]'], '[{:a, "b"}, 1]\n'],
    [['lists', 'reverse', '[1, "b"]', '--syntax', 'json'], '["b",1]\n'],
    [['lists', 'reverse', '[1, {a}]', '--json'], '{"result":[["a"],1]}\n'],
    [['lists', 'reverse', '[1.0, -0.0, 1.0e100]'], '[1.0e100,-0.0,1.0]\n'],
    [['lists', 'reverse', '[1, 1.0, 1.5]', '--json'], '{"result":[1.5,1,1]}\n'],
    [['erlang', 'node'], "'erl-1@my-service.test'\n"],
  ])('call %j prints %j', async (args, printed) => {
    const { code, stdout, stderr } = await run('call', ...args)
    expect(stderr).toBe('')
    expect(stdout).toBe(printed)
    expect(code).toBe(0)
  })

  it('never shows the cookie, not even when it is asked for', async () => {
    for (const args of [
      ['call', 'erlang', 'get_cookie'],
      ['call', 'erlang', 'get_cookie', '--json'],
      ['call', 'erlang', 'error', '{bad, [a, x]}'],
      ['eval', '{erlang:get_cookie(), atom_to_binary(erlang:get_cookie()), length("no cookie here")}'],
      ['eval', 'error({cookie, erlang:get_cookie()})'],
    ] as const) {
      const [command, ...rest] = args
      const { stdout, stderr } = await run(command, ...rest)
      expect(stdout + stderr).not.toContain(ENV.RELEASE_COOKIE)
    }
    expect((await run('call', 'erlang', 'get_cookie')).stdout).toMatch(/^'?\*\*\*'?\n$/)
  })

  it('call takes a number below zero behind --', async () => {
    const args = ['call', peer.name, ...peer.dns, '--', 'erlang', 'abs', '-7']
    expect(await runMain(args, ENV)).toMatchObject({ code: 0, stdout: '7\n' })
  })

  it('call says what was raised, and what is not there', async () => {
    const raised = await run('call', 'erlang', 'error', '{bad, thing}')
    expect(raised.stderr).toMatch(
      /^dynsrv call: erlang\.error\/1 raised error: \{bad,thing\} in erlang:error\/1\. .*\n {4}erlang:error\/1\n$/,
    )
    expect(raised.code).toBe(1)
    const deep = await run('call', 'lists', 'sum', '[a]')
    expect(deep.stderr).toMatch(
      /^dynsrv call: lists\.sum\/1 raised error: badarith in erlang:'\+'\/2\. .*\n {4}erlang:'\+'\/2\n {4}lists:sum\/2 \(lists\.erl, line \d+\)\n/,
    )
    const json = await run('call', 'lists', 'sum', '[a]', '--json')
    expect(JSON.parse(json.stdout + json.stderr)).toMatchObject({
      message: "lists.sum/1 raised error: badarith in erlang:'+'/2",
      stack: ["erlang:'+'/2", expect.stringMatching(/^lists:sum\/2 \(lists\.erl, line \d+\)$/), 'lists:sum/1'],
    })
    const undef = await run('call', 'lists', 'revers', '[]')
    expect(undef.stderr).toMatch(/lists\.revers\/1 is not there.*Check the module/)
    expect(undef.code).toBe(1)
  })

  it('what cannot be sent, or is long and wrong, is refused in short before anything is dialled', async () => {
    const long = 'a'.repeat(256)
    for (const words of [
      ['call', peer.name, long, 'f'],
      ['cast', peer.name, 'erlang', 'f', `[${long}]`],
      ['send', peer.name, 'box', long],
    ]) {
      const { code, stderr } = await runMain(words, ENV)
      expect(stderr).toMatch(
        /: this cannot be sent: an atom has at most 255 characters\. Text of any length is a binary/,
      )
      expect(code).toBe(2)
    }
    const wrong = await runMain(['call', peer.name, 'lists', 'reverse', `[${'1,'.repeat(5_000)}}]`], ENV)
    expect(wrong.stderr).toMatch(
      /^dynsrv call: … "[1,]{50}\}\]" is not an Erlang term: unexpected "\}" at column 10002\. .*\n$/,
    )
    expect(wrong.code).toBe(2)
  })

  it('cast and send reach the node before the command ends', async () => {
    await peer.beam.eval('ets:new(seen, [named_table, public, {heir, whereis(init), x}]), register(box, self())')
    // Each in a process of its own, which ends with the command.
    const process = (command: string, ...args: string[]) =>
      runDynsrv([command, peer.name, ...args, ...peer.dns], { env: ENV })
    const cast = await process('cast', 'erlang', 'send', 'box', '{cast, 1}')
    expect(cast).toMatchObject({ code: 0, stdout: '', stderr: '' })
    expect(await peer.beam.eval('receive {cast, N} -> N after 5000 -> timeout end')).toBe('1')
    const sent = await process('send', 'box', '{sent, <<"x">>}', '--json')
    expect(sent).toMatchObject({ code: 0, stdout: '{"sent":true}\n' })
    expect(await peer.beam.eval('receive {sent, X} -> X after 5000 -> timeout end')).toBe('<<"x">>')
  })

  it('eval evaluates an expression, and says where it is wrong', async () => {
    expect(await run('eval', 'X = 20, lists:sum([X, 22]).')).toMatchObject({ code: 0, stdout: '42\n' })
    expect(await run('eval', 'node()', '--json')).toMatchObject({ stdout: `{"result":"${peer.name}"}\n` })
    const wrong = await run('eval', 'lists:sum([1, }')
    expect(wrong.stderr).toMatch(/^dynsrv eval: syntax error before: .* at column 15\. .*\n$/)
    expect(wrong.code).toBe(2)
    const short = await run('eval', '1 +')
    expect(short.stderr).toMatch(/^dynsrv eval: the expression ends too soon/)
    const second = await run('eval', 'A = 1,\nB = }, B')
    expect(second.stderr).toMatch(/at line 2, column 5\. /)
    const raised = await run('eval', 'error(oops)')
    expect(raised.stderr).toMatch(/raised error: oops/)
    expect(raised.code).toBe(1)
    const elixir = await run('eval', '1 + 1', '--syntax', 'elixir')
    expect(elixir.stderr).toMatch(/is not there/)
    expect(elixir.code).toBe(1)
  })

  it('says why the node is not reached', async () => {
    const args = ['call', peer.name, 'erlang', 'node', ...peer.dns]
    const { code, stderr } = await runMain(args, { RELEASE_COOKIE: 'another' })
    expect(stderr).toMatch(/refused our cookie/)
    expect(code).toBe(1)
  })

  it.each([
    [['call', 'n@x.test', 'lists', 'reverse', '[1, '], /"\[1, " is not an Erlang term: it ends at column 5/],
    [['call', 'n@x.test', 'MyApp', 'f', 'foo'], /not an Elixir term: .*colon at column 1/],
    [['call', 'n@x.test', 'lists', 'f', '--syntax', 'lisp'], /"lisp" is unknown.*erlang, elixir or json/],
    [['call', 'n@x.test', 'lists'], /missing required argument 'function'/],
    [['eval', 'n@x.test', '1', '--syntax', 'json'], /JSON has no expressions/],
    [['send', 'n@x.test', 'box'], /missing required argument 'message'/],
  ] as const)('refuses %j with exit code 2', async (args, says) => {
    const { code, stdout, stderr } = await runMain(args, ENV)
    expect(stderr).toMatch(says)
    expect(stderr.split('\n')).toHaveLength(2)
    expect(stdout).toBe('')
    expect(code).toBe(2)
  })
})
