import { check } from '../check.ts'
import { type Finding, finding } from '../finding.ts'
import { answered } from '../probes/answered.ts'
import type { Variety } from '../probes/dns.ts'
import { words } from '../words.ts'

const DNS_TRIMS = words('DOCTOR_DNS_TRIMS', {
  happened: 'The DNS server leaves members out of its UDP answers without saying so.',
  why: 'The answer is larger than a datagram, and the server does not set the TC bit that makes clients ask over TCP.',
  hint: 'Configure it to set the bit (Consul: dns_config.enable_truncate = true), or ask over TCP.',
})

/** D28: members that an answer over UDP leaves out without saying so. */
export function judgeTrimming(all: readonly Variety[]): Finding[] {
  return all.flatMap((variety) => {
    const { service, edns, tcp, bare } = variety
    const whole = tcp.ok ? tcp.value.records.length : 0
    const shown = edns.transport === 'udp' && !edns.truncated ? edns.records.length : whole
    const small = bare.ok && bare.value.transport === 'udp' && !bare.value.truncated ? bare.value.records.length : whole
    if (shown >= whole && small >= whole) return []
    const evidence = [
      `over TCP: ${whole} records`,
      `over UDP with EDNS, as dynsrv asks: ${shown}`,
      `over UDP without EDNS, as other clients ask: ${small}`,
      'the TC bit, which asks for TCP, is not set',
    ]
    const severe = shown < whole
    const message = severe
      ? `${edns.server} shows ${shown} of ${whole} records of ${service} over UDP and does not say so`
      : `${edns.server} shows ${small} of ${whole} records of ${service} to clients that ask without EDNS`
    return [finding(severe ? 'error' : 'warning', DNS_TRIMS, message, { evidence })]
  })
}

export const D28 = check({
  id: 'D28',
  group: 'dns',
  place: 7,
  title: 'whole answers',
  needs: ['D42'],
  words: [DNS_TRIMS],
  look: answered,
  judge: judgeTrimming,
})
