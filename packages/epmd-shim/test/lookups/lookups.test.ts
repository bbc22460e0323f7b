import { describe, expect, it } from 'vitest'
import {
  type EpmdModule,
  FixedPort,
  firstOf,
  type HostLookup,
  PortInName,
  Static,
  systemHostLookup,
} from '../../src/index.ts'

const lookup = async () => [{ ip: '10.0.0.1', family: 4 as const }]
const failing = (): EpmdModule =>
  new FixedPort(1, {
    lookup: async () => {
      throw new Error('resolver down')
    },
  })

describe('FixedPort', () => {
  it('has one port for all, and any port for the helpers of a release', async () => {
    const epmd = new FixedPort(4370, { lookup })
    await epmd.startLink()
    expect([epmd.listenPortPlease('web', 'any.host'), epmd.listenPortPlease('rpc-12ab-web', 'any.host')]).toStrictEqual(
      [4370, 0],
    )
    expect(new FixedPort(4370, { listenPort: 0 }).listenPortPlease('web', 'any.host')).toBe(0)
    expect((await epmd.registerNode('web', 4370)).creation).toBeGreaterThanOrEqual(4)
    expect(await epmd.addressPlease('web', 'any.host')).toStrictEqual({
      candidates: [{ ip: '10.0.0.1', family: 4, port: 4370 }],
      version: 6,
    })
    await expect(epmd.names()).rejects.toMatchObject({ code: 'EPMD_NAMES_UNKNOWN' })
    expect(() => new FixedPort(0)).toThrow(expect.objectContaining({ code: 'EPMD_BAD_OPTION' }))
  })
})

describe('PortInName', () => {
  it.each([
    ['web-4371', 4371],
    ['web', 4370],
    ['web2-9', 9],
  ])('reads the port of %s', async (alive, port) => {
    const epmd = new PortInName({ lookup })
    expect(epmd.listenPortPlease(alive, 'any.host')).toBe(port)
    expect((await epmd.addressPlease(alive, 'any.host')).candidates).toStrictEqual([
      { ip: '10.0.0.1', family: 4, port },
    ])
  })

  it('refuses a number that is not a port, and knows no names', async () => {
    const epmd = new PortInName({ lookup })
    await expect(epmd.addressPlease('web-70000', 'any.host')).rejects.toMatchObject({ code: 'EPMD_BAD_OPTION' })
    expect(epmd.listenPortPlease('rem-12ab-web-4371', 'any.host')).toBe(0)
    await expect(epmd.names()).rejects.toMatchObject({ code: 'EPMD_NAMES_UNKNOWN' })
  })
})

describe('firstOf', () => {
  const a = new Static({ 'a@svc.internal': { ip: '10.0.0.1', port: 1 } }, { listenPort: 7 })
  const b = new Static({
    'a@svc.internal': { ip: '10.0.0.9', port: 9 },
    'b@svc.internal': { ip: '10.0.0.2', port: 2 },
  })

  it('takes the answer of the first module that knows', async () => {
    const epmd = firstOf(a, b)
    await epmd.startLink()
    expect(await epmd.listenPortPlease('me', 'svc.internal')).toBe(7)
    expect((await epmd.registerNode('me', 7)).creation).toBeGreaterThanOrEqual(4)
    const ports = async (alive: string) => (await epmd.addressPlease(alive, 'svc.internal')).candidates[0]?.port
    expect([await ports('a'), await ports('b')]).toStrictEqual([1, 2])
    expect(await epmd.names('svc.internal')).toStrictEqual([
      { name: 'a', port: 1 },
      { name: 'b', port: 2 },
    ])
    await epmd[Symbol.asyncDispose]()
  })

  it('says not found only when all of them said so', async () => {
    await expect(firstOf(a, b).addressPlease('c', 'svc.internal')).rejects.toMatchObject({
      code: 'EPMD_NOT_FOUND',
      retryable: false,
    })
    await expect(firstOf(a, failing()).addressPlease('c', 'svc.internal')).rejects.toMatchObject({
      code: 'EPMD_LOOKUP_FAILED',
      retryable: true,
      message: expect.stringMatching(/resolver down/),
    })
  })

  it('lists what can be listed, and says when nothing can', async () => {
    expect(await firstOf(failing(), a).names('svc.internal')).toStrictEqual([{ name: 'a', port: 1 }])
    await expect(firstOf(failing()).names()).rejects.toMatchObject({ code: 'EPMD_NAMES_UNKNOWN' })
  })

  it('stops at an abort and needs a module', async () => {
    const reason = new Error('enough')
    const signal = AbortSignal.abort(reason)
    await expect(firstOf(a, b).addressPlease('a', 'svc.internal', 'any', { signal })).rejects.toBe(reason)
    expect(() => firstOf()).toThrow(expect.objectContaining({ code: 'EPMD_BAD_OPTION' }))
  })
})

describe('systemHostLookup', () => {
  it('takes an address as it is', async () => {
    expect(await systemHostLookup('10.1.2.3', 'any')).toStrictEqual([{ ip: '10.1.2.3', family: 4 }])
    expect(await systemHostLookup('::1', 'inet6')).toStrictEqual([{ ip: '::1', family: 6 }])
  })

  it('finds localhost, and says what has no address', async () => {
    expect(await systemHostLookup('localhost', 'inet')).toContainEqual({ ip: '127.0.0.1', family: 4 })
    await expect(systemHostLookup('no such host', 'any')).rejects.toMatchObject({ retryable: true })
  })
})

it('the addresses that a caller knows of a host stand for its lookup, in the family that is asked for', async () => {
  const asked: string[] = []
  const lookup: HostLookup = async (host) => {
    asked.push(host)
    return [{ ip: '192.0.2.9', family: 4 }]
  }
  const addresses = [{ ip: '10.0.0.5', family: 4 as const }]
  for (const module of [new FixedPort(4370, { lookup }), new PortInName({ lookup })]) {
    expect(await module.addressPlease('web', 'pod.test', 'any', { addresses })).toMatchObject({
      candidates: [{ ip: '10.0.0.5', family: 4, port: 4370 }],
    })
    expect(asked.splice(0)).toStrictEqual([])
    await module.addressPlease('web', 'pod.test', 'inet6', { addresses })
    await module.addressPlease('web', 'pod.test', 'any', { addresses: [] })
    expect(asked.splice(0)).toStrictEqual(['pod.test', 'pod.test'])
    const wrong = [{ ip: '10.0.0.5', family: 6 as const }]
    await expect(module.addressPlease('web', 'pod.test', 'any', { addresses: wrong })).rejects.toMatchObject({
      code: 'EPMD_BAD_OPTION',
    })
  }
})
