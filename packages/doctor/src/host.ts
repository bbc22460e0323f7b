import { isIP } from 'node:net'
import { listOf, port, type Rules, sameDomainName, text } from '@dynsrv/kit'
import { parsePortService } from '@dynsrv/srv-resolver'
import { checks, withFields } from './argument-checks.ts'

const texts = listOf(text)

/**
 * The host of a node name: what stands behind the last @, or all of a text without one.
 *
 * @throws {DynsrvError} `DYNSRV_BAD_OPTION`
 */
export function hostOf(name: string): string {
  checks.argument('hostOf', 'name', text, name)
  return name.slice(name.lastIndexOf('@') + 1)
}

/**
 * Whether a host makes a short name: it has no dot and is not an address.
 *
 * @throws {DynsrvError} `DYNSRV_BAD_OPTION`
 */
export function isShort(host: string): boolean {
  checks.argument('isShort', 'host', text, host)
  return !host.includes('.') && isIP(host) === 0
}

/**
 * The service whose nodes have a host, of some services; a service that names a port (`_dist._tcp.web.test`) is one of `web.test`.
 *
 * @throws {DynsrvError} `DYNSRV_BAD_OPTION`
 */
export function serviceOfHost(services: readonly string[], host: string): string | undefined {
  checks.argument('serviceOfHost', 'services', texts, services)
  checks.argument('serviceOfHost', 'host', text, host)
  return services.find((service) => sameDomainName(parsePortService(service).host, host))
}

/** An IP address and a port. */
export interface Address {
  readonly ip: string
  readonly port: number
}

const address = withFields({ ip: text, port } satisfies Rules<Address>)

/**
 * How an address is written: `10.0.0.5:4370`, `[::1]:4370`.
 *
 * @throws {DynsrvError} `DYNSRV_BAD_OPTION`
 */
export function addressText(at: Address): string {
  checks.argument('addressText', 'at', address, at)
  const { ip } = at
  return isIP(ip) === 6 ? `[${ip}]:${at.port}` : `${ip}:${at.port}`
}
