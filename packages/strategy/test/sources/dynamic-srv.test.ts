import { dnsClient, staticResolver } from '@dynsrv/srv-resolver'
import { startDnsmasq } from '@dynsrv/tools/dnsmasq'
import { describe, expect, it } from 'vitest'
import {
  byTag,
  byTxt,
  type Discovery,
  dynamicSrv,
  type Locate,
  srvNodes,
  targetLabel,
  wholeTarget,
} from '../../src/index.ts'
import { FakeMembership, node } from '../fake-membership.ts'

const membership = new FakeMembership()
const { signal } = new AbortController()

describe('the name rule', () => {
  const { map } = targetLabel('my-service.service.consul')
  it.each([
    ['node-a.my-service.service.consul', 'node-a@my-service.service.consul'],
    ['Node_A.MY-Service.Service.Consul', 'Node_A@my-service.service.consul'],
    ['n1.my-service.service.consul..', 'n1@my-service.service.consul'],
  ])('%s is %s', (target, expected) => expect(map({ target })).toStrictEqual({ node: expected }))

  it.each([
    'my-service.service.consul',
    '.my-service.service.consul',
    'a.b.my-service.service.consul',
    'a b.my-service.service.consul',
    'node-a.my-serviceXservice.consul',
    'node-a.my-service.service.consul.evil.test',
    'agent.node.dc1.consul',
    'ä.my-service.service.consul',
    '',
  ])('%o is ignored', (target) => expect(map({ target })).toHaveProperty('ignored'))

  it('ignores what would be no node name, with the reason', () => {
    const long = `${'a'.repeat(250)}.my-service.service.consul`
    expect(map({ target: long })).toStrictEqual({ ignored: expect.stringContaining('255') })
  })
})

describe('a service that names a port', () => {
  const records = ['_dist._tcp', '_http._tcp'].map((port, at) => ({
    type: 'SRV' as const,
    name: `${port}.web.test`,
    target: 'web-0.web.test',
    port: 4370 + at,
  }))
  const dist = staticResolver([...records, { type: 'A', name: 'web-0.web.test', address: '10.0.0.1' }])

  it('has members of the name behind the port, at that port', async () => {
    const { nodes, endpoints } = (await srvNodes(dist, '_dist._tcp.web.test')({ signal })) as Discovery
    const [web] = nodes
    expect([...nodes]).toStrictEqual(['web-0@web.test'])
    expect(await (endpoints?.get(web!) as Locate)({ signal })).toStrictEqual({
      endpoints: [{ ip: '10.0.0.1', family: 4, port: 4370 }],
    })
  })

  it.each([
    ['web.test', 'http', ['web-0@web.test']],
    ['_dist._tcp.web.test', 'http', ['web-0@web.test']],
    ['web.test', 'epmd', []],
  ])('%s with the portName %s', async (service, portName, expected) => {
    await using strategy = dynamicSrv(new FakeMembership(), { service, portName, resolver: dist })
    strategy.start()
    for await (const change of strategy.events()) {
      if (change.type !== 'polled') continue
      expect([...change.nodes]).toStrictEqual(expected)
      return
    }
  })

  it('refuses a portName that is none', () => {
    expect(() => dynamicSrv(new FakeMembership(), { service: 'web.test', portName: '_dist._tcp' })).toThrow(
      expect.objectContaining({ code: 'STRATEGY_BAD_OPTION', message: expect.stringContaining('portName') }),
    )
  })

  it('names the option that makes names of other targets', () => {
    const { map } = targetLabel('_svc._tcp.x.test')
    expect(map({ target: 'host-1.other.test' })).toStrictEqual({
      foreign: true,
      ignored: expect.stringMatching(
        /^it is not <label>\.x\.test with .*; how other targets become names, the option name says/,
      ),
    })
    expect(targetLabel('x.test').map({ target: 'a.y.test' })).toStrictEqual({
      foreign: true,
      ignored: expect.not.stringContaining('option'),
    })
  })
})

it.each([undefined, null, 'text', [], {}])('a resolver that gives %o is reported as that', async (nonsense) => {
  const give = async () => nonsense as never
  const asked = srvNodes({ resolveSrv: give }, 'svc.test')({ signal })
  await expect(asked).rejects.toMatchObject({ code: 'DNS_BAD_ANSWER' })
  const resolver = {
    ...staticResolver([{ type: 'SRV', name: 'svc.test', target: 'a.svc.test', port: 1 }]),
    resolveAddresses: give,
  }
  const { nodes, endpoints } = (await srvNodes(resolver, 'svc.test')({ signal })) as Discovery
  expect(nodes).toStrictEqual(new Set([node('a')]))
  const locate = endpoints?.get(node('a')) as Locate
  await expect(locate({ signal })).rejects.toMatchObject({ code: 'DNS_BAD_ANSWER' })
})

describe('construction', () => {
  it.each([
    ['', 'it is empty'],
    ['http://x.test', 'it is a URL'],
    ['x.test:8600', 'it has a port'],
    ['a@x.test', 'it is a node name'],
    ['x..test', 'it has an empty label'],
    ['x y.test', "it has the character ' '"],
    [`${'a'.repeat(64)}.test`, '64 characters'],
    [`${'a.'.repeat(130)}test`, '264 characters'],
    [5, 'it is not a string'],
  ])('refuses the service %o', (service, why) => {
    expect(() => dynamicSrv(membership, { service: service as string })).toThrow(
      expect.objectContaining({ code: 'STRATEGY_BAD_SERVICE', message: expect.stringContaining(why) }),
    )
  })

  it('takes an absolute service name', () => {
    expect(() => dynamicSrv(membership, { service: 'svc.test.', resolver: staticResolver([]) })).not.toThrow()
  })

  it.each([
    ['poll_interval', 'pollingInterval'],
    ['polling_interval', 'pollingInterval'],
    ['resolvr', 'resolver'],
    ['disconnect_on_deregister', 'disconnectOnDeregister'],
  ])('for %s it asks whether %s was meant', (wrong, right) => {
    expect(() => dynamicSrv(membership, { service: 'svc.test', [wrong]: 1 })).toThrow(
      expect.objectContaining({ code: 'STRATEGY_BAD_OPTION', hint: `Write ${right}.` }),
    )
  })

  it('refuses no options at all', () => {
    expect(() => dynamicSrv(membership, undefined as never)).toThrow(
      expect.objectContaining({ code: 'STRATEGY_BAD_OPTION' }),
    )
  })

  it.each([0, -1, Number.NaN, '5000'])('refuses pollingInterval %o', (pollingInterval) => {
    const options = { service: 'svc.test', pollingInterval: pollingInterval as number }
    expect(() => dynamicSrv(membership, options)).toThrow(
      expect.objectContaining({ code: 'STRATEGY_BAD_OPTION', message: expect.stringContaining('pollingInterval') }),
    )
  })
})

it('takes undefined for an option that was not given: with disconnectOnDeregister false nobody is taken down', async () => {
  let members = ['a', 'b']
  const resolveSrv = (service: string) =>
    staticResolver(members.map((m) => ({ type: 'SRV', name: service, target: `${m}.${service}`, port: 1 }))).resolveSrv(
      service,
    )
  const joined = new FakeMembership()
  const unset = { leave: undefined, interval: undefined } as object
  const options = { service: 'svc.test', resolver: { resolveSrv }, pollingInterval: 5, disconnectOnDeregister: false }
  await using strategy = dynamicSrv(joined, { ...options, ...unset })
  strategy.start()
  await strategy.ready({ minPeers: 2 })
  members = ['a']
  let without = 0
  for await (const change of strategy.events()) {
    if (change.type === 'polled' && !change.nodes.has(node('b')) && ++without === 5) break
  }
  expect(joined.disconnected).toStrictEqual([])
  expect(joined.connected()).toContain(node('b'))
})

describe('names of SRV records', () => {
  const resolver = staticResolver([
    { type: 'SRV', name: 'svc.test', target: 'host-1.test', port: 1 },
    { type: 'TXT', name: 'host-1.test', text: 'node=a@svc.test' },
    { type: 'A', name: 'host-1.test', address: '10.0.0.1' },
  ])

  it('by the whole target', async () => {
    await expect(srvNodes(resolver, 'svc.test', wholeTarget('app'))({ signal })).resolves.toMatchObject({
      nodes: new Set(['app@host-1.test']),
    })
  })

  it('by the TXT record of the target', async () => {
    await expect(srvNodes(resolver, 'svc.test', byTxt())({ signal })).resolves.toMatchObject({
      nodes: new Set([node('a')]),
    })
  })

  it('a TXT lookup that fails hides one member, and makes the answer trimmed', async () => {
    const two = staticResolver([
      { type: 'SRV', name: 'svc.test', target: 'host-1.test', port: 1 },
      { type: 'SRV', name: 'svc.test', target: 'host-2.test', port: 1 },
      { type: 'TXT', name: 'host-1.test', text: 'node=a@svc.test' },
    ])
    const resolveTxt: typeof two.resolveTxt = async (name, options) => {
      if (name === 'host-2.test.') throw new Error('SERVFAIL')
      return two.resolveTxt(name, options)
    }
    await expect(srvNodes({ ...two, resolveTxt }, 'svc.test', byTxt())({ signal })).resolves.toMatchObject({
      nodes: new Set([node('a')]),
      trimmed: true,
      failures: [{ message: 'SERVFAIL' }],
    })
  })

  it('by tag: DNS has none, and says so', async () => {
    await expect(srvNodes(resolver, 'svc.test', byTag())({ signal })).resolves.toMatchObject({
      nodes: new Set(),
      ignored: [{ target: 'host-1.test', reason: 'it has no tag <alive@host>' }],
    })
  })
})

it('finds the members that a real dnsmasq serves', async () => {
  const members = [
    { label: 'a', port: 9_101 },
    { label: 'b', port: 9_102 },
  ]
  await using dnsmasq = await startDnsmasq({ service: 'svc.test', members })
  const resolver = dnsClient({ servers: [dnsmasq.address] })
  const joined = new FakeMembership('a@svc.test')
  await using strategy = dynamicSrv(joined, { service: 'svc.test', resolver })
  strategy.start()
  await strategy.ready()
  expect(joined.connected()).toStrictEqual([node('b')])
})

it('asks at once when a resolver that pushes reports a change', async () => {
  const record = (label: string) => ({ type: 'SRV' as const, name: 'svc.test', target: `${label}.svc.test`, port: 1 })
  const records = staticResolver([record('a')])
  let change: () => void = () => undefined
  async function* watchSrv(_name: string, { signal }: { readonly signal: AbortSignal }) {
    while (!signal.aborted) {
      await new Promise<void>((resolve) => {
        change = resolve
      })
      yield {}
    }
  }
  const pushed = new FakeMembership()
  const options = { service: 'svc.test', resolver: { ...records, watchSrv }, pollingInterval: 3_600_000 }
  await using strategy = dynamicSrv(pushed, options)
  strategy.start()
  await strategy.ready()
  records.replace([record('a'), record('b')])
  change()
  await strategy.ready({ minPeers: 2 })
  expect(pushed.connected()).toStrictEqual([node('a'), node('b')])
})
