import { dnsClient, startZoneServer, type ZoneQuery, type ZoneServer } from '@dynsrv/srv-resolver'
import { describe, expect, it } from 'vitest'
import { byIp, type Discovery, dynamicSrv, every, srvNodes } from '../../src/index.ts'
import { FakeMembership, node } from '../fake-membership.ts'

const SERVICE = 'svc.test'

function register(zone: ZoneServer, label: string, port: number, address = '127.0.0.1'): void {
  const target = `${label}.${SERVICE}`
  zone.add({ type: 'SRV', name: SERVICE, target, port, ttlSeconds: 0 })
  zone.add({ type: address.includes(':') ? 'AAAA' : 'A', name: target, address, ttlSeconds: 0 })
}

/** A strategy over a real DNS server, and a wait for so many of its polls. */
async function over(zone: ZoneServer, membership = new FakeMembership()) {
  const dns = dnsClient({ servers: [zone.address] })
  const strategy = dynamicSrv(membership, { service: SERVICE, resolver: dns, interval: every(20), confirmDelayMs: 5 })
  const said: string[] = []
  strategy.on('change', ({ type }) => said.push(type))
  strategy.start()
  const polled = async (count: number) => {
    let left = count
    for await (const { type } of strategy.events()) if (type === 'polled' && --left === 0) return
  }
  await polled(2)
  return { strategy, membership, said, polled }
}

describe('odd answers of a real server', () => {
  it('another port, address or priority takes down no link, and is where a lost node is dialled', async () => {
    await using zone = await startZoneServer()
    register(zone, 'self', 9000)
    register(zone, 'a', 9001)
    const { strategy, membership, said, polled } = await over(zone)
    zone.remove({ target: `a.${SERVICE}` })
    zone.remove({ name: `a.${SERVICE}` })
    register(zone, 'a', 9002, '127.0.0.2')
    await polled(5)
    expect(membership.dialled).toStrictEqual([node('a')])
    expect(said.filter((type) => /^(?:left|lost|held|deregistered)$/.test(type))).toStrictEqual([])
    membership.drop(node('a'), 'reset')
    await expect.poll(() => membership.dialled).toHaveLength(2)
    expect(membership.endpoints.get(node('a'))).toStrictEqual([{ ip: '127.0.0.2', family: 4, port: 9002 }])
    await strategy.close()
  })

  it('one host in two spellings and two records is one node, at each place once', async () => {
    await using zone = await startZoneServer()
    for (const target of [`A.${SERVICE}`, `a.${SERVICE}`, `a.SVC.test`]) {
      for (const port of [9001, 9002]) zone.add({ type: 'SRV', name: SERVICE, target, port, weight: 1, ttlSeconds: 0 })
    }
    zone.add({ type: 'A', name: `a.${SERVICE}`, address: '127.0.0.1', ttlSeconds: 0 })
    const { strategy, membership } = await over(zone)
    expect(membership.dialled).toStrictEqual([node('a')])
    const ports = membership.endpoints.get(node('a'))!.map(({ port }) => port)
    expect(ports.toSorted()).toStrictEqual([9001, 9002])
    await strategy.close()
  })

  it('a service that is another name for a service, and our own record with the port of another', async () => {
    await using zone = await startZoneServer()
    zone.add({ type: 'CNAME', name: SERVICE, target: 'there.test', ttlSeconds: 0 })
    for (const [label, port] of [
      ['self', 9001],
      ['a', 9001],
    ] as const) {
      zone.add({ type: 'SRV', name: 'there.test', target: `${label}.${SERVICE}`, port, ttlSeconds: 0 })
    }
    const { strategy, membership, said } = await over(zone)
    expect(membership.connected()).toStrictEqual([node('a')])
    expect(said).not.toContain('deregistered')
    await strategy.close()
  })
})

it.each([
  ['AAAA', ['n@192.0.2.1'], 1],
  ['A', ['n@192.0.2.1'], 2],
] as const)('a node is named by its IPv4 address, though the first answer for %s never comes', async (record, expected, least) => {
  let asked = 0
  const onQuery = ({ type }: ZoneQuery) => {
    if (type === 'A') asked += 1
  }
  await using zone = await startZoneServer({ onQuery })
  zone.add({ type: 'SRV', name: SERVICE, target: 'a.other.test', port: 9000, ttlSeconds: 0 })
  zone.add({ type: 'A', name: 'a.other.test', address: '192.0.2.1', ttlSeconds: 0 })
  zone.add({ type: 'AAAA', name: 'a.other.test', address: '2001:db8::1', ttlSeconds: 0 })
  const full = dnsClient({ servers: [zone.address], timeoutMs: 20_000, tries: 1 })
  // The addresses do not come with the answer, as from a server that has only the service.
  const resolver = {
    resolveSrv: async (name: string) => ({ ...(await full.resolveSrv(name)), addresses: new Map() }),
    resolveAddresses: full.resolveAddresses.bind(full),
  }
  zone.setFault({ type: 'silence', record, times: 1 })
  const found = await srvNodes(resolver, SERVICE, byIp('n'))({ signal: new AbortController().signal })
  expect([...(found as Discovery).nodes]).toStrictEqual(expected)
  expect(asked).toBe(least)
})
