import { identifier } from '@dynsrv/kit'
import { check } from '../check.ts'
import { type Finding, finding } from '../finding.ts'
import type { Incarnation } from '../incarnations.ts'
import { judgeIntroduction, SMALL_CREATION } from '../judge-introduction.ts'
import { incarnations } from '../probes/incarnations.ts'
import { introduced, introductions } from '../probes/introductions.ts'
import type { KnockedPeer } from '../probes/peers.ts'
import { words } from '../words.ts'

const CREATION_REPEATED = words('DOCTOR_CREATION_REPEATED', {
  happened: 'A node was restarted and has the creation that it had before.',
  why: 'Its epmd module chooses the creation, and chose the same again. Messages to processes of the old node reach new ones.',
  hint: 'Let register_node of its epmd module return -1, so that Erlang draws a random one.',
})

/** D15: creations that come again after a restart. */
export function judgeCreations(peers: readonly KnockedPeer[], lives: ReadonlyMap<string, Incarnation>): Finding[] {
  const repeated = [...lives].flatMap(([name, { creation, repeated: seen }]) =>
    seen === undefined
      ? []
      : [
          finding(
            'warning',
            CREATION_REPEATED,
            `${identifier(name)} was restarted and has creation ${creation} again: messages to old pids reach new processes`,
            { node: name, evidence: [seen] },
          ),
        ],
  )
  const known = new Set(repeated.map(({ node }) => node))
  const small = introductions(peers).flatMap(({ name, peer }) =>
    judgeIntroduction(name, peer)
      .filter(({ code }) => code === SMALL_CREATION.code && !known.has(name))
      .map(({ message, hint }) => finding('warning', SMALL_CREATION, message, { hint, node: name })),
  )
  return [...repeated, ...small]
}

export const D15 = check({
  id: 'D15',
  group: 'handshake',
  place: 6,
  title: 'creations that do not come again',
  words: [SMALL_CREATION, CREATION_REPEATED],
  look: async (context) => ({ peers: await introduced(context), lives: await context.get(incarnations) }),
  judge: ({ peers, lives }) => judgeCreations(peers, lives),
})
