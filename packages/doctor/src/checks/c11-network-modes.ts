import { check } from '../check.ts'
import { clustersOf, finds, isOffNetworks, knownHost, type Member } from '../compose/compose-members.ts'
import { type ComposeProject, shownName } from '../compose/compose-project.ts'
import { isLoopback, namedBy, sharesStack, stackOf } from '../compose/docker-dns.ts'
import { type Finding, finding } from '../finding.ts'
import { type ComposeReading, soundCompose } from '../probes/compose.ts'
import { words } from '../words.ts'

const COMPOSE_NETWORK_MODE = words('DOCTOR_COMPOSE_NETWORK_MODE', {
  happened: 'A service of the Compose file has a network_mode with which it takes no part in the DNS of the others.',
  why: 'Docker answers names on networks that are made for the purpose. The modes host, none and bridge have no names there.',
  hint: 'Take network_mode away, and list the network of the others under networks:.',
})

/** C11: network modes that keep a node out of Docker's DNS. */
export function judgeNetworkModes({ project, members }: ComposeReading): Finding[] {
  return clustersOf(project, members).flatMap((cluster) =>
    cluster.flatMap((member) => {
      const others = cluster.filter((one) => one !== member && !sharesStack(project, one.service, member.service))
      return isOffNetworks(project, member) ? judgeMember(project, member, others) : []
    }),
  )
}

function judgeMember(project: ComposeProject, member: Member, others: readonly Member[]): Finding[] {
  const { service } = member
  const { networkMode = 'none' } = stackOf(project, service)
  const name = shownName(service.name)
  const mode = `network_mode: ${shownName(networkMode)}`
  const node = service.name
  if (networkMode === 'host') return judgeOnMachine(project, member, others, `${name} has ${mode}`)
  if (others.length === 0 || others.every((one) => finds(project, one, member) === true)) return []
  if (networkMode === 'none') {
    return [
      finding('error', COMPOSE_NETWORK_MODE, `${name} has ${mode}: it has no network, and nobody reaches it`, { node }),
    ]
  }
  if (networkMode !== 'bridge' && networkMode !== 'default') return []
  const message = `${name} has ${mode}: on Docker's default bridge no names are known, its own and those of the others`
  return [finding('error', COMPOSE_NETWORK_MODE, message, { node })]
}

/** On the machine's own network: it can be dialled by an address of the machine, and looks up what the machine knows. */
function judgeOnMachine(project: ComposeProject, member: Member, others: readonly Member[], who: string): Finding[] {
  const host = knownHost(member)
  const node = member.service.name
  if (host === undefined || isLoopback(host)) return []
  const lost = others.filter((one) => finds(project, one, member) === false)
  if (lost.length > 0) {
    const message = `${who}, so Docker's DNS does not tell ${shownName(lost[0]!.service.name)} who ${shownName(host)} is`
    const hint = 'Take network_mode away, or name the node by an address of the machine.'
    return [finding('error', COMPOSE_NETWORK_MODE, message, { node, hint })]
  }
  if (others.length === 0) {
    if (namedBy(project, host).length === 0) return []
    const message = `${who}: ${shownName(host)} is looked up as the machine does, not in Docker's DNS`
    return [
      finding('warning', COMPOSE_NETWORK_MODE, message, {
        node,
        hint: `Write ${shownName(host)} into the machine's hosts file, or name the node by an address.`,
      }),
    ]
  }
  const deaf = others.filter((one) => finds(project, member, one) === false).map((one) => shownName(one.service.name))
  if (deaf.length === 0) return []
  const message = `${who}, where Docker's DNS is not asked: it does not find ${deaf.join(', ')}, who must dial it`
  return [finding('warning', COMPOSE_NETWORK_MODE, message, { node })]
}

export const C11 = check({
  id: 'C11',
  group: 'compose',
  place: 5,
  title: "modes that have Docker's DNS",
  needs: ['C01'],
  words: [COMPOSE_NETWORK_MODE],
  look: soundCompose,
  judge: judgeNetworkModes,
})
