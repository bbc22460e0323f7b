import type { Resolver } from 'node:dns/promises'
import { codeOf, filledText, listOf, messageOf, realWorld, type World, whole, worldShape } from '@dynsrv/kit'
import { bothFamilies, literalAddress } from '../both-families.ts'
import { checks } from '../checks.ts'
import { closable } from '../closable.ts'
import { ResolverError, type ResolverErrorCode } from '../error.ts'
import { checkedName } from '../records/dns-name.ts'
import { answeredSrvRecords } from '../records/usable-srv-records.ts'
import type { AddressRecord, ClosableResolver, DnsAnswer, SrvAnswer } from '../resolver.ts'
import { parseServerAddress } from '../server-address.ts'

/** Options of {@link nodeDns}. */
export interface NodeDnsOptions {
  /** Servers as `host:port`; those of the system when left out. */
  readonly servers?: readonly string[]
  /** Time for the first try, milliseconds; c-ares doubles it with each round. Default 2000. */
  readonly timeoutMs?: number
  /** Default 2. */
  readonly tries?: number
  /** Whose DNS client is used; default: that of Node. */
  readonly world?: World
}

const check = checks.options<NodeDnsOptions>('nodeDns', {
  servers: listOf(filledText),
  timeoutMs: whole(1, 600_000),
  tries: whole(1, 100),
  world: worldShape,
})

/** What c-ares says when the zone has nothing; all else is a failure. */
const EMPTY: Readonly<Record<string, 'nxdomain' | 'nodata'>> = { ENOTFOUND: 'nxdomain', ENODATA: 'nodata' }

const CODES: Readonly<Record<string, ResolverErrorCode>> = {
  ESERVFAIL: 'DNS_SERVFAIL',
  EREFUSED: 'DNS_REFUSED',
  EFORMERR: 'DNS_FORMERR',
  ENOTIMP: 'DNS_NOTIMP',
  ETIMEOUT: 'DNS_TIMEOUT',
  ECONNREFUSED: 'DNS_UNREACHABLE',
  EBADRESP: 'DNS_MALFORMED',
  EBADNAME: 'DNS_BAD_NAME',
}

/**
 * A resolver over `node:dns`, for programs that must use the same resolver as the rest of Node.
 *
 * It can do less than `dnsClient`: no EDNS (so 512 bytes over UDP), no TTL for SRV and TXT (0 is given), no addresses
 * with the answer, and Node 22.23 and 24.21 refuse compressed SRV targets. Search domains are not applied.
 *
 * @throws {ResolverError} `DNS_BAD_OPTION`
 */
export function nodeDns(options: NodeDnsOptions = {}): ClosableResolver {
  check(options)
  const { servers, timeoutMs = 2000, tries = 2, world = realWorld } = options
  const addresses = servers?.map(parseServerAddress)

  async function look<R>(
    name: string,
    signal: AbortSignal | undefined,
    ask: (resolver: Resolver, name: string) => Promise<R[]>,
    ttlOf: (record: R) => number = () => 0,
  ): Promise<DnsAnswer<R>> {
    const bare = checkedName(name)
    // A resolver for each lookup, because cancel() ends everything that a resolver does.
    const resolver = world.network.createResolver({ timeout: timeoutMs, tries })
    if (addresses !== undefined) resolver.setServers(addresses.map(({ text }) => text))
    const server = resolver.getServers().join(', ')
    const cancel = () => resolver.cancel()
    signal?.addEventListener('abort', cancel)
    const common = { server, transport: 'udp', authoritative: false, truncated: false, stale: false } as const
    try {
      const records = await ask(resolver, bare)
      const ttlSeconds = records.reduce((least, record) => Math.min(least, ttlOf(record)), Number.POSITIVE_INFINITY)
      return records.length === 0
        ? { ...common, records, ttlSeconds: 0, empty: 'nodata' }
        : { ...common, records, ttlSeconds }
    } catch (cause) {
      signal?.throwIfAborted()
      const code = codeOf(cause) ?? ''
      const empty = EMPTY[code]
      if (empty !== undefined) return { ...common, records: [], ttlSeconds: 0, empty }
      throw new ResolverError(
        CODES[code] ?? 'DNS_SERVER_ERROR',
        `node:dns has no answer for ${name}: ${code || messageOf(cause)}`,
        { cause, server },
      )
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }

  return closable({
    async resolveSrv(name, { signal } = {}): Promise<SrvAnswer> {
      const answer = await look(name, signal, (resolver, bare) => resolver.resolveSrv(bare))
      const found = answer.records.map(({ name: target, ...record }) => ({ ...record, target }))
      const offered = found.filter(({ target }) => target !== '' && target !== '.')
      const usable = answeredSrvRecords(offered, { name, server: answer.server })
      const absent = offered.length === 0 && found.length > 0
      return { ...answer, ...usable, ...(absent && { empty: 'absent' as const }), addresses: new Map() }
    },
    async resolveAddresses(name, { family, signal } = {}): Promise<DnsAnswer<AddressRecord>> {
      const literal = literalAddress(name, family)
      if (literal !== undefined) return literal
      return bothFamilies({ family, clock: world.clock, signal }, async (one, either) => {
        const ask = (resolver: Resolver, bare: string) =>
          one === 4 ? resolver.resolve4(bare, { ttl: true }) : resolver.resolve6(bare, { ttl: true })
        const answer = await look(name, either, ask, ({ ttl }) => ttl)
        return {
          ...answer,
          records: answer.records.map(({ address, ttl }) => ({ address, family: one, ttlSeconds: ttl })),
        }
      })
    },
    async resolveTxt(name, { signal } = {}): Promise<DnsAnswer<string>> {
      const answer = await look(name, signal, (resolver, bare) => resolver.resolveTxt(bare))
      return { ...answer, records: answer.records.map((parts) => parts.join('')) }
    },
  })
}
