import { attempt } from '../attempt.ts'
import { type Check, check, NotApplicable } from '../check.ts'
import { type Finding, finding } from '../finding.ts'
import { judgeFlapping } from '../judge-flapping.ts'
import { answers, type ServiceAnswer } from '../probes/dns.ts'
import { type BeamFacts, beams } from '../probes/links.ts'
import { type Member, members } from '../probes/members.ts'
import { ownName } from '../probes/own.ts'
import { memberStates } from '../probes/rounds.ts'
import { isThrowAway } from '../throw-away-name.ts'

/** What discovery finds. */
export interface DiscoveryFacts {
  readonly answers: readonly ServiceAnswer[]
  readonly members: readonly Pick<Member, 'name' | 'service'>[]
  readonly self: string | undefined
}

/** D35: discovery that works and finds nobody. */
export function judgeDiscovery({ answers: all, members: found, self }: DiscoveryFacts): Finding[] {
  return all.flatMap(({ service, answer }) => {
    if (!answer.ok) return []
    const { empty, server, records } = answer.value
    if (empty === 'nxdomain') {
      const evidence = [`asked for the SRV records of ${service}: NXDOMAIN`]
      return [finding('error', 'DOCTOR_SERVICE_UNKNOWN', `${server} knows no name ${service}`, { evidence })]
    }
    if (records.length === 0) {
      const evidence = [
        `${server}: ${empty === 'absent' ? 'the zone says that it is not offered' : 'the name is there, but has no SRV record'}`,
      ]
      return [finding('error', 'DOCTOR_NO_MEMBERS', `${service} names nobody`, { evidence })]
    }
    const own = found.filter((one) => one.service === service)
    if (own.length !== 1 || own[0]!.name.toLowerCase() !== self) return []
    const evidence = [`${server} answers with ${records.length === 1 ? 'one record' : `${records.length} records`}`]
    return [finding('warning', 'DOCTOR_ALONE', `${service} names this node alone`, { evidence })]
  })
}

/** What is registered, and who is connected to whom. */
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
      const host = peer.slice(peer.lastIndexOf('@') + 1).toLowerCase()
      if (!hosts.includes(host) || known.has(peer.toLowerCase()) || isVisitor(peer)) continue
      leavers.set(peer, [...(leavers.get(peer) ?? []), name])
    }
  }
  return [...leavers].map(([peer, seenBy]) =>
    finding('warning', 'DOCTOR_LEAVER_CONNECTED', `${peer} is connected, but no record names it`, {
      node: peer,
      evidence: [`connected to ${seenBy.join(', ')}`],
    }),
  )
}

/** Nodes of release scripts and of our own commands, which never register. */
function isVisitor(name: string): boolean {
  return isThrowAway(name) || /^(rpc|rem)-[0-9a-f]+-/i.test(name)
}

export const MEMBERSHIP_CHECKS: readonly Check[] = [
  check({
    id: 'D35',
    group: 'membership',
    title: 'discovery finds somebody, who stays',
    needs: ['D42', 'D34', 'D01', 'D25'],
    look: async (context) => {
      if (context.options.services.length === 0) throw new NotApplicable('no service to look for')
      const own = await attempt(context.get(ownName))
      const self = own.ok && own.value.parsed.ok ? own.value.parsed.value.name.toLowerCase() : undefined
      const { rounds } = context.options
      const now = rounds === undefined ? undefined : await context.get(memberStates)
      const discovery = { answers: await context.get(answers), members: await context.get(members), self }
      return { discovery, rounds: [...(rounds ?? []), ...(now === undefined ? [] : [now])] }
    },
    judge: ({ discovery, rounds }) => [...judgeDiscovery(discovery), ...judgeFlapping(rounds)],
  }),
  check({
    id: 'D38',
    group: 'membership',
    title: 'who is connected is registered',
    needs: ['D42', 'D35', 'D28', 'D29'],
    look: async (context) => ({
      services: context.options.services,
      members: (await context.get(members)).map(({ name }) => name),
      beams: await context.get(beams),
    }),
    judge: judgeLeavers,
  }),
]
