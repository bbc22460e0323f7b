import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { every, type Membership, type MembershipChange, type Strategy, watch } from '../../src/index.ts'
import { FakeMembership, node, nodes } from '../fake-membership.ts'
import { onVirtualClock, pass, Scripted, timers, virtualWorld } from '../scripted.ts'

describe('watch', () => {
  onVirtualClock()

  const { discover } = new Scripted(nodes('a'))

  it('yields every change, and ends by throwing the reason of the signal', async () => {
    const membership = new FakeMembership()
    const ended = new AbortController()
    const seen: MembershipChange['type'][] = []
    const reading = async () => {
      for await (const { type } of watch(membership, { world: virtualWorld(), discover, signal: ended.signal })) {
        seen.push(type)
        if (type === 'joined') ended.abort(new Error('enough'))
      }
    }
    await expect(reading()).rejects.toThrow('enough')
    expect(seen).toStrictEqual(['polled', 'joined'])
    expect(timers()).toBe(0)
    expect(membership.listenerCount('nodedown')).toBe(0)
  })

  it('ends its loop when the reader stops reading', async () => {
    const membership = new FakeMembership()
    for await (const change of watch(membership, {
      world: virtualWorld(),
      discover,
      signal: new AbortController().signal,
    })) {
      if (change.type === 'joined') break
    }
    expect(timers()).toBe(0)
    expect(membership.connected()).toStrictEqual([node('a')])
  })

  it('throws at once when the signal had aborted before', async () => {
    const signal = AbortSignal.abort(new Error('over'))
    await expect(watch(new FakeMembership(), { world: virtualWorld(), discover, signal }).next()).rejects.toThrow(
      'over',
    )
  })

  it('ends a read that waits for the next change', async () => {
    const ended = new AbortController()
    const changes = watch(new FakeMembership(), {
      world: virtualWorld(),
      discover,
      interval: every(60_000),
      signal: ended.signal,
    })
    await changes.next()
    await changes.next()
    const waiting = changes.next().catch((error: Error) => error.message)
    ended.abort(new Error('stop'))
    expect(await waiting).toBe('stop')
  })

  it('polls no further than its reader reads', async () => {
    const source = new Scripted(nodes('a'))
    const ended = new AbortController()
    const changes = watch(new FakeMembership(), {
      world: virtualWorld(),
      discover: source.discover,
      interval: every(1),
      signal: ended.signal,
    })
    await changes.next()
    await pass(10_000)
    expect(source.polls).toBeLessThan(1_100)
    const before = source.polls
    for (let read = 0; read < 1_200; read++) {
      await changes.next()
      await pass(1)
    }
    expect(source.polls).toBeGreaterThan(before)
    ended.abort()
    await expect(changes.next()).rejects.toBe(ended.signal.reason)
  })

  it('refuses wrong options', async () => {
    const signal = new AbortController().signal
    await expect(watch(new FakeMembership(), { signal } as never).next()).rejects.toMatchObject({
      code: 'STRATEGY_BAD_OPTION',
      message: 'watch: discover is missing',
    })
  })
})

interface Example {
  registry(membership: Membership, url: string): Strategy
}
const EXAMPLE = fileURLToPath(new URL('../../../../examples/custom-strategy/registry.ts', import.meta.url))

it('the example of an own strategy joins the nodes that its registry lists, and keeps them when it fails', async () => {
  let status = 200
  const server = createServer((_request, response) => response.writeHead(status).end('["a@svc.test","b@svc.test"]'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { registry } = (await import(/* @vite-ignore */ EXAMPLE)) as Example
  const membership = new FakeMembership()
  await using strategy = registry(membership, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  strategy.start()
  await strategy.ready({ minPeers: 2 })
  status = 500
  strategy.pollNow()
  for await (const { type } of strategy.events()) if (type === 'discoveryFailed') break
  expect(membership.connected()).toStrictEqual([node('a'), node('b')])
  server.closeAllConnections()
  server.close()
})
