import { dnsClient, startZoneServer, type ZoneFault, type ZoneServer } from '@dynsrv/srv-resolver'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { dynamicSrv, type MembershipChange, type Strategy } from '../../src/index.ts'
import { FakeMembership, node } from '../fake-membership.ts'

// A real DNS server and a real client; only the cluster's links are not real.
const SERVICE = 'svc.test'
const LABELS = Array.from({ length: 15 }, (_, index) => `n${index}`)

let zone: ZoneServer
let membership: FakeMembership
let strategy: Strategy
const changes: MembershipChange[] = []

const record = (label: string) => ({ type: 'SRV' as const, name: SERVICE, target: `${label}.${SERVICE}`, port: 9_100 })

beforeEach(async () => {
  zone = await startZoneServer({ records: ['self', ...LABELS].map(record) })
  membership = new FakeMembership()
  const resolver = dnsClient({ servers: [zone.address], timeoutMs: 150, tries: 1 })
  strategy = dynamicSrv(membership, { service: SERVICE, resolver, pollingInterval: 10, discoverTimeoutMs: 300 })
  changes.length = 0
  strategy.on('change', (change) => changes.push(change))
  strategy.start()
  await strategy.ready({ minPeers: 15 })
})

afterEach(async () => {
  await strategy.close()
  await zone.close()
})

/** Waits until so many more polls have ended, well or not. */
async function ended(type: 'polled' | 'discoveryFailed' | 'any', count: number): Promise<void> {
  const seen = new AbortController()
  let left = count
  for await (const change of strategy.events({ signal: seen.signal })) {
    const poll = change.type === 'polled' || change.type === 'discoveryFailed'
    if (poll && (type === 'any' || change.type === type) && --left === 0) seen.abort()
  }
}

const gone = () => changes.filter(({ type }) => type === 'left' || type === 'lost')

const FAULTS: Record<string, ZoneFault[]> = {
  SERVFAIL: ['servfail'],
  REFUSED: ['refused'],
  silence: ['silence'],
  garbage: ['garbage'],
  'an answer to another question': ['foreignName'],
  'compression loops': ['loop'],
  'slow answers': [{ type: 'delay', ms: 400 }],
}

describe('nobody alive and registered is lost through', () => {
  it('a DNS server that is dead for ten polls, and they go on when it is back', async () => {
    await zone.pause()
    await ended('discoveryFailed', 10)
    expect(membership.connected()).toHaveLength(15)
    await zone.resume()
    await ended('polled', 3)
    expect(gone()).toStrictEqual([])
  })

  it.each(Object.entries(FAULTS))('%s', async (_name, faults) => {
    zone.setFault(...faults)
    await ended('discoveryFailed', 3)
    zone.setFault()
    await ended('polled', 2)
    expect(gone()).toStrictEqual([])
    expect(membership.connected()).toHaveLength(15)
  })

  it.each(['nxdomain', 'nodata'] as const)('%s for one poll', async (type) => {
    zone.setFault({ type, times: 1 })
    await ended('polled', 5)
    expect(gone()).toStrictEqual([])
    expect(changes).toContainEqual(expect.objectContaining({ type: 'polled', nodes: new Set() }))
  })

  it.each<ZoneFault>([
    { type: 'trim', records: 8, pick: 'random', transport: 'both' },
    { type: 'rotate', records: 8 },
  ])('answers that show 8 of 16, $type', async (fault) => {
    zone.setFault(fault)
    await ended('polled', 40)
    expect(gone()).toStrictEqual([])
    expect(changes).toContainEqual(expect.objectContaining({ type: 'held' }))
  })
})

describe('and the truth still arrives', () => {
  it('a removed record is a node that leaves, a new one a node that joins, and another that joins again', async () => {
    zone.remove({ target: `n3.${SERVICE}` })
    zone.add(record('new'))
    await ended('polled', 40)
    expect(membership.connected()).toContain(node('new'))
    zone.remove({ target: `n4.${SERVICE}` })
    await ended('polled', 3)
    expect(membership.disconnected).toContain(node('n4'))
    zone.add(record('n4'))
    await ended('polled', 3)
    expect(membership.connected()).toContain(node('n4'))
    expect(membership.disconnected).toContain(node('n3'))
  })

  it('a flapping record loses nobody else', async () => {
    for (let flap = 0; flap < 5; flap++) {
      zone.remove({ target: `n3.${SERVICE}` })
      await ended('polled', 2)
      zone.add(record('n3'))
      await ended('polled', 2)
    }
    expect(gone().filter((change) => 'node' in change && change.node !== node('n3'))).toStrictEqual([])
    expect(membership.connected()).toHaveLength(15)
  })

  it('a whole service that is gone takes no live link down, and is forgotten link by link', async () => {
    zone.remove({ name: SERVICE })
    await ended('polled', 12)
    expect(membership.connected()).toHaveLength(15)
    membership.drop(node('n1'), 'reset')
    await ended('polled', 2)
    expect(changes.filter(({ type }) => type === 'left')).toMatchObject([{ node: node('n1'), connected: false }])
  })

  it('a foreign target is reported once', async () => {
    zone.add({ type: 'SRV', name: SERVICE, target: 'agent.node.dc1.consul', port: 1 })
    await ended('polled', 5)
    const ignored = changes.filter(({ type }) => type === 'ignored')
    expect(ignored).toStrictEqual([
      {
        type: 'ignored',
        target: 'agent.node.dc1.consul',
        reason: 'it is not <label>.svc.test with a label of letters, digits, - and _',
      },
    ])
  })
})
