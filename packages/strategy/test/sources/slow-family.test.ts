import type { AddressRecord, DnsAnswer, SrvResolver } from '@dynsrv/srv-resolver'
import { describe, expect, it } from 'vitest'
import { dnsCluster, dnsPoll, onDeregister } from '../../src/index.ts'
import { FakeMembership } from '../fake-membership.ts'
import { onVirtualClock, pass, virtualWorld } from '../scripted.ts'

onVirtualClock()

type Told = readonly string[] | 'silent' | 'failed'

/** A name whose address families answer as the test says; a silent one gives up after four seconds. */
class Name {
  readonly told: Record<4 | 6, Told>
  delayMs: Record<4 | 6, number> = { 4: 1, 6: 1 }
  open = 0

  constructor(four: Told, six: Told) {
    this.told = { 4: four, 6: six }
  }

  readonly resolver = {
    resolveAddresses: async (_name, { family, signal } = {}) => {
      this.open += 1
      try {
        const told = this.told[family!]
        await this.#wait(told === 'silent' ? 4_000 : this.delayMs[family!], signal!)
        if (typeof told === 'string') throw new Error(`no answer of family ${family}`)
        const records = told.map((address): AddressRecord => ({ address, family: family!, ttlSeconds: 1 }))
        const facts = { ttlSeconds: 1, server: 'test', authoritative: true, truncated: false, stale: false }
        const answer: DnsAnswer<AddressRecord> = { ...facts, transport: 'udp', records }
        return records.length === 0 ? { ...answer, empty: 'nodata' } : answer
      } finally {
        this.open -= 1
      }
    },
    resolveSrv: async () => {
      throw new Error('not asked')
    },
  } as Pick<SrvResolver, 'resolveAddresses' | 'resolveSrv'> as SrvResolver

  #wait(ms: number, signal: AbortSignal): Promise<void> {
    const { clock } = virtualWorld()
    return new Promise((resolve, reject) => {
      const timer = clock.setTimeout(resolve, ms)
      signal.addEventListener('abort', () => {
        clock.clearTimeout(timer)
        reject(signal.reason)
      })
    })
  }
}

describe.each([
  ['dnsPoll', (name: Name) => ({ name, make: dnsPoll, options: { nodeBasename: 'n' } })],
  ['dnsCluster', (name: Name) => ({ name, make: dnsCluster, options: {} })],
] as const)('%s', (_strategy, parts) => {
  const started = (name: Name) => {
    const { make, options } = parts(name)
    const membership = new FakeMembership('n@10.0.0.9')
    const loop = { world: virtualWorld(), pollingInterval: 1_000, leave: onDeregister(), resolver: name.resolver }
    const strategy = make(membership, { ...loop, query: 'svc.test', ...options } as never)
    strategy.start()
    return { strategy, membership }
  }

  it('joins within a moment though AAAA is never answered', async () => {
    const name = new Name(['10.0.0.1'], 'silent')
    const { strategy, membership } = started(name)
    await pass(100)
    expect(membership.connected()).toStrictEqual(['n@10.0.0.1'])
    await strategy.close()
    await pass(0)
    expect(name.open).toBe(0)
  })

  it.each([
    'silent',
    'failed',
  ] as const)('keeps the members of a family that is %s, and joins by the other one', async (what) => {
    const name = new Name(['10.0.0.1'], ['fd00::1'])
    const { strategy, membership } = started(name)
    await pass(1_500)
    name.told[6] = what
    name.told[4] = ['10.0.0.1', '10.0.0.2']
    await pass(30_000)
    expect(membership.connected()).toStrictEqual(['n@10.0.0.1', 'n@fd00::1', 'n@10.0.0.2'])
    name.told[6] = []
    await pass(10_000)
    expect(membership.connected()).toStrictEqual(['n@10.0.0.1', 'n@10.0.0.2'])
    await strategy.close()
  })

  it('asks again at once when what was late brings others', async () => {
    const name = new Name(['10.0.0.1'], ['fd00::1'])
    name.delayMs[6] = 300
    const { strategy, membership } = started(name)
    await pass(100)
    expect(membership.connected()).toStrictEqual(['n@10.0.0.1'])
    await pass(400)
    expect(membership.connected()).toStrictEqual(['n@10.0.0.1', 'n@fd00::1'])
    await strategy.close()
  })

  it('takes down nobody when one family is empty and the other one fails', async () => {
    const name = new Name(['10.0.0.1'], [])
    const { strategy, membership } = started(name)
    await pass(1_500)
    name.told[4] = 'failed'
    await pass(30_000)
    expect(membership.connected()).toStrictEqual(['n@10.0.0.1'])
    await strategy.close()
  })
})
