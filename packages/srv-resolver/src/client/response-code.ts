import { ResolverError } from '../error.ts'
import { RCODE } from '../records/dns-numbers.ts'
import type { ServerAddress } from '../server-address.ts'
import type { Message } from './dns-message.ts'

const ERRORS = {
  [RCODE.FORMERR]: ['DNS_FORMERR', 'FORMERR'],
  [RCODE.SERVFAIL]: ['DNS_SERVFAIL', 'SERVFAIL'],
  [RCODE.NOTIMP]: ['DNS_NOTIMP', 'NOTIMP'],
  [RCODE.REFUSED]: ['DNS_REFUSED', 'REFUSED'],
} as const

/** Whether a response code says something about the name, rather than that the server failed. */
export function isAboutName(rcode: number): boolean {
  return rcode === RCODE.NOERROR || rcode === RCODE.NXDOMAIN
}

/** Servers that do not know EDNS say so this way. @see RFC 6891 §7 */
export function mayRejectEdns(rcode: number): boolean {
  return rcode === RCODE.FORMERR || rcode === RCODE.NOTIMP || rcode === RCODE.BADVERS
}

/** @throws {ResolverError} with the code of what the server said, when it failed */
export function checkRcode({ rcode }: Message, server: ServerAddress): void {
  if (isAboutName(rcode)) return
  const known = rcode in ERRORS ? ERRORS[rcode as keyof typeof ERRORS] : undefined
  const [code, text] = known ?? (['DNS_SERVER_ERROR', `response code ${rcode}`] as const)
  throw new ResolverError(code, `${server.text} answered ${text}`, { server: server.text })
}
