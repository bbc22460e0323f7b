import { isIP } from 'node:net'
import { callable, required } from '@dynsrv/kit'
import { checks } from '../checks.ts'
import type { AddressRecord, SrvRecord } from '../resolver.ts'
import { srvOrder } from './srv-order.ts'

/** Where a service may answer: an address and a port. */
export interface Endpoint {
  /** An IPv4 or IPv6 address as text. */
  readonly ip: string
  readonly family: 4 | 6
  readonly port: number
}

/** Where the targets of some records answer. */
export interface SrvEndpoints {
  /** In the order in which to dial; empty when no target has an address. */
  readonly endpoints: readonly Endpoint[]
  /** What more there is of targets whose addresses had not all come in time. Never rejects. */
  readonly later?: Promise<readonly Endpoint[]>
}

/** The addresses of one target. */
export interface FoundAddresses {
  readonly records: readonly Pick<AddressRecord, 'address' | 'family'>[]
  /** Those that had not come in time. */
  readonly later?: Promise<readonly Pick<AddressRecord, 'address' | 'family'>[]>
}

/** What {@link srvEndpoints} needs beside the records. */
export interface SrvEndpointsOptions {
  /** The addresses of a target: those that came with the answer, else what `racingAddresses` or another lookup finds. */
  readonly addressesOf: (target: string) => Promise<FoundAddresses>
  /** Gives a number from 0 up to but not including 1; default: that of the machine. */
  readonly random?: (() => number) | undefined
}

const check = checks.options<SrvEndpointsOptions>('srvEndpoints', {
  addressesOf: required(callable),
  random: callable,
})

/** How many targets are looked up at the same time. */
const LOOKUPS_AT_ONCE = 8

/**
 * The endpoints of some SRV records in the order in which to dial: the records in the order of RFC 2782, of each its
 * IPv4 and IPv6 addresses in turn.
 *
 * @throws {ResolverError} `DNS_BAD_OPTION`
 * @throws what `addressesOf` rejected with first, when no target has an address
 * @see RFC 2782
 */
export async function srvEndpoints(records: readonly SrvRecord[], options: SrvEndpointsOptions): Promise<SrvEndpoints> {
  check(options)
  const { addressesOf, random } = options
  const endpoints: Endpoint[] = []
  const later: Promise<readonly Endpoint[]>[] = []
  const failures: unknown[] = []
  const ordered = srvOrder(records, random)
  for (let at = 0; at < ordered.length; at += LOOKUPS_AT_ONCE) {
    const some = ordered.slice(at, at + LOOKUPS_AT_ONCE)
    for (const [index, outcome] of (
      await Promise.allSettled(some.map(async ({ target }) => addressesOf(target)))
    ).entries()) {
      const { port } = some[index]!
      if (outcome.status === 'rejected') {
        failures.push(outcome.reason)
        continue
      }
      endpoints.push(...endpointsOf(outcome.value.records, port))
      // The race goes on without a target that cannot be looked up.
      if (outcome.value.later !== undefined)
        later.push(
          outcome.value.later.then(
            (found) => endpointsOf(found, port),
            () => [],
          ),
        )
    }
  }
  if (endpoints.length === 0 && failures.length > 0) throw failures[0]
  const known = eachOnce(endpoints)
  if (later.length === 0) return { endpoints: known }
  return { endpoints: known, later: Promise.all(later).then((all) => eachOnce(all.flat(), known)) }
}

/** The same place may stand in several records, and two dials of one node at once are in each other's way. */
function eachOnce(endpoints: readonly Endpoint[], known: readonly Endpoint[] = []): Endpoint[] {
  const place = ({ ip, port }: Endpoint) => `${ip.replace(/^::ffff:(?=\d+\.)/i, '')} ${port}`
  const seen = new Set(known.map(place))
  return endpoints.filter((one) => !seen.has(place(one)) && seen.add(place(one)))
}

/**
 * The families in turn, as RFC 8305 has it, so that a broken family costs one try. IPv4 leads: BEAM nodes listen
 * there unless they were started with `-proto_dist inet6_tcp`.
 */
function endpointsOf(records: readonly Pick<AddressRecord, 'address' | 'family'>[], port: number): Endpoint[] {
  const four = records.filter(({ address, family }) => family === 4 && isIP(address) === 4)
  const six = records.filter(({ address, family }) => family === 6 && isIP(address) === 6)
  return Array.from({ length: Math.max(four.length, six.length) }, (_, at) => [four[at], six[at]])
    .flat()
    .flatMap((record) => (record === undefined ? [] : [{ ip: record.address, family: record.family, port }]))
}
