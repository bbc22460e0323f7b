import { atom, type Term, tuple } from '@dynsrv/etf'
import type { Beam } from '@dynsrv/tools/beam'
import { describe, expect, it } from 'vitest'
import type { Node } from '../../src/index.ts'
import { freeName, startBeamPeer } from '../support/beam-peer.ts'
import { startOurs } from '../support/nodes.ts'
import { TRANSPORTS } from '../support/transports.ts'

const CHUNK = new Uint8Array(256 * 1024)
const MEBIBYTE = 1024 * 1024

/** Keeps the numbers of what it gets, and tells them when asked. */
const COLLECT = `register(collect, spawn(fun() -> (fun Loop(Got) -> receive
  {numbers, Pid} -> Pid ! lists:reverse(Got), Loop(Got); {N, _} -> Loop([N | Got]); _ -> Loop(Got) end end)([]) end))`

const queuedBytes = (node: Node, peer: string): number => {
  const state = node.peers().find((one) => one.peer === peer)
  return state?.state === 'connected' ? state.queuedBytes : 0
}

async function numbers(node: Node, erl: Beam): Promise<Term> {
  using mailbox = node.mailbox()
  // In the name of the same process as the numbers: what another one sends may overtake large messages.
  node.send({ name: 'collect', node: erl.name }, tuple(atom('numbers'), mailbox.pid))
  return await mailbox.receive({ timeoutMs: 20_000 })
}

/** Freezes a peer and sends it more than it takes. */
async function stall(node: Node, erl: Beam): Promise<void> {
  erl.signal('SIGSTOP')
  for (let sent = 0; node.send({ name: 'collect', node: erl.name }, CHUNK); sent++) {
    if (sent === 1_000) throw new Error('the peer was never busy')
    await new Promise(setImmediate)
  }
}

describe('send with whenBusy: wait', () => {
  it('connects, and is done at once with a peer that reads', async () => {
    await using erl = await startBeamPeer('reads')
    await using node = await startOurs('waits')
    await erl.eval(COLLECT)
    const to = { name: 'collect', node: erl.name }
    for (const n of [1, 2, 3]) await node.send(to, tuple(n, 'x'), { whenBusy: 'wait' })
    expect(await numbers(node, erl)).toStrictEqual([1, 2, 3])
    using mailbox = node.mailbox('here')
    await node.send('here', 'local', { whenBusy: 'wait' })
    expect(mailbox.length).toBe(1)
  })

  it('waits for a frozen peer, holds no more than the busy limit, and keeps the order', async () => {
    await using erl = await startBeamPeer('frozen')
    await using node = await startOurs('waits')
    await erl.eval(COLLECT)
    await node.connect(erl.name)
    const to = { name: 'collect', node: erl.name }
    await stall(node, erl)
    let done = 0
    const given = new AbortController()
    const all = Array.from({ length: 40 }, (_, n) =>
      node
        .send(to, tuple(n, CHUNK), { whenBusy: 'wait', ...(n === 20 && { signal: given.signal }) })
        .then(() => done++),
    )
    const twenty = expect(all[20]).rejects.toThrow('enough')
    given.abort(new Error('enough'))
    await twenty
    for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate)
    expect(done).toBe(0)
    expect(queuedBytes(node, erl.name)).toBeLessThan(2 * MEBIBYTE)
    erl.signal('SIGCONT')
    await Promise.allSettled(all)
    expect(done).toBe(39)
    const wanted = Array.from({ length: 40 }, (_, n) => n).filter((n) => n !== 20)
    expect(await numbers(node, erl)).toStrictEqual(wanted)
  })

  it('rejects when the peer dies meanwhile, or is not there', async () => {
    await using erl = await startBeamPeer('dies')
    await using node = await startOurs('waits')
    await erl.eval(COLLECT)
    await node.connect(erl.name)
    await stall(node, erl)
    const to = { name: 'collect', node: erl.name }
    const waits = [1, 2, 3].map((n) => node.send(to, n, { whenBusy: 'wait' }))
    const lost = waits.map((wait) =>
      expect(wait).rejects.toMatchObject({ peer: erl.name, message: expect.stringContaining('before it took') }),
    )
    await erl.kill()
    await Promise.all(lost)
    const nobody = { name: 'x', node: await freeName('nobody') }
    await expect(node.send(nobody, 1, { whenBusy: 'wait' })).rejects.toMatchObject({ code: 'NODE_REFUSED' })
  })

  it('rejects when the node closes', async () => {
    await using erl = await startBeamPeer('frozen')
    const node = await startOurs('closes')
    await erl.eval(COLLECT)
    await node.connect(erl.name)
    await stall(node, erl)
    const wait = node.send({ name: 'collect', node: erl.name }, 1, { whenBusy: 'wait' })
    const closed = expect(wait).rejects.toMatchObject({ code: 'NODE_CLOSED' })
    await node.close()
    await closed
    erl.signal('SIGCONT')
  })

  it('goes on with a busy limit that is smaller than a socket buffer', async () => {
    await using erl = await startBeamPeer('small')
    await using node = await startOurs('waits', { limits: { busyBytes: 1_000 } })
    await erl.eval(COLLECT)
    await node.connect(erl.name)
    const to = { name: 'collect', node: erl.name }
    for (let n = 0; n < 50; n++) await node.send(to, tuple(n, new Uint8Array(3_000)), { whenBusy: 'wait' })
    expect(await numbers(node, erl)).toStrictEqual(Array.from({ length: 50 }, (_, n) => n))
  })
})

describe.each(TRANSPORTS)('fairness, over $over', ({ options, args }) => {
  it('a peer that floods us does not starve another', async () => {
    await using loud = await startBeamPeer('loud', { args })
    await using quiet = await startBeamPeer('quiet', { args })
    await using node = await startOurs('between', options)
    let received = 0
    node.serve({ name: 'sink', info: () => void received++ })
    await Promise.all([node.connect(loud.name), node.connect(quiet.name)])
    await loud.eval(`register(flood, spawn(fun() -> (fun Loop() -> {sink, '${node.self}'} ! x, Loop() end)() end))`)
    while (received < 1_000) await new Promise(setImmediate)
    for (let round = 0; round < 4; round++) {
      const before = received
      expect(await quiet.eval(`net_adm:ping('${node.self}')`)).toBe('pong')
      expect(await node.ping(quiet.name, { timeoutMs: 30_000 })).toBe('pong')
      while (received === before) await new Promise(setImmediate)
    }
    await loud.eval('exit(whereis(flood), kill)')
  })

  it('a peer that takes nothing does not hold up what goes to another', async () => {
    await using stuck = await startBeamPeer('stuck', { args })
    await using reads = await startBeamPeer('reads', { args })
    await using node = await startOurs('sender', options)
    await Promise.all([stuck.eval(COLLECT), reads.eval(COLLECT)])
    await Promise.all([node.connect(stuck.name), node.connect(reads.name)])
    await stall(node, stuck)
    let held = true
    const waits = node.send({ name: 'collect', node: stuck.name }, tuple(0, 'late'), { whenBusy: 'wait' }).then(() => {
      held = false
    })
    const to = { name: 'collect', node: reads.name }
    for (let n = 0; n < 100; n++) await node.send(to, tuple(n, CHUNK), { whenBusy: 'wait' })
    expect(await numbers(node, reads)).toStrictEqual(Array.from({ length: 100 }, (_, n) => n))
    expect(held).toBe(true)
    stuck.signal('SIGCONT')
    await waits
    expect(await numbers(node, stuck)).toStrictEqual([0])
  })
})
