import { rule } from '@dynsrv/kit'
import { checks, domainName } from '../checks.ts'

/** The name under which SRV records are asked for, and what it says. */
export interface PortService {
  /** The name without `_port._protocol`: the host of the nodes behind the records. */
  readonly host: string
  /** The name of the port, where the records are those of one port over TCP. */
  readonly portName?: string
}

/** `_dist._tcp.web.test`: a port's name, a protocol, and the rest. */
const PREFIXED = /^_([^.]+)\._([^.]+)\.(?=[^.])/

/** How the name of a port is checked. @see RFC 6335 §5.1, which allows 15 characters; Consul has longer ones */
export const portNameRule = rule('the name of a port, of letters, digits, _ and -', (value) =>
  typeof value === 'string' ? /^[a-z0-9][a-z0-9_-]{0,61}$/i.test(value) : false,
)

/**
 * Takes the name of a service apart: `_dist._tcp.web.test` is the port `dist` of `web.test`. Any other name is a host as it is.
 *
 * @throws {ResolverError} `DNS_BAD_NAME`
 * @see RFC 2782 (Service, Proto)
 */
export function parsePortService(service: string): PortService {
  checks.argument('parsePortService', 'service', domainName, service)
  const [prefix = '', portName = '', protocol = ''] = PREFIXED.exec(service) ?? []
  const host = service.slice(prefix.length)
  return protocol.toLowerCase() === 'tcp' ? { host, portName } : { host }
}

/**
 * The name of the SRV records of one port of a service, `_<port>._tcp.<service>`: a headless service of Kubernetes has records for
 * each of its ports under its own name. A service that names a port already stays as it is, and so does one without a port.
 *
 * @throws {ResolverError} `DNS_BAD_NAME`, `DNS_BAD_OPTION`
 * @see RFC 2782
 */
export function portService(service: string, portName?: string): string {
  checks.argument('portService', 'service', domainName, service)
  if (portName === undefined) return service
  checks.argument('portService', 'portName', portNameRule, portName)
  return PREFIXED.test(service) ? service : `_${portName}._tcp.${service}`
}
