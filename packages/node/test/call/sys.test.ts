import { atom, ExternalFun, type Term, tuple } from '@dynsrv/etf'
import type { Beam } from '@dynsrv/tools/beam'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Node, ServerHandlers } from '../../src/index.ts'
import { startBeamPeer } from '../support/beam-peer.ts'
import { startOurs } from '../support/nodes.ts'

let erl: Beam
let node: Node
let printed = ''
const output = (text: string): void => {
  printed += text
}
beforeAll(async () => {
  erl = await startBeamPeer('tools')
  node = await startOurs('servers', { output })
  await node.connect(erl.name)
})
afterAll(async () => {
  await node.close()
  await erl.stop()
})

const at = (name: string): string => `{${name}, '${node.self}'}`

/** Counts what is cast to it. */
function counter(name: string, more: Partial<ServerHandlers<number>> = {}): Disposable {
  return node.serve<number>({
    name,
    init: () => 0,
    call: (_request, server) => server.state,
    cast: (by, server) => {
      server.state += by as number
    },
    ...more,
  })
}

describe('sys of a real erl', () => {
  it('sees the state, after what was sent before', async () => {
    using _ = counter('seen')
    expect(await erl.eval(`gen_server:cast(${at('seen')}, 3), sys:get_state(${at('seen')})`)).toBe('3')
    await expect(erl.eval(`sys:get_state(${at('nobody')})`)).rejects.toThrow(/noproc/)
  })

  it('sees the status that a gen_server has', async () => {
    using _ = counter('status')
    const status = await erl.eval(`{status, Pid, {module, gen_server}, [Dictionary, running, Pid, [], Misc]} =
      sys:get_status(${at('status')}), [{header, Header}, {data, Data}, State] = Misc,
      {node(Pid), is_list(Dictionary), Header, Data =:= [{"Status", running}, {"Parent", Pid}, {"Logged events", []}], State}`)
    expect(status).toBe(`{'${node.self}',true,"Status for generic server status",true,{data,[{"State",0}]}}`)
  })

  it('suspends and resumes: calls wait meanwhile, system messages do not', async () => {
    using _ = counter('paused')
    expect(await erl.eval(`sys:suspend(${at('paused')})`)).toBe('ok')
    expect(
      await erl.eval(`gen_server:cast(${at('paused')}, 5), catch gen_server:call(${at('paused')}, get, 300)`),
    ).toMatch(/timeout/)
    expect(await erl.eval(`sys:get_state(${at('paused')})`)).toBe('0')
    expect(await erl.eval(`lists:nth(2, element(4, sys:get_status(${at('paused')})))`)).toBe('suspended')
    expect(await erl.eval(`sys:resume(${at('paused')}), gen_server:call(${at('paused')}, get)`)).toBe('5')
  })

  it('resumes a server that is flooded meanwhile', async () => {
    using _ = counter('flooded', { maxMessages: 10 })
    const flood = `[gen_server:cast(${at('flooded')}, 1) || _ <- lists:seq(1, 50)]`
    expect(await erl.eval(`sys:suspend(${at('flooded')}), ${flood}, sys:resume(${at('flooded')})`)).toBe('ok')
    expect(await erl.eval(`gen_server:call(${at('flooded')}, get)`)).toBe('10')
  })

  it('ends a server in order, as gen_server:stop does', async () => {
    const reasons: Term[] = []
    using _ = counter('ended', { terminate: (reason) => void reasons.push(reason) })
    using _again = counter('stopped', { terminate: (reason) => void reasons.push(reason) })
    expect(await erl.eval(`sys:terminate(${at('ended')}, shutdown)`)).toBe('ok')
    expect(await erl.eval(`gen_server:stop(${at('stopped')})`)).toBe('ok')
    expect(reasons).toStrictEqual([atom('shutdown'), atom('normal')])
    expect(node.whereis('ended')).toBeUndefined()
  })

  it('replaces no state unless the server lets it', async () => {
    using _closed = counter('closed')
    const changes: Term[] = []
    using _open = counter('open', {
      replace: (change, state) => {
        changes.push(change)
        return state + 100
      },
    })
    const replace = (name: string): Promise<string> => erl.eval(`sys:replace_state(${at(name)}, fun erlang:abs/1)`)
    await expect(replace('closed')).rejects.toThrow(/callback_failed,\{js,system_replace_state\}.*Elixir\.RuntimeError/)
    expect(await erl.eval(`sys:get_state(${at('closed')})`)).toBe('0')
    expect(await replace('open')).toBe('100')
    expect(changes).toStrictEqual([new ExternalFun(atom('erlang'), atom('abs'), 1)])
    expect(await erl.eval(`sys:replace_state(${at('open')}, fun(N) -> N + 1 end)`)).toBe('200')
    expect(await erl.eval(`gen_server:call(${at('open')}, get)`)).toBe('200')
  })

  it('sees what the server shows of its state, and the text of what has no Erlang form', async () => {
    using _ = node.serve<{ secret: string; users: number }>({
      name: 'discreet',
      init: () => ({ secret: 'hush', users: 2 }),
      show: ({ users }) => tuple(atom('users'), users),
    })
    using _odd = node.serve<{ run: () => void }>({ name: 'odd', init: () => ({ run: () => undefined }) })
    using _broken = node.serve<null>({
      name: 'broken',
      show: () => {
        throw new RangeError('no view')
      },
    })
    expect(await erl.eval(`sys:get_state(${at('discreet')})`)).toBe('{users,2}')
    expect(await erl.eval(`sys:get_status(${at('discreet')})`)).not.toContain('hush')
    expect(await erl.eval(`sys:get_state(${at('odd')})`)).toBe('<<"{ run: [Function: run] }">>')
    await expect(erl.eval(`sys:get_state(${at('broken')})`)).rejects.toThrow(/no view/)
    expect(await erl.eval(`is_tuple(sys:get_status(${at('broken')}))`)).toBe('true')
  })

  it('counts messages', async () => {
    using _ = counter('counted')
    const s = at('counted')
    expect(await erl.eval(`sys:statistics(${s}, get)`)).toBe('{ok,no_statistics}')
    expect(
      await erl.eval(`ok = sys:statistics(${s}, true), gen_server:cast(${s}, 1), gen_server:call(${s}, get),
        {ok, [{start_time, {{Y, _, _}, {_, _, _}}}, {current_time, _}, {reductions, 0} | Messages]} = sys:statistics(${s}, get),
        ok = sys:statistics(${s}, false), {Y > 2000, Messages, sys:statistics(${s}, get)}`),
    ).toBe('{true,[{messages_in,2},{messages_out,1}],{ok,no_statistics}}')
  })

  it('logs the last events', async () => {
    using _ = counter('logged')
    const s = at('logged')
    expect(
      await erl.eval(`ok = sys:log(${s}, {true, 3}), [gen_server:cast(${s}, N) || N <- [1, 2]], gen_server:call(${s}, get),
        {ok, [A, B, {out, Reply, {Pid, _}, State}]} = sys:log(${s}, get),
        {A, element(1, B), element(1, element(2, B)), Reply, Pid =:= self(), State, sys:no_debug(${s}), sys:log(${s}, get)}`),
    ).toBe("{{noreply,3},in,'$gen_call',3,true,3,ok,{ok,[]}}")
  })

  it('logs no more than what takes little memory, whatever a peer sends', async () => {
    using _ = counter('much')
    const s = at('much')
    const logged = await erl.eval(`begin ok = sys:log(${s}, {true, 1000}), Large = binary:copy(<<1>>, 300000),
      [gen_server:cast(${s}, {Large, N}) || N <- lists:seq(1, 50)], gen_server:cast(${s}, {binary:copy(<<1>>, 2000000), 51}),
      gen_server:cast(${s}, small), {ok, Events} = sys:log(${s}, get), ok = sys:no_debug(${s}),
      [case element(2, M) of {_, N} -> N; Other -> Other end || {in, M} <- Events] end`)
    expect(logged).toBe('[small]')
  })

  it('traces no more of one event than limits.maxPrintedBytes', async () => {
    let seen = ''
    const listen = (text: string): void => {
      seen += text
    }
    const other = await startOurs('briefly', { output: listen, limits: { maxPrintedBytes: 100 } })
    try {
      await other.connect(erl.name)
      using _ = other.serve({ name: 'traced', call: () => 'done' })
      const s = `{traced, '${other.self}'}`
      await erl.eval(`ok = sys:trace(${s}, true), gen_server:call(${s}, binary:copy(<<"x">>, 2000000))`)
      const events = seen.split('\n').filter((line) => line !== '')
      expect(events[0]).toMatch(/^\*DBG\* traced got call .+ \[cut: limits.maxPrintedBytes is 100\]$/)
      for (const event of events) expect(event.length).toBeLessThan(200)
    } finally {
      await other.close()
    }
  })

  it('traces to the output of the node', async () => {
    using _ = counter('traced')
    const s = at('traced')
    printed = ''
    expect(await erl.eval(`ok = sys:trace(${s}, true), gen_server:cast(${s}, 4), gen_server:call(${s}, get)`)).toBe('4')
    expect(await erl.eval(`ok = sys:trace(${s}, false), gen_server:call(${s}, unheard)`)).toBe('4')
    expect(printed).toMatch(
      /^\*DBG\* traced got cast 4\n\*DBG\* traced new state 4\n\*DBG\* traced got call get from .+\n\*DBG\* traced sent 4 to .+, new state 4\n$/,
    )
  })

  it('is told what cannot be done', async () => {
    using _ = counter('limits')
    const s = at('limits')
    expect(await erl.eval(`sys:log_to_file(${s}, "/tmp/nothing")`)).toBe('{error,open_file}')
    expect(await erl.eval(`sys:install(${s}, {fun(S, _, _) -> S end, 0})`)).toBe('unknown_debug')
    expect(await erl.eval(`sys:change_code(${s}, m, undefined, [])`)).toBe(
      '{error,{unknown_system_msg,{change_code,m,undefined,[]}}}',
    )
    await erl.eval(`sys:suspend(${s})`)
    expect(await erl.eval(`sys:change_code(${s}, m, undefined, [])`)).toBe(
      "{error,{'EXIT',{undef,[{js,code_change,3,[]}]}}}",
    )
    await erl.eval(`sys:resume(${s})`)
    expect(await erl.eval(`gen:call(${s}, system, nonsense)`)).toBe('{ok,{error,{unknown_system_msg,nonsense}}}')
    // The name of a request in another shape.
    for (const odd of [
      'terminate',
      'replace_state',
      'debug',
      'change_code',
      '{suspend,1}',
      '{get_state,1}',
      '{terminate}',
    ]) {
      expect(await erl.eval(`gen:call(${s}, system, ${odd})`)).toBe(`{ok,{error,{unknown_system_msg,${odd}}}}`)
    }
  })
})
