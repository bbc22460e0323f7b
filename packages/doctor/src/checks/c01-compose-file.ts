import { messageOf } from '@dynsrv/kit'
import { check } from '../check.ts'
import { hasReleaseSettings } from '../compose/compose-members.ts'
import { shownName } from '../compose/compose-project.ts'
import { type Finding, finding } from '../finding.ts'
import { type ComposeFacts, composeFacts } from '../probes/compose.ts'
import { words } from '../words.ts'
import { cutAt } from './c15-cut-commands.ts'

const COMPOSE_FILE = words('DOCTOR_COMPOSE_FILE', {
  happened: 'The Compose file cannot be read.',
  why: 'It is missing, is not YAML, has a $ that Compose does not understand, or has no services.',
  hint: 'Give the path of a docker-compose.yml that is valid YAML. A $ that is meant for the container is written $$.',
})

/** C01: a file that cannot be read, or that has no node in it. */
export function judgeComposeFile({ path, reading }: ComposeFacts): Finding[] {
  if (!reading.ok) {
    return [finding('error', COMPOSE_FILE, `${path} cannot be read: ${messageOf(reading.error)}`)]
  }
  const { members, own, project } = reading.value
  // A command that is cut off explains it, which C15 reports.
  if (members.length > 0 || project.services.some((service) => cutAt(reading.value, service) !== undefined)) return []
  const settings =
    'Set RELEASE_NODE, RELEASE_COOKIE and RELEASE_DISTRIBUTION at the services that are to form the cluster.'
  const isLeftOut = (own?.inactive.length ?? 0) > 0
  const hint = isLeftOut ? `Name the profiles to look at in COMPOSE_PROFILES. ${settings}` : settings
  const idle = project.services.filter(hasReleaseSettings).map(({ name }) => shownName(name))
  const why =
    idle.length === 0
      ? 'none that is started sets RELEASE_*'
      : `what ${idle.join(', ')} runs starts no node, whatever RELEASE_* says`
  return [finding('warning', COMPOSE_FILE, `no service of ${path} is a node: ${why}`, { hint })]
}

export const C01 = check({
  id: 'C01',
  group: 'compose',
  place: 1,
  title: 'the file can be read',
  words: [COMPOSE_FILE],
  look: (context) => context.get(composeFacts),
  judge: judgeComposeFile,
})
