import { atom, Pid, type Term, tuple } from '@dynsrv/etf'
import type { Beam } from '@dynsrv/tools/beam'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Node } from '../../src/index.ts'
import { startBeamPeer } from '../support/beam-peer.ts'
import { startOurs } from '../support/nodes.ts'

let erl: Beam
let node: Node
let printed = ''
const blocked: (() => void)[] = []
beforeAll(async () => {
  erl = await startBeamPeer('asks')
  node = await startOurs('system', {
    hidden: false,
    output: (text) => {
      printed += text
    },
  })
  node.pg('pg')
  node.pubsub('MyApp.PubSub')
  node.expose('js', {
    'block/0': () => new Promise<null>((resolve) => blocked.push(() => resolve(null))),
    'echo/1': (term: Term) => term,
  })
  await node.connect(erl.name)
})
afterAll(async () => {
  await node.close()
  await erl.stop()
})

const at = (name: string): string => `{'${name}', '${node.self}'}`
const ask = (expression: string): Promise<string> => erl.eval(`try ${expression} catch C:R -> {C, R} end`)

/** Those that a visible node of OTP has too, and those of ours. */
const OTP = ['global_name_server', 'net_kernel', 'rex']
const ALL = [...OTP, 'user', 'pg', 'Elixir.Phoenix.PubSub', 'Elixir.MyApp.PubSub.Adapter']

describe.each(ALL)('%s answers sys:', (name) => {
  it('get_state and get_status', async () => {
    expect(await ask(`sys:get_state(${at(name)})`)).not.toMatch(/exit|callback_failed/)
    expect(
      await ask(`begin {status, P, {module, gen_server}, [D, running, P, [], [{header, H}, {data, _}, {data, [{"State", _}]}]]} =
        sys:get_status(${at(name)}), {is_pid(P), is_list(D), H} end`),
    ).toMatch(/^\{true,true,"Status for generic server /)
  })

  it('suspend and resume', async () => {
    expect(await ask(`sys:suspend(${at(name)})`)).toBe('ok')
    expect(await ask(`lists:nth(2, element(4, sys:get_status(${at(name)})))`)).toBe('suspended')
    expect(await ask(`catch gen_server:call(${at(name)}, odd, 50)`)).toMatch(/timeout/)
    expect(await ask(`sys:resume(${at(name)})`)).toBe('ok')
    expect(await ask(`sys:get_state(${at(name)})`)).not.toMatch(/exit/)
  })

  it('trace, statistics and log', async () => {
    printed = ''
    expect(await ask(`{sys:trace(${at(name)}, true), sys:statistics(${at(name)}, true)}`)).toBe('{ok,ok}')
    await ask(`${at(name)} ! {odd, message}`)
    expect(await ask(`element(1, sys:statistics(${at(name)}, get))`)).toBe('ok')
    expect(printed).toMatch(/\*DBG\* .* got \{odd,message\}/)
    expect(await ask(`sys:no_debug(${at(name)})`)).toBe('ok')
    expect(await ask(`sys:log(${at(name)}, get)`)).toMatch(/^(\[\]|\{ok,\[\]\}|ok)$/)
  })

  it('a call that it does not know, at once', async () => {
    expect(await ask(`gen_server:call(${at(name)}, odd, 5000)`)).toMatch(/function_clause|notsup/)
  })
})

describe('a system process that a peer stops', () => {
  it.each(['net_kernel', 'rex', 'user'])('%s is started anew', async (name) => {
    const before = node.whereis(name)
    expect(await ask(`gen_server:stop(${at(name)})`)).toBe('ok')
    const after = node.whereis(name)
    expect(after).toBeInstanceOf(Pid)
    expect(after).not.toStrictEqual(before)
    expect(await ask(`{net_adm:ping('${node.self}'), rpc:block_call('${node.self}', js, echo, [x])}`)).toBe('{pong,x}')
    printed = ''
    await node.erpc(erl.name, 'io', 'put_chars', ['here'])
    expect(printed).toBe('here')
  })

  it('global_name_server refuses, since a node goes down with it', async () => {
    expect(await ask(`gen_server:stop(${at('global_name_server')})`)).toMatch(/not_allowed/)
    expect(await ask(`sys:get_state(${at('global_name_server')})`)).toMatch(/state/)
  })

  it('a scope of pg ends, and so does a pubsub', async () => {
    const scope = node.pg('stopped')
    const left = node.mailbox()
    scope.join(atom('g'), left)
    expect(await ask(`gen_server:stop(${at('stopped')})`)).toBe('ok')
    expect(node.whereis('stopped')).toBeUndefined()
    expect(() => scope.join(atom('g'), left)).toThrow(expect.objectContaining({ code: 'NODE_CLOSED' }))
    expect(
      await ask(`begin Q = monitor(process, ${at('stopped')}), receive {'DOWN', Q, _, _, Why} -> Why end end`),
    ).toBe('noproc')
    using _again = node.pg('stopped')
    const pubsub = node.pubsub('Stopped')
    const subscription = pubsub.subscribe('topic')
    expect(await ask(`gen_server:stop(${at('Elixir.Stopped.Adapter')})`)).toBe('ok')
    expect(subscription.active).toBe(false)
    left.close()
  })
})

describe('rex', () => {
  it('lets everything wait for a block_call, as that of OTP does', async () => {
    const order = await Promise.all([
      node.erpc(erl.name, 'erlang', 'apply', [
        atom('rpc'),
        atom('block_call'),
        [atom(node.self), atom('js'), atom('block'), []],
      ]),
      (async () => {
        await expect.poll(() => blocked.length).toBe(1)
        // A later one, and one that another way brings, which does not wait.
        const waits = ask(`gen_server:call(${at('rex')}, {call, js, echo, [waited], user}, 300)`)
        expect(await waits).toMatch(/timeout/)
        expect(await ask(`erpc:call('${node.self}', js, echo, [past])`)).toBe('past')
        for (const release of blocked.splice(0)) release()
      })(),
    ])
    expect(order[0]).toBeNull()
    expect(await ask(`gen_server:call(${at('rex')}, {call, js, echo, [after_it], user})`)).toBe('after_it')
  })

  it('brings a message to a registered process, which answers itself', async () => {
    using mailbox = node.mailbox('takes')
    const served = ask(
      `begin ${at('rex')} ! {self(), {send, takes, hello}}, receive {rex, What} -> What after 5000 -> late end end`,
    )
    const [from, content] = [...((await mailbox.receive({ timeoutMs: 5_000 })) as Iterable<Term>)]
    expect(content).toBe(atom('hello'))
    node.send(from as Pid, tuple(atom('rex'), atom('got_it')))
    expect(await served).toBe('got_it')
    expect(
      await ask(
        `begin ${at('rex')} ! {self(), {send, nobody, x}}, receive {rex, _, {nonexisting_name, Who}} -> Who end end`,
      ),
    ).toBe('nobody')
  })
})

describe('towards ourselves', () => {
  it('ping is pong, as net_adm:ping(node()) is', async () => {
    expect(await node.ping(node.self)).toBe('pong')
  })

  it('spawn, erpc and rpc work as towards others', async () => {
    using mailbox = node.mailbox()
    using _ = node.expose('self', {
      'tell/1': (pid: Pid) => node.send(pid, atom('told')),
      'never/0': () => new Promise(() => undefined),
    })
    const pid = await node.spawn(node.self, 'self', 'tell', [mailbox.pid])
    expect(pid.node).toBe(atom(node.self))
    expect(await mailbox.receive({ timeoutMs: 5_000 })).toBe(atom('told'))
    expect(node.erpcCast(node.self, 'self', 'tell', [mailbox.pid])).toBe(true)
    expect(await mailbox.receive({ timeoutMs: 5_000 })).toBe(atom('told'))
    for (const how of ['erpc', 'rpc'] as const) {
      expect(await node[how](node.self, 'js', 'echo', ['x'])).toBe('x')
      await expect(node[how](node.self, 'js', 'nothing', [])).rejects.toMatchObject({ reason: atom('undef') })
      await expect(node[how](node.self, 'self', 'never', [], { timeoutMs: 20 })).rejects.toMatchObject({
        code: 'NODE_TIMEOUT',
      })
      await expect(
        node[how](node.self, 'self', 'never', [], { signal: AbortSignal.timeout(20) }),
      ).rejects.toMatchObject({ name: 'TimeoutError' })
    }
  })
})

describe('undefined that is given is a reason', () => {
  it('of a mailbox, of a server and of a pubsub', async () => {
    const mailbox = node.mailbox()
    mailbox.exit(undefined)
    expect(await mailbox.ended).toBeUndefined()
    const normal = node.mailbox()
    normal.exit()
    expect(await normal.ended).toBe(atom('normal'))
    const closed = node.serve({})
    closed.close(undefined)
    expect(await closed.ended).toBeUndefined()
    const stopped = node.serve({})
    stopped.stop(undefined)
    expect(await stopped.ended).toBeUndefined()
    const stops = node.serve({ cast: (_message, server) => server.stop(undefined) })
    node.cast(stops.pid, 1)
    expect(await stops.ended).toBeUndefined()
    expect(await ask(`begin Q = monitor(process, ${at('undef')}), receive {'DOWN', Q, _, _, Why} -> Why end end`)).toBe(
      'noproc',
    )
    const watched = node.mailbox('undef')
    const down = ask(
      `begin Q = monitor(process, ${at('undef')}), ${at('undef')} ! x, receive {'DOWN', Q, _, _, Why} -> Why end end`,
    )
    await watched.receive({ timeoutMs: 5_000 })
    watched.exit(undefined)
    expect(await down).toBe('undefined')
  })
})
