import { identifier } from '@dynsrv/kit'
import { check } from '../check.ts'
import type { ComposeFile, ComposeService } from '../compose/compose-file.ts'
import { membersOf } from '../compose/compose-members.ts'
import { type Finding, finding } from '../finding.ts'
import { soundCompose } from '../probes/compose.ts'
import { words } from '../words.ts'

const COMPOSE_NETWORK = words('DOCTOR_COMPOSE_NETWORK', {
  happened: 'Services of the Compose file share no network.',
  why: 'A service that lists networks is on those alone. One that lists none is on "default".',
  hint: 'List one common network at every service, databases and other infrastructure included.',
})

/** C02: services that need each other and share no network. */
export function judgeNetworks(file: ComposeFile): Finding[] {
  const members = membersOf(file)
  const apart = new Map<string, string[]>()
  const note = (one: ComposeService, other: ComposeService) => {
    if (one.networks.length === 0 || other.networks.length === 0 || share(one, other)) return
    const who = [one, other].map(({ name, networks }) => `${identifier(name)} (${networks.map(identifier).join(', ')})`)
    apart.set([one.name, other.name].sort().join(), [who.join(' and ')])
  }
  for (const [at, one] of members.entries()) {
    for (const other of members.slice(at + 1)) note(one, other)
    for (const other of file.services) if (other !== one && needs(one, other)) note(one, other)
  }
  const pairs = [...apart.values()].flat()
  if (pairs.length === 0) return []
  return [finding('error', COMPOSE_NETWORK, `${pairs[0]} share no network`, { evidence: pairs.slice(1) })]
}

function share(one: ComposeService, other: ComposeService): boolean {
  return one.networks.some((network) => other.networks.includes(network))
}

/** Whether a service names another one: in `depends_on`, or as a host in one of its variables. */
function needs({ dependsOn, environment }: ComposeService, other: ComposeService): boolean {
  if (dependsOn.includes(other.name)) return true
  const host = new RegExp(`(?:^|//|@)${other.name.replace(/\W/g, '\\$&')}(?:[:/.]|$)`)
  return [...environment].some(([name, value]) => name !== 'RELEASE_NODE' && host.test(value))
}

export const C02 = check({
  id: 'C02',
  group: 'compose',
  place: 2,
  title: 'services share a network',
  needs: ['C01'],
  words: [COMPOSE_NETWORK],
  look: soundCompose,
  judge: ({ read }) => judgeNetworks(read),
})
