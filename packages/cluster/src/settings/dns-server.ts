import { isIP } from 'node:net'
import { text as anyText } from '@dynsrv/kit'
import { checks, quoted } from '../checks.ts'
import { DynsrvError } from '../error.ts'
import { parsePort } from './parse-port.ts'

const DNS_PORT = 53

/**
 * Checks a DNS server's address and returns it as `host:port` (`[v6]:port`); the port is 53 when left out.
 *
 * It must be an IP address: a name would need a DNS server to be found.
 *
 * @throws {DynsrvError} `DYNSRV_DNS_SERVER_INVALID` or `DYNSRV_PORT_INVALID`
 */
export function dnsServer(text: string): string {
  checks.argument('dnsServer', 'text', anyText, text)
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/.exec(text) ?? []
  const host = isIP(text) === 6 ? text : (bracketed ?? plain ?? '')
  if (isIP(host) === 0) {
    throw new DynsrvError('DYNSRV_DNS_SERVER_INVALID', `the DNS server ${quoted(text)} is not an IP address`)
  }
  const number =
    port === undefined || host === text ? DNS_PORT : parsePort(port, `the port of the DNS server ${quoted(text)}`, 1)
  return isIP(host) === 6 ? `[${host}]:${number}` : `${host}:${number}`
}
