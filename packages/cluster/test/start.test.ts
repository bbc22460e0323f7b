import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { atom, tuple } from '@dynsrv/etf'
import { dnsClient, startZoneServer, type ZoneServer } from '@dynsrv/srv-resolver'
import { describe, expect, it } from 'vitest'
import type { Cluster } from '../src/cluster.ts'
import type { StartOptions } from '../src/settings/start-options.ts'
import { start } from '../src/start.ts'

const SERVICE = 'my-service.test'
const COOKIE = 'start-test-cookie'

function options(zone: ZoneServer, label: string, more: Partial<StartOptions> = {}): StartOptions {
  const common = { service: SERVICE, dns: zone.address, host: '127.0.0.1', port: 0, pollingInterval: 50, env: {} }
  return { ...common, name: `${label}@${SERVICE}`, cookie: COOKIE, ...more }
}

function register(zone: ZoneServer, label: string, port: number): void {
  zone.add({ type: 'SRV', name: SERVICE, target: `${label}.${SERVICE}`, port, ttlSeconds: 0 })
  zone.add({ type: 'A', name: `${label}.${SERVICE}`, address: '127.0.0.1', ttlSeconds: 0 })
}

describe('start', () => {
  it('takes name, cookie and port from the environment of a release', async () => {
    await using zone = await startZoneServer()
    await using probe = await start(options(zone, 'probe'))
    const { port } = probe
    await probe.close()
    const env = { RELEASE_NODE: `api-1@${SERVICE}`, RELEASE_COOKIE: COOKIE, ERL_DIST_PORT: String(port) }
    await using api = await start({ service: SERVICE, dns: zone.address, host: '127.0.0.1', env })
    expect(api.self).toBe(`api-1@${SERVICE}`)
    expect(api.port).toBe(port)
    register(zone, 'api-1', port)
    await using other = await start(options(zone, 'api-2'))
    await other.ready()
    expect(other.members()).toStrictEqual([`api-1@${SERVICE}`])
  })

  it('carries messages between nodes that found each other', async () => {
    await using zone = await startZoneServer()
    await using one = await start(options(zone, 'api-1'))
    await using two = await start(options(zone, 'api-2'))
    register(zone, 'api-2', two.port)
    await one.ready()
    const inbox = two.node.mailbox('inbox')
    one.node.send({ name: 'inbox', node: two.self }, tuple(atom('hello'), 42))
    expect(await inbox.receive({ timeoutMs: 5_000 })).toStrictEqual(tuple(atom('hello'), 42))
  })

  it('dials before a server has answered for the other address family, which it never does', async () => {
    await using zone = await startZoneServer()
    zone.setFault({ type: 'silence', record: 'AAAA' })
    // As a registry without addresses in its answers; and one that would be waited for longer than this test lasts.
    const client = dnsClient({ servers: [zone.address], timeoutMs: 600_000, tries: 1 })
    const resolveSrv: typeof client.resolveSrv = async (...asked) => ({
      ...(await client.resolveSrv(...asked)),
      addresses: new Map(),
    })
    const dns = {
      resolveSrv,
      resolveAddresses: client.resolveAddresses.bind(client),
      resolveTxt: client.resolveTxt.bind(client),
    }
    await using two = await start(options(zone, 'api-2'))
    register(zone, 'api-2', two.port)
    await using one = await start(options(zone, 'api-1', { dns }))
    await one.ready()
    expect(one.members()).toStrictEqual([two.self])
    await two.close()
    client.close()
  })

  it('tells everything in one stream of events', async () => {
    await using zone = await startZoneServer()
    await using one = await start(options(zone, 'api-1'))
    await using two = await start(options(zone, 'api-2'))
    const seen: string[] = []
    const events = one.events()
    register(zone, 'api-2', two.port)
    for await (const event of events) {
      seen.push(event.type)
      if (event.type === 'nodeup') await two.close()
      if (event.type === 'nodedown') {
        expect(event.node).toBe(two.self)
        break
      }
    }
    expect(seen).toContain('joined')
  })

  it('ends the stream of events when it is closed or the signal aborts', async () => {
    await using zone = await startZoneServer()
    await using one = await start(options(zone, 'api-1'))
    const controller = new AbortController()
    const aborted = one.events({ signal: controller.signal })
    const closed = one.events()
    const both = Promise.all([drained(aborted), drained(closed)])
    controller.abort()
    await one.close()
    await both
  })

  it('joins several topologies, each by its name', async () => {
    await using zone = await startZoneServer()
    const { service: _, pollingInterval: _every, ...common } = options(zone, 'api-1')
    await using two = await start(options(zone, 'api-2'))
    await using db = await start({ ...options(zone, 'db-1'), name: 'db-1@db.test', service: 'db.test' })
    register(zone, 'api-2', two.port)
    zone.add({ type: 'SRV', name: 'db.test', target: 'db-1.db.test', port: db.port })
    zone.add({ type: 'A', name: 'db-1.db.test', address: '127.0.0.1' })
    const topologies = {
      web: { service: SERVICE, pollingInterval: 50 },
      stores: { service: 'db.test', pollingInterval: 50 },
    }
    await using one = await start({ ...common, topologies })
    const joined: string[] = []
    const stop = one.on((event) => event.type === 'joined' && joined.push(`${event.topology} ${event.node}`))
    await one.ready({ minPeers: 2 })
    stop()
    expect(one.members().sort()).toStrictEqual([two.self, db.self].sort())
  })

  it('keeps its members while DNS is gone', async () => {
    await using zone = await startZoneServer()
    await using one = await start(options(zone, 'api-1'))
    await using two = await start(options(zone, 'api-2'))
    register(zone, 'api-2', two.port)
    await one.ready()
    await zone.pause()
    let failures = 0
    for await (const event of one.events()) {
      expect(event.type).not.toBe('nodedown')
      if (event.type === 'discoveryFailed' && ++failures === 3) break
    }
    expect(one.members()).toStrictEqual([two.self])
  })
})

describe('cookies that are being changed', () => {
  const changing = { offered: 'old', accepted: ['old', 'new'] }
  const changed = { offered: 'new', accepted: ['new', 'old'] }

  it('let nodes with the old and the new one meet, for a topology of any kind', async () => {
    await using zone = await startZoneServer()
    await using one = await start(options(zone, 'api-1', { cookie: changing }))
    const { service: _, pollingInterval, ...more } = options(zone, 'api-2', { cookie: changed })
    const topologies = { web: { service: SERVICE, pollingInterval: pollingInterval! } }
    await using two = await start({ ...more, topologies })
    register(zone, 'api-1', one.port)
    await two.ready()
    expect(two.members()).toEqual([one.self])
  })

  it('come from files, and keep out a node that knows neither', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dynsrv-cookies-'))
    const [old, fresh] = [join(folder, 'old'), join(folder, 'new')] as const
    await Promise.all([writeFile(old, 'old\n'), writeFile(fresh, 'new\n')])
    await using zone = await startZoneServer()
    const { cookie: _, ...rest } = options(zone, 'api-1')
    await using one = await start({ ...rest, cookieFile: { offered: old, accepted: [old, fresh] } })
    await rm(folder, { recursive: true })
    await using two = await start(options(zone, 'api-2', { cookie: changed }))
    await using stranger = await start(options(zone, 'api-3', { cookie: 'neither' }))
    register(zone, 'api-1', one.port)
    await two.ready()
    await expect(stranger.ready({ timeoutMs: 500 })).rejects.toMatchObject({ code: 'DYNSRV_NOT_READY' })
    expect(one.members()).toEqual([two.self])
  })

  it.each<[string, unknown, string]>([
    ['null', null, 'DYNSRV_COOKIE_INVALID'],
    ['an empty object', {}, 'DYNSRV_BAD_OPTION'],
    ['a misspelled set', { offered: 'a', acepted: ['a'] }, 'DYNSRV_BAD_OPTION'],
    ['a set that accepts none', { offered: 'a', accepted: [] }, 'DYNSRV_BAD_OPTION'],
    ['a set with a text', { offered: 'a', accepted: 'very-secret' }, 'DYNSRV_BAD_OPTION'],
    ['a set with an empty one', { offered: 'a', accepted: ['a', ''] }, 'DYNSRV_COOKIE_EMPTY'],
    ['a set with a number', { offered: 1, accepted: ['a'] }, 'DYNSRV_COOKIE_INVALID'],
    ['a list', ['very-secret'], 'DYNSRV_COOKIE_INVALID'],
    ['a euro sign', '€', 'DYNSRV_COOKIE_INVALID'],
    ['300 characters', 'very-secret'.repeat(30), 'DYNSRV_COOKIE_INVALID'],
  ])('are refused where no BEAM node would take them: %s', async (_what, cookie, code) => {
    await using zone = await startZoneServer()
    const error = await start(options(zone, 'api-1', { cookie: cookie as string })).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code, category: 'option' })
    expect(inspect(error)).not.toContain('very-secret')
  })
})

describe('ready', () => {
  it('rejects in time, naming the peer that is missing and why', async () => {
    await using zone = await startZoneServer()
    await using one = await start(options(zone, 'api-1'))
    await using two = await start(options(zone, 'api-2', { cookie: 'another-cookie' }))
    register(zone, 'api-2', two.port)
    await expect(one.ready({ timeoutMs: 500 })).rejects.toMatchObject({
      code: 'DYNSRV_NOT_READY',
      message: expect.stringContaining(two.self),
    })
  })

  it('rejects with DYNSRV_CLOSED when the cluster is closed meanwhile', async () => {
    await using zone = await startZoneServer()
    await using one = await start(options(zone, 'api-1'))
    const ready = one.ready()
    await Promise.all([expect(ready).rejects.toMatchObject({ code: 'DYNSRV_CLOSED' }), one.close()])
  })

  it('rejects with the reason of the signal', async () => {
    await using zone = await startZoneServer()
    await using one = await start(options(zone, 'api-1'))
    const reason = new Error('not today')
    await expect(one.ready({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})

describe('drain', () => {
  it('takes the own record away before it leaves', async () => {
    await using zone = await startZoneServer()
    await using two = await start(options(zone, 'api-2'))
    let membersAtDeregistration = 0
    await using one = await start(
      options(zone, 'api-1', {
        deregister: () => {
          membersAtDeregistration = two.members().length
          zone.remove({ target: `api-1.${SERVICE}` })
        },
      }),
    )
    register(zone, 'api-1', one.port)
    await two.ready()
    await one.drain()
    expect(membersAtDeregistration).toBe(1)
    expect(zone.records().filter(({ type }) => type === 'SRV')).toStrictEqual([])
  })

  it('finishes what others have asked for, takes nothing new, and has an end', async () => {
    await using zone = await startZoneServer()
    await using caller = await start(options(zone, 'api-2'))
    const one = await start(options(zone, 'api-1'))
    let finish = (_answer: string): void => undefined
    const asked = new Promise<void>((resolve) => {
      one.node.serve({
        name: 'slow',
        call: () => {
          resolve()
          return new Promise<string>((answer) => {
            finish = answer
          })
        },
      })
    })
    register(zone, 'api-1', one.port)
    await caller.ready()
    const call = () => caller.node.call({ name: 'slow', node: one.self }, null, { timeoutMs: 20_000 })
    const early = call()
    await asked
    const leaving = one.drain()
    await expect(call()).rejects.toMatchObject({ code: 'NODE_NO_PROCESS' })
    finish('done')
    expect(Buffer.from((await early) as Uint8Array).toString()).toBe('done')
    await leaving
    expect(one.state).toBe('closed')
    await expect(one.ready()).rejects.toMatchObject({ code: 'DYNSRV_CLOSED' })
    for await (const _event of one.events()) expect.unreachable()

    const two = await start(options(zone, 'api-3'))
    const arrived = new Promise<void>((resolve) => {
      two.node.serve({
        name: 'stuck',
        call: () => {
          resolve()
          return new Promise(() => undefined)
        },
      })
    })
    await caller.node.disconnect(two.self)
    register(zone, 'api-3', two.port)
    await expect.poll(() => caller.members()).toContain(two.self)
    const stuck = caller.node.call({ name: 'stuck', node: two.self }, null).catch((error: unknown) => error)
    await arrived
    await expect(two.drain({ timeoutMs: 200 })).rejects.toMatchObject({ code: 'NODE_TIMEOUT' })
    expect(two.state).toBe('closed')
    expect(await stuck).toBeInstanceOf(Error)
  })

  it('closes even when the record could not be taken away, and says so', async () => {
    await using zone = await startZoneServer()
    const failure = new Error('Consul said no')
    const one = await start(options(zone, 'api-1', { deregister: () => Promise.reject(failure) }))
    await expect(one.drain()).rejects.toBe(failure)
    await one.close()
  })
})

it.each([
  ['never settles', () => new Promise<void>(() => undefined), { code: 'NODE_TIMEOUT', message: /deregister/ }],
  [
    'throws',
    () => {
      throw new Error('no')
    },
    { message: 'no' },
  ],
] as [
  string,
  () => Promise<void>,
  object,
][])('leaves in time with a deregister that %s', async (_how, deregister, error) => {
  await using zone = await startZoneServer()
  const one = await start(options(zone, 'api-1', { deregister }))
  await expect(one.drain({ timeoutMs: 100 })).rejects.toMatchObject(error)
  expect(one.state).toBe('closed')
})

async function drained(events: ReturnType<Cluster['events']>): Promise<void> {
  for await (const event of events) expect(event.type).not.toBe('nodedown')
}
