import { DynamicSrv } from '@dynsrv/epmd-shim'
import { consulHttp, dnsClient, type SrvResolver, sameDomain } from '@dynsrv/srv-resolver'
import { type Consul, startConsul } from '@dynsrv/tools/consul'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { discoveryOf } from '../../src/discover.ts'
import { consul, consulNodes, srvNodes } from '../../src/index.ts'
import { FakeMembership } from '../fake-membership.ts'

const SERVICE = 'my-service.service.consul'
const { signal } = new AbortController()

let real: Consul
beforeAll(async () => {
  real = await startConsul()
  await real.register(
    // Without an address Consul's DNS points to its machine, with an IP address to a name of that address.
    { id: 'web-1', port: 9001, tags: ['web-1'] },
    { id: 'web-2', port: 9002, tags: ['web-2'], address: '127.0.0.2' },
    { id: 'web-3', port: 9003, tags: ['web-3'], address: `web-3.${SERVICE}` },
    { id: 'evil', port: 9004, tags: ['evil'], address: `web-4.${SERVICE}.evil.test` },
  )
})
afterAll(() => real.stop())

const RESOLVERS: Record<string, () => SrvResolver> = {
  'its DNS': () => dnsClient({ servers: [real.address], transport: 'tcp' }),
  'its HTTP API': () => consulHttp({ url: real.url }),
  'its DNS within the domain of the service': () =>
    sameDomain(dnsClient({ servers: [real.address], transport: 'tcp' })),
}

describe.each(Object.entries(RESOLVERS))('a real Consul, asked by %s', (_name, resolverOf) => {
  it('names as members only those whose target is <label>.<service>', async () => {
    const { nodes, ignored = [] } = discoveryOf(await srvNodes(resolverOf(), SERVICE)({ signal }))
    expect(nodes).toStrictEqual(new Set([`web-3@${SERVICE}`]))
    const others = [`${real.node}.node.dc1.consul`, '7f000002.addr.dc1.consul', `web-4.${SERVICE}.evil.test`]
    expect(ignored.map(({ target }) => target).sort()).toStrictEqual(others.sort())
  })

  it.each([
    ['web-1', '127.0.0.1:9001'],
    ['web-2', '127.0.0.2:9002'],
  ])('finds %s by its tag, whose answer points to a name of Consul itself', async (alive, where) => {
    const { candidates } = await new DynamicSrv({ resolver: resolverOf() }).addressPlease(alive, SERVICE)
    expect(candidates.map(({ ip, port }) => `${ip}:${port}`)).toStrictEqual([where])
  })
})

it('a real Consul: a tag whose answer points outside its domain is refused within that domain', async () => {
  const epmd = new DynamicSrv({ resolver: RESOLVERS['its DNS within the domain of the service']!() })
  await expect(epmd.addressPlease('evil', SERVICE)).rejects.toMatchObject({
    code: 'EPMD_LOOKUP_FAILED',
    cause: { code: 'DNS_FOREIGN_TARGETS', message: expect.stringContaining(`web-4.${SERVICE}.evil.test`) },
  })
})

describe('a real Consul with a domain of its own', () => {
  const DOMAIN = 'corp.test'
  const HOST = `my-service.service.${DOMAIN}`

  it('points to its machines and addresses there, and to nobody outside', async () => {
    await using own = await startConsul({ domain: DOMAIN })
    await own.register(
      { id: 'web-1', port: 9001, tags: ['web-1'] },
      { id: 'web-2', port: 9002, tags: ['web-2'], address: '127.0.0.2' },
      { id: 'web-3', port: 9003, tags: ['web-3'], address: `web-3.${HOST}` },
      { id: 'evil', port: 9004, tags: ['evil'], address: 'web-4.node.dc1.evil.test' },
    )
    const suffixes = [`service.${DOMAIN}`, `node.dc1.${DOMAIN}`, `addr.dc1.${DOMAIN}`]
    const dns = sameDomain(dnsClient({ servers: [own.address], transport: 'tcp' }), { suffixes })
    const http = consulHttp({ url: own.url, domain: DOMAIN })
    for (const resolver of [dns, http, sameDomain(http, { suffixes })]) {
      const { nodes } = discoveryOf(await srvNodes(resolver, HOST)({ signal }))
      expect(nodes).toStrictEqual(new Set([`web-3@${HOST}`]))
      const epmd = new DynamicSrv({ resolver })
      for (const [alive, where] of [
        ['web-1', '127.0.0.1:9001'],
        ['web-2', '127.0.0.2:9002'],
      ] as const) {
        const { candidates } = await epmd.addressPlease(alive, HOST)
        expect(candidates.map(({ ip, port }) => `${ip}:${port}`)).toStrictEqual([where])
      }
    }
    await expect(new DynamicSrv({ resolver: dns }).addressPlease('evil', HOST)).rejects.toMatchObject({
      cause: { code: 'DNS_FOREIGN_TARGETS' },
    })
    // Without suffixes only the parent of the service counts: a public domain may be anybody's.
    const strict = new DynamicSrv({ resolver: sameDomain(http) })
    await expect(strict.addressPlease('web-1', HOST)).rejects.toMatchObject({ cause: { code: 'DNS_FOREIGN_TARGETS' } })
  })
})

describe('a real Consul with a wrong port', () => {
  it.each([0, -1, 65_536, 99_999])('%i costs that instance only', async (port) => {
    const service = `wrong-${port}`
    const host = `${service}.service.consul`
    await real.register(
      { id: `${service}-good`, service, port: 9001, address: `good.${host}` },
      { id: `${service}-bad`, service, port, address: `bad.${host}` },
    )
    expect(await consulNodes({ service, url: real.url })({ signal })).toMatchObject({
      nodes: new Set([`good@${host}`]),
      ignored: [{ target: `${service}-bad`, reason: `its port is ${port}, not a whole number from 1 to 65535` }],
    })
    const epmd = new DynamicSrv({ resolver: consulHttp({ url: real.url }) })
    await expect(epmd.addressPlease('bad', host)).rejects.toMatchObject({ code: 'EPMD_NOT_FOUND' })
  })
})

it('a real Consul: who is critical leaves, a warning stays, and a change is learned at once', async () => {
  const service = 'health'
  const host = `${service}.service.consul`
  await real.register(
    { id: 'h-1', service, port: 9001, address: `h-1.${host}`, status: 'passing' },
    { id: 'h-2', service, port: 9002, address: `h-2.${host}`, status: 'warning' },
  )
  const membership = new FakeMembership()
  await using strategy = consul(membership, { service, url: real.url, pollingInterval: 3_600_000 })
  strategy.start()
  await strategy.ready({ minPeers: 2 })
  const left = (async () => {
    for await (const change of strategy.events()) if (change.type === 'left') return change.node
    throw new Error('nobody left')
  })()
  await real.check('h-1', 'fail')
  expect(await left).toBe(`h-1@${host}`)
  expect(membership.connected()).toStrictEqual([`h-2@${host}`])
})
