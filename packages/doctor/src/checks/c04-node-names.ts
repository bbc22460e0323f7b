import { isIP } from 'node:net'
import { ipText } from '@dynsrv/kit'
import { check } from '../check.ts'
import {
  finds,
  isLongName,
  isOffNetworks,
  knownHost,
  type Member,
  takesShellHostname,
} from '../compose/compose-members.ts'
import { type ComposeProject, shownName } from '../compose/compose-project.ts'
import {
  isAmong,
  isLoopback,
  meaningOf,
  namedBy,
  namesOn,
  sharedNetworks,
  sharesStack,
  stackOf,
} from '../compose/docker-dns.ts'
import { isInSubnet } from '../compose/subnet.ts'
import { type Finding, type FindingDetails, finding } from '../finding.ts'
import { type ComposeReading, lacksServices, soundCompose } from '../probes/compose.ts'
import { words } from '../words.ts'

const COMPOSE_NAME = words('DOCTOR_COMPOSE_NAME', {
  happened: "Docker's DNS does not resolve the host of a node name to its service.",
  why: 'Peers look up the part behind the @. Docker knows services, containers, aliases and hostnames, alone or with the real name of a shared network behind.',
  hint: 'End RELEASE_NODE with @ and the hostname of the same service.',
})

/** C04: node names whose host Docker's DNS does not know as that of their service. */
export function judgeNodeNames(reading: ComposeReading): Finding[] {
  const { project, members, written } = reading
  return members.flatMap((member): Finding[] => {
    if (/["']/.test(member.node?.text ?? '')) return [quoted(member)]
    const host = knownHost(member)
    if (host === undefined || isLoopback(host) || isOffNetworks(project, member)) return []
    // Erlang refuses these before anybody looks them up.
    if (isLongName(host) !== (member.distribution === 'name') || takesShellHostname(written, member)) return []
    if (lacksServices(reading) && namedBy(project, host).length === 0) return []
    const strange = strangeAddress(project, member, host)
    if (strange !== undefined) return [strange]
    const peers = members.filter((one) => one !== member && mayReach(project, one, member))
    const isAlone = peers.length === 0
    const lost = (isAlone ? [member] : peers).filter((one) => finds(project, one, member) === false)
    const unreached = lost.filter((one) => one !== member && finds(project, member, one) === false)
    if (lost.length === 0) return shared(project, member, host, peers)
    if (lost.length < peers.length && unreached.length === 0) return []
    const { message, ...details } = cause(project, member, host, unreached[0] ?? lost[0]!)
    return [finding(isAlone ? 'warning' : 'error', COMPOSE_NAME, message, { ...details, node: member.service.name })]
  })
}

/** An address of a network of the file that is not the one of the service: nobody has it, or another container by chance. */
function strangeAddress(project: ComposeProject, { service, node }: Member, host: string): Finding | undefined {
  if (isIP(host) === 0) return undefined
  const attached = [...stackOf(project, service).networks.values()]
  const own = attached.flatMap(({ addresses }) => addresses)
  const isOfNetwork = attached.some(({ subnets }) => subnets.some(({ range }) => isInSubnet(range, host)))
  if (own.includes(ipText(host)) || !isOfNetwork) return undefined
  const name = shownName(service.name)
  const message = `${shownName(node!.text)} of ${name} ends with an address that ${name} ${own.length === 0 ? 'only has by chance' : 'does not have'}`
  const evidence =
    own.length === 0 ? [`${name} sets no ipv4_address`] : [`${name} has ${own.map(shownName).join(', ')}`]
  const hint = `Give the service that address: networks, ipv4_address: ${shownName(host)}. Or end RELEASE_NODE with a name that Docker knows.`
  return finding('error', COMPOSE_NAME, message, { evidence, hint, node: service.name })
}

/** `- RELEASE_NODE="app@api"`: in a list, quotation marks in the middle are part of the value. */
function quoted({ service, node }: Member): Finding {
  const message = `RELEASE_NODE of ${shownName(service.name)} has quotation marks in it: ${shownName(node!.text)}`
  const hint = 'Leave them out, or put them around the whole line: - "RELEASE_NODE=api@api.my_network".'
  return finding('error', COMPOSE_NAME, message, { hint, node: service.name })
}

/** A host that several services answer to: Docker gives all their addresses, in turns. */
function shared(project: ComposeProject, member: Member, host: string, peers: readonly Member[]): Finding[] {
  const { service, bringsLookup, node } = member
  // One name for both is what C06 reports.
  if (bringsLookup || peers.some((peer) => peer.node?.text === node?.text)) return []
  const meant = peers.map((peer) => meaningOf(project, peer.service, host)).find((one) => one !== 'elsewhere')
  const others = (meant ?? []).filter((one) => one !== service && !sharesStack(project, one, service))
  if (others.length === 0) return []
  const message = `${shownName(host)} of ${shownName(service.name)} is ${shownName(others[0]!.name)} as well: Docker's DNS answers with either`
  const hint = 'Give each node a host of its own.'
  return [finding('warning', COMPOSE_NAME, message, { hint, node: service.name })]
}

function mayReach(project: ComposeProject, { service }: Member, other: Member): boolean {
  return sharesStack(project, service, other.service) || sharedNetworks(project, service, other.service).length > 0
}

/** Why a host does not mean the service to a peer, and what to do. */
function cause(
  project: ComposeProject,
  member: Member,
  host: string,
  peer: Member,
): FindingDetails & { message: string } {
  const { service, node } = member
  const name = shownName(service.name)
  const owner = stackOf(project, service)
  const evidence = [
    `${shownName(node!.text)} of ${name}, ${service.hostname === undefined ? 'which sets no hostname' : `whose hostname is ${shownName(service.hostname)}`}`,
  ]
  if (host === `${service.hostname}.${service.domainname}`) {
    return {
      message: `${shownName(host)} of ${name} is its hostname and domainname, which Docker's DNS does not put together`,
      hint: 'Write the whole name into hostname and leave domainname out, or add it as an alias of the network.',
    }
  }
  for (const [real, { key }] of owner.networks) {
    const isKey = namesOn(owner, real).some((one) => `${one}.${key}`.toLowerCase() === host.toLowerCase())
    if (isKey && real !== key) {
      return {
        message: `${shownName(host)} of ${name} ends with the key of a network, which Docker's DNS knows as ${shownName(real)}`,
        hint: `End RELEASE_NODE with .${shownName(real)}, or write name: ${shownName(key)} below the network ${shownName(key)}.`,
      }
    }
  }
  const meant = meaningOf(project, peer.service, host)
  const other = meant === 'elsewhere' ? undefined : meant.find((one) => one !== service)
  if (other !== undefined) {
    return {
      message: `RELEASE_NODE of ${name} ends with ${shownName(host)}, which is ${shownName(other.name)}`,
      evidence,
    }
  }
  const line = stackOf(project, peer.service).hosts.get(host)
  if (line !== undefined) {
    return {
      message: `${shownName(host)} of ${name} is ${line.map(shownName).join(', ')} in extra_hosts of ${shownName(peer.service.name)}, an address that no service is given`,
      evidence,
      hint: `Give ${name} that address: networks, ipv4_address. Or leave the line out, where Docker's DNS knows the name.`,
    }
  }
  if (isAmong(service, meaningOf(project, service, host))) {
    const shared = sharedNetworks(project, service, peer.service).map(shownName).join(', ')
    return {
      message: `${shownName(host)} of ${name} is known only on networks where ${shownName(peer.service.name)} is not`,
      evidence: [...evidence, `both are on ${shared}`],
      hint: `Use a name that is known on a network which both share (${shared}).`,
    }
  }
  return {
    message: `RELEASE_NODE of ${name} ends with ${shownName(host)}, which Docker's DNS does not know`,
    evidence,
    hint: 'Give the service that hostname, or end RELEASE_NODE with @ and a name that Docker knows.',
  }
}

export const C04 = check({
  id: 'C04',
  group: 'compose',
  place: 8,
  title: "Docker's DNS knows the node names",
  needs: ['C01'],
  words: [COMPOSE_NAME],
  look: soundCompose,
  judge: judgeNodeNames,
})
