import { check } from '../check.ts'
import { clustersOf, isOffNetworks } from '../compose/compose-members.ts'
import { type ComposeProject, type ComposeService, shownName } from '../compose/compose-project.ts'
import { meaningOf, namedBy, sharedNetworks, sharesStack, stackOf } from '../compose/docker-dns.ts'
import { hostsIn } from '../compose/needed-hosts.ts'
import { type Finding, finding } from '../finding.ts'
import { type ComposeReading, soundCompose } from '../probes/compose.ts'
import { words } from '../words.ts'

const COMPOSE_NETWORK = words('DOCTOR_COMPOSE_NETWORK', {
  happened: 'Services of the Compose file share no network.',
  why: 'A service that lists networks is on those alone. One that lists none is on "default".',
  hint: 'List one common network at every service, databases and other infrastructure included.',
})

/** C02: services that need each other and share no network. */
export function judgeNetworks({ project, members }: ComposeReading): Finding[] {
  const apart = new Map<string, string>()
  const note = (one: ComposeService, other: ComposeService) => {
    const key = [one.name, other.name].sort().join()
    if (!apart.has(key)) apart.set(key, `${whereOf(project, one)} and ${whereOf(project, other)}`)
  }
  for (const cluster of clustersOf(project, members)) {
    const connected = cluster.filter((one) => !isOffNetworks(project, one))
    for (const [at, { service }] of connected.entries()) {
      for (const other of connected.slice(at + 1))
        if (!meet(project, service, other.service)) note(service, other.service)
    }
  }
  for (const { service } of members) for (const other of outOfReach(project, service)) note(service, other)
  const [first, ...evidence] = [...apart.values()]
  return first === undefined ? [] : [finding('error', COMPOSE_NETWORK, `${first} share no network`, { evidence })]
}

/** The services that it needs and cannot reach. */
function outOfReach(project: ComposeProject, one: ComposeService): ComposeService[] {
  const needed = [...one.environment].flatMap(([name, value]) =>
    hostsIn(name, value)
      .filter((host) => meaningOf(project, one, host).length === 0)
      .flatMap((host) => namedBy(project, host)),
  )
  for (const [name, condition] of one.dependsOn) {
    const other = project.services.find((each) => each.name === name)
    // What is over before it starts needs no way to it, and on the machine's own network it may be reached by address.
    if (other === undefined || condition === 'service_completed_successfully') continue
    if ([one, other].every((each) => stackOf(project, each).networks.size > 0)) needed.push(other)
  }
  return needed.filter((other) => other !== one && !meet(project, one, other))
}

function meet(project: ComposeProject, one: ComposeService, other: ComposeService): boolean {
  return sharesStack(project, one, other) || sharedNetworks(project, one, other).length > 0
}

function whereOf(project: ComposeProject, service: ComposeService): string {
  const { networks, networkMode } = stackOf(project, service)
  const where = [...networks.values()].map(({ key }) => shownName(key)).join(', ')
  return `${shownName(service.name)} (${where === '' ? `network_mode: ${shownName(networkMode ?? 'none')}` : where})`
}

export const C02 = check({
  id: 'C02',
  group: 'compose',
  place: 3,
  title: 'services share a network',
  needs: ['C01'],
  words: [COMPOSE_NETWORK],
  look: soundCompose,
  judge: judgeNetworks,
})
