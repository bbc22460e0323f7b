import { realWorld } from '@dynsrv/kit'
import { type NodeOptions, startNode } from '@dynsrv/node'
import { DnsClient, startZoneServer } from '@dynsrv/srv-resolver'
import {
  type DynamicSrvOptions,
  doubling,
  dynamicSrv,
  every,
  neverLeave,
  Strategy,
  targetLabel,
} from '@dynsrv/strategy'
import { beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import type { StartOptions } from '../src/settings/start-options.ts'
import { start } from '../src/start.ts'

// They run as they are; what they are called with is recorded.
vi.mock('@dynsrv/node', { spy: true })
vi.mock('@dynsrv/strategy', { spy: true })

const SERVICE = 'my-service.test'
const DNS = '127.0.0.1:1'
const COMMON: StartOptions = { service: SERVICE, dns: DNS, name: `api-1@${SERVICE}`, cookie: 'c', env: {} }
const LOOPBACK = { host: '127.0.0.1', port: 0 }

beforeEach(() => vi.clearAllMocks())

/** Starts with options that no compiler saw. */
function startWith(options: object) {
  return start({ ...COMMON, ...LOOPBACK, ...options } as StartOptions)
}

describe('the options of start', () => {
  it('hold every option of a node, which gets them as they are', async () => {
    expectTypeOf<Exclude<keyof NodeOptions, keyof StartOptions>>().toEqualTypeOf<never>()
    const given: Required<Omit<NodeOptions, 'name' | 'cookie' | 'epmd'>> = {
      world: { ...realWorld },
      listen: LOOPBACK,
      hidden: false,
      preventOverlappingPartitions: false,
      shortNames: false,
      setupTimeMs: 5_000,
      netTickTimeMs: 30_000,
      netTickIntensity: 5,
      busyWaitMs: 0,
      autoConnect: false,
      locate: async () => undefined,
      allow: () => true,
      assignNames: false,
      tls: () => ({}),
      values: 'exact',
      decode: { binary: 'view' },
      logger: { debug: () => undefined, info: () => undefined, warn: () => undefined },
      output: () => undefined,
      limits: { maxSpawned: 10 },
    }
    await using cluster = await start({ ...COMMON, ...given })
    expect(cluster.port).toBeGreaterThan(0)
    expect(vi.mocked(startNode).mock.lastCall?.[0]).toMatchObject(given)
  })

  it.each([
    [undefined, 'plain'],
    ['exact', 'exact'],
    [{ float: 'boxed' }, { set: 'plain', float: 'boxed' }],
    [
      { set: 'exact', binary: 'text' },
      { set: 'exact', binary: 'text' },
    ],
  ])('values %o become %o for the node', async (values, given) => {
    await using cluster = await startWith({ values })
    expect(cluster.port).toBeGreaterThan(0)
    expect(vi.mocked(startNode).mock.lastCall?.[0]?.values).toEqual(given)
  })

  it('hold every option of the strategy over service, which gets them as they are', async () => {
    // Its resolver is dns, its name is memberName.
    expectTypeOf<Exclude<keyof DynamicSrvOptions, keyof StartOptions>>().toEqualTypeOf<'resolver'>()
    // An option that both have means the same for both, but for the name.
    expectTypeOf<Exclude<keyof NodeOptions & keyof DynamicSrvOptions, 'world'>>().toEqualTypeOf<'name'>()
    // Its portName becomes a part of the name of the service.
    const given: Required<Omit<DynamicSrvOptions, 'resolver' | 'service' | 'name' | 'world' | 'portName'>> = {
      topology: 'web',
      pollingInterval: 10_000,
      disconnectOnDeregister: false,
      interval: every(20_000),
      leave: neverLeave(),
      maxLeaveShare: 0.1,
      confirmEmpty: 4,
      confirmEmptyMs: 9_000,
      confirmLeave: 1,
      confirmDelayMs: 30,
      doubtPolls: 4,
      rotationPolls: 0,
      discoverTimeoutMs: 1_000,
      maxMembers: 100,
      connectTimeoutMs: 2_000,
      parallel: 3,
      retry: doubling(),
      unref: true,
    }
    const memberName = targetLabel(SERVICE)
    await using cluster = await start({ ...COMMON, ...LOOPBACK, ...given, memberName })
    expect([...cluster.strategies.keys()]).toEqual(['web'])
    expect(vi.mocked(dynamicSrv).mock.lastCall?.[1]).toMatchObject({ ...given, name: memberName })
    await using ofPort = await start({ ...COMMON, ...LOOPBACK, portName: 'dist' })
    expect(vi.mocked(dynamicSrv).mock.lastCall?.[1]).toMatchObject({ service: `_dist._tcp.${SERVICE}` })
    expect([...ofPort.strategies.keys()]).toEqual([SERVICE])
    await expect(startWith({ portName: 'a.b' })).rejects.toMatchObject({ message: /portName/ })
  })

  it.each([
    ['hiden', 'hidden'],
    ['autoConect', 'autoConnect'],
    ['disconectOnDeregister', 'disconnectOnDeregister'],
    ['polling_interval', 'pollingInterval'],
    ['cookie_file', 'cookieFile'],
  ])('name the nearest one for %s', async (key, near) => {
    await expect(startWith({ [key]: false })).rejects.toMatchObject({
      code: 'DYNSRV_BAD_OPTION',
      message: `start: there is no option ${key}; did you mean ${near}?`,
    })
  })

  it('of a strategy are refused before anything listens', async () => {
    await expect(startWith({ maxLeaveShare: 2 })).rejects.toMatchObject({ message: /maxLeaveShare/ })
    await expect(startWith({ topologies: { a: { service: 'a.test', paralel: 1 } } })).rejects.toMatchObject({
      message: /paralel/,
    })
    await expect(startWith({ topologies: { a: () => undefined } })).rejects.toMatchObject({
      code: 'DYNSRV_BAD_OPTION',
      message: /what topologies\.a\(\) returns must be an object with the methods start, close/,
    })
    expect(startNode).not.toHaveBeenCalled()
  })
})

describe('a start that fails', () => {
  it('closes its resolver and its strategies', async () => {
    await using first = await startWith({})
    const closed = vi.spyOn(DnsClient.prototype, 'close')
    const strategies: Strategy[] = []
    const made = (membership: ConstructorParameters<typeof Strategy>[0]) => {
      const strategy = new Strategy(membership, { discover: async () => new Set() })
      vi.spyOn(strategy, 'close')
      strategies.push(strategy)
      return strategy
    }
    await expect(startWith({ port: first.port, topologies: { made } })).rejects.toMatchObject({
      code: 'NODE_PORT_IN_USE',
    })
    expect(closed).toHaveBeenCalledOnce()
    expect(strategies.map((each) => vi.mocked(each.close).mock.calls.length)).toEqual([1])
  })

  it('leaves a resolver alone that was given', async () => {
    await using first = await startWith({})
    const dns = { resolveSrv: fail, resolveAddresses: fail, resolveTxt: fail, close: vi.fn() }
    await expect(startWith({ port: first.port, dns })).rejects.toMatchObject({ code: 'NODE_PORT_IN_USE' })
    expect(dns.close).not.toHaveBeenCalled()
  })
})

describe('a world', () => {
  it('that is given once reaches the node, the resolver and the strategies', async () => {
    await using zone = await startZoneServer()
    const used = { network: 0, clock: 0, env: 0 }
    const counted = <T extends object>(part: T, key: keyof typeof used): T =>
      new Proxy(part, {
        get(target, property, receiver) {
          used[key] += 1
          return Reflect.get(target, property, receiver)
        },
      })
    const world = {
      ...realWorld,
      network: counted(realWorld.network, 'network'),
      clock: counted(realWorld.clock, 'clock'),
      system: { ...realWorld.system, env: { RELEASE_NODE: `api-9@${SERVICE}`, RELEASE_COOKIE: 'of-the-world' } },
    }
    await using cluster = await start({ ...LOOPBACK, service: SERVICE, dns: zone.address, world })
    expect(cluster.self).toBe(`api-9@${SERVICE}`)
    expect(vi.mocked(startNode).mock.lastCall?.[0]).toMatchObject({ world, cookie: 'of-the-world' })
    expect(vi.mocked(dynamicSrv).mock.lastCall?.[1]).toMatchObject({ world })
    await expect(cluster.ready({ timeoutMs: 200 })).rejects.toMatchObject({ code: 'DYNSRV_NOT_READY' })
    expect(used.network).toBeGreaterThan(1)
    expect(used.clock).toBeGreaterThan(1)
  })
})

async function fail(): Promise<never> {
  throw new Error('this resolver is not asked')
}
