import { identifier } from '@dynsrv/kit'
import { check } from '../check.ts'
import { type Finding, finding } from '../finding.ts'
import { addressText } from '../host.ts'
import { introduced } from '../probes/introductions.ts'
import type { KnockedPeer } from '../probes/peers.ts'
import { words } from '../words.ts'

export const DUPLICATE_NAME = words('DOCTOR_DUPLICATE_NAME', {
  happened: 'Two live nodes answer to one name.',
  why: 'Two instances were started under one name, or two records have the same label.',
  hint: 'Give each instance its own label, for instance from its allocation or pod.',
})

/** D14: two live nodes under one name. */
export function judgeDuplicates(peers: readonly KnockedPeer[]): Finding[] {
  return peers.flatMap(({ name, knocks }) => {
    const live = knocks.flatMap((at) =>
      at.answer.ok && at.answer.value.name === name ? [{ at, peer: at.answer.value }] : [],
    )
    const creations = new Set(live.map(({ peer }) => peer.creation))
    if (creations.size < 2) return []
    const evidence = live.map(({ at, peer }) => `${addressText(at)} has creation ${peer.creation}`)
    return [
      finding('error', DUPLICATE_NAME, `${creations.size} live nodes answer to ${identifier(name)}`, {
        evidence,
        node: name,
      }),
    ]
  })
}

export const D14 = check({
  id: 'D14',
  group: 'handshake',
  place: 5,
  title: 'one node for one name',
  words: [DUPLICATE_NAME],
  look: introduced,
  judge: judgeDuplicates,
})
