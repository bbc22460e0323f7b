import { NotApplicable } from '../check.ts'
import type { DoctorContext } from '../context.ts'
import type { Introduction } from './handshake.ts'
import { type Knock, type KnockedPeer, knocked } from './peers.ts'

/** A peer with how it introduced itself, and where. */
export interface Introduced {
  readonly name: string
  readonly at: Knock
  readonly peer: Introduction
}

/** The best introduction of each peer: the right one where there is one, else the first. */
export function introductions(peers: readonly KnockedPeer[]): Introduced[] {
  return peers.flatMap(({ name, knocks, good }) => {
    const at = good ?? knocks.find(({ answer }) => answer.ok)
    return at?.answer.ok === true ? [{ name, at, peer: at.answer.value }] : []
  })
}

/** The peers that were knocked at. @throws {NotApplicable} when none of them introduced itself */
export async function introduced(context: DoctorContext): Promise<readonly KnockedPeer[]> {
  const peers = await context.get(knocked)
  if (!peers.some(({ knocks }) => knocks.some(({ answer }) => answer.ok))) throw new NotApplicable('no peer answers')
  return peers
}
