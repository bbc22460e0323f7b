import { describe, expect, it } from 'vitest'
import {
  askAddresses,
  askSrv,
  askTxt,
  cached,
  failover,
  racing,
  type SrvResolver,
  sameDomain,
  staleOnError,
  trimDetecting,
} from '../src/index.ts'

/** A resolver of a user's own that resolves with anything. */
const giving = (answer: unknown): SrvResolver => {
  const give = async () => answer as never
  return { resolveSrv: give, resolveAddresses: give, resolveTxt: give }
}
const NONSENSE: readonly unknown[] = [
  undefined,
  null,
  7,
  'text',
  [],
  {},
  { records: null },
  { records: 'none' },
  new Map(),
]

describe('a resolver that gives what is no answer', () => {
  it.each(NONSENSE)('is told as that: %o', async (nonsense) => {
    const failure = {
      code: 'DNS_BAD_ANSWER',
      message: expect.stringMatching(/^resolve(Srv|Addresses|Txt) of the resolver gave /),
    }
    await expect(askSrv(giving(nonsense), 'svc.test')).rejects.toMatchObject(failure)
    await expect(askAddresses(giving(nonsense), 'svc.test')).rejects.toMatchObject(failure)
    await expect(askTxt(giving(nonsense), 'svc.test')).rejects.toMatchObject(failure)
  })

  it.each<[string, (resolver: SrvResolver) => SrvResolver]>([
    ['cached', (resolver) => cached(resolver)],
    ['failover', (resolver) => failover([resolver])],
    ['racing', (resolver) => racing([resolver])],
    ['sameDomain', (resolver) => sameDomain(resolver)],
    ['staleOnError', (resolver) => staleOnError(resolver)],
    ['trimDetecting', (resolver) => trimDetecting(resolver)],
  ])('is told as that through %s', async (_name, decorate) => {
    for (const nonsense of NONSENSE) {
      const resolver = decorate(giving(nonsense))
      for (const lookup of [resolver.resolveSrv, resolver.resolveAddresses, resolver.resolveTxt]) {
        const failure = await lookup('svc.test').then(
          () => undefined,
          (error: { code: string; message: string }) => error,
        )
        expect(failure?.message).toContain('of the resolver gave')
        expect(failure?.code).toBe('DNS_BAD_ANSWER')
      }
    }
  })
})

describe('records that cannot be used', () => {
  it('are left out of addresses and texts', async () => {
    const good = { address: '192.0.2.1', family: 4, ttlSeconds: 1 }
    const records = [good, null, {}, 7, { address: 'a.test', family: 4 }, { address: '192.0.2.2', family: 6 }]
    expect((await askAddresses(giving({ records }), 'svc.test')).records).toStrictEqual([good])
    expect((await askTxt(giving({ records: ['a=b', null, 7] }), 'svc.test')).records).toStrictEqual(['a=b'])
  })

  it('and addresses that an SRV answer does not tell are unknown', async () => {
    const { addresses } = await askSrv(giving({ records: [] }), 'svc.test')
    expect(addresses.size).toBe(0)
  })
})
