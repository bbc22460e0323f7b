import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { AddressFamily, CallOptions } from '../epmd-module.ts'
import { EpmdError } from '../error.ts'

/** An address of a host. */
export interface HostAddress {
  readonly ip: string
  readonly family: 4 | 6
}

/** Finds the addresses of a host, in dial order. Rejects with an `EpmdError` when there is none. */
export type HostLookup = (host: string, family: AddressFamily, options?: CallOptions) => Promise<readonly HostAddress[]>

const FAMILY = { inet: 4, inet6: 6, any: 0 } as const

/**
 * Looks a host up as the operating system does (`/etc/hosts`, then DNS); an IP address is its own answer.
 *
 * IPv4 comes first: BEAM nodes listen there unless they were started with `-proto_dist inet6_tcp`.
 *
 * @throws {EpmdError} `EPMD_NO_ADDRESS` when the host has none, `EPMD_LOOKUP_FAILED` when it could not be asked for
 */
export async function systemHostLookup(
  host: string,
  family: AddressFamily,
  { signal }: CallOptions = {},
): Promise<readonly HostAddress[]> {
  signal?.throwIfAborted()
  const wanted = FAMILY[family]
  const literal = isIP(host)
  if ((literal === 4 || literal === 6) && (wanted === 0 || wanted === literal)) return [{ ip: host, family: literal }]
  try {
    const found = await lookup(host, { all: true, family: wanted, order: 'ipv4first' })
    signal?.throwIfAborted()
    return found.map((one) => ({ ip: one.address, family: one.family === 6 ? 6 : 4 }))
  } catch (cause) {
    signal?.throwIfAborted()
    throw noAddress(host, family, cause)
  }
}

function noAddress(host: string, family: AddressFamily, cause: unknown): EpmdError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const what = family === 'any' ? '' : ` of family ${family}`
  if (code === 'ENOTFOUND' || code === 'ENODATA') {
    const hint = `Add ${host} to DNS or to the hosts file; every member must be able to look it up.`
    return new EpmdError('EPMD_NO_ADDRESS', `the host ${host} has no address${what}`, { cause, hint, retryable: true })
  }
  const hint = 'Nothing is known about the host; ask again when name resolution works.'
  return new EpmdError('EPMD_LOOKUP_FAILED', `could not look up the host ${host}: ${code || String(cause)}`, {
    cause,
    hint,
    retryable: true,
  })
}
