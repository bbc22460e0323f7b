import { isIP } from 'node:net'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import { reasonText } from '@dynsrv/cluster'
import { codeOf } from '../attempt.ts'
import { type Check, check, NotApplicable } from '../check.ts'
import type { DoctorContext } from '../context.ts'
import { type Finding, finding, findingOf } from '../finding.ts'
import { type Knock, type KnockedPeer, knocked } from '../probes/peers.ts'
import type { ShownCertificate } from '../probes/tls.ts'

/** D18: one side speaks TLS, the other does not. */
export function judgeTlsMismatch(peers: readonly KnockedPeer[]): Finding[] {
  return peers.flatMap(({ name, knocks }) => {
    if (knocks.some(({ answer }) => answer.ok)) return []
    const looks = knocks.flatMap(({ tls }) => tls ?? [])
    if (looks.some(({ wanted, certificate }) => !wanted && certificate.ok)) {
      const message = `${name} expects TLS (-proto_dist inet_tls), and this side speaks plain TCP`
      return [
        finding('error', 'DOCTOR_TLS_MISMATCH', message, { node: name, evidence: ['a TLS hello is answered there'] }),
      ]
    }
    if (!looks.some(({ plainAnswers }) => plainAnswers === true)) return judgeRefusal(name, knocks)
    const message = `${name} speaks plain TCP, and this side wants TLS (--tls)`
    return [finding('error', 'DOCTOR_TLS_MISMATCH', message, { node: name, evidence: ['it answers without TLS'] })]
  })
}

/** TLS is wanted on both sides, and fails all the same. */
function judgeRefusal(name: string, knocks: readonly Knock[]): Finding[] {
  const at = knocks.find(({ answer, tls }) => tls?.wanted === true && !answer.ok && !NOBODY.test(codeOf(answer.error)))
  if (at === undefined || at.answer.ok) return []
  if (at.tls?.certificate.ok !== true) return [findingOf(at.answer.error, 'error', { node: name })]
  const message = `${name} ends the connection after the TLS handshake`
  const hint = 'It may ask for a certificate of ours: give --cert and --key, signed by an authority that it trusts.'
  return [finding('error', 'NODE_TLS', message, { node: name, hint, evidence: [reasonText(at.answer.error)] })]
}

const NOBODY = /^NODE_(REFUSED|CONNECT_TIMEOUT|UNREACHABLE)$/

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
      `subject ${subject}, issued by ${issuer}`,
      `valid ${validFrom} to ${validTo}`,
      `names: ${alternativeNames || 'none'}`,
    ]
    const wrong = (severity: 'error' | 'warning', what: string) =>
      finding(severity, 'DOCTOR_TLS_CERTIFICATE', `the certificate of ${name} ${what}`, { node: name, evidence })
    if (Date.parse(validTo) < now) return [wrong('error', `expired on ${validTo}`)]
    if (Date.parse(validFrom) > now) return [wrong('error', `is valid only from ${validFrom} on`)]
    if (!isFor(certificate, host)) return [wrong('error', `is not for the host ${host}`)]
    if (refusal !== undefined) return [wrong('error', `is not accepted: ${refusal.message}`)]
    const findings: Finding[] = []
    const missing = usages.length === 0 ? [] : [SERVER_AUTH, CLIENT_AUTH].filter((one) => !usages.includes(one))
    if (missing.length > 0) {
      const which = missing[0] === SERVER_AUTH ? 'serverAuth' : 'clientAuth'
      findings.push(wrong('warning', `may not be used for ${which}; a node is both server and client`))
    }
    if (Date.parse(validTo) - now < SOON_MS) findings.push(wrong('warning', `expires on ${validTo}`))
    return findings
  })
}

function isFor({ alternativeNames, subject }: ShownCertificate, host: string): boolean {
  const shown = { subject: { CN: subject }, subjectaltname: alternativeNames } as unknown as PeerCertificate
  return checkServerIdentity(isIP(host) === 0 ? host : host.toLowerCase(), shown) === undefined
}

async function certificates(context: DoctorContext): Promise<readonly CertificateFacts[]> {
  const shown = (await context.get(knocked)).flatMap(({ name, knocks }) =>
    knocks.flatMap(({ tls }) =>
      tls?.certificate.ok === true && tls.wanted
        ? [{ name, host: tls.host, certificate: tls.certificate.value, now: Date.now() }]
        : [],
    ),
  )
  if (shown.length === 0) throw new NotApplicable('no TLS')
  return shown
}

export const TLS_CHECKS: readonly Check[] = [
  check({
    id: 'D18',
    group: 'tls',
    title: 'TLS on both sides or on none',
    look: (context) => context.get(knocked),
    judge: judgeTlsMismatch,
  }),
  check({
    id: 'D19',
    group: 'tls',
    title: 'certificates fit',
    needs: ['D18'],
    look: certificates,
    judge: judgeCertificates,
  }),
]
