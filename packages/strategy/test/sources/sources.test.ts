import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rename, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { ErlEpmd } from '@dynsrv/epmd-shim'
import { realWorld } from '@dynsrv/kit'
import { fakeWorld } from '@dynsrv/kit/testing'
import { staticResolver } from '@dynsrv/srv-resolver'
import { simulate } from '@dynsrv/testing'
import { startErl } from '@dynsrv/tools/beam'
import { freePort } from '@dynsrv/tools/free-port'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  consul,
  dnsCluster,
  dnsPoll,
  dynamicSrv,
  type EpmdNames,
  env,
  epmd,
  erlangHosts,
  file,
  fileNodes,
  gossip,
  kubernetes,
  kubernetesDns,
  kubernetesDnsSrv,
  localEpmd,
  type MembershipChange,
  rancher,
  type Strategy,
} from '../../src/index.ts'
import { FakeMembership, node } from '../fake-membership.ts'

const open: { close(): unknown }[] = []
afterEach(() => {
  for (const server of open.splice(0)) server.close()
})

/** Starts a strategy, waits for the change that `until` accepts, and stops it. */
async function first<T extends MembershipChange['type']>(strategy: Strategy, type: T) {
  const ended = new AbortController()
  await using running = strategy
  queueMicrotask(() => running.start())
  for await (const change of running.events({ signal: ended.signal })) {
    if (change.type === type) return change as Extract<MembershipChange, { type: T }>
  }
  throw new Error('unreachable')
}

const found = async (strategy: Strategy) => [...(await first(strategy, 'polled')).nodes].sort()

const resolver = staticResolver([
  { type: 'A', name: 'app.test', address: '10.0.0.1' },
  { type: 'AAAA', name: 'app.test', address: 'fd00::1' },
  { type: 'SRV', name: 'app.test', target: 'pod-0.app.test', port: 4_370 },
  { type: 'A', name: 'pod-0.app.test', address: '10.0.0.7' },
  { type: 'SRV', name: 'web.prod.svc.cluster.local', target: 'web-0.web.prod.svc.cluster.local', port: 4_370 },
])
const broken = {
  ...resolver,
  resolveAddresses: () => Promise.reject(new Error('SERVFAIL')),
  resolveSrv: () => Promise.reject(new Error('SERVFAIL')),
}

describe('DNS', () => {
  it('dnsPoll: A and AAAA', async () => {
    const options = { query: 'app.test', nodeBasename: 'app', resolver }
    expect(await found(dnsPoll(new FakeMembership(), options))).toStrictEqual(['app@10.0.0.1', 'app@fd00::1'])
  })

  it('kubernetesDns: A only', async () => {
    const options = { service: 'app.test', applicationName: 'app', resolver }
    expect(await found(kubernetesDns(new FakeMembership(), options))).toStrictEqual(['app@10.0.0.1'])
  })

  it('kubernetesDnsSrv: the whole target', async () => {
    const options = { service: 'web', namespace: 'prod', applicationName: 'app', resolver }
    expect(await found(kubernetesDnsSrv(new FakeMembership(), options))).toStrictEqual([
      'app@web-0.web.prod.svc.cluster.local',
    ])
  })

  it('dnsCluster: own basename, several queries, SRV', async () => {
    const options = {
      query: ['app.test', { basename: 'other', query: 'pod-0.app.test' }],
      resourceTypes: ['a', 'srv'] as const,
      resolver,
    }
    expect(await found(dnsCluster(new FakeMembership('me@10.9.9.9'), options))).toStrictEqual([
      'me@10.0.0.1',
      'me@10.0.0.7',
      'other@10.0.0.7',
    ])
  })

  it('dnsCluster: ignore is nobody', async () => {
    expect(await found(dnsCluster(new FakeMembership(), { query: 'ignore' }))).toStrictEqual([])
  })

  it.each([
    dnsPoll(new FakeMembership(), { query: 'app.test', nodeBasename: 'app', resolver: broken }),
    kubernetesDns(new FakeMembership(), { service: 'app.test', applicationName: 'app', resolver: broken }),
    kubernetesDnsSrv(new FakeMembership(), {
      service: 'web',
      namespace: 'prod',
      applicationName: 'app',
      resolver: broken,
    }),
    dnsCluster(new FakeMembership(), { query: 'app.test', resolver: broken }),
  ])('a failed lookup is a failure, not an empty answer (%#)', async (strategy) => {
    expect(await first(strategy, 'discoveryFailed')).toMatchObject({ cause: { message: 'SERVFAIL' } })
  })
})

describe('epmd', () => {
  /** Answers a NAMES_REQ as a real epmd (OTP 25) does. */
  async function fakeEpmd(text: string): Promise<number> {
    const server = createTcpServer((socket) => {
      socket.once('data', (request) => {
        expect(request.toString('hex')).toBe('00016e')
        socket.end(Buffer.concat([Buffer.from([0, 0, 0x11, 0x11]), Buffer.from(text)]))
      })
    })
    server.listen(0, '127.0.0.1')
    open.push(server)
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }

  const namesAt = (epmdPort: number): EpmdNames => {
    const asked = new ErlEpmd({ epmdPort })
    return (host, options) => asked.names(host, options)
  }

  it('the hosts as they are, and nobody ever leaves', async () => {
    expect(await found(epmd(new FakeMembership(), { hosts: ['a@svc.test', 'b@svc.test'] }))).toStrictEqual([
      'a@svc.test',
      'b@svc.test',
    ])
  })

  it('epmd: timeout is the time between dials, as in libcluster', async () => {
    const dials = async (options: Partial<Parameters<typeof epmd>[1]>) => {
      const world = fakeWorld()
      const membership = new FakeMembership()
      membership.dialDoes('a@svc.test', () => Promise.reject(new Error('refused')))
      await using strategy = epmd(membership, { hosts: ['a@svc.test'], world, ...options })
      strategy.start()
      const times: number[] = []
      strategy.on('change', ({ type }) => type === 'connectFailed' && times.push(world.clock.now()))
      await world.clock.advance(90_000)
      return times
    }
    expect(await dials({ timeout: 30_000 })).toStrictEqual([0, 30_000, 60_000, 90_000])
    expect(await dials({ timeout: 30_000, pollingInterval: 1_000 })).toStrictEqual([0, 30_000, 60_000, 90_000])
    expect(await dials({ timeout: Number.POSITIVE_INFINITY })).toStrictEqual([0])
    expect(await dials({ timeout: 30_000, retry: () => 45_000 })).toStrictEqual([0, 45_000, 90_000])
  })

  it('epmd: takes the short names of a node with short names, such as those of the tests of libcluster', async () => {
    const hosts = ['foo@bar', 'bar@bar']
    expect(await found(epmd(new FakeMembership('self@bar'), { hosts }))).toStrictEqual(['bar@bar', 'foo@bar'])
    for (const [self, host, why] of [
      ['self@svc.test', 'foo@bar', 'has a short host, but long names (-name) are in use'],
      ['self@bar', 'foo@svc.test', 'has a long host, but short names (-sname) are in use'],
    ] as const) {
      expect(() => epmd(new FakeMembership(self), { hosts: [host] })).toThrow(
        expect.objectContaining({ code: 'STRATEGY_BAD_OPTION', message: expect.stringContaining(why) }),
      )
    }
  })

  it('dnsCluster: names the nearest key of a query', () => {
    const query = { basename: 'a', query: 'svc.test', basname: 'b' } as never
    expect(() => dnsCluster(new FakeMembership(), { query })).toThrow(
      'there is no option query.basname; did you mean query.basename?',
    )
  })

  it('refuses a host that is not a node name', () => {
    expect(() => epmd(new FakeMembership(), { hosts: ['nobody'] })).toThrow(
      expect.objectContaining({ code: 'STRATEGY_BAD_OPTION', message: expect.stringContaining('has no @') }),
    )
  })

  it('localEpmd: all names under our host', async () => {
    const port = await fakeEpmd('name a at port 9101\nname self at port 9102\n')
    expect(await found(localEpmd(new FakeMembership(), { names: namesAt(port) }))).toStrictEqual(['a@svc.test'])
  })

  it('localEpmd: the names of a real epmd', async () => {
    const port = await freePort()
    const daemon = spawn('epmd', ['-port', String(port)], { stdio: 'ignore' })
    const names = namesAt(port)
    const up = () => Promise.resolve(names('127.0.0.1', { signal: AbortSignal.timeout(5_000) }))
    await vi.waitFor(up, { timeout: 5_000 })
    const name = 'epmd_test@127.0.0.1'
    const erlEnv = { ERL_EPMD_PORT: String(port) }
    await using erl = await startErl({ name, cookie: 'secret', args: ['-start_epmd', 'false'], env: erlEnv })
    const membership = new FakeMembership('self@127.0.0.1')
    expect(await found(localEpmd(membership, { names }))).toStrictEqual([erl.name])
    daemon.kill()
  })

  it('localEpmd and erlangHosts: the -sname nodes of the epmd of ERL_EPMD_PORT, for a node with short names', async () => {
    const port = await freePort()
    const daemon = spawn('epmd', ['-port', String(port)], { stdio: 'ignore' })
    const up = () => Promise.resolve(namesAt(port)('127.0.0.1', { signal: AbortSignal.timeout(5_000) }))
    await vi.waitFor(up, { timeout: 5_000 })
    const env = { ERL_EPMD_PORT: String(port) }
    const args = ['-start_epmd', 'false']
    await using erl = await startErl({ name: 'short_test@localhost', short: true, cookie: 'secret', args, env })
    const world = { ...realWorld, system: { ...realWorld.system, env } }
    const path = join(temporaryFolder('hosts'), '.hosts.erlang')
    await writeFile(path, 'localhost.\n')
    const short = () => new FakeMembership('self@localhost')
    expect(await found(localEpmd(short(), { world }))).toStrictEqual([erl.name])
    expect(await found(erlangHosts(short(), { world, path }))).toStrictEqual([erl.name])
    // They would refuse a node with a long name, so none is dialled.
    const ignored = await first(erlangHosts(new FakeMembership(), { world, path }), 'ignored')
    expect(ignored).toMatchObject({ target: erl.name, reason: expect.stringContaining('has a short host') })
    daemon.kill()
  })

  it('localEpmd: an epmd that is down is a failure', async () => {
    const port = await fakeEpmd('')
    open.splice(0).forEach((server) => void server.close())
    const failed = await first(localEpmd(new FakeMembership(), { names: namesAt(port) }), 'discoveryFailed')
    expect(failed.cause).toMatchObject({ code: 'EPMD_UNREACHABLE', retryable: true })
  })

  it('erlangHosts: each host of the file, and one that fails hides nobody', async () => {
    const path = join(temporaryFolder('hosts'), '.hosts.erlang')
    await writeFile(path, "% ours\n'one.test'.\n'two.test'. % down\n")
    const names = async (host: string) => {
      if (host === 'two.test') throw new Error('down')
      return [{ name: 'a', port: 1 }]
    }
    const polled = await first(erlangHosts(new FakeMembership(), { path, names }), 'polled')
    expect(polled).toMatchObject({ nodes: new Set(['a@one.test']), trimmed: true })
  })
})

it('erlangHosts: a host that is silent hides nobody of the others', () =>
  simulate({}, async (sim) => {
    const [{ world }] = await sim.members('svc.test', 1, ({ world }) => ({ world }))
    const path = join(temporaryFolder('hosts'), '.hosts.erlang')
    await writeFile(path, "'one.test'.\n'two.test'.\n")
    const names = (host: string) =>
      host === 'one.test' ? [{ name: 'a', port: 1 }] : new Promise<never>(() => undefined)
    // The file is a real one; only time is simulated.
    const strategy = erlangHosts(new FakeMembership(), { world: { ...world, files: realWorld.files }, path, names })
    expect(await first(strategy, 'polled')).toMatchObject({ nodes: new Set(['a@one.test']), trimmed: true })
    expect(sim.now).toBeGreaterThan(1_000)
  }))

describe('file and env', () => {
  it('file: names, comments, and a report for what is not a name', async () => {
    const path = join(temporaryFolder('nodes'), 'nodes')
    await writeFile(path, '# ours\na@svc.test, b@svc.test\nnonsense\n')
    expect(await found(file(new FakeMembership(), { path }))).toStrictEqual(['a@svc.test', 'b@svc.test'])
    const ignored = await first(file(new FakeMembership(), { path }), 'ignored')
    expect(ignored.target).toBe('nonsense')
  })

  it('file: a change joins long before the next poll, also when another file takes its place', async () => {
    const path = join(temporaryFolder('nodes'), 'nodes')
    await writeFile(path, '["a@svc.test"]')
    const membership = new FakeMembership()
    await using strategy = file(membership, { path, pollingInterval: 3_600_000 })
    strategy.start()
    await strategy.ready()
    await writeFile(`${path}.new`, '["a@svc.test", "b@svc.test"]')
    await rename(`${path}.new`, path)
    await strategy.ready({ minPeers: 2 })
    expect(membership.connected()).toContain(node('b'))
  })

  it.each<[string, string[], string[]]>([
    ['["a@svc.test", 7, {"b": 1}, "nonsense"]', ['a@svc.test'], ['7', '{ b: 1 }', 'nonsense']],
    ['a@svc.test web@svc. b@svc.test:4370x @svc.test', ['a@svc.test'], ['web@svc.', 'b@svc.test:4370x', '@svc.test']],
    [
      JSON.stringify([0, -1, 65_536, 99_999].map((port) => `b@svc.test:${port}`).concat('a@svc.test')),
      ['a@svc.test'],
      ['b@svc.test:0', 'b@svc.test:-1', 'b@svc.test:65536', 'b@svc.test:99999'],
    ],
  ])('file: of %s each wrong name costs itself only', async (text, names, wrong) => {
    const path = join(temporaryFolder('nodes'), 'nodes')
    await writeFile(path, text)
    const discovery = await fileNodes(path)({ signal: new AbortController().signal })
    expect(discovery).toMatchObject({ nodes: new Set(names), ignored: wrong.map((target) => ({ target })) })
  })

  it('file: JSON that is not a list is a failure', async () => {
    const path = join(temporaryFolder('nodes'), 'nodes')
    for (const text of ['[1', '["a@svc.test"] x']) {
      await writeFile(path, text)
      const failed = await first(file(new FakeMembership(), { path }), 'discoveryFailed')
      expect(failed.cause).toMatchObject({ code: 'STRATEGY_SOURCE_MALFORMED' })
    }
  })

  it('file: one that is missing is a failure', async () => {
    const failed = await first(file(new FakeMembership(), { path: '/nonexistent/nodes' }), 'discoveryFailed')
    expect(failed.cause).toMatchObject({ code: 'STRATEGY_SOURCE_UNREACHABLE' })
  })

  it('env: names; not set is a failure', async () => {
    const variables = { DYNSRV_NODES: 'a@svc.test b@svc.test' }
    expect(await found(env(new FakeMembership(), { env: variables }))).toHaveLength(2)
    const failed = await first(env(new FakeMembership(), { env: {} }), 'discoveryFailed')
    expect(failed.cause).toMatchObject({ message: 'DYNSRV_NODES is not set' })
  })
})

it.each<readonly [string, unknown, (value: never) => unknown]>([
  ['url', 'nonsense', (url: string) => rancher(new FakeMembership(), { nodeBasename: 'a', url })],
  ['url', 'ftp://host/', (url: string) => rancher(new FakeMembership(), { nodeBasename: 'a', url })],
  ['master', 'a b', (master: string) => kubernetes(new FakeMembership(), { nodeBasename: 'a', selector: 'b', master })],
  ['options', [], (options: never) => dnsPoll(new FakeMembership(), options)],
  ['resolver', {}, (resolver: never) => dynamicSrv(new FakeMembership(), { service: 'svc.test', resolver })],
  ['name', {}, (name: never) => dynamicSrv(new FakeMembership(), { service: 'svc.test', name })],
  ['name.needs', { map: String }, (name: never) => dynamicSrv(new FakeMembership(), { service: 'svc.test', name })],
  ['query', [], (query: never) => dnsCluster(new FakeMembership(), { query })],
  ['basename', 'a@b', (basename: string) => dnsCluster(new FakeMembership(), { query: { basename, query: 'b.c' } })],
  ['nodeBasename', 'a@b', (nodeBasename: string) => dnsPoll(new FakeMembership(), { query: 'b.c', nodeBasename })],
  ['nodeBasename', ' ', (nodeBasename: string) => dnsPoll(new FakeMembership(), { query: 'b.c', nodeBasename })],
  ['timeout', 0, (timeout: number) => epmd(new FakeMembership(), { hosts: ['a@svc.test'], timeout })],
])('%s %j is refused when it is given, not at the first poll', (name, value, make) => {
  expect(() => make(value as never)).toThrow(
    expect.objectContaining({ code: 'STRATEGY_BAD_OPTION', message: expect.stringContaining(name) }),
  )
})

it.each([{ url: 'localhost:8500' }, { waitMs: 1 }])('%j of consulHttp is refused by it when it is given', (option) => {
  expect(() => consul(new FakeMembership(), { service: 'a', ...option })).toThrow(
    expect.objectContaining({ code: 'DNS_BAD_OPTION', message: expect.stringContaining(Object.keys(option)[0]!) }),
  )
})

it('shows no credentials of an address in an error', async () => {
  const member = new FakeMembership()
  const down = 'http://ops:s3cret@127.0.0.1:1/?key=s3cret'
  const failed = [
    (await first(rancher(member, { nodeBasename: 'app', url: down }), 'discoveryFailed')).cause,
    (await first(consul(member, { service: 'web', url: down }), 'discoveryFailed')).cause,
    ...['ftp://ops:s3cret@host', 'http://ops:s3cret@'].flatMap((url) => [
      thrown(() => rancher(member, { nodeBasename: 'app', url })),
      thrown(() => consul(member, { service: 'web', url })),
    ]),
    thrown(() => consul(member, { service: 'web', token: 's3cret s3cret' })),
    thrown(() => gossip(member, { secret: ['s3cret'] as never })),
  ]
  for (const error of failed) {
    expect(error).toMatchObject({ code: expect.any(String) })
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('s3cret')
  }
})

function thrown(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  throw new Error('it was taken')
}

describe('rancher', () => {
  async function metadata(status: number, body: string): Promise<string> {
    const server = createServer((_request, response) => response.writeHead(status).end(body)).listen(0, '127.0.0.1')
    open.push(server)
    await once(server, 'listening')
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/latest/self/service`
  }

  it('the first address of each container', async () => {
    const url = await metadata(200, '{"containers":[{"ips":["10.42.0.5","10.42.0.6"]},{"ips":["10.42.0.7"]}]}')
    expect(await found(rancher(new FakeMembership(), { nodeBasename: 'app', url }))).toStrictEqual([
      'app@10.42.0.5',
      'app@10.42.0.7',
    ])
  })

  it.each([
    [500, '', 'STRATEGY_SOURCE_UNREACHABLE'],
    [403, '', 'STRATEGY_SOURCE_REFUSED'],
    [200, '{', 'STRATEGY_SOURCE_MALFORMED'],
    [200, '{}', 'STRATEGY_SOURCE_MALFORMED'],
  ])('%i %o is %s', async (status, body, code) => {
    const url = await metadata(status, body)
    const failed = await first(rancher(new FakeMembership(), { nodeBasename: 'app', url }), 'discoveryFailed')
    expect(failed.cause).toMatchObject({ code })
  })
})
