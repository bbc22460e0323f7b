import { check } from '../check.ts'
import { clustersOf, isLongName, knownHost, type Member } from '../compose/compose-members.ts'
import { shownName } from '../compose/compose-project.ts'
import { unsetIn } from '../compose/variables.ts'
import { type Finding, finding } from '../finding.ts'
import { type ComposeReading, lacksVariables, soundCompose } from '../probes/compose.ts'
import { words } from '../words.ts'

const COMPOSE_DISTRIBUTION = words('DOCTOR_COMPOSE_DISTRIBUTION', {
  happened: 'Services of the Compose file mix short and long names.',
  why: 'A release uses short names unless RELEASE_DISTRIBUTION is name. Erlang refuses a short name whose host has a dot, and never connects short names to long ones.',
  hint: 'Set RELEASE_DISTRIBUTION: name at every service.',
})

/** C05: short names with a long host, or beside long ones. */
export function judgeDistribution(reading: ComposeReading): Finding[] {
  const { project, members } = reading
  return clustersOf(project, members).flatMap((cluster) => {
    const long = cluster.filter(({ distribution }) => distribution === 'name')
    return cluster.flatMap((member): Finding[] => {
      const { service, distribution, distributionSetting: setting } = member
      const isUnknown = setting === undefined ? lacksVariables(reading, service.name) : unsetIn(setting).length > 0
      if (distribution === 'name' || isUnknown) return []
      const name = shownName(service.name)
      const value = setting === undefined ? 'is not set, which means short names' : `is ${shownName(setting)}`
      const because = reason(member, long)
      if (setting !== undefined && setting !== 'sname') {
        return [
          finding('error', COMPOSE_DISTRIBUTION, `RELEASE_DISTRIBUTION of ${name} ${value}`, { node: service.name }),
        ]
      }
      if (because === undefined) return []
      const message = `RELEASE_DISTRIBUTION of ${name} ${value}, but ${because}`
      return [finding('error', COMPOSE_DISTRIBUTION, message, { node: service.name })]
    })
  })
}

/** What speaks against short names. */
function reason(member: Member, long: readonly Member[]): string | undefined {
  const host = knownHost(member)
  if (host !== undefined && isLongName(host)) return `its host ${shownName(host)} makes a long name`
  return long.length === 0 ? undefined : `${shownName(long[0]!.service.name)} uses long names`
}

export const C05 = check({
  id: 'C05',
  group: 'compose',
  place: 7,
  title: 'short or long names, not both',
  needs: ['C01'],
  words: [COMPOSE_DISTRIBUTION],
  look: soundCompose,
  judge: judgeDistribution,
})
