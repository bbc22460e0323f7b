import type { MemberState } from './context.ts'
import { type Finding, finding } from './finding.ts'

/** How often a member must change before it flaps: to go and to come back. */
const CHANGES = 2

const WORDS = { listed: 'there', answers: 'answered', silent: 'did not answer', gone: 'had no record' } as const

/** D35, with the rounds before: members that come and go. */
export function judgeFlapping(rounds: readonly ReadonlyMap<string, MemberState>[]): Finding[] {
  const names = new Set(rounds.flatMap((round) => [...round.keys()]))
  return [...names].toSorted().flatMap((name) => {
    const first = rounds.findIndex((round) => round.has(name))
    const seen = rounds.slice(first).map((round) => round.get(name) ?? 'gone')
    const turns = seen.filter((state, at) => at === 0 || state !== seen[at - 1])
    if (turns.length <= CHANGES) return []
    const evidence = [`in the last ${rounds.length} rounds it ${turns.map((state) => WORDS[state]).join(', ')}`]
    return [finding('warning', 'DOCTOR_MEMBER_FLAPS', `${name} comes and goes`, { evidence, node: name })]
  })
}
