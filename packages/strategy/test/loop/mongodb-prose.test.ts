import { dnsClient, type ZoneFault, type ZoneRecord } from '@dynsrv/srv-resolver'
import { simulate } from '@dynsrv/testing'
import { describe, expect, it } from 'vitest'
import { every, Strategy, sample, srvNodes, targetLabel } from '../../src/index.ts'
import { FakeMembership } from '../fake-membership.ts'

// The prose tests of MongoDB's "Polling SRV Records for mongos Discovery" as data. A mongos is a port there and a label here.
// The ninth is about load balancers that are not polled, which we do not have.
const TEST1 = 'test1.test'

interface Prose {
  readonly number: number
  readonly what: string
  readonly service?: string
  /** `srvMaxHosts` there. */
  readonly most?: number
  readonly before?: readonly number[]
  readonly after: readonly number[] | ZoneFault
  /** Where it takes us more polls than a driver may take. */
  readonly polls?: number
  readonly wanted: readonly number[] | ((found: readonly number[]) => boolean)
}

const BEFORE = [27_017, 27_018]

const PROSE: readonly Prose[] = [
  { number: 1, what: 'a record more', after: [27_017, 27_018, 27_019], wanted: [27_017, 27_018, 27_019] },
  { number: 2, what: 'a record less', after: [27_017], wanted: [27_017] },
  { number: 3, what: 'a record replaced', after: [27_017, 27_019], wanted: [27_017, 27_019] },
  // Of three live links one leaves with each poll: `maxLeaveShare`.
  { number: 4, what: 'both replaced by one', after: [27_019], wanted: [27_019], polls: 3 },
  { number: 5, what: 'both replaced by two', after: [27_019, 27_020], wanted: [27_019, 27_020] },
  { number: 6, what: 'a lookup that times out', after: 'silence', wanted: BEFORE },
  { number: 7, what: 'a name that is no longer registered', after: 'nxdomain', wanted: BEFORE },
  { number: 8, what: 'no SRV record any more', after: [], wanted: BEFORE },
  { number: 10, what: 'all are taken', after: [27_017, 27_019, 27_020], wanted: [27_017, 27_019, 27_020] },
  { number: 11, what: 'as many as there are', most: 2, after: [27_019, 27_020], wanted: [27_019, 27_020] },
  {
    number: 12,
    what: 'fewer than there are',
    most: 2,
    after: [27_017, 27_019, 27_020],
    wanted: (found) => found.length === 2,
  },
  {
    number: 13,
    what: 'another name of the service',
    service: '_customname._tcp.test22.test',
    before: [27_017],
    after: [27_019, 27_020],
    wanted: [27_019, 27_020],
  },
]
/** As many as the prose gives a driver. */
const POLLS = 2

/** Waits for the ends of so many polls, well or not. */
async function ended(strategy: Strategy, count: number): Promise<void> {
  let left = count
  for await (const { type } of strategy.events()) {
    if (type === 'polled' || type === 'discoveryFailed') left -= 1
    if (left === 0) return
  }
}

const isPorts = (after: Prose['after']): after is readonly number[] => Array.isArray(after)

const SELF = 'self'

/** What a membership holds, by the ports that MongoDB's tests name. */
function held(membership: FakeMembership): number[] {
  return membership
    .connected()
    .map((peer) => Number(peer.slice(1, peer.indexOf('@'))))
    .toSorted((a, b) => a - b)
}

describe('the prose tests of MongoDB', () => {
  it.each(PROSE)('$number: $what', ({ service = TEST1, most, before = BEFORE, after, wanted, polls = POLLS }) =>
    simulate({}, async (sim) => {
      const host = service.replace(/^_[^.]+\._tcp\./, '')
      const members = (ports: readonly number[]) =>
        ports.map((port): ZoneRecord => ({ type: 'SRV', name: service, target: `m${port}.${host}`, port }))
      const [{ world }] = await sim.members('asks.test', 1, ({ world: given }) => ({ world: given }))
      sim.dns.add(...members(before))
      await using resolver = dnsClient({ world, timeoutMs: 100, tries: 1 })
      const membership = new FakeMembership(`${SELF}@${host}`)
      const source = srvNodes(resolver, service, targetLabel(host))
      const discover = most === undefined ? source : sample(source, { count: most, key: SELF })
      const options = { interval: every(20), discover, discoverTimeoutMs: 1_000, world }
      await using strategy = new Strategy(membership, options)
      strategy.start()
      await strategy.ready({ minPeers: before.length })
      expect(held(membership)).toEqual(before)

      if (isPorts(after)) {
        sim.dns.remove({ name: service })
        sim.dns.add(...members(after))
      } else sim.dns.fail(after)
      // One may be under way while the records change.
      await ended(strategy, 1 + polls)
      const found = held(membership)
      if (typeof wanted === 'function') expect(found).toSatisfy(wanted)
      else expect(found).toEqual(wanted)
    }))
})
