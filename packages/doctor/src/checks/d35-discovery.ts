import { identifier } from '@dynsrv/kit'
import { attempt } from '../attempt.ts'
import { check, NotApplicable } from '../check.ts'
import type { MemberState } from '../context.ts'
import { type Finding, finding } from '../finding.ts'
import { answers, type ServiceAnswer } from '../probes/dns.ts'
import { type Member, members } from '../probes/members.ts'
import { ownName } from '../probes/own.ts'
import { memberStates } from '../probes/rounds.ts'
import { words } from '../words.ts'

const SERVICE_UNKNOWN = words('DOCTOR_SERVICE_UNKNOWN', {
  happened: 'The DNS server does not know the name of the service.',
  why: 'The name is misspelled, nothing is registered, or this server does not serve the zone.',
  hint: 'Compare the name with the registration, letter by letter, and the DNS server with that of the registry.',
})

const NO_MEMBERS = words('DOCTOR_NO_MEMBERS', {
  happened: 'Discovery works and finds no members.',
  why: 'The name is misspelled, nothing is registered, or the selector of the service matches nothing.',
  hint: 'Compare the name with the registration, and the labels of the instances with the selector.',
})

const ALONE = words('DOCTOR_ALONE', {
  happened: 'Discovery works and finds only this node.',
  why: 'The others are not registered yet, are unhealthy, or are registered under another service.',
  hint: 'Start the others, and look at how they register: under the same service name, with passing health checks.',
})

const MEMBER_FLAPS = words('DOCTOR_MEMBER_FLAPS', {
  happened: 'A member comes and goes while the doctor watches.',
  why: 'Its health check fails now and then, it restarts again and again, or the network to it breaks.',
  hint: 'Read the log of that node and look at its health check: what happens when it goes?',
})

/** What discovery finds. */
export interface DiscoveryFacts {
  readonly answers: readonly ServiceAnswer[]
  readonly members: readonly Pick<Member, 'name' | 'service'>[]
  readonly self: string | undefined
}

/** D35: discovery that works and finds no members. */
export function judgeDiscovery({ answers: all, members: found, self }: DiscoveryFacts): Finding[] {
  return all.flatMap(({ service, answer }) => {
    if (!answer.ok) return []
    const { empty, server, records } = answer.value
    if (empty === 'nxdomain') {
      const evidence = [`asked for the SRV records of ${service}: NXDOMAIN`]
      return [finding('error', SERVICE_UNKNOWN, `${server} does not know the name ${service}`, { evidence })]
    }
    if (records.length === 0) {
      const evidence = [
        `${server}: ${empty === 'absent' ? 'the zone says that the service is not offered' : 'the name exists, but has no SRV record'}`,
      ]
      return [finding('error', NO_MEMBERS, `${service} lists no members`, { evidence })]
    }
    const own = found.filter((one) => one.service === service)
    if (own.length !== 1 || own[0]!.name.toLowerCase() !== self) return []
    const evidence = [`${server} answers with ${records.length === 1 ? 'one record' : `${records.length} records`}`]
    return [finding('warning', ALONE, `${service} lists only this node`, { evidence })]
  })
}

/** A member that changes more often than this flaps: it may go and come back once. */
const CHANGES = 2

const STATES = { listed: 'there', answers: 'answered', silent: 'did not answer', gone: 'had no record' } as const

/** D35, with the rounds before: members that come and go. */
export function judgeFlapping(rounds: readonly ReadonlyMap<string, MemberState>[]): Finding[] {
  const names = new Set(rounds.flatMap((round) => [...round.keys()]))
  return [...names].toSorted().flatMap((name) => {
    const first = rounds.findIndex((round) => round.has(name))
    const seen = rounds.slice(first).map((round) => round.get(name) ?? 'gone')
    const turns = seen.filter((state, at) => at === 0 || state !== seen[at - 1])
    if (turns.length <= CHANGES) return []
    const evidence = [`in the last ${rounds.length} rounds it ${turns.map((state) => STATES[state]).join(', ')}`]
    return [finding('warning', MEMBER_FLAPS, `${identifier(name)} comes and goes`, { evidence, node: name })]
  })
}

export const D35 = check({
  id: 'D35',
  group: 'membership',
  place: 2,
  title: 'discovery finds members that stay',
  needs: ['D42', 'D34', 'D01', 'D25'],
  words: [SERVICE_UNKNOWN, NO_MEMBERS, ALONE, MEMBER_FLAPS],
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
})
