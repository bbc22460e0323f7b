import { isIP } from 'node:net'
import { codeOf, messageOf, raceFamilies, realWorld, type World } from '@dynsrv/kit'
import { checkedHost } from '../checks.ts'
import type { AddressFamily, CallOptions, HostAddress, LookupOptions } from '../epmd-module.ts'
import { EpmdError } from '../error.ts'

/** Finds the addresses of a host, in dial order. Rejects with an `EpmdError` when there is none. */
export type HostLookup = (host: string, family: AddressFamily, options?: CallOptions) => Promise<readonly HostAddress[]>

const FAMILY = { inet: 4, inet6: 6, any: 0 } as const

/**
 * Looks a host up as the operating system does (`/etc/hosts`, then DNS); an IP address is its own answer.
 *
 * IPv4 comes first: BEAM nodes listen there unless they were started with `-proto_dist inet6_tcp`.
 *
 * @throws {EpmdError} `EPMD_NO_ADDRESS` when the host has none, `EPMD_LOOKUP_FAILED` when the system cannot say,
 *   `EPMD_BAD_OPTION`
 */
export const systemHostLookup: HostLookup = hostLookup(realWorld)

/** Threads of the process wait for the system, and there are four of them: a family that does not answer may hold two. */
const MAX_LATE = 2
/** Hosts of which the addresses of a slow family are remembered. */
const MAX_SLOW_HOSTS = 256

/** The same over the system's lookup of a world. A family that is slow delays nobody: the next lookup has what it brings. */
export function hostLookup({ network, clock }: Pick<World, 'network' | 'clock'>): HostLookup {
  /** What came too late, by host. */
  const slow = new Map<string, readonly HostAddress[]>()
  let late = 0
  const find = async (host: string, family: 4 | 6) => {
    const found = await network.lookup(host, { family, order: 'ipv4first' })
    const addresses = found.map((one): HostAddress => ({ ip: one.address, family: one.family === 6 ? 6 : 4 }))
    return addresses.filter((one) => one.family === family)
  }
  const remember = (host: string, addresses: readonly HostAddress[]) => {
    slow.delete(host)
    if (addresses.length === 0) return
    if (slow.size >= MAX_SLOW_HOSTS) slow.delete(slow.keys().next().value!)
    slow.set(host, addresses)
  }
  const findBoth = async (host: string): Promise<readonly HostAddress[]> => {
    const four = find(host, 4)
    const isCrowded = late >= MAX_LATE
    const six = async () => {
      // The race has the failure of that family too.
      if (isCrowded && (await four.catch(() => [])).length > 0) return []
      return find(host, 6)
    }
    const race = await raceFamilies({
      clock,
      ask: (family) => (family === 4 ? four : six()),
      hasSome: (addresses) => addresses.length > 0,
    })
    const known = race.known.flatMap(({ answer = [] }) => answer)
    if (race.late === undefined) {
      const failures = race.known.flatMap(({ answer, error }) => (answer === undefined ? [error] : []))
      if (known.length === 0 && failures.length > 0) throw failures.find((error) => !isUnknown(error)) ?? failures[0]
      return known
    }
    late += 1
    // It never rejects: a failure is an outcome.
    void race.late.then(({ answer = [] }) => {
      late -= 1
      remember(host, answer)
    })
    return [...known, ...(slow.get(host) ?? []).filter(({ family }) => known[0]?.family !== family)].sort(
      (a, b) => a.family - b.family,
    )
  }
  return async (host, family, options) => {
    const { signal } = checkedHost(host, family, options)
    signal?.throwIfAborted()
    const wanted = FAMILY[family]
    const literal = isIP(host)
    if ((literal === 4 || literal === 6) && (wanted === 0 || wanted === literal)) return [{ ip: host, family: literal }]
    try {
      const found = await (wanted === 0 ? findBoth(host) : find(host, wanted))
      signal?.throwIfAborted()
      return found
    } catch (cause) {
      signal?.throwIfAborted()
      throw noAddress(host, family, cause)
    }
  }
}

/** The addresses of a node's host: those that the caller knows, else what the lookup finds. */
export async function hostAddresses(
  lookup: HostLookup,
  host: string,
  family: AddressFamily,
  { addresses = [], signal }: LookupOptions,
): Promise<readonly HostAddress[]> {
  const known = addresses.filter((one) => family === 'any' || one.family === FAMILY[family])
  signal?.throwIfAborted()
  return known.length > 0 ? known : lookup(host, family, { signal })
}

function noAddress(host: string, family: AddressFamily, cause: unknown): EpmdError {
  const code = codeOf(cause)
  const what = family === 'any' ? '' : ` of family ${family}`
  if (isUnknown(cause)) {
    const hint = `Add ${host} to DNS or to the hosts file; every member must be able to look it up.`
    return new EpmdError('EPMD_NO_ADDRESS', `the host ${host} has no address${what}`, { cause, hint })
  }
  const hint = 'Ask again when name resolution works.'
  return new EpmdError('EPMD_LOOKUP_FAILED', `could not look up the host ${host}: ${code ?? messageOf(cause)}`, {
    cause,
    hint,
  })
}

function isUnknown(cause: unknown): boolean {
  const code = codeOf(cause)
  return code === 'ENOTFOUND' || code === 'ENODATA'
}
