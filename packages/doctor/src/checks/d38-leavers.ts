import { identifier } from '@dynsrv/kit'
import { check } from '../check.ts'
import { type Finding, finding } from '../finding.ts'
import { hostOf } from '../host.ts'
import { type BeamFacts, beams } from '../probes/links.ts'
import { members } from '../probes/members.ts'
import { isThrowAway } from '../throw-away-name.ts'
import { words } from '../words.ts'

const LEAVER_CONNECTED = words('DOCTOR_LEAVER_CONNECTED', {
  happened: 'A node that is no longer registered is still connected.',
  why: 'It keeps dialling after its record was removed.',
  hint: 'When it leaves, stop its discovery first: drain() of dynsrv does that.',
})

/** What is registered, and which nodes are connected. */
export interface LeaverFacts {
  readonly services: readonly string[]
  readonly members: readonly string[]
  readonly beams: readonly BeamFacts[]
}

/** D38: nodes of the service that are connected, but not registered. */
export function judgeLeavers({ services, members: registered, beams: all }: LeaverFacts): Finding[] {
  const known = new Set(registered.map((name) => name.toLowerCase()))
  const hosts = services.map((service) => service.toLowerCase())
  const leavers = new Map<string, string[]>()
  for (const { name, visible, hidden } of all) {
    for (const peer of [...visible, ...hidden]) {
      const host = hostOf(peer).toLowerCase()
      if (!hosts.includes(host) || known.has(peer.toLowerCase()) || isVisitor(peer)) continue
      leavers.set(peer, [...(leavers.get(peer) ?? []), name])
    }
  }
  return [...leavers].map(([peer, seenBy]) =>
    finding('warning', LEAVER_CONNECTED, `${identifier(peer)} is connected, but no record names it`, {
      node: peer,
      evidence: [`connected to ${seenBy.map(identifier).join(', ')}`],
    }),
  )
}

/** Nodes of release scripts and of our own commands, which never register. */
function isVisitor(name: string): boolean {
  return isThrowAway(name) || /^(rpc|rem)-[0-9a-f]+-/i.test(name)
}

export const D38 = check({
  id: 'D38',
  group: 'membership',
  place: 3,
  title: 'connected nodes are registered',
  needs: ['D42', 'D35', 'D28', 'D29'],
  words: [LEAVER_CONNECTED],
  look: async (context) => ({
    services: context.options.services,
    members: (await context.get(members)).map(({ name }) => name),
    beams: await context.get(beams),
  }),
  judge: judgeLeavers,
})
