import { getHeapStatistics } from 'node:v8'
import { atom, tuple } from '@dynsrv/etf'
import { realWorld } from '@dynsrv/kit'
import { describe, expect, it } from 'vitest'
import type { Mailbox } from '../../src/index.ts'
import { settingsOf } from '../../src/node-options.ts'
import { startBeamPeer } from '../support/beam-peer.ts'
import { joinByHand } from '../support/join-by-hand.ts'
import { next, startOurs } from '../support/nodes.ts'
import { portInName } from '../support/port-in-name.ts'
import { TRANSPORTS } from '../support/transports.ts'

const CHUNK = new Uint8Array(256 * 1024)

/** Sends until the node says that the peer is busy; the socket buffers of the system take some first. */
async function fill(from: Mailbox, to: { name: string; node: string }): Promise<number> {
  for (let sent = 1; sent < 1_000; sent++) {
    if (!from.send(to, CHUNK)) return sent
    await new Promise(setImmediate)
  }
  throw new Error('the peer was never busy')
}

describe.each(TRANSPORTS)('a peer that does not read, over $over', ({ options, args }) => {
  it('makes send say so, by each policy, until it reads again', async () => {
    await using erl = await startBeamPeer('slow', { args })
    await using node = await startOurs('fast', options)
    await erl.eval(`register(count, spawn(fun() -> (fun Loop(N) -> receive
      {how_many, Pid} -> Pid ! N, Loop(N); _ -> Loop(N + 1) end end)(0) end))`)
    await node.connect(erl.name)
    using mailbox = node.mailbox()
    const to = { name: 'count', node: erl.name }
    erl.signal('SIGSTOP')
    let sent: number
    try {
      sent = await fill(mailbox, to)
      expect(node.peers()).toMatchObject([{ state: 'connected' }])
      expect(node.send(to, CHUNK, { whenBusy: 'drop' })).toBe(false)
      expect(() => node.send(to, CHUNK, { whenBusy: 'fail' })).toThrow(
        expect.objectContaining({ code: 'NODE_PEER_BUSY', peer: erl.name }),
      )
    } finally {
      erl.signal('SIGCONT')
    }
    await node.drained(erl.name)
    // It does not fail any more, though it may be what fills the queue again.
    mailbox.send(to, CHUNK, { whenBusy: 'fail' })
    mailbox.send(to, tuple(atom('how_many'), mailbox.pid))
    expect(await mailbox.receive({ timeoutMs: 10_000 })).toBe(sent + 1)
  })

  it('is given up beyond the hard limit, and others do not notice', async () => {
    await using erl = await startBeamPeer('stuck', { args })
    await using other = await startOurs('other', options)
    await using node = await startOurs('sender', { ...options, limits: { maxQueuedBytes: 8 * 1024 * 1024 } })
    await Promise.all([node.connect(erl.name), other.connect(node.self)])
    const down = next(node, 'nodedown')
    erl.signal('SIGSTOP')
    try {
      const to = { name: 'nobody', node: erl.name }
      let isDown = false
      const ended = down.then((event) => {
        isDown = true
        return event
      })
      while (!isDown) {
        node.send(to, CHUNK)
        expect(await node.ping(other.self)).toBe('pong')
      }
      expect(await ended).toMatchObject({ node: erl.name, reason: { code: 'NODE_PEER_BUSY' } })
    } finally {
      erl.signal('SIGCONT')
    }
  })
})

it.each(TRANSPORTS)('keeps the order of a flood in both directions, over $over', async ({ options, args }) => {
  await using erl = await startBeamPeer('flood', { args })
  await using node = await startOurs('flood', options)
  using mailbox = node.mailbox({ name: 'flood', maxMessages: 1_000_000 })
  await erl.eval(`register(ordered, spawn(fun() -> (fun Loop(N) -> receive
    {next, N} -> Loop(N + 1); {report, Pid} -> Pid ! {reached, N}, Loop(N) end end)(0) end))`)
  await node.connect(erl.name)
  const to = { name: 'ordered', node: erl.name }
  for (let n = 0; n < 50_000; n++) mailbox.send(to, tuple(atom('next'), n))
  mailbox.send(to, tuple(atom('report'), mailbox.pid))
  expect(await mailbox.receive({ timeoutMs: 15_000 })).toStrictEqual(tuple(atom('reached'), 50_000))
  await erl.eval(`[{flood, '${node.self}'} ! N || N <- lists:seq(1, 50000)], ok`)
  for (let n = 1; n <= 50_000; n++) {
    const message = await mailbox.receive({ timeoutMs: 15_000 })
    if (message !== n) expect(message).toBe(n)
  }
})

it('what all peers together leave unread is bounded, and the one that has left most pays', async () => {
  const MB = 1_000_000
  await using node = await startOurs('sender', { limits: { busyBytes: 100_000, maxInAllBytes: 20 * MB } })
  const names = ['most_1@127.0.0.1', 'less_1@127.0.0.1', 'more_1@127.0.0.1'] as const
  const sockets = await Promise.all(names.map((name) => joinByHand(node, name)))
  for (const socket of sockets) socket.pause()
  const unread = (name: string) => node.peers().find(({ peer }) => peer === name) as { queuedBytes?: number }
  const leave = (name: string, bytes: number): void => {
    while ((unread(name).queuedBytes ?? bytes) < bytes) node.send({ name: 'nobody', node: name }, CHUNK)
  }
  const lost: string[] = []
  node.on('nodedown', ({ node: peer, reason }) => lost.push(`${peer} ${reason.code}`))
  leave(names[0], 10 * MB)
  leave(names[1], 4 * MB)
  expect(lost).toStrictEqual([])
  leave(names[2], 8 * MB)
  expect(lost).toStrictEqual([`${names[0]} NODE_PEER_BUSY`])
  // What that one held is free again, and so is what a peer has read.
  sockets[1]!.resume()
  await expect.poll(() => unread(names[1]).queuedBytes).toBe(0)
  leave(names[2], 18 * MB)
  expect(lost).toHaveLength(1)
  for (const socket of sockets) socket.destroy()
})

it('what peers leave unread never gets most of the memory of the process or its container', () => {
  const limitsIn = (memory?: number) => {
    const system = { ...realWorld.system, ...(memory !== undefined && { memoryBytes: () => memory }) }
    const options = { name: 'a@127.0.0.1', cookie: 'c', epmd: portInName(), world: { ...realWorld, system } }
    const { maxQueuedBytes, maxInAllBytes } = settingsOf(options).limits
    return [maxQueuedBytes, maxInAllBytes]
  }
  expect(limitsIn(100_000_000)).toStrictEqual([25_000_000, 33_333_333])
  const heap = getHeapStatistics().heap_size_limit
  const [one, all] = limitsIn()
  expect(one).toBeLessThanOrEqual(Math.min(256 * 2 ** 20, heap / 4))
  expect(all).toBeLessThanOrEqual(Math.min(2 ** 31, heap / 3))
})
