import { once } from 'node:events'
import net from 'node:net'
import { atom } from '@dynsrv/etf'
import { describe, expect, it } from 'vitest'
import type { Node, NodeError } from '../src/index.ts'
import { freeName, startBeamPeer } from './support/beam-peer.ts'
import { startOurs } from './support/nodes.ts'

/**
 * The codes with which requests end that nobody answers, by kind; none may wait for its timeout.
 *
 * @param underWay resolves when something of each is on its way
 */
async function codesOfRequests(
  node: Node,
  peer: string,
  underWay: () => Promise<unknown>,
  end: () => Promise<void>,
): Promise<Record<string, string>> {
  const codes: Record<string, string> = {}
  const options = { timeoutMs: Number.POSITIVE_INFINITY }
  const requests = {
    call: node.call({ name: 'silent', node: peer }, atom('hello'), options),
    erpc: node.erpc(peer, 'timer', 'sleep', [60_000], options),
    rpc: node.rpc(peer, 'timer', 'sleep', [60_000], options),
    receive: node.mailbox().receive(),
  }
  const ended = Object.entries(requests).map(([kind, request]) =>
    request.catch((error: NodeError) => {
      codes[kind] = error.code
    }),
  )
  await underWay()
  await end()
  await Promise.all(ended)
  return codes
}

const CLOSED = { call: 'NODE_CLOSED', erpc: 'NODE_CLOSED', rpc: 'NODE_CLOSED', receive: 'NODE_EXITED' }

describe.each(['close', 'drain'] as const)('%s ends all that waits for an answer', (how) => {
  it('of a peer that is connected', async () => {
    await using erl = await startBeamPeer('silent')
    await erl.eval('register(silent, spawn(fun() -> receive stop -> ok end end))')
    const node = await startOurs('closing')
    await node.connect(erl.name)
    const asleep =
      'length([P || P <- processes(), process_info(P, current_function) =:= {current_function, {timer, sleep, 1}}])'
    const arrived = async () => {
      await expect
        .poll(() => erl.eval('process_info(whereis(silent), message_queue_len)'))
        .toBe('{message_queue_len,1}')
      await expect.poll(() => erl.eval(asleep)).toBe('2')
    }
    expect(await codesOfRequests(node, erl.name, arrived, () => node[how]())).toStrictEqual(CLOSED)
  })

  it('of a peer that is being dialled', async () => {
    const name = await freeName('mute')
    const sockets: net.Socket[] = []
    const mute = net.createServer((socket) => sockets.push(socket))
    mute.listen(Number(/\d+(?=@)/.exec(name)?.[0]), '127.0.0.1')
    await once(mute, 'listening')
    const node = await startOurs('closing', { setupTimeMs: 60_000 })
    const dialled = once(mute, 'connection')
    expect(
      await codesOfRequests(
        node,
        name,
        () => dialled,
        () => node[how](),
      ),
    ).toStrictEqual(CLOSED)
    for (const socket of sockets) socket.destroy()
    mute.close()
  })
})

it('a peer that was called cannot end the process in whose name calls are made', async () => {
  await using erl = await startBeamPeer('killer')
  await using node = await startOurs('called')
  await erl.eval(`register(killer, spawn(fun Loop() ->
    receive {'$gen_call', {Pid, _} = From, ok} -> link(Pid), exit(Pid, kill), exit(Pid, shutdown), gen_server:reply(From, sent), Loop() end end))`)
  for (let round = 0; round < 3; round++) {
    expect(await node.call({ name: 'killer', node: erl.name }, atom('ok'))).toBe(atom('sent'))
    expect(await node.erpc(erl.name, 'erlang', 'node')).toBe(atom(erl.name))
  }
})

it('what a method gives to be taken back is taken back by close, once', async () => {
  await using node = await startOurs('ours', { autoConnect: false })
  const mailbox = node.mailbox()

  const exposed = node.expose('js', { one: () => 1 })
  expect(await node.erpc(node.self, 'js', 'one')).toBe(1)
  exposed.close()
  await expect(node.erpc(node.self, 'js', 'one')).rejects.toMatchObject({ reason: atom('undef') })
  using _again = node.expose('js', { one: () => 2 })
  exposed.close()
  expect(await node.erpc(node.self, 'js', 'one')).toBe(2)

  const alias = node.alias(mailbox)
  expect(node.send(alias.ref, 1)).toBe(true)
  alias.close()
  alias.close()
  expect(node.send(alias.ref, 2)).toBe(false)

  const heard: string[] = []
  node.monitorNode('nobody@127.0.0.1', () => heard.push('taken back')).close()
  await new Promise<void>((resolve) => node.monitorNode('nobody@127.0.0.1', () => resolve()))
  expect(heard).toEqual([])
})

it.each(['close', 'drain'] as const)('%s ends what watches processes, and says nothing false of those', async (how) => {
  const [node, peer] = await Promise.all([startOurs('watching'), startOurs('watched')])
  const theirs = peer.mailbox('theirs')
  const ours = node.mailbox('ours')
  await node.connect(peer.self)
  const ended = [theirs.pid, { name: 'theirs', node: peer.self }, ours.pid].map(
    (process) => new Promise((resolve) => node.monitor(process, resolve)),
  )
  await node[how]()
  expect((await Promise.all(ended)).map(String)).toEqual(['noconnection', 'noconnection', 'shutdown'])
  expect(theirs.alive).toBe(true)
  await peer.close()
})
