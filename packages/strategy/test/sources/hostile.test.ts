import { readFile } from 'node:fs/promises'
import { dnsClient, type SrvAnswer, type SrvRecord, type SrvResolver, startZoneServer } from '@dynsrv/srv-resolver'
import { describe, expect, it } from 'vitest'
import { discoveryOf } from '../../src/discover.ts'
import * as api from '../../src/index.ts'
import { byIp, dynamicSrv, type MembershipChange, type NameMapping, srvNodes } from '../../src/index.ts'
import { FakeMembership, node } from '../fake-membership.ts'
import { onVirtualClock, pass, timers, virtualWorld } from '../scripted.ts'

const SERVICE = 'svc.test'

const record = (target: string): SrvRecord => ({ target, port: 9_100, priority: 0, weight: 0, ttlSeconds: 0 })
const answer = (records: readonly SrvRecord[]): SrvAnswer => ({
  records,
  ttlSeconds: 0,
  server: 'hostile',
  transport: 'tcp',
  authoritative: true,
  truncated: false,
  stale: false,
  addresses: new Map(),
})

async function polledOnce(resolver: Pick<SrvResolver, 'resolveSrv'>, name?: NameMapping) {
  const membership = new FakeMembership()
  const options = { service: SERVICE, resolver, pollingInterval: 60_000, ...(name !== undefined && { name }) }
  await using strategy = dynamicSrv(membership, options)
  const changes: MembershipChange[] = []
  strategy.on('change', (change) => changes.push(change))
  strategy.start()
  await strategy.ready({ minPeers: 1 })
  return { membership, strategy, changes }
}

describe('a hostile answer', () => {
  // A million records take their time to be made, and as long to be read.
  it('of a million strangers reports a bounded number, and joins the one who is a member', {
    timeout: 240_000,
  }, async () => {
    const records = Array.from({ length: 1_000_000 }, (_, index) => record(`n${index}.evil.test`))
    records.push(record(`a.${SERVICE}`))
    const { membership, changes } = await polledOnce({ resolveSrv: async () => answer(records) })
    expect(membership.dialled).toStrictEqual([node('a')])
    expect(changes.filter(({ type }) => type === 'ignored').length).toBe(10_000)
  })

  it('names nobody by targets outside the domain, in other shapes, or too long', async () => {
    const long = (length: number) => `${'x'.repeat(length)}.${SERVICE}`
    const strange = [
      '',
      '.',
      SERVICE,
      `.${SERVICE}`,
      `a.b.${SERVICE}`,
      `a b.${SERVICE}`,
      `a\0.${SERVICE}`,
      `é.${SERVICE}`,
    ].concat(`evil-${SERVICE}`, `a@x.${SERVICE}`, `a.${SERVICE}.evil`, '127.0.0.1', long(253), long(100_000))
    const resolver = { resolveSrv: async () => answer([...strange, `a.${SERVICE}`].map(record)) }
    const { membership, strategy, changes } = await polledOnce(resolver)
    expect(membership.dialled).toStrictEqual([node('a')])
    expect(strategy.expected()).toStrictEqual([node('a')])
    const ignored = changes.filter((change) => change.type === 'ignored')
    expect(new Set(ignored.map(({ target }) => target)).size).toBeGreaterThan(10)
  })

  it('over the wire with targets of 253 characters is read, and names nobody', async () => {
    const label = 'x'.repeat(60)
    const longest = `${label}.${label}.${label}.${'y'.repeat(253 - 183 - SERVICE.length - 1)}.${SERVICE}`
    expect(longest).toHaveLength(253)
    const targets = [longest, `a.${SERVICE}`]
    await using zone = await startZoneServer({
      records: targets.map((target) => ({ type: 'SRV', name: SERVICE, target, port: 9_100 })),
    })
    const { membership, changes } = await polledOnce(dnsClient({ servers: [zone.address] }))
    expect(membership.dialled).toStrictEqual([node('a')])
    expect(changes.find((change) => change.type === 'ignored')).toMatchObject({ target: longest })
  })

  it('of thousands of targets whose addresses have to be looked up opens few lookups at once, and ends with its signal', async () => {
    const records = Array.from({ length: 5_000 }, (_, index) => record(`n${index}.evil.test`))
    const ended = new AbortController()
    let [now, most, all] = [0, 0, 0]
    const resolver = {
      resolveSrv: async () => answer(records),
      resolveAddresses: async () => {
        most = Math.max(most, ++now)
        await new Promise((resolve) => setImmediate(resolve))
        now -= 1
        if (++all === 1_000) ended.abort(new Error('late'))
        return { ...answer([]), records: [{ address: '192.0.2.1', family: 4 as const, ttlSeconds: 0 }] }
      },
    }
    const discover = srvNodes(resolver, SERVICE, byIp('app'))
    await expect(discover({ signal: ended.signal })).rejects.toThrow('late')
    expect(most).toBe(64)
    expect(all).toBeLessThan(1_100)
  })
})

describe('targets that no DNS server answers for', () => {
  onVirtualClock()

  it('keep out none that is looked up, and end as one failure', async () => {
    const before = timers()
    const records = Array.from({ length: 1_000 }, (_, index) => record(`n${index}.${SERVICE}`))
    records.push(record(`real.${SERVICE}`))
    const aborted: string[] = []
    const resolver = {
      resolveSrv: async () => answer(records),
      resolveAddresses: (name: string, { signal }: { signal?: AbortSignal | undefined } = {}) =>
        name.startsWith('real.')
          ? Promise.resolve({ ...answer([]), records: [{ address: '192.0.2.1', family: 4 as const, ttlSeconds: 0 }] })
          : new Promise<never>((_resolve, reject) =>
              signal?.addEventListener('abort', () => {
                aborted.push(name)
                reject(signal.reason)
              }),
            ),
    }
    const asked = { signal: new AbortController().signal, world: virtualWorld() }
    const found = Promise.resolve(srvNodes(resolver, SERVICE, byIp('app'))(asked))
    await pass(10_000)
    const { nodes, trimmed, failures = [] } = discoveryOf(await found)
    expect(nodes).toStrictEqual(new Set(['app@192.0.2.1']))
    expect(trimmed).toBe(true)
    expect(failures).toHaveLength(1)
    expect(failures[0]).toMatchObject({ message: expect.stringMatching(/^1000 targets could not be looked up/) })
    expect(aborted).toHaveLength(1_000)
    expect(timers()).toBe(before)
  })
})

/** Every strategy over a source that this package has. */
const SOURCES = Object.entries(api).flatMap(([name, value]) =>
  typeof value === 'function' && 'optionNames' in value ? [name] : [],
)

it('the documentation lists no source that is not there', async () => {
  const text = await readFile(new URL('../../../../docs/membership.md', import.meta.url), 'utf8')
  const [, table = ''] = text.split('| source |')
  const rows = [...table.split('\n\n')[0]!.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name!)
  expect(rows.length).toBeGreaterThan(0)
  expect(SOURCES).toStrictEqual(expect.arrayContaining(rows))
})
