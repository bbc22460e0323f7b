import { isIP } from 'node:net'
import { codeOf, messageOf, type Network, realWorld } from '@dynsrv/kit'
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
export const systemHostLookup: HostLookup = hostLookup(realWorld.network)

/** The same over the system's lookup of a world. */
export function hostLookup(network: Network): HostLookup {
  return async (host, family, options) => {
    const { signal } = checkedHost(host, family, options)
    signal?.throwIfAborted()
    const wanted = FAMILY[family]
    const literal = isIP(host)
    if ((literal === 4 || literal === 6) && (wanted === 0 || wanted === literal)) return [{ ip: host, family: literal }]
    try {
      const found = await network.lookup(host, { family: wanted, order: 'ipv4first' })
      signal?.throwIfAborted()
      return found.map((one) => ({ ip: one.address, family: one.family === 6 ? 6 : 4 }))
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
  if (code === 'ENOTFOUND' || code === 'ENODATA') {
    const hint = `Add ${host} to DNS or to the hosts file; every member must be able to look it up.`
    return new EpmdError('EPMD_NO_ADDRESS', `the host ${host} has no address${what}`, { cause, hint })
  }
  const hint = 'Ask again when name resolution works.'
  return new EpmdError('EPMD_LOOKUP_FAILED', `could not look up the host ${host}: ${code ?? messageOf(cause)}`, {
    cause,
    hint,
  })
}
