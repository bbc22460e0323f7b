import { isIP } from 'node:net'
import { identifier } from '@dynsrv/kit'
import { check } from '../check.ts'
import type { ComposeFile } from '../compose/compose-file.ts'
import { isLongName, membersOf, nodeOf } from '../compose/compose-members.ts'
import { type Finding, finding } from '../finding.ts'
import { soundCompose } from '../probes/compose.ts'
import { words } from '../words.ts'

const COMPOSE_NAME = words('DOCTOR_COMPOSE_NAME', {
  happened: 'RELEASE_NODE of a service does not name its own host.',
  why: 'Peers look up the part behind the @. The container has another hostname, so they do not find it.',
  hint: 'End RELEASE_NODE with @ and the hostname of the same service.',
})

/** C04: RELEASE_NODE does not name the host of its own service. */
export function judgeNodeNames(file: ComposeFile): Finding[] {
  return membersOf(file).flatMap((one) => {
    const node = nodeOf(one)
    const { name, hostname, names } = one
    if (node === undefined || !isLongName(node.host) || isIP(node.host) !== 0) return []
    if (node.host === hostname || names.has(node.host)) return []
    const evidence = [`hostname: ${identifier(hostname ?? 'none')}`, `RELEASE_NODE: ${identifier(node.text)}`]
    const message = `RELEASE_NODE of ${identifier(name)} ends with ${identifier(node.host)}, which is not its host`
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
