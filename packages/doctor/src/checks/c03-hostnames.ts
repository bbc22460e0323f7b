import { check } from '../check.ts'
import {
  clustersOf,
  isLongName,
  isOffNetworks,
  isOpen,
  queriesOf,
  takesShellHostname,
} from '../compose/compose-members.ts'
import { shownName } from '../compose/compose-project.ts'
import { type Finding, finding } from '../finding.ts'
import { type ComposeReading, lacksVariables, soundCompose } from '../probes/compose.ts'
import { words } from '../words.ts'

const COMPOSE_HOSTNAME = words('DOCTOR_COMPOSE_HOSTNAME', {
  happened: 'A service of the Compose file has no hostname that a long node name can use.',
  why: 'Docker uses the container id as the host name. Erlang dials no long name whose host has no dot.',
  hint: 'Give the service a hostname with a dot, such as api.my_network, and end its RELEASE_NODE with the same name.',
})

/** C03: long names whose host Docker makes up, or has no dot. Short names may have either: Docker resolves them. */
export function judgeHostnames(reading: ComposeReading): Finding[] {
  const { project, members, written } = reading
  return clustersOf(project, members).flatMap((cluster) =>
    cluster.flatMap((member): Finding[] => {
      const { service, node, distribution } = member
      if (distribution === 'sname' || takesShellHostname(written, member)) return []
      // Those that are found by address are named by address, which the image does when it starts.
      const isNamedByImage = node === undefined && queriesOf(service).length > 0
      if (isNamedByImage || (node === undefined && lacksVariables(reading, service.name))) return []
      const name = shownName(service.name)
      const host = node === undefined ? service.hostname : node.host
      if (host === undefined) {
        if (node?.isContainerId === false || isOffNetworks(project, member)) return []
        const message = `${name} has no hostname: Docker uses the container id, which has no dot and changes with each container`
        return [finding('error', COMPOSE_HOSTNAME, message, { node: service.name })]
      }
      if (isOpen(host) || isLongName(host)) return []
      const message = `the host ${shownName(host)} of ${name} has no dot, which a long node name needs`
      // Alone it starts; only who dials it is refused.
      return [finding(cluster.length > 1 ? 'error' : 'warning', COMPOSE_HOSTNAME, message, { node: service.name })]
    }),
  )
}

export const C03 = check({
  id: 'C03',
  group: 'compose',
  place: 6,
  title: 'hostnames with a dot',
  needs: ['C01'],
  words: [COMPOSE_HOSTNAME],
  look: soundCompose,
  judge: judgeHostnames,
})
