import { describe, expect, it } from 'vitest'
import { ResolverError, type SrvResolver, type ZoneRecord } from '../src/index.ts'

export const SERVICE = 'my-service.service.consul'

/** What every source under contract holds. */
export const CONTRACT_RECORDS: readonly ZoneRecord[] = [
  { type: 'SRV', name: SERVICE, target: `node-a.${SERVICE}`, port: 9001, priority: 1, weight: 1, ttlSeconds: 7 },
  { type: 'SRV', name: SERVICE, target: `node-b.${SERVICE}`, port: 9002, priority: 1, weight: 1, ttlSeconds: 9 },
  { type: 'A', name: `node-a.${SERVICE}`, address: '127.0.0.1', ttlSeconds: 7 },
  { type: 'A', name: `node-b.${SERVICE}`, address: '127.0.0.1', ttlSeconds: 7 },
]

/** A source at work, holding {@link CONTRACT_RECORDS}. */
export interface Subject extends AsyncDisposable {
  readonly resolver: SrvResolver
  /** Makes the source unreachable. */
  breakDown(): Promise<void> | void
}

export interface Abilities {
  /** Tells TTLs; default true. */
  readonly ttl?: boolean
  /** Sends addresses with an SRV answer; default true. */
  readonly addresses?: boolean
  /** Rejects when its source is broken, rather than standing in with what it knows; default true. */
  readonly fails?: boolean
}

/** What every implementation of `SrvResolver` has to do. */
export function resolverContract(name: string, start: () => Promise<Subject>, abilities: Abilities = {}): void {
  const { ttl = true, addresses = true, fails = true } = abilities
  describe(`${name} as a resolver`, () => {
    it('gives every SRV record, spelled as the zone does, without the trailing dot', async () => {
      await using subject = await start()
      const answer = await subject.resolver.resolveSrv(SERVICE)
      const records = [...answer.records].sort((a, b) => a.port - b.port)
      expect(records).toMatchObject([
        { target: `node-a.${SERVICE}`, port: 9001, priority: 1, weight: 1 },
        { target: `node-b.${SERVICE}`, port: 9002, priority: 1, weight: 1 },
      ])
      expect(answer).toMatchObject({ truncated: false, stale: false })
      expect(answer.empty).toBeUndefined()
      expect(answer.server).not.toBe('')
      if (ttl) expect(answer.ttlSeconds).toBe(7)
      if (addresses)
        expect(answer.addresses.get(`node-a.${SERVICE}`)).toMatchObject([{ address: '127.0.0.1', family: 4 }])
    })

    it('takes names in any case and with a trailing dot', async () => {
      await using subject = await start()
      expect((await subject.resolver.resolveSrv(SERVICE.toUpperCase())).records).toHaveLength(2)
      expect((await subject.resolver.resolveSrv(`${SERVICE}.`)).records).toHaveLength(2)
    })

    it('gives addresses, all or of one family', async () => {
      await using subject = await start()
      const expected = [{ address: '127.0.0.1', family: 4 }]
      expect((await subject.resolver.resolveAddresses(`node-a.${SERVICE}`)).records).toMatchObject(expected)
      expect((await subject.resolver.resolveAddresses(`node-a.${SERVICE}`, { family: 4 })).records).toMatchObject(
        expected,
      )
      expect(await subject.resolver.resolveAddresses(`node-a.${SERVICE}`, { family: 6 })).toMatchObject({
        records: [],
        empty: 'nodata',
      })
    })

    it('takes an address for its own answer', async () => {
      await using subject = await start()
      expect((await subject.resolver.resolveAddresses('2001:db8::7')).records).toMatchObject([
        { address: '2001:db8::7' },
      ])
      expect((await subject.resolver.resolveAddresses('192.0.2.7', { family: 6 })).empty).toBe('nodata')
    })

    it('says of an unknown name that it does not exist', async () => {
      await using subject = await start()
      expect(await subject.resolver.resolveSrv('nobody.service.consul')).toMatchObject({
        records: [],
        empty: 'nxdomain',
      })
      expect((await subject.resolver.resolveAddresses('nobody.service.consul')).empty).toBe('nxdomain')
      expect((await subject.resolver.resolveTxt('nobody.service.consul')).empty).toBe('nxdomain')
    })

    it('refuses what is no name', async () => {
      await using subject = await start()
      for (const bad of ['', '.', 'a..b', 'with space.consul', `${'x'.repeat(64)}.consul`]) {
        await expect(subject.resolver.resolveSrv(bad)).rejects.toMatchObject({ code: 'DNS_BAD_NAME' })
        await expect(subject.resolver.resolveAddresses(bad)).rejects.toMatchObject({ code: 'DNS_BAD_NAME' })
      }
    })

    it('rejects with the reason of the signal', async () => {
      await using subject = await start()
      const reason = new Error('enough')
      const abort = new AbortController()
      const late = subject.resolver.resolveSrv(SERVICE, { signal: abort.signal })
      abort.abort(reason)
      await expect(late).rejects.toBe(reason)
      const early = { signal: AbortSignal.abort(reason) }
      await expect(subject.resolver.resolveSrv(SERVICE, early)).rejects.toBe(reason)
      await expect(subject.resolver.resolveAddresses(`node-a.${SERVICE}`, early)).rejects.toBe(reason)
      await expect(subject.resolver.resolveTxt(SERVICE, early)).rejects.toBe(reason)
    })

    if (fails) {
      it('never takes a broken source for an empty zone', async () => {
        await using subject = await start()
        await subject.breakDown()
        for (const lookup of [
          () => subject.resolver.resolveSrv(SERVICE),
          () => subject.resolver.resolveAddresses(`node-a.${SERVICE}`),
          () => subject.resolver.resolveTxt(SERVICE),
        ]) {
          const error = await lookup().then(
            () => new Error('it did not fail'),
            (failure: unknown) => failure,
          )
          expect(error).toBeInstanceOf(ResolverError)
          expect((error as ResolverError).code).toMatch(/^DNS_/)
          expect((error as ResolverError).hint).not.toBe('')
        }
      })
    }
  })
}
