import { literalAddress, mergeFamilies } from '../both-families.ts'
import { checkedName, nameKey } from '../dns-name.ts'
import { MAX_TTL_SECONDS } from '../dns-numbers.ts'
import { ResolverError } from '../error.ts'
import { grouped } from '../grouped.ts'
import type {
  AddressRecord,
  DnsAnswer,
  ResolveAddressesOptions,
  ResolveOptions,
  SrvAnswer,
  SrvResolver,
} from '../resolver.ts'
import { Zone } from '../zone/zone.ts'
import { DEFAULT_TTL_SECONDS, type ZoneRecord } from '../zone/zone-record.ts'

/** A resolver whose records can be replaced. */
export interface StaticResolver extends SrvResolver {
  /** @throws {ResolverError} `DNS_BAD_RECORD`; the records then stay as they were */
  replace(records: Iterable<ZoneRecord>): void
  close(): void
}

/**
 * A resolver that answers from a list, for tests and for members that never change.
 *
 * @param records as a zone has them; aliases are followed
 * @throws {ResolverError} `DNS_BAD_RECORD`
 */
export function staticResolver(records: Iterable<ZoneRecord>): StaticResolver {
  let zone = new Zone(records)
  let closed = false
  const resolver = zoneResolver('static', async () => {
    if (closed) throw new ResolverError('DNS_CLOSED', 'the resolver has been closed')
    return zone
  })
  return {
    ...resolver,
    replace(next) {
      zone = new Zone(next)
    },
    close() {
      closed = true
    },
  }
}

/** A resolver over a zone that `load` brings for each lookup. */
export function zoneResolver(server: string, load: () => Promise<Zone>): SrvResolver {
  const look = async (name: string, type: string, signal: AbortSignal | undefined) => {
    signal?.throwIfAborted()
    const bare = checkedName(name)
    const { answers, additionals, empty } = (await load()).answer(bare, type)
    signal?.throwIfAborted()
    const ttlSeconds = answers.reduce(
      (least, record) => Math.min(least, record.ttlSeconds ?? DEFAULT_TTL_SECONDS),
      MAX_TTL_SECONDS,
    )
    const answer = {
      ...(empty !== undefined && { empty }),
      ttlSeconds: answers.length === 0 ? 0 : ttlSeconds,
      server,
      transport: 'none' as const,
      authoritative: true,
      truncated: false,
      stale: false,
    }
    return { answers, additionals, answer }
  }
  return {
    async resolveSrv(name: string, { signal }: ResolveOptions = {}): Promise<SrvAnswer> {
      const { answers, additionals, answer } = await look(name, 'SRV', signal)
      const all = answers.filter((record) => record.type === 'SRV')
      const records = all.flatMap(({ target, port, priority = 0, weight = 0, ttlSeconds = DEFAULT_TTL_SECONDS }) =>
        target === '.' ? [] : [{ target: target.replace(/\.$/, ''), port, priority, weight, ttlSeconds }],
      )
      const absent = all.length > 0 && records.length === 0
      const addresses = grouped(additionals, ({ name: owner }) => nameKey(owner))
      return {
        ...answer,
        ...(absent && { empty: 'absent' as const }),
        records,
        addresses: new Map([...addresses].map(([target, found]) => [target, addressesOf(found)])),
      }
    },
    async resolveAddresses(name: string, options: ResolveAddressesOptions = {}): Promise<DnsAnswer<AddressRecord>> {
      options.signal?.throwIfAborted()
      const literal = literalAddress(name, options.family)
      if (literal !== undefined) return literal
      return mergeFamilies(options.family, async (family) => {
        const { answers, answer } = await look(name, family === 4 ? 'A' : 'AAAA', options.signal)
        return { ...answer, records: addressesOf(answers) }
      })
    },
    async resolveTxt(name: string, { signal }: ResolveOptions = {}): Promise<DnsAnswer<string>> {
      const { answers, answer } = await look(name, 'TXT', signal)
      return { ...answer, records: answers.flatMap((record) => (record.type === 'TXT' ? [record.text] : [])) }
    },
  }
}

function addressesOf(records: readonly ZoneRecord[]): AddressRecord[] {
  return records.flatMap((record) =>
    record.type === 'A' || record.type === 'AAAA'
      ? [
          {
            address: record.address,
            family: record.type === 'A' ? 4 : 6,
            ttlSeconds: record.ttlSeconds ?? DEFAULT_TTL_SECONDS,
          },
        ]
      : [],
  )
}
