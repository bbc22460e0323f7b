import assert from 'node:assert/strict'
import { callable, flag, iterable, listOf, rule } from '@dynsrv/kit'
import { checks } from './checks.ts'
import type { SrvResolver } from './resolver.ts'
import type { ZoneRecord } from './zone/zone-record.ts'

/** One rule of a contract: it resolves when the rule holds, and rejects with an `AssertionError` when it does not. */
export interface ContractCase {
  readonly name: string
  readonly run: () => Promise<void>
}

const contractCases = listOf(
  rule('a case with a name and a run()', (value) => typeof (value as ContractCase | null)?.run === 'function'),
)

/** `it` or `test` of any runner: Vitest, Jest, Mocha, `node:test`. */
export type TestFunction = (name: string, run: () => Promise<void>) => unknown

/**
 * Registers the cases of a contract with a test runner, each as a test of its own.
 *
 * @throws {ResolverError} `DNS_BAD_OPTION`
 */
export function testContract(test: TestFunction, cases: Iterable<ContractCase>): void {
  checks.argument('testContract', 'test', callable, test)
  checks.argument('testContract', 'cases', iterable, cases)
  const all = [...cases]
  checks.argument('testContract', 'cases', contractCases, all)
  for (const { name, run } of all) test(name, run)
}

/** The service that every source under contract holds. */
export const CONTRACT_SERVICE = 'my-service.service.consul'
/** One that has a record with the port 0 beside a sound one. */
export const CONTRACT_MIXED_SERVICE = 'mixed.service.consul'
/** One that has a record with the port 0 only. */
export const CONTRACT_UNUSABLE_SERVICE = 'unusable.service.consul'

/** What every source under contract holds. */
export const CONTRACT_RECORDS: readonly ZoneRecord[] = [
  ...[7, 9].map((ttlSeconds, index): ZoneRecord => {
    const target = `node-${'ab'[index]}.${CONTRACT_SERVICE}`
    return { type: 'SRV', name: CONTRACT_SERVICE, target, port: 9001 + index, priority: 1, weight: 1, ttlSeconds }
  }),
  { type: 'A', name: `node-a.${CONTRACT_SERVICE}`, address: '127.0.0.1', ttlSeconds: 7 },
  { type: 'A', name: `node-b.${CONTRACT_SERVICE}`, address: '127.0.0.1', ttlSeconds: 7 },
]

/** What else it holds, unless it cannot ({@link ResolverAbilities}): records with a port that nobody can dial. */
export const CONTRACT_UNUSABLE_RECORDS: readonly ZoneRecord[] = [
  srv(CONTRACT_MIXED_SERVICE, 'node-a', 9001),
  srv(CONTRACT_MIXED_SERVICE, 'node-c', 0),
  srv(CONTRACT_UNUSABLE_SERVICE, 'node-c', 0),
]

function srv(name: string, label: string, port: number): ZoneRecord {
  return { type: 'SRV', name, target: `${label}.${name}`, port, priority: 1, weight: 1, ttlSeconds: 7 }
}

/** A resolver at work over a source that holds the records of the contract. Its end ends what was started for it. */
export interface ResolverSubject extends AsyncDisposable {
  readonly resolver: SrvResolver
  /** Makes the source unreachable. */
  breakDown(): Promise<void> | void
}

/** What some resolvers cannot do by their nature. */
export interface ResolverAbilities {
  /** Knows TTLs; default true. */
  readonly ttl?: boolean
  /** Sends addresses with an SRV answer; default true. */
  readonly addresses?: boolean
  /** Rejects when its source is broken, instead of giving what it knows from before; default true. */
  readonly fails?: boolean
  /** Its source can hold {@link CONTRACT_UNUSABLE_RECORDS}; default true. */
  readonly unusable?: boolean
}

const checkAbilities = checks.options<ResolverAbilities>('resolverContract', {
  ttl: flag,
  addresses: flag,
  fails: flag,
  unusable: flag,
})

/**
 * What every implementation of `SrvResolver` has to do, as a list of tests for any runner.
 *
 * @param start makes a resolver over a source that holds {@link CONTRACT_RECORDS}; it is called for each case
 * @throws {ResolverError} `DNS_BAD_OPTION`
 */
export function resolverContract(
  start: () => Promise<ResolverSubject>,
  abilities: ResolverAbilities = {},
): readonly ContractCase[] {
  checks.argument('resolverContract', 'start', callable, start)
  checkAbilities(abilities)
  const { ttl = true, addresses = true, fails = true, unusable = true } = abilities
  const cases: ContractCase[] = []
  const rule = (name: string, check: (resolver: SrvResolver, subject: ResolverSubject) => Promise<void>) => {
    const run = async () => {
      await using subject = await start()
      await check(subject.resolver, subject)
    }
    cases.push({ name, run })
  }

  rule('gives every SRV record, spelled as the zone does, without the trailing dot', async (resolver) => {
    const { records, ...answer } = await resolver.resolveSrv(CONTRACT_SERVICE)
    const lines = records.map(
      ({ target, port, priority, weight }) => `${target}:${port} priority ${priority} weight ${weight}`,
    )
    assert.deepEqual(lines.sort(), [
      `node-a.${CONTRACT_SERVICE}:9001 priority 1 weight 1`,
      `node-b.${CONTRACT_SERVICE}:9002 priority 1 weight 1`,
    ])
    assert.equal(answer.truncated, false, 'a whole answer is not truncated')
    assert.equal(answer.stale, false, 'a new answer is not stale')
    assert.equal(answer.empty, undefined, 'an answer with records is not empty')
    assert.notEqual(answer.server, '', 'an answer says who gave it')
    if (ttl) assert.equal(answer.ttlSeconds, 7, 'ttlSeconds is the least of the records')
    if (!addresses) return
    const known = answer.addresses.get(`node-a.${CONTRACT_SERVICE}`)?.map(({ address, family }) => [address, family])
    assert.deepEqual(known, [['127.0.0.1', 4]], 'addresses are under the target in lower case')
  })

  rule('takes names in any case and with a trailing dot', async (resolver) => {
    for (const name of [CONTRACT_SERVICE.toUpperCase(), `${CONTRACT_SERVICE}.`]) {
      assert.equal((await resolver.resolveSrv(name)).records.length, 2, name)
      assert.equal((await resolver.resolveAddresses(`node-a.${name}`)).records.length, 1, `node-a.${name}`)
    }
  })

  rule('gives the same when it is asked for an answer that no server cuts', async (resolver) => {
    assert.equal((await resolver.resolveSrv(CONTRACT_SERVICE, { transport: 'tcp' })).records.length, 2)
  })

  rule('gives addresses, all or of one family', async (resolver) => {
    const name = `node-a.${CONTRACT_SERVICE}`
    for (const family of [undefined, 4] as const) {
      const { records } = await resolver.resolveAddresses(name, { family })
      assert.deepEqual(
        records.map((record) => [record.address, record.family]),
        [['127.0.0.1', 4]],
      )
    }
    const six = await resolver.resolveAddresses(name, { family: 6 })
    assert.deepEqual([six.records.length, six.empty], [0, 'nodata'], 'there is such a name, without an AAAA record')
  })

  rule('takes an address for its own answer', async (resolver) => {
    const { records } = await resolver.resolveAddresses('2001:db8::7')
    assert.deepEqual(
      records.map(({ address }) => address),
      ['2001:db8::7'],
    )
    assert.equal((await resolver.resolveAddresses('192.0.2.7', { family: 6 })).empty, 'nodata')
  })

  rule('says of an unknown name that it does not exist', async (resolver) => {
    const { records, empty } = await resolver.resolveSrv('nobody.service.consul')
    assert.deepEqual([records.length, empty], [0, 'nxdomain'])
    assert.equal((await resolver.resolveAddresses('nobody.service.consul')).empty, 'nxdomain')
    assert.equal((await resolver.resolveTxt('nobody.service.consul')).empty, 'nxdomain')
  })

  rule('refuses what is not a name', async (resolver) => {
    for (const bad of ['', '.', 'a..b', 'with space.consul', `${'x'.repeat(64)}.consul`]) {
      await assertCode(resolver.resolveSrv(bad), 'DNS_BAD_NAME', `SRV of ${JSON.stringify(bad)}`)
      await assertCode(resolver.resolveAddresses(bad), 'DNS_BAD_NAME', `addresses of ${JSON.stringify(bad)}`)
    }
  })

  rule('rejects with the reason of the signal', async (resolver) => {
    const reason = new Error('enough')
    const abort = new AbortController()
    const late = resolver.resolveSrv(CONTRACT_SERVICE, { signal: abort.signal })
    abort.abort(reason)
    const early = { signal: AbortSignal.abort(reason) }
    const started = [
      late,
      resolver.resolveSrv(CONTRACT_SERVICE, early),
      resolver.resolveAddresses(`node-a.${CONTRACT_SERVICE}`, early),
      resolver.resolveTxt(CONTRACT_SERVICE, early),
    ]
    // All at once: a lookup that nobody waits for yet would be an unhandled rejection.
    const failures = started.map((lookup) => failureOf(lookup, 'a lookup whose signal has aborted'))
    for (const failure of await Promise.all(failures)) assert.equal(failure, reason)
  })

  if (unusable) {
    rule('leaves out a record that cannot be used, says why, and gives the others', async (resolver) => {
      const { records, ignored = [] } = await resolver.resolveSrv(CONTRACT_MIXED_SERVICE)
      assert.deepEqual(
        records.map(({ target, port }) => `${target}:${port}`),
        [`node-a.${CONTRACT_MIXED_SERVICE}:9001`],
      )
      assert.deepEqual(
        ignored.map(({ target }) => target),
        [`node-c.${CONTRACT_MIXED_SERVICE}`],
      )
      assert.match(ignored[0]?.reason ?? '', /port/, 'the reason names the field')
    })

    rule('never takes records that cannot be used for an empty zone', (resolver) =>
      assertCode(
        resolver.resolveSrv(CONTRACT_UNUSABLE_SERVICE),
        'DNS_NO_USABLE_RECORD',
        'SRV of records that nobody can use',
      ),
    )
  }

  if (fails) {
    rule('never takes a broken source for an empty zone', async (resolver, subject) => {
      await subject.breakDown()
      for (const [kind, lookup] of lookups(resolver)) {
        const { code, hint, retryable } = (await failureOf(lookup(), `${kind} of a broken source`)) as Failure
        assert.match(String(code), /^DNS_/, `${kind} rejects with a code`)
        assert.ok(typeof hint === 'string' && hint !== '', `${kind} rejects with a hint`)
        assert.equal(typeof retryable, 'boolean', `${kind} says whether a later try may help`)
      }
    })
  }

  rule('rejects with DNS_CLOSED once it is closed, which may be done twice', async (resolver) => {
    if (resolver.close === undefined) return
    const underWay = lookups(resolver).map(([kind, lookup]) => assertCode(lookup(), 'DNS_CLOSED', `${kind} under way`))
    resolver.close()
    resolver.close()
    await Promise.all(underWay)
    for (const [kind, lookup] of lookups(resolver)) await assertCode(lookup(), 'DNS_CLOSED', `${kind} afterwards`)
  })

  rule('can be disposed of when it can be closed', async (resolver) => {
    if (resolver.close === undefined) return
    assert.equal(typeof resolver[Symbol.asyncDispose], 'function', 'it has close() and no Symbol.asyncDispose')
    await resolver[Symbol.asyncDispose]?.()
    await assertCode(resolver.resolveSrv(CONTRACT_SERVICE), 'DNS_CLOSED', 'SRV afterwards')
  })

  return cases
}

interface Failure {
  readonly code?: unknown
  readonly hint?: unknown
  readonly retryable?: unknown
}

function lookups(resolver: SrvResolver): readonly (readonly [kind: string, lookup: () => Promise<unknown>])[] {
  return [
    ['SRV', () => resolver.resolveSrv(CONTRACT_SERVICE)],
    ['addresses', () => resolver.resolveAddresses(`node-a.${CONTRACT_SERVICE}`)],
    ['TXT', () => resolver.resolveTxt(CONTRACT_SERVICE)],
  ]
}

/** Why a lookup rejects. */
async function failureOf(lookup: Promise<unknown>, what: string): Promise<unknown> {
  const answer = await lookup.then(
    (value) => ({ value }),
    (failure: unknown) => ({ failure }),
  )
  if ('failure' in answer) return answer.failure
  throw new assert.AssertionError({ message: `${what} does not reject`, actual: answer.value })
}

async function assertCode(lookup: Promise<unknown>, code: string, what: string): Promise<void> {
  assert.equal(((await failureOf(lookup, what)) as Failure).code, code, `${what} rejects with ${code}`)
}
