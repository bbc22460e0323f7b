import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { realWorld, type World } from '@dynsrv/kit'
import { fakeWorld } from '@dynsrv/kit/testing'
import { describe, expect, it, vi } from 'vitest'
import { decodeHeartbeat, gossipKey } from '../src/gossip/gossip-packet.ts'
import {
  type Discover,
  env,
  erlangHosts,
  fileNodes,
  gossip,
  kubernetes,
  type MembershipChange,
  Strategy,
  type StrategyOptions,
  union,
} from '../src/index.ts'
import { FakeMembership, node, nodes } from './fake-membership.ts'

/** Files that are not on any disk. */
function filesOf(
  texts: Readonly<Record<string, string>>,
): World['files'] & { readonly change: (name: string) => void } {
  const watchers = new Set<(name: string | null) => void>()
  const read = async (path: string) => {
    const text = texts[path]
    if (text === undefined) throw Object.assign(new Error(`no file ${path}`), { code: 'ENOENT' })
    return new TextEncoder().encode(text)
  }
  return {
    ...realWorld.files,
    read,
    facts: async (path) => ({
      ...{ isFile: () => true, isDirectory: () => false, size: (await read(path)).length },
      ...{ ino: 1, mtimeMs: 0, mode: 0o100600, uid: 0 },
    }),
    watch: (_folder, onChange) => {
      watchers.add(onChange)
      return { close: () => watchers.delete(onChange), unref: () => undefined }
    },
    change: (name) => {
      for (const each of watchers) each(name)
    },
  }
}

const random = { number: () => 0, bytes: (length: number) => new Uint8Array(length).fill(7) }

function run(world: World, options: Partial<StrategyOptions> & { readonly discover: Discover }) {
  const membership = new FakeMembership()
  const strategy = new Strategy(membership, { world, ...options })
  const changes: MembershipChange[] = []
  strategy.on('change', (change) => changes.push(change))
  strategy.start()
  return { membership, strategy, changes }
}

describe('a strategy in another world', () => {
  it('polls, dials and waits on its clock, and by its chance', async () => {
    const world = fakeWorld({ random })
    const discover = vi.fn<Discover>(async () => nodes('a', 'down'))
    const { membership, strategy, changes } = run(world, { discover })
    membership.dialDoes('down@svc.test', () => Promise.reject(new Error('refused')))
    await world.clock.advance(0)
    expect(membership.connected()).toStrictEqual([node('a')])
    // The shortest wait of `doubling`: nothing of its random half.
    expect(changes).toContainEqual(expect.objectContaining({ type: 'connectFailed', retryMs: 500 }))
    await world.clock.advance(4_999)
    expect(discover).toHaveBeenCalledTimes(1)
    await world.clock.advance(1)
    expect(discover).toHaveBeenCalledTimes(2)
    expect(discover.mock.calls[0]?.[0].world).toBe(world)
    await strategy.close()
    expect(world.clock.timers).toBe(0)
  })

  it('holds an interval that never ends', async () => {
    const world = fakeWorld()
    const discover = vi.fn<Discover>(async () => nodes('a'))
    const { strategy } = run(world, { discover, interval: () => Number.POSITIVE_INFINITY })
    await world.clock.advance(365 * 86_400_000)
    expect(discover).toHaveBeenCalledTimes(1)
    strategy.pollNow()
    await world.clock.advance(0)
    expect(discover).toHaveBeenCalledTimes(2)
    await strategy.close()
  })

  it('warns there about a listener that throws', async () => {
    const warn = vi.fn()
    const world = fakeWorld({ system: { ...realWorld.system, warn } })
    const { strategy } = run(world, { discover: async () => nodes('a') })
    strategy.on('change', () => {
      throw new Error('broken listener')
    })
    await world.clock.advance(0)
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('broken listener'), {
      code: 'STRATEGY_LISTENER_THREW',
      detail: expect.any(String),
    })
    await strategy.close()
  })

  it('leaves out what a source calls a node and is none, and dials none of it', async () => {
    const wrong = [7, '', 'nobody', 'a b@svc.test', undefined]
    const { membership, strategy, changes } = run(fakeWorld(), {
      discover: async () => new Set([...nodes('a'), ...wrong]) as never,
    })
    await strategy.ready()
    expect(membership.dialled).toStrictEqual([node('a')])
    const ignored = changes.filter((change) => change.type === 'ignored')
    expect(ignored.map(({ target }) => target)).toStrictEqual(['7', "''", "'nobody'", "'a b@svc.test'", 'undefined'])
    await strategy.close()
  })

  it.each([
    undefined,
    null,
    5,
    ['a@svc.test'],
    new Map([['a@svc.test', 1]]),
    { nodes: ['a@svc.test'] },
  ])('takes %o for a failure of the source', async (answer) => {
    const { strategy, changes } = run(fakeWorld(), { discover: async () => answer as never })
    await strategy.ready({ signal: AbortSignal.timeout(20) }).catch(() => undefined)
    expect(changes[0]).toMatchObject({
      type: 'discoveryFailed',
      cause: { code: 'STRATEGY_SOURCE_MALFORMED', fault: 'local' },
    })
    await strategy.close()
  })
})

describe('its sources', () => {
  it('union: a silent source is given up on the clock', async () => {
    const world = fakeWorld()
    const discover = union(
      async () => nodes('a'),
      () => new Promise(() => undefined),
    )
    const { membership, strategy, changes } = run(world, { discover })
    await world.clock.advance(19_999)
    expect(membership.connected()).toStrictEqual([])
    await world.clock.advance(1)
    expect(membership.connected()).toStrictEqual([node('a')])
    expect(changes).toContainEqual(expect.objectContaining({ type: 'polled', trimmed: true }))
    await strategy.close()
  })

  it('file: is read and watched there', async () => {
    const texts = { '/etc/nodes': 'a@svc.test' }
    const files = filesOf(texts)
    const world = fakeWorld({ files })
    const { membership, strategy } = run(world, { discover: fileNodes('/etc/nodes') })
    await world.clock.advance(0)
    expect(membership.connected()).toStrictEqual([node('a')])
    texts['/etc/nodes'] = 'a@svc.test b@svc.test'
    files.change('nodes')
    await world.clock.advance(10)
    expect(membership.connected()).toStrictEqual([node('a'), node('b')])
    await strategy.close()
  })

  it('env and erlangHosts: variables and folders are those of the world', async () => {
    const system = {
      ...realWorld.system,
      env: { DYNSRV_NODES: 'a@svc.test', ROOTDIR: '/otp' },
      folder: () => '/work',
      homeFolder: () => '/home/me',
    }
    const world = fakeWorld({ system, files: filesOf({ '/otp/.hosts.erlang': "'svc.test'.\n" }) })
    const names = () => [{ name: 'b', port: 1 }]
    for (const [make, expected] of [
      [(membership: FakeMembership) => env(membership, { world }), 'a'],
      [(membership: FakeMembership) => erlangHosts(membership, { world, names }), 'b'],
    ] as const) {
      const membership = new FakeMembership()
      const strategy = make(membership)
      strategy.start()
      await strategy.ready()
      expect(membership.connected()).toStrictEqual([node(expected)])
      await strategy.close()
    }
  })

  it('kubernetes: the token, the domain and the sockets are those of the world', async () => {
    const server = createServer((request, response) => {
      const right = request.headers.authorization === 'Bearer of another world'
      const pod = { metadata: { name: 'web-0', namespace: 'prod' }, status: { podIP: '10.1.0.5' } }
      response.writeHead(right ? 200 : 401).end(JSON.stringify({ items: [pod] }))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const dialled: unknown[] = []
    const network: World['network'] = {
      ...realWorld.network,
      connect: (options) => {
        dialled.push(options.host)
        return realWorld.network.connect({ ...options, host: '127.0.0.1', port })
      },
    }
    const files = filesOf({ '/sa/token': 'of another world\n', '/sa/namespace': 'prod' })
    const system = { ...realWorld.system, env: { CLUSTER_DOMAIN: 'other.test' } }
    const membership = new FakeMembership()
    const strategy = kubernetes(membership, {
      ...{ nodeBasename: 'app', selector: 'app=web', ipLookupMode: 'pods', mode: 'dns', watch: false },
      ...{ master: 'http://api.test', serviceAccountPath: '/sa', world: fakeWorld({ files, network, system }) },
    })
    strategy.start()
    await strategy.ready()
    expect(membership.connected()).toStrictEqual(['app@10-1-0-5.prod.pod.other.test'])
    expect(dialled).toStrictEqual(['api.test'])
    await strategy.close()
    server.close()
  })

  it('gossip: the socket, the time and the random bytes are those of the world', async () => {
    const sent: Buffer[] = []
    const socket = Object.assign(new EventEmitter(), {
      bind: () => setImmediate(() => socket.emit('listening')),
      setBroadcast: () => undefined,
      send: (packet: Buffer, _port: number, _address: string, done: (cause: null) => void) => {
        sent.push(packet)
        done(null)
      },
      close: () => undefined,
    })
    const network = { ...realWorld.network, createUdpSocket: () => socket as never }
    const world = fakeWorld({ network, random })
    const membership = new FakeMembership()
    const options = { broadcastOnly: true, secret: 'password', heartbeatMs: 1_000, expireMs: 3_000 }
    const strategy = gossip(membership, { ...options, world, pollingInterval: 1_000, confirmLeave: 0 })
    strategy.start()
    while (sent.length === 0) await world.clock.advance(0)
    expect([...sent[0]!.subarray(0, 16)]).toStrictEqual(new Array(16).fill(7))
    expect(decodeHeartbeat(sent[0]!, gossipKey('password'))).toStrictEqual({ node: membership.self })
    // Our own packet under another name.
    const other = new FakeMembership('other@svc.test')
    const theirs = gossip(other, { ...options, world })
    theirs.start()
    sent.length = 0
    while (sent.length === 0) await world.clock.advance(0)
    for (const packet of [...sent]) socket.emit('message', packet, { address: '10.0.0.2' })
    await world.clock.advance(1_000)
    expect(membership.connected()).toContain(other.self)
    await theirs.close()
    await strategy.close()
    expect(world.clock.timers).toBe(0)
  })
})
