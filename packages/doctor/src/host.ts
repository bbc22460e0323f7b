import { isIP } from 'node:net'
import { port, type Rules, text } from '@dynsrv/kit'
import { checks, withFields } from './argument-checks.ts'

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
