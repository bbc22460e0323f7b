import { isIP } from 'node:net'
// biome-ignore lint/plugin: it compares names, and opens nothing
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import { identifier } from '@dynsrv/kit'
import { check, NotApplicable } from '../check.ts'
import type { DoctorContext } from '../context.ts'
import { type Finding, finding } from '../finding.ts'
import { knocked } from '../probes/peers.ts'
import type { ShownCertificate } from '../probes/tls.ts'
import { words } from '../words.ts'

const TLS_CERTIFICATE = words('DOCTOR_TLS_CERTIFICATE', {
  happened: 'The certificate of a node does not fit.',
  why: 'It has expired, names other hosts, or may not be used for both roles.',
  hint: 'Issue a certificate whose SAN holds the host of the node name, for serverAuth and clientAuth.',
})

/** A certificate, and the node that shows it. */
export interface CertificateFacts {
  readonly name: string
  readonly host: string
  readonly certificate: ShownCertificate
  /** Milliseconds since 1970. */
  readonly now: number
}

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'

const SOON_MS = 7 * 24 * 3_600_000

/** D19: certificates that do not fit. */
export function judgeCertificates(all: readonly CertificateFacts[]): Finding[] {
  return all.flatMap(({ name, host, certificate, now }) => {
    const { validFrom, validTo, usages, alternativeNames, issuer, subject, refusal } = certificate
    const evidence = [
      `subject ${identifier(subject)}, issued by ${identifier(issuer)}`,
      `valid ${validFrom} to ${validTo}`,
      `names: ${alternativeNames || 'none'}`,
    ]
    const wrong = (severity: 'error' | 'warning', what: string) =>
      finding(severity, TLS_CERTIFICATE, `the certificate of ${identifier(name)} ${what}`, { node: name, evidence })
    if (timeOf(validTo) < now) return [wrong('error', `expired on ${validTo}`)]
    if (timeOf(validFrom) > now) return [wrong('error', `is not valid before ${validFrom}`)]
    if (!isFor(certificate, host)) return [wrong('error', `is not for the host ${identifier(host)}`)]
    if (refusal !== undefined) return [wrong('error', `is not accepted: ${refusal.message}`)]
    const findings: Finding[] = []
    const missing = usages.length === 0 ? [] : [SERVER_AUTH, CLIENT_AUTH].filter((one) => !usages.includes(one))
    if (missing.length > 0) {
      const which = missing[0] === SERVER_AUTH ? 'serverAuth' : 'clientAuth'
      findings.push(wrong('warning', `may not be used for ${which}; a node is both server and client`))
    }
    if (timeOf(validTo) - now < SOON_MS) findings.push(wrong('warning', `expires on ${validTo}`))
    return findings
  })
}

/** A time as a certificate writes it, in milliseconds since 1970. */
function timeOf(text: string): number {
  // biome-ignore lint/style/noRestrictedGlobals: it reads a text, and no clock
  return Date.parse(text)
}

function isFor({ alternativeNames, subject }: ShownCertificate, host: string): boolean {
  const shown = { subject: { CN: subject }, subjectaltname: alternativeNames } as unknown as PeerCertificate
  return checkServerIdentity(isIP(host) === 0 ? host : host.toLowerCase(), shown) === undefined
}

async function certificates(context: DoctorContext): Promise<readonly CertificateFacts[]> {
  const shown = (await context.get(knocked)).flatMap(({ name, knocks }) =>
    knocks.flatMap(({ tls }) =>
      tls?.certificate.ok === true && tls.wanted
        ? [{ name, host: tls.host, certificate: tls.certificate.value, now: context.world.clock.now() }]
        : [],
    ),
  )
  if (shown.length === 0) throw new NotApplicable('no TLS')
  return shown
}

export const D19 = check({
  id: 'D19',
  group: 'tls',
  place: 2,
  title: 'certificates fit',
  needs: ['D18'],
  words: [TLS_CERTIFICATE],
  look: certificates,
  judge: judgeCertificates,
})
