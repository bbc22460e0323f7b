import { atom } from '@dynsrv/etf'
import type { Beam } from '@dynsrv/tools/beam'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ErpcOutcome, Node } from '../../src/index.ts'
import { freeName, startBeamPeer } from '../support/beam-peer.ts'
import { next, startOurs } from '../support/nodes.ts'

let erl: Beam
let node: Node
beforeAll(async () => {
  erl = await startBeamPeer('many')
  node = await startOurs('calls')
  await node.connect(erl.name)
})
afterAll(async () => {
  await node.close()
  await erl.stop()
})

const sleep = (ms: number) => ({ node: erl.name, module: 'timer', name: 'sleep', args: [ms] })

describe('erpcMany', () => {
  it('gives each outcome as it comes, whatever the others do', async () => {
    const nobody = await freeName('nobody')
    await erl.eval(`register(gate, spawn(fun() -> receive {'$gen_call', From, wait} ->
      receive open -> gen_server:reply(From, opened) end end end))`)
    const calls = [
      {
        id: 'slow',
        node: erl.name,
        module: 'gen_server',
        name: 'call',
        args: [atom('gate'), atom('wait'), atom('infinity')],
      },
      { id: 'raises', node: erl.name, module: 'erlang', name: 'hd', args: [[]] },
      { id: 'sum', node: erl.name, module: 'lists', name: 'sum', args: [[1, 2, 3]] },
      { id: 'nobody', node: nobody, module: 'erlang', name: 'node' },
    ]
    const outcomes = new Map<string, ErpcOutcome>()
    for await (const outcome of node.erpcMany(calls, { timeoutMs: 30_000 })) {
      outcomes.set(outcome.call.id, outcome)
      if (outcomes.size === 3) node.send({ name: 'gate', node: erl.name }, atom('open'))
    }
    expect([...outcomes.keys()].at(-1)).toBe('slow')
    expect(outcomes.get('slow')).toMatchObject({ ok: true, value: atom('opened') })
    expect(outcomes.get('sum')).toMatchObject({ ok: true, value: 6 })
    expect(outcomes.get('raises')).toMatchObject({ ok: false, error: { code: 'NODE_REMOTE_ERROR', class: 'error' } })
    expect(outcomes.get('nobody')).toMatchObject({ ok: false, error: { peer: nobody } })
  })

  it('makes thousands with few at once, and none is lost', async () => {
    await erl.eval('ets:new(calls, [named_table, public, {write_concurrency, true}]), ets:insert(calls, {n, 0})')
    const calls = Array.from({ length: 3_000 }, () => ({
      node: erl.name,
      module: 'ets',
      name: 'update_counter',
      args: [atom('calls'), atom('n'), 1],
    }))
    const seen = new Set<unknown>()
    for await (const outcome of node.erpcMany(calls, { concurrency: 16, timeoutMs: 60_000 })) {
      seen.add(outcome.ok && outcome.value)
    }
    expect(seen.size).toBe(3_000)
  })

  it('gives up what is under way when nobody reads on, or the signal aborts', async () => {
    const watched = node.inspect().monitors
    for await (const { ok } of node.erpcMany([sleep(0), sleep(600_000), sleep(600_000)], { timeoutMs: 600_000 })) {
      expect(ok).toBe(true)
      break
    }
    await expect.poll(() => node.inspect().monitors).toBe(watched)
    const abort = new AbortController()
    const all = node.erpcMany([sleep(600_000)], { timeoutMs: 600_000, signal: abort.signal })
    const first = expect(all.next()).rejects.toThrow('enough')
    abort.abort(new Error('enough'))
    await first
    expect(() => node.erpcMany([], { concurrency: 0 })).toThrow(expect.objectContaining({ code: 'NODE_BAD_OPTION' }))
  })
})

describe('monitorNode', () => {
  it('tells the end of the link once, and not when it was taken back', async () => {
    await using peer = await startBeamPeer('ends')
    await node.connect(peer.name)
    const told: string[] = []
    const down = new Promise<void>((resolve) => {
      node.monitorNode(peer.name, ({ code }) => {
        told.push(code)
        resolve()
      })
    })
    node.monitorNode(peer.name, () => told.push('taken back'))[Symbol.dispose]()
    const warned = next(node, 'warning')
    node.monitorNode(peer.name, () => {
      throw new Error('mine')
    })
    await peer.kill()
    await down
    expect(await warned).toMatchObject({ code: 'HANDLER_THREW', peer: peer.name })
    expect(told).toHaveLength(1)
    expect(told[0]).toMatch(/^NODE_(CLOSED_BY_PEER|CONNECTION_LOST)$/)
  })

  it('connects first, and tells why that fails', async () => {
    await using peer = await startBeamPeer('later')
    const up = next(node, 'nodeup')
    const told: string[] = []
    node.monitorNode(peer.name, ({ code }) => told.push(code))
    expect((await up).node).toBe(peer.name)
    await node.disconnect(peer.name)
    expect(told).toStrictEqual(['NODE_DISCONNECTED'])
    const nobody = await freeName('nobody')
    const code = await new Promise((resolve) => node.monitorNode(nobody, (reason) => resolve(reason.code)))
    expect(code).toBe('NODE_REFUSED')
    await using shy = await startOurs('shy', { autoConnect: false })
    expect(await new Promise((resolve) => shy.monitorNode(erl.name, (reason) => resolve(reason.code)))).toBe(
      'NODE_NOT_CONNECTED',
    )
  })
})
