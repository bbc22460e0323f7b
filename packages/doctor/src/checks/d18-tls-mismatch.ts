import { reasonText } from '@dynsrv/cluster'
import { identifier } from '@dynsrv/kit'
import { check } from '../check.ts'
import { type Finding, finding, findingOf } from '../finding.ts'
import { isUnconnected } from '../probes/handshake.ts'
import { type Knock, type KnockedPeer, knocked } from '../probes/peers.ts'
import { words } from '../words.ts'

const TLS_MISMATCH = words('DOCTOR_TLS_MISMATCH', {
  happened: 'One side uses TLS for its links, the other plain TCP.',
  why: 'The node was started with -proto_dist inet_tls and this side without, or the other way round.',
  hint: 'Use TLS on both sides (here: --tls) or on neither.',
})

/** D18: one side uses TLS, the other does not. */
export function judgeTlsMismatch(peers: readonly KnockedPeer[]): Finding[] {
  return peers.flatMap(({ name, knocks }) => {
    if (knocks.some(({ answer }) => answer.ok)) return []
    const looks = knocks.flatMap(({ tls }) => tls ?? [])
    if (looks.some(({ wanted, certificate }) => !wanted && certificate.ok)) {
      const message = `${identifier(name)} expects TLS (-proto_dist inet_tls), and this side uses plain TCP`
      return [finding('error', TLS_MISMATCH, message, { node: name, evidence: ['it answers a TLS hello'] })]
    }
    if (!looks.some(({ plainAnswers }) => plainAnswers === true)) return judgeRefusal(name, knocks)
    const message = `${identifier(name)} uses plain TCP, and this side wants TLS (--tls)`
    return [finding('error', TLS_MISMATCH, message, { node: name, evidence: ['it answers without TLS'] })]
  })
}

/** Both sides want TLS, and it fails. */
function judgeRefusal(name: string, knocks: readonly Knock[]): Finding[] {
  const at = knocks.find(({ answer, tls }) => tls?.wanted === true && !answer.ok && !isUnconnected(answer.error))
  if (at === undefined || at.answer.ok) return []
  if (at.tls?.certificate.ok !== true) return [findingOf(at.answer.error, 'error', { node: name })]
  const message = `${identifier(name)} closes the connection after the TLS handshake`
  const hint = 'It may ask for a certificate: give --cert and --key, signed by an authority that it trusts.'
  return [finding('error', 'NODE_TLS', message, { node: name, hint, evidence: [reasonText(at.answer.error)] })]
}

export const D18 = check({
  id: 'D18',
  group: 'tls',
  place: 1,
  title: 'TLS on both sides or on neither',
  words: [TLS_MISMATCH],
  look: (context) => context.get(knocked),
  judge: judgeTlsMismatch,
})
