import { missingFlags } from '@dynsrv/dist-protocol'
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
  return [...old, ...failed(peers, /^DIST_(NOT_ALLOWED|FLAGS_MISSING)$/)]
}

/** D16, the part between peers: a new node refuses one that we take. */
export function judgeFlagsBetween(peers: readonly KnockedPeer[]): Finding[] {
  const all = introductions(peers).filter(({ peer }) => missingFlags(peer.flags).length === 0)
  const [strict] = all.filter(({ peer }) => STRICT.test(releaseByFlags(peer.flags)))
  if (strict === undefined) return []
  return all.flatMap(({ name, peer }) => {
    const missing = missingFlags(peer.flags, 29)
    if (missing.length === 0) return []
    const release = releaseByFlags(strict.peer.flags)
    const message = `${name} lacks ${missing.join(', ')}, which ${strict.name} (${release}) requires: the two refuse each other`
    const hint = 'Run OTP 25 or later there; nodes of dynsrv connect to both.'
    const evidence = [`${name} has the flags of ${releaseByFlags(peer.flags)}`]
    return [finding('error', 'DIST_FLAGS_MISSING', message, { evidence, hint, node: name })]
  })
}

/** Releases that are told by their flags and require more than OTP 25 does. */
const STRICT = /^OTP 2[89]$/

/** Peers of which no address introduced itself, by the first failure of this kind. */
function failed(peers: readonly KnockedPeer[], codes: RegExp): Finding[] {
  return peers.flatMap(({ name, knocks }) => {
    if (knocks.some(({ answer }) => answer.ok)) return []
    const at = knocks.find((one) => !one.answer.ok && codes.test(codeOf(one.answer.error)))
    if (at === undefined || at.answer.ok) return []
    const { message, ...found } = findingOf(at.answer.error, 'error', { node: name })
    return [{ ...found, message: `${name} at ${addressText(at)}: ${message}` }]
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
