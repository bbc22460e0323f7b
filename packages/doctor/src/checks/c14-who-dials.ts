import { check } from '../check.ts'
import { clustersOf, type Member } from '../compose/compose-members.ts'
import { shownName } from '../compose/compose-project.ts'
import { type Finding, finding } from '../finding.ts'
import { type ComposeReading, soundCompose } from '../probes/compose.ts'
import { words } from '../words.ts'

const COMPOSE_NO_DIALLER = words('DOCTOR_COMPOSE_NO_DIALLER', {
  happened: 'Nothing in the Compose file says who connects the nodes.',
  why: 'A name in DNS connects nobody: one node of each pair must dial the other, by libcluster, Node.connect or dynsrv.',
  hint: 'Let the release connect them: libcluster with all nodes as hosts (Cluster.Strategy.Epmd), or Node.connect at the start.',
})

/** Variables that choose how nodes find each other. */
const STRATEGY = /CLUSTER|LIBCLUSTER|DISCOVER|TOPOLOG|GOSSIP|STRATEGY|^DYNSRV_/

/** C14: nodes of which the file says that nobody dials them. */
export function judgeDiallers({ project, members }: ComposeReading): Finding[] {
  return clustersOf(project, members).flatMap((cluster): Finding[] => {
    if (cluster.length < 2 || cluster.some(hasStrategy)) return []
    const groups = groupsOf(cluster)
    const named = cluster.length - groups.length > 0
    if (groups.length < 2) return []
    const who = groups.map((group) => group.map(({ service }) => shownName(service.name)).join(', '))
    if (named) {
      const message = `no node of ${who[0]} is told of one of ${who.slice(1).join(', ')}, or the other way round: nobody dials`
      const hint = 'Name every node in the list of each service, or of at least one.'
      return [finding('warning', COMPOSE_NO_DIALLER, message, { hint })]
    }
    const message = `nothing here says who connects ${who.join(', ')}: a name alone connects nobody`
    return [finding('info', COMPOSE_NO_DIALLER, message)]
  })
}

function hasStrategy({ service: { environment, runs } }: Member): boolean {
  const isSet = ([name, value]: readonly [string, string]) =>
    value !== '' && STRATEGY.test(name) && !value.includes('@')
  return [...environment].some(isSet) || runs.some((word) => /(?:^|[\s/])dynsrv(?:\s|$)/.test(word))
}

/** Nodes that are told of each other by their names, however indirectly: Erlang's nodes make a mesh of what is connected. */
function groupsOf(cluster: readonly Member[]): Member[][] {
  const groups: Member[][] = []
  for (const member of cluster) {
    const joined = groups.filter((group) => group.some((other) => tells(member, other) || tells(other, member)))
    for (const one of joined) groups.splice(groups.indexOf(one), 1)
    groups.push([...joined.flat(), member])
  }
  return groups
}

function tells({ service }: Member, { node }: Member): boolean {
  if (node?.host === undefined) return false
  // `--sname app` has no host of its own in it, and the list of another node has.
  const whole = `${node.alive}@${node.host}`
  return [...service.environment].some(
    ([name, value]) =>
      name !== 'RELEASE_NODE' && value.split(/[^\w@.:-]+/).some((word) => word === whole || word === `:${whole}`),
  )
}

export const C14 = check({
  id: 'C14',
  group: 'compose',
  place: 13,
  title: 'somebody dials',
  needs: ['C01'],
  words: [COMPOSE_NO_DIALLER],
  look: soundCompose,
  judge: judgeDiallers,
})
