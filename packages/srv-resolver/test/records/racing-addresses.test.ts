import { fakeWorld } from '@dynsrv/kit/testing'
import { describe, expect, it } from 'vitest'
import {
  type AddressRecord,
  cached,
  type DnsAnswer,
  dnsClient,
  racingAddresses,
  type SrvResolver,
  startZoneServer,
  staticResolver,
} from '../../src/index.ts'

const NAME = 'a.svc.test'
const FOUR = { address: '192.0.2.1', family: 4, ttlSeconds: 1 } as const
const SIX = { address: '2001:db8::1', family: 6, ttlSeconds: 1 } as const

function answer(...records: readonly AddressRecord[]): DnsAnswer<AddressRecord> {
  const facts = { ttlSeconds: 1, server: 'test', authoritative: true, truncated: false, stale: false }
  return { ...facts, transport: 'udp', records, ...(records.length === 0 && { empty: 'nodata' }) }
}

/** A resolver and a clock that answer when the test says so. */
function held() {
  const world = fakeWorld()
  const asked = new Map<4 | 6, { resolve(value: DnsAnswer<AddressRecord>): void; reject(reason: unknown): void }>()
  const resolver: Pick<SrvResolver, 'resolveAddresses'> = {
    resolveAddresses: (_name, { family } = {}) =>
      new Promise((resolve, reject) => {
        asked.set(family!, { resolve, reject })
      }),
  }
  let state: unknown = 'waits'
  const found = racingAddresses(resolver, NAME, { world })
  found.then(
    ({ records }) => (state = records),
    (error: unknown) => (state = error),
  )
  return { world, found, state: () => state, of: (family: 4 | 6) => asked.get(family)! }
}

describe('racingAddresses', () => {
  it.each([
    ['A', 4, FOUR, 6, SIX],
    ['AAAA', 6, SIX, 4, FOUR],
  ] as const)('gives the other family 50 ms when %s has addresses, and its answer later', async (_type, one, record, two, late) => {
    const { world, found, state, of } = held()
    of(one).resolve(answer(record))
    await world.clock.advance(49)
    expect(state()).toBe('waits')
    await world.clock.advance(1)
    expect(state()).toStrictEqual([record])
    const { later } = await found
    of(two).resolve(answer(late))
    expect(await later).toStrictEqual([late])
    expect(world.clock.timers).toBe(0)
  })

  it('has both when both come in time, IPv4 first', async () => {
    const { world, found, of } = held()
    of(6).resolve(answer(SIX))
    await world.clock.advance(20)
    of(4).resolve(answer(FOUR))
    expect(await found).toStrictEqual({ records: [FOUR, SIX] })
    expect(world.clock.timers).toBe(0)
  })

  it('waits as long as it takes while one family has no addresses, or failed', async () => {
    const { world, state, of } = held()
    of(4).resolve(answer())
    await world.clock.advance(3_000)
    expect(state()).toBe('waits')
    of(6).resolve(answer(SIX))
    await world.clock.advance(0)
    expect(state()).toStrictEqual([SIX])

    const failed = held()
    failed.of(6).reject(new Error('SERVFAIL'))
    await failed.world.clock.advance(3_000)
    failed.of(4).resolve(answer(FOUR))
    await failed.world.clock.advance(0)
    expect(failed.state()).toStrictEqual([FOUR])
  })

  it('rejects when one family failed and the other is empty, and gives nothing when both are', async () => {
    const failed = held()
    failed.of(6).reject(new Error('SERVFAIL'))
    failed.of(4).resolve(answer())
    await expect(failed.found).rejects.toThrow('SERVFAIL')
    const none = held()
    none.of(4).resolve(answer())
    none.of(6).resolve(answer())
    expect(await none.found).toStrictEqual({ records: [] })
  })

  it('gives none later when the late answer is a failure', async () => {
    const { world, found, of } = held()
    of(4).resolve(answer(FOUR))
    await world.clock.advance(50)
    const { later } = await found
    of(6).reject(new Error('SERVFAIL'))
    expect(await later).toStrictEqual([])
  })

  it('ends with the reason of an abort', async () => {
    const abort = new AbortController()
    const resolver = staticResolver([{ type: 'A', name: NAME, address: FOUR.address }])
    abort.abort(new Error('enough'))
    await expect(racingAddresses(resolver, NAME, { signal: abort.signal })).rejects.toThrow('enough')
  })

  it('takes an address for its own answer, of one family', async () => {
    const resolver = staticResolver([])
    expect((await racingAddresses(resolver, '::1')).records).toMatchObject([{ address: '::1', family: 6 }])
    expect((await racingAddresses(resolver, '127.0.0.1')).records).toMatchObject([{ address: '127.0.0.1', family: 4 }])
  })

  it('does not wait for a server that answers A and never AAAA', async () => {
    await using server = await startZoneServer({
      records: [{ type: 'A', name: NAME, address: FOUR.address, ttlSeconds: 1 }],
    })
    server.setFault({ type: 'silence', record: 'AAAA' })
    await using client = cached(dnsClient({ servers: [server.address], timeoutMs: 60_000, tries: 1 }))
    const { records, later } = await racingAddresses(client, NAME)
    expect(records).toStrictEqual([FOUR])
    client.close()
    expect(await later).toStrictEqual([])
  })
})
