import { atom, Reference, tuple } from '@dynsrv/etf'
import { describe, expect, it } from 'vitest'
import { freeName } from '../support/beam-peer.ts'
import { FOREIGN, startForeignPeer } from '../support/foreign-peers.ts'
import { next, startOurs } from '../support/nodes.ts'

const KINDS = Object.keys(FOREIGN) as (keyof typeof FOREIGN)[]
const WAIT = { timeoutMs: 20_000 }
/** The first thing that is sent connects, as does what is sent while the link comes up. */
const STAGES = ['that is connected', 'while the link comes up'] as const

describe.each(KINDS)('a peer of %s, which knows no monitors', (kind) => {
  it('is pinged, called, sent messages, watched and left', async () => {
    await using peer = await startForeignPeer(kind)
    await using node = await startOurs('calls')
    expect(await node.ping(peer.name, WAIT)).toBe('pong')
    const echo = { name: 'echo', node: peer.name }
    expect(await node.call(echo, atom('hello'), WAIT)).toStrictEqual(expect.anything())
    const inbox = node.mailbox()
    inbox.send(echo, tuple(inbox.pid, atom('sent')))
    expect(await inbox.receive(WAIT)).toBe(atom('sent'))
    const ref = inbox.monitor(echo)
    expect(ref).toBeInstanceOf(Reference)
    inbox.demonitor(ref)
    expect(node.connected()).toStrictEqual([peer.name])
    inbox.close()
  }, 60_000)

  it.each(STAGES)('refuses erpc, spawn and casts at once: %s', async (stage) => {
    await using peer = await startForeignPeer(kind)
    await using node = await startOurs('calls')
    if (stage === 'that is connected') await node.connect(peer.name)
    const refused = expect.objectContaining({ code: 'NODE_REMOTE_ERROR', reason: atom('notsup') })
    await expect(node.erpc(peer.name, 'erlang', 'node', [], WAIT)).rejects.toThrow(refused)
    await expect(node.spawn(peer.name, 'erlang', 'node', [], WAIT)).rejects.toThrow(refused)
    expect(node.erpcCast(peer.name, 'erlang', 'node')).toBe(false)
  }, 60_000)

  it.each(STAGES)('a call of it that times out or is given up leaves nothing behind: %s', async (stage) => {
    await using peer = await startForeignPeer(kind)
    await using node = await startOurs('calls')
    if (stage === 'that is connected') await node.connect(peer.name)
    const silent = { name: 'silent', node: peer.name }
    const mind = new AbortController()
    const calls = [
      node.call(silent, 1, { timeoutMs: 1 }),
      node.call(silent, 2, { timeoutMs: 200 }),
      node.rpc(peer.name, 'erlang', 'node', [], { timeoutMs: 200 }),
      node.call(silent, 3, { signal: mind.signal }),
    ]
    calls[0]!.catch(() => mind.abort(new Error('changed my mind')))
    const codes = (await Promise.allSettled(calls)).map((call) => (call as PromiseRejectedResult).reason)
    expect(codes.slice(0, 3).map(({ code }) => code)).toStrictEqual(Array(3).fill('NODE_TIMEOUT'))
    expect(codes[3].message).toBe('changed my mind')
    expect(node.inspect().monitors).toBe(0)
  }, 60_000)

  it.each(STAGES)('its loss ends monitors and calls with noconnection: %s', async (stage) => {
    await using peer = await startForeignPeer(kind)
    await using node = await startOurs('calls')
    if (stage === 'that is connected') await node.connect(peer.name)
    const inbox = node.mailbox()
    const silent = { name: 'silent', node: peer.name }
    const ref = inbox.monitor(silent)
    const call = expect(node.call(silent, 1, WAIT)).rejects.toMatchObject({ code: 'NODE_NOT_CONNECTED' })
    await node.connect(peer.name)
    const down = next(node, 'nodedown')
    await peer.kill()
    await down
    await call
    const shown = tuple(atom('silent'), atom(peer.name))
    expect(await inbox.receive(WAIT)).toStrictEqual(
      tuple(atom('DOWN'), ref, atom('process'), shown, atom('noconnection')),
    )
  }, 60_000)

  it('may be closed with monitors, links and calls of it under way', async () => {
    await using peer = await startForeignPeer(kind)
    const node = await startOurs('calls', { name: await freeName('closes') })
    await node.connect(peer.name)
    const inbox = node.mailbox()
    inbox.monitor({ name: 'silent', node: peer.name })
    const call = expect(node.call({ name: 'silent', node: peer.name }, 1, WAIT)).rejects.toMatchObject({
      code: 'NODE_CLOSED',
    })
    inbox.close()
    await node.close()
    await call
  }, 60_000)
})
