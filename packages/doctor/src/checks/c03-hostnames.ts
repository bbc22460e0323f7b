import { check } from '../check.ts'
import type { ComposeFile } from '../compose/compose-file.ts'
import { isLongName, membersOf, nodeOf } from '../compose/compose-members.ts'
import { type Finding, finding } from '../finding.ts'
import { soundCompose } from '../probes/compose.ts'
import { words } from '../words.ts'

const COMPOSE_HOSTNAME = words('DOCTOR_COMPOSE_HOSTNAME', {
  happened: 'A service of the Compose file has no hostname that a long node name can use.',
  why: 'Docker makes up a container id as host name, and a long node name needs a host with a dot.',
  remedy: 'Give the service a hostname with a dot, such as api.my_network, and the same as a network alias.',
})

/** Lessons D03 and D11: a host that Docker makes up, or one without a dot. */
export function judgeHostnames(file: ComposeFile): Finding[] {
  return membersOf(file).flatMap((one) => {
    const { name, hostname, names } = one
    const node = nodeOf(one)
    const host = node?.host ?? hostname
    if (
      host === undefined ||
      (hostname === undefined && node !== undefined && !names.has(node.host) && !isLongName(node.host))
    ) {
      const message = `${name} has no hostname: Docker makes up a container id, which nobody can look up`
      return [finding('error', COMPOSE_HOSTNAME, message, { node: name })]
    }
    if (isLongName(host) || one.environment.get('RELEASE_DISTRIBUTION') === 'sname') return []
    const message = `the host ${host} of ${name} has no dot, which a long node name needs`
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
