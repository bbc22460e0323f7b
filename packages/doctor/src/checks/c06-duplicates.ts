import { check } from '../check.ts'
import { clustersOf } from '../compose/compose-members.ts'
import { shownName } from '../compose/compose-project.ts'
import { type Finding, finding } from '../finding.ts'
import { type ComposeReading, soundCompose } from '../probes/compose.ts'
import { DUPLICATE_NAME } from './d14-duplicate-names.ts'

/** C06: one name for several containers. */
export function judgeComposeDuplicates({ project, members }: ComposeReading): Finding[] {
  return clustersOf(project, members).flatMap((cluster) => {
    const byName = new Map<string, string[]>()
    for (const { service, node } of cluster) {
      if (node?.host === undefined) continue
      const copies = Array.from({ length: Math.min(service.replicas, 2) }, () => service.name)
      const name = `${node.alive}@${node.host}`
      byName.set(name, [...(byName.get(name) ?? []), ...copies])
    }
    return [...byName].flatMap(([name, services]) => {
      if (services.length < 2) return []
      const who = [...new Set(services)]
      const hint =
        who.length === 1
          ? 'Leave RELEASE_NODE to rel/env.sh, where each container has its own $HOSTNAME, or write a service for each node.'
          : 'Give each service its own RELEASE_NODE, with its own hostname behind the @.'
      const message = `${shownName(name)} is the name of several containers: ${who.map(shownName).join(', ')}`
      return [finding('error', DUPLICATE_NAME, message, { hint })]
    })
  })
}

export const C06 = check({
  id: 'C06',
  group: 'compose',
  place: 9,
  title: 'one name for each container',
  needs: ['C01'],
  look: soundCompose,
  judge: judgeComposeDuplicates,
})
