import { identifier } from '@dynsrv/kit'
import { check } from '../check.ts'
import type { ComposeFile } from '../compose/compose-file.ts'
import { membersOf } from '../compose/compose-members.ts'
import { type Finding, finding } from '../finding.ts'
import { soundCompose } from '../probes/compose.ts'
import { words } from '../words.ts'

const COMPOSE_DISTRIBUTION = words('DOCTOR_COMPOSE_DISTRIBUTION', {
  happened: 'A service of the Compose file does not use long names.',
  why: 'A release uses short names unless RELEASE_DISTRIBUTION is name. Erlang never connects short names to long ones.',
  hint: 'Set RELEASE_DISTRIBUTION: name at every service.',
})

/** C05: services that would use short names. */
export function judgeDistribution(file: ComposeFile): Finding[] {
  return membersOf(file).flatMap(({ name, environment, hasEnvironmentFile }) => {
    const distribution = environment.get('RELEASE_DISTRIBUTION')
    if (distribution === 'name' || (distribution === undefined && hasEnvironmentFile)) return []
    if (distribution?.includes('$') === true) return []
    const value = distribution === undefined ? 'is not set, which means short names' : `is ${identifier(distribution)}`
    const message = `RELEASE_DISTRIBUTION of ${identifier(name)} ${value}`
    return [finding('error', COMPOSE_DISTRIBUTION, message, { node: name })]
  })
}

export const C05 = check({
  id: 'C05',
  group: 'compose',
  place: 5,
  title: 'long names',
  needs: ['C01'],
  words: [COMPOSE_DISTRIBUTION],
  look: soundCompose,
  judge: ({ read }) => judgeDistribution(read),
})
