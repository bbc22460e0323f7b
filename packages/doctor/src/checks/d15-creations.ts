import { check } from '../check.ts'
import { type Finding, finding } from '../finding.ts'
import { judgeIntroduction, SMALL_CREATION } from '../judge-introduction.ts'
import { introduced, introductions } from '../probes/introductions.ts'
import type { KnockedPeer } from '../probes/peers.ts'

/** D15: creations that come again after a restart. */
export function judgeCreations(peers: readonly KnockedPeer[]): Finding[] {
  return introductions(peers).flatMap(({ name, peer }) =>
    judgeIntroduction(name, peer)
      .filter(({ code }) => code === 'DYNSRV_SMALL_CREATION')
      .map(({ message, hint }) => finding('warning', SMALL_CREATION, message, { hint, node: name })),
  )
}

export const D15 = check({
  id: 'D15',
  group: 'handshake',
  place: 6,
  title: 'creations that do not come again',
  words: [SMALL_CREATION],
  look: introduced,
  judge: judgeCreations,
})
