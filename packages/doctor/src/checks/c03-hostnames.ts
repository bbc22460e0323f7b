import { identifier } from '@dynsrv/kit'
import { check } from '../check.ts'
import type { ComposeFile } from '../compose/compose-file.ts'
import { isLongName, membersOf, nodeOf } from '../compose/compose-members.ts'
import { type Finding, finding } from '../finding.ts'
import { soundCompose } from '../probes/compose.ts'
import { words } from '../words.ts'

const COMPOSE_HOSTNAME = words('DOCTOR_COMPOSE_HOSTNAME', {
  happened: 'A service of the Compose file has no hostname that a long node name can use.',
  why: 'Docker uses the container id as the host name, and a long node name needs a host with a dot.',
  hint: 'Give the service a hostname with a dot, such as api.my_network, and the same name as a network alias.',
})

/** C03: a host that Docker makes up, or one without a dot. */
export function judgeHostnames(file: ComposeFile): Finding[] {
  return membersOf(file).flatMap((one) => {
    const { name, hostname, names } = one
    const node = nodeOf(one)
    const host = node?.host ?? hostname
    if (
      host === undefined ||
      (hostname === undefined && node !== undefined && !names.has(node.host) && !isLongName(node.host))
    ) {
      const message = `${identifier(name)} has no hostname: Docker uses the container id, which other containers cannot look up`
      return [finding('error', COMPOSE_HOSTNAME, message, { node: name })]
    }
    if (isLongName(host) || one.environment.get('RELEASE_DISTRIBUTION') === 'sname') return []
    const message = `the host ${identifier(host)} of ${identifier(name)} has no dot, which a long node name needs`
    return [finding('error', COMPOSE_HOSTNAME, message, { node: name })]
  })
}

export const C03 = check({
  id: 'C03',
  group: 'compose',
  place: 3,
  title: 'hostnames with a dot',
  needs: ['C01'],
  words: [COMPOSE_HOSTNAME],
  look: soundCompose,
  judge: ({ read }) => judgeHostnames(read),
})
