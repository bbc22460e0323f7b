import { messageOf } from '@dynsrv/kit'
import { check } from '../check.ts'
import { membersOf } from '../compose/compose-members.ts'
import { type Finding, finding } from '../finding.ts'
import { type ComposeFacts, composeFacts } from '../probes/compose.ts'
import { words } from '../words.ts'

const COMPOSE_FILE = words('DOCTOR_COMPOSE_FILE', {
  happened: 'The Compose file cannot be read.',
  why: 'It is missing, is not YAML, or has no services.',
  hint: 'Give the path of a docker-compose.yml that is valid YAML.',
})

/** C01: a file that cannot be read, or that has no node in it. */
export function judgeComposeFile({ path, file }: ComposeFacts): Finding[] {
  if (!file.ok) {
    return [finding('error', COMPOSE_FILE, `${path} cannot be read: ${messageOf(file.error)}`)]
  }
  if (membersOf(file.value.read).length > 0) return []
  const hint = 'Set RELEASE_NODE, RELEASE_COOKIE and RELEASE_DISTRIBUTION at the services that are to form the cluster.'
  return [finding('warning', COMPOSE_FILE, `no service of ${path} is a node: none sets RELEASE_*`, { hint })]
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
