import { check } from '../check.ts'
import { clustersOf, isLongName, knownHost } from '../compose/compose-members.ts'
import { shownName } from '../compose/compose-project.ts'
import { isLoopback, sharesStack } from '../compose/docker-dns.ts'
import { type Finding, finding } from '../finding.ts'
import { type ComposeReading, soundCompose } from '../probes/compose.ts'
import { words } from '../words.ts'

const COMPOSE_LOOPBACK = words('DOCTOR_COMPOSE_LOOPBACK', {
  happened: 'A node of the Compose file is named by a loopback address.',
  why: 'In another container, localhost and 127.0.0.1 are that container itself.',
  hint: 'End RELEASE_NODE with the hostname of the service, which Docker resolves for the others.',
})

/** C12: nodes at `localhost` or `127.0.0.1`, which only those find that have the same network stack. */
export function judgeLoopbackNames({ project, members }: ComposeReading): Finding[] {
  return clustersOf(project, members).flatMap((cluster) =>
    cluster.flatMap((member): Finding[] => {
      const { service, node, distribution } = member
      const host = knownHost(member)
      if (host === undefined || !isLoopback(host) || isLongName(host) !== (distribution === 'name')) return []
      const others = cluster.filter((one) => one !== member)
      const lost = others.filter((one) => !sharesStack(project, one.service, service))
      const name = shownName(node!.text)
      if (lost.length > 0) {
        const who = shownName(lost[0]!.service.name)
        const message = `the node of ${shownName(service.name)} is ${name}, and ${shownName(host)} is ${who} itself where ${who} looks it up`
        return [finding('error', COMPOSE_LOOPBACK, message, { node: service.name })]
      }
      if (others.length === 0) return []
      const message = `${name} of ${shownName(service.name)} is found on this machine only`
      const hint = 'Name the node by an address of the machine when nodes of other machines are to join.'
      return [finding('info', COMPOSE_LOOPBACK, message, { node: service.name, hint })]
    }),
  )
}

export const C12 = check({
  id: 'C12',
  group: 'compose',
  place: 7,
  title: 'no loopback addresses as hosts',
  needs: ['C01'],
  words: [COMPOSE_LOOPBACK],
  look: soundCompose,
  judge: judgeLoopbackNames,
})
