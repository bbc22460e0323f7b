import { isIP } from 'node:net'
import { checkedDnsName } from './dns-name.ts'
import { ResolverError } from './error.ts'
import type {
  AddressRecord,
  DnsAnswer,
  ResolveAddressesOptions,
  ResolveOptions,
  SrvAnswer,
  SrvResolver,
} from './resolver.ts'
import { Zone, type ZoneRecord } from './zone.ts'

const TTL_SECONDS = 5

/**
 * A resolver that knows what it was given, and nothing else: for tests, and for members that never change.
 *
 * @throws {ResolverError} `DNS_BAD_OPTION` for a record that no zone could hold
 */
export function staticResolver(records: Iterable<ZoneRecord>): SrvResolver {
  return new StaticResolver(new Zone(records))
}

class StaticResolver implements SrvResolver {
  readonly #zone: Zone

  constructor(zone: Zone) {
    for (const record of zone.records()) {
      if ((record.type === 'A' || record.type === 'AAAA') && isIP(record.address) !== (record.type === 'A' ? 4 : 6)) {
        throw new ResolverError('DNS_BAD_OPTION', `${record.name} has the ${record.type} address ${record.address}`)
      }
    }
    this.#zone = zone
  }

  async resolveSrv(name: string, { signal }: ResolveOptions = {}): Promise<SrvAnswer> {
    signal?.throwIfAborted()
    const records = this.#find(name).flatMap((record) => {
      if (record.type !== 'SRV') return []
      const { target, port, priority = 0, weight = 0, ttlSeconds = TTL_SECONDS } = record
      return [{ target, port, priority, weight, ttlSeconds }]
    })
    const addresses = new Map(records.map(({ target }) => [target.toLowerCase(), this.#addresses(target)]))
    return { ...this.#answer(name, records), addresses }
  }

  async resolveAddresses(
    name: string,
    { family, signal }: ResolveAddressesOptions = {},
  ): Promise<DnsAnswer<AddressRecord>> {
    signal?.throwIfAborted()
    return this.#answer(
      name,
      this.#addresses(name).filter((record) => family === undefined || record.family === family),
    )
  }

  async resolveTxt(name: string, { signal }: ResolveOptions = {}): Promise<DnsAnswer<string>> {
    signal?.throwIfAborted()
    return this.#answer(
      name,
      this.#find(name).flatMap((record) => (record.type === 'TXT' ? [record.text] : [])),
    )
  }

  #find(name: string): readonly ZoneRecord[] {
    return this.#zone.lookUp(checkedDnsName(name)) ?? []
  }

  #addresses(name: string): AddressRecord[] {
    return this.#find(name).flatMap((record) => {
      if (record.type !== 'A' && record.type !== 'AAAA') return []
      const { address, type, ttlSeconds = TTL_SECONDS } = record
      return [{ address, family: type === 'A' ? 4 : 6, ttlSeconds } as const]
    })
  }

  #answer<R>(name: string, records: readonly R[]): DnsAnswer<R> {
    const exists = this.#zone.lookUp(checkedDnsName(name)) !== undefined
    return {
      records,
      ...(records.length === 0 && { empty: exists ? ('nodata' as const) : ('nxdomain' as const) }),
      ttlSeconds: TTL_SECONDS,
      server: 'static',
      transport: 'none',
      authoritative: true,
      truncated: false,
      stale: false,
    }
  }
}
