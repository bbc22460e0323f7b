import { atom, inspect, type Term, type Tuple, tuple } from '@dynsrv/etf'
import type { Beam } from '@dynsrv/tools/beam'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NO_REPLY, type Node, RemoteError } from '../../src/index.ts'
import { startBeamPeer } from '../support/beam-peer.ts'
import { next, startOurs } from '../support/nodes.ts'

let erl: Beam
let node: Node
beforeAll(async () => {
  erl = await startBeamPeer('clients')
  node = await startOurs('servers')
  await node.connect(erl.name)
})
afterAll(async () => {
  await node.close()
  await erl.stop()
})

const server = (name: string): string => `{${name}, '${node.self}'}`

describe('a server of ours', () => {
  it('keeps state, answers gen_server:call, takes casts and messages in order', async () => {
    const seen: Term[] = []
    using _ = node.serve<number>({
      name: 'counter',
      init: async () => 10,
      call: async (request, context) => tuple(request, context.state),
      cast: async (message, context) => {
        await null
        context.state += message as number
      },
      info: (message) => void seen.push(message),
    })
    expect(
      await erl.eval(
        `S = ${server('counter')}, gen_server:cast(S, 1), S ! plain, gen_server:cast(S, 2), gen_server:call(S, get)`,
      ),
    ).toBe('{get,13}')
    expect(seen).toStrictEqual([atom('plain')])
    expect(await erl.eval(`gen_server:multi_call(['${node.self}'], counter, x, 5000)`)).toBe(
      `{[{'${node.self}',{x,13}}],[]}`,
    )
    expect(await node.call('counter', atom('local'))).toStrictEqual(tuple(atom('local'), 13))
  })

  it('that throws ends that call only, with the error as the reason', async () => {
    const warned = next(node, 'warning')
    using _ = node.serve({
      name: 'fragile',
      call: (request) => {
        if (request === atom('throw')) throw new RangeError('too much')
        if (request === atom('chosen')) throw new RemoteError('exit', atom('enough'))
        return atom('fine')
      },
    })
    expect(await erl.eval(`catch gen_server:call(${server('fragile')}, throw)`)).toMatch(
      /\{'EXIT',\{\{#\{'__exception__' => true,'__struct__' => 'Elixir\.RuntimeError',message => <<"too much">>,name => <<"RangeError">>\}/,
    )
    expect(await warned).toMatchObject({ code: 'HANDLER_THREW' })
    expect(await erl.eval(`catch gen_server:call(${server('fragile')}, chosen)`)).toMatch(/\{'EXIT',\{enough,/)
    expect(await erl.eval(`gen_server:call(${server('fragile')}, ok)`)).toBe('fine')
    await expect(node.call('fragile', atom('throw'))).rejects.toMatchObject({ code: 'NODE_EXITED' })
  })

  it.each([
    ['throw', '{bad_return_value,{ball,1}}'],
    ['exit', '{ball,1}'],
    ['error', '{{ball,1},[{js,call,2,'],
  ] as const)('that raises a class of Erlang (%s) ends the call as a gen_server of OTP does', async (type, reason) => {
    const raise = (): never => {
      throw new RemoteError(type, tuple(atom('ball'), 1))
    }
    using _ = node.serve({ name: 'raises', call: raise })
    expect(await erl.eval(`element(1, element(2, catch gen_server:call(${server('raises')}, x)))`)).toContain(reason)
    using fails = node.serve({ init: raise })
    expect(inspect(await fails.ended)).toContain(reason.replace('call,2', 'init,1'))
  })

  it('may answer later', async () => {
    using _ = node.serve({
      name: 'lazy',
      call: (_request, context, from) => {
        setImmediate(() => context.reply(from, atom('later')))
        return NO_REPLY
      },
    })
    expect(await erl.eval(`gen_server:call(${server('lazy')}, x)`)).toBe('later')
  })

  it.each(['close', 'stop'] as const)('ends with %s, for the reason that is given', async (how) => {
    const made = node.serve({ name: 'ends' })
    made[how](atom('shutdown'))
    expect(await made.ended).toBe(atom('shutdown'))
    expect(node.whereis('ends')).toBeUndefined()
  })

  it('whose reply has no encoding tells the caller', async () => {
    using _ = node.serve({ name: 'nan', call: () => Number.NaN })
    expect(await erl.eval(`catch gen_server:call(${server('nan')}, x)`)).toMatch(
      /Elixir\.RuntimeError.*NODE_MESSAGE_INVALID.*the call handler of nan returned NaN/,
    )
  })

  it('that stops tells its watchers and runs terminate', async () => {
    const ended: Term[] = []
    const made = node.serve({
      name: 'stops',
      call: (_request, context) => {
        context.stop(atom('told_to'))
        return atom('bye')
      },
      terminate: (reason) => void ended.push(reason),
    })
    expect(
      await erl.eval(
        `R = monitor(process, ${server('stops')}), bye = gen_server:call(${server('stops')}, x),
         receive {'DOWN', R, _, _, Why} -> Why end`,
      ),
    ).toBe('told_to')
    expect(await made.ended).toBe(atom('told_to'))
    expect(ended).toStrictEqual([atom('told_to')])
    expect(await erl.eval(`catch gen_server:call(${server('stops')}, x)`)).toMatch(/noproc/)
  })

  it('whose init throws ends', async () => {
    const made = node.serve({
      name: 'stillborn',
      init: () => {
        throw new Error('no')
      },
    })
    const [reason] = (await made.ended) as Tuple
    expect(reason).toStrictEqual(
      new Map<Term, Term>([
        [atom('__struct__'), atom('Elixir.RuntimeError')],
        [atom('__exception__'), true],
        [atom('message'), 'no'],
        [atom('name'), 'Error'],
      ]),
    )
    expect(node.whereis('stillborn')).toBeUndefined()
  })

  it('is told when nothing came for a while, as with the timeouts of a GenServer', async () => {
    const seen: Term[] = []
    let told = (): void => undefined
    const timeout = new Promise<void>((resolve) => {
      told = resolve
    })
    using _ = node.serve({
      name: 'idles',
      call: (ms, context) => {
        context.timeoutIn(ms as number)
        return atom('armed')
      },
      info: (message, context) => {
        seen.push(message)
        if (message === atom('forget')) context.timeoutIn(0)
        if (message === atom('timeout')) told()
      },
    })
    // Each message takes the timeout back that the one before has asked for; here they come in one turn.
    node.send('idles', atom('forget'))
    node.send('idles', atom('busy'))
    expect(await erl.eval(`gen_server:call(${server('idles')}, 20)`)).toBe('armed')
    await timeout
    expect(seen).toStrictEqual([atom('forget'), atom('busy'), atom('timeout')])
    expect(await erl.eval(`catch gen_server:call(${server('idles')}, -1)`)).toContain(
      'timeoutIn: ms must be a number of milliseconds',
    )
  })
})
