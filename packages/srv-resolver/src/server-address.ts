import { isIP } from 'node:net'
import { shown } from '@dynsrv/kit'
import { ResolverError } from './error.ts'

/** Where a DNS server listens. */
export interface ServerAddress {
  readonly host: string
  readonly port: number
  readonly family: 4 | 6
  /** `host:port` or `[v6]:port`, for messages and answers. */
  readonly text: string
}

const DNS_PORT = 53

export function formatAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/**
 * Reads `127.0.0.1`, `127.0.0.1:8600`, `::1`, `[::1]:8600` or `127.0.0.1#8600`; the port is 53 when left out.
 *
 * @throws {ResolverError} `DNS_BAD_OPTION` for anything else; a host name would need a DNS server to be found
 */
export function parseServerAddress(text: string): ServerAddress {
  if (typeof text !== 'string') throw badServer(text)
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:#]*))(?:[:#](\d+))?$/.exec(text) ?? []
  const host = isIP(text) === 6 ? text : (bracketed ?? plain ?? '')
  const family = isIP(host)
  const number = port === undefined || host === text ? DNS_PORT : Number(port)
  if ((family !== 4 && family !== 6) || number < 1 || number > 65_535) throw badServer(text)
  return { host, port: number, family, text: formatAddress(host, number) }
}

function badServer(value: unknown): ResolverError {
  return new ResolverError('DNS_BAD_OPTION', `the DNS server ${shown(value)} is not an IP address with a port`, {
    hint: 'Write it like 127.0.0.1:8600 or [::1]:8600.',
  })
}
