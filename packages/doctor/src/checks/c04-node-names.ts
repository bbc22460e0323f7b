import { isIP } from 'node:net'
import { check } from '../check.ts'
import type { ComposeFile } from '../compose/compose-file.ts'
import { isLongName, membersOf, nodeOf } from '../compose/compose-members.ts'
import { type Finding, finding } from '../finding.ts'
import { soundCompose } from '../probes/compose.ts'
import { words } from '../words.ts'

const COMPOSE_NAME = words('DOCTOR_COMPOSE_NAME', {
  happened: 'RELEASE_NODE of a service does not name its own host.',
  why: 'Peers look up the part behind the @; when the container has another hostname they find nobody.',
  remedy: 'Let RELEASE_NODE end with @ and the hostname of the same service.',
})

/** RELEASE_NODE names another host than that of its own service. */
export function judgeNodeNames(file: ComposeFile): Finding[] {
  return membersOf(file).flatMap((one) => {
    const node = nodeOf(one)
    const { name, hostname, names } = one
    if (node === undefined || !isLongName(node.host) || isIP(node.host) !== 0) return []
    if (node.host === hostname || names.has(node.host)) return []
    const evidence = [`hostname: ${hostname ?? 'none'}`, `RELEASE_NODE: ${node.text}`]
    const message = `RELEASE_NODE of ${name} ends with ${node.host}, which is not its host`
    return [finding('error', COMPOSE_NAME, message, { evidence, node: name })]
  })
}

export const C04 = check({
  id: 'C04',
  group: 'compose',
  place: 4,
  title: 'RELEASE_NODE names its own host',
  needs: ['C01'],
  words: [COMPOSE_NAME],
  look: soundCompose,
  judge: ({ read }) => judgeNodeNames(read),
})
