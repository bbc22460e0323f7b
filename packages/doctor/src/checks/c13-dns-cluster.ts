import { isIP } from 'node:net'
import { check } from '../check.ts'
import { clustersOf, type DnsQuery, knownHost, type Member, queriesOf } from '../compose/compose-members.ts'
import { shownName } from '../compose/compose-project.ts'
import { isAmong, meaningOf } from '../compose/docker-dns.ts'
import { type Finding, finding } from '../finding.ts'
import { type ComposeReading, lacksServices, soundCompose } from '../probes/compose.ts'
import { words } from '../words.ts'

const COMPOSE_DNS_CLUSTER = words('DOCTOR_COMPOSE_DNS_CLUSTER', {
  happened: 'DNSCluster looks for nodes that are not there.',
  why: 'DNSCluster asks for addresses and dials its own name at each: app@172.18.0.5. A node with another name refuses, and nothing is logged.',
  hint: 'List the nodes with libcluster (Cluster.Strategy.Epmd, hosts), or name each node by its address.',
})

/** C13: `DNS_CLUSTER_QUERY`, which gives addresses, where nodes are named by host. */
export function judgeDnsClusters(reading: ComposeReading): Finding[] {
  const { project, members } = reading
  return clustersOf(project, members).flatMap((cluster) =>
    cluster.flatMap((member) => {
      const others = cluster.filter((one) => one !== member || one.service.replicas > 1)
      return queriesOf(member.service).flatMap((query) => judgeQuery(reading, member, others, query))
    }),
  )
}

function judgeQuery(
  reading: ComposeReading,
  member: Member,
  others: readonly Member[],
  [variable, query]: DnsQuery,
): Finding[] {
  const { project } = reading
  if (others.length === 0) return []
  const name = shownName(member.service.name)
  // With Swarm, `tasks.api` is every container of api.
  const asked = query.split(/[,;\s]+/).map((host) => host.replace(/^tasks\./, ''))
  const answered = asked.map((host) => meaningOf(project, member.service, host))
  const targets = answered.includes('elsewhere')
    ? others
    : others.filter((one) => answered.some((found) => isAmong(one.service, found)))
  const node = member.service.name
  if (targets.length === 0) {
    if (lacksServices(reading)) return []
    const message = `${variable} of ${name} is ${shownName(query)}, which Docker's DNS answers with none of the others`
    const hint =
      'Ask for a service, or give all nodes one alias on their network; DNSCluster needs nodes that are named by address.'
    return [finding('warning', COMPOSE_DNS_CLUSTER, message, { node, hint })]
  }
  if (targets.some((one) => isDialled(member, one) !== false)) return []
  const [first] = targets
  const evidence = targets.map(
    (one) => `${shownName(one.node!.text)} of ${shownName(one.service.name)} answers to that name alone`,
  )
  const message = `with ${variable}, ${name} dials ${shownName(member.node?.alive ?? 'its own name')}@ADDRESS, and ${shownName(first!.service.name)} is ${shownName(first!.node!.text)}`
  return [finding('error', COMPOSE_DNS_CLUSTER, message, { node, evidence })]
}

/** Whether DNSCluster's name for a node is its name; undefined when the image gives the name. */
function isDialled(from: Member, to: Member): boolean | undefined {
  if (to.node?.host === undefined) return undefined
  const host = knownHost(to)
  if (host !== undefined && isIP(host) === 0) return false
  return from.node === undefined || to.node.alive === from.node.alive ? undefined : false
}

export const C13 = check({
  id: 'C13',
  group: 'compose',
  place: 12,
  title: 'DNSCluster finds nodes by address',
  needs: ['C01'],
  words: [COMPOSE_DNS_CLUSTER],
  look: soundCompose,
  judge: judgeDnsClusters,
})
