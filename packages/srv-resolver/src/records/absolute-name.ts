import { isIP } from 'node:net'
import { checks, domainName } from '../checks.ts'

/**
 * A name that is whole as it stands, with the dot that says so: no search domain is put behind it.
 *
 * What an answer names (an SRV target) is whole, and so is what is put together from such a name or from the host of a node.
 * Only what a person typed may be the beginning of a name. An IP address stays as it is.
 *
 * @throws {ResolverError} `DNS_BAD_NAME`
 * @see RFC 2782 (Target), resolv.conf(5) (search)
 */
export function absoluteName(name: string): string {
  checks.argument('absoluteName', 'name', domainName, name)
  return name.endsWith('.') || isIP(name) !== 0 ? name : `${name}.`
}
