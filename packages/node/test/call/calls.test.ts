import { atom, tuple } from '@dynsrv/etf'
import type { Beam } from '@dynsrv/tools/beam'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Node } from '../../src/index.ts'
import { freeName, startBeamPeer } from '../support/beam-peer.ts'
import { startOurs } from '../support/nodes.ts'

let erl: Beam
let node: Node
beforeAll(async () => {
  erl = await startBeamPeer('servers')
  node = await startOurs('calls')
  // A gen_server without a module of its own: a process that speaks the protocol through gen:reply/2.
  await erl.eval(`spawn(fun() -> register(server, self()), (fun Loop(State) -> receive
      {'$gen_call', From, get} -> gen:reply(From, State), Loop(State);
      {'$gen_call', From, late} -> receive release -> gen:reply(From, late) end, Loop(State);
      {'$gen_call', _, crash} -> exit(crashed);
      {'$gen_cast', {set, New}} -> Loop(New)
    end end)(0) end)`)
})
afterAll(async () => {
  await node.close()
  await erl.stop()
})

describe('a call', () => {
  const server = () => ({ name: 'server', node: erl.name })

  it('gets its reply, connecting by itself', async () => {
    expect(await node.call(server(), atom('get'))).toBe(0)
    node.cast(server(), tuple(atom('set'), 42))
    expect(await node.call(server(), atom('get'))).toBe(42)
  })

  it('of a real gen_server of OTP', async () => {
    expect(await node.call({ name: 'kernel_safe_sup', node: erl.name }, atom('which_children'))).toBeInstanceOf(Array)
  })

  it('ends by timeout, and the late reply reaches nobody', async () => {
    const late = node.call(server(), atom('late'), { timeoutMs: 20 })
    await expect(late).rejects.toMatchObject({ code: 'NODE_TIMEOUT', peer: erl.name })
    node.send(server(), atom('release'))
    // The late reply is on its way before this one.
    expect(await node.call(server(), atom('get'))).toBe(42)
  })

  it('ends by abort', async () => {
    const reason = new Error('enough')
    const abort = new AbortController()
    const call = node.call(server(), atom('late'), { signal: abort.signal })
    abort.abort(reason)
    await expect(call).rejects.toBe(reason)
    node.send(server(), atom('release'))
  })

  it('of nobody, and of a node that is not there, says which', async () => {
    await expect(node.call({ name: 'nobody', node: erl.name }, 1)).rejects.toMatchObject({ code: 'NODE_NO_PROCESS' })
    const gone = await freeName('gone')
    await expect(node.call({ name: 'server', node: gone }, 1)).rejects.toMatchObject({
      code: 'NODE_NOT_CONNECTED',
      peer: gone,
      cause: { code: 'NODE_REFUSED' },
    })
    await expect(node.call('nobody', 1)).rejects.toMatchObject({ code: 'NODE_NO_PROCESS' })
  })

  it('of what has no encoding says so', async () => {
    await expect(node.call(server(), Number.NaN)).rejects.toMatchObject({ code: 'NODE_MESSAGE_INVALID' })
  })

  it('of many nodes gathers replies and failures', async () => {
    const gone = await freeName('gone')
    const { replies, failures } = await node.multiCall('server', atom('get'), { nodes: [erl.name, gone, node.self] })
    expect([...replies]).toStrictEqual([[erl.name, 42]])
    expect([...failures].map(([peer, { code }]) => [peer, code])).toEqual(
      expect.arrayContaining([
        [gone, 'NODE_NOT_CONNECTED'],
        [node.self, 'NODE_NO_PROCESS'],
      ]),
    )
  })

  it('ends when the server crashes, and when its node vanishes', async () => {
    await expect(node.call(server(), atom('crash'))).rejects.toMatchObject({
      code: 'NODE_EXITED',
      reason: atom('crashed'),
    })
    await using other = await startBeamPeer('vanishes')
    await other.eval('register(silent, spawn(fun() -> receive never -> ok end end))')
    const call = node.call({ name: 'silent', node: other.name }, 1, { timeoutMs: Number.POSITIVE_INFINITY })
    const ended = expect(call).rejects.toMatchObject({ code: 'NODE_NOT_CONNECTED' })
    await node.connect(other.name)
    await other.kill()
    await ended
  })
})

it('two nodes of ours that dial each other at once end up with one link', async () => {
  const [left, right] = await Promise.all([startOurs('left'), startOurs('right')])
  try {
    await Promise.all([left.connect(right.self), right.connect(left.self)])
    expect(left.connected()).toStrictEqual([right.self])
    expect(right.connected()).toStrictEqual([left.self])
    expect(await left.ping(right.self)).toBe('pong')
    expect(left.peers()).toHaveLength(1)
  } finally {
    await Promise.all([left.close(), right.close()])
  }
})

it('we and an Erlang node dialling each other at once end up with one link, twenty times', async () => {
  for (let round = 0; round < 20; round++) {
    const dialled = erl.eval(`net_kernel:connect_node('${node.self}')`)
    await Promise.all([dialled, node.connect(erl.name)])
    expect(await node.ping(erl.name)).toBe('pong')
    expect(node.connected()).toStrictEqual([erl.name])
    await node.disconnect(erl.name)
    await expect.poll(() => erl.eval('nodes(hidden)')).toBe('[]')
  }
})
