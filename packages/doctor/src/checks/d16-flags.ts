import { type DistErrorCode, missingFlags } from '@dynsrv/dist-protocol'
import { identifier } from '@dynsrv/kit'
import { codeOf } from '../attempt.ts'
import { check } from '../check.ts'
import { type Finding, finding, findingOf } from '../finding.ts'
import { addressText } from '../host.ts'
import { judgeIntroduction } from '../judge-introduction.ts'
import { releaseByFlags } from '../kind-of-node.ts'
import { introductions } from '../probes/introductions.ts'
import { type KnockedPeer, knocked } from '../probes/peers.ts'

/** D16: peers that are too old, or refuse our flags. */
export function judgeFlags(peers: readonly KnockedPeer[]): Finding[] {
  const tooOld = introductions(peers).flatMap(({ name, peer }) =>
    judgeIntroduction(name, peer).filter(({ code }) => code === 'DIST_FLAGS_MISSING'),
  )
  const old = tooOld.map(({ message, hint }) => finding('error', 'DIST_FLAGS_MISSING', message, { hint }))
  return [...old, ...failed(peers)]
}

/** D16, the part between peers: a new node refuses an old one that we accept. */
export function judgeFlagsBetween(peers: readonly KnockedPeer[]): Finding[] {
  const all = introductions(peers).filter(({ peer }) => missingFlags(peer.flags).length === 0)
  const [strict] = all.filter(({ peer }) => STRICT.has(releaseByFlags(peer.flags)))
  if (strict === undefined) return []
  return all.flatMap(({ name, peer }) => {
    const missing = missingFlags(peer.flags, 29)
    if (missing.length === 0) return []
    const release = releaseByFlags(strict.peer.flags)
    const message = `${identifier(name)} lacks ${missing.join(', ')}, which ${identifier(strict.name)} (${release}) requires: the two refuse each other`
    const hint = 'Run OTP 25 or later there. Nodes of dynsrv connect to both.'
    const evidence = [`${identifier(name)} has the flags of ${releaseByFlags(peer.flags)}`]
    return [finding('error', 'DIST_FLAGS_MISSING', message, { evidence, hint, node: name })]
  })
}

/** Releases that require more flags than OTP 25 does. */
const STRICT: ReadonlySet<string> = new Set(['OTP 28', 'OTP 29'])

/** Refusals that are about flags. */
const FLAG_CODES: ReadonlySet<string> = new Set<DistErrorCode>(['DIST_NOT_ALLOWED', 'DIST_FLAGS_MISSING'])

/** Peers that did not introduce themselves at any address, with the first refusal that is about flags. */
function failed(peers: readonly KnockedPeer[]): Finding[] {
  return peers.flatMap(({ name, knocks }) => {
    if (knocks.some(({ answer }) => answer.ok)) return []
    const at = knocks.find((one) => !one.answer.ok && FLAG_CODES.has(codeOf(one.answer.error)))
    if (at === undefined || at.answer.ok) return []
    const { message, ...found } = findingOf(at.answer.error, 'error', { node: name })
    return [{ ...found, message: `${identifier(name)} at ${addressText(at)}: ${message}` }]
  })
}

export const D16 = check({
  id: 'D16',
  group: 'handshake',
  place: 2,
  title: 'flags that both sides need',
  look: (context) => context.get(knocked),
  judge: (peers) => [...judgeFlags(peers), ...judgeFlagsBetween(peers)],
})
