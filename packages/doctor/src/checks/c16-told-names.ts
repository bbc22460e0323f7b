import { check } from '../check.ts'
import type { Member } from '../compose/compose-members.ts'
import { shownName } from '../compose/compose-project.ts'
import { isAmong, meaningOf } from '../compose/docker-dns.ts'
import { toldNames } from '../compose/told-names.ts'
import { type Finding, finding } from '../finding.ts'
import { type ComposeReading, soundCompose } from '../probes/compose.ts'
import { words } from '../words.ts'

const COMPOSE_TOLD_NAME = words('DOCTOR_COMPOSE_TOLD_NAME', {
  happened: 'A list names a node otherwise than the node names itself.',
  why: 'A node answers only to its whole name, as RELEASE_NODE, --name or --sname has it. Dialled by another one, even at the right host, it refuses.',
  hint: 'Write the name of the node into the list, letter by letter.',
})

/** C16: lists with names that no node has, though their hosts lead to one. */
export function judgeToldNames({ project, members }: ComposeReading): Finding[] {
  return members.flatMap((from) =>
    toldNames(from.service).flatMap(({ variable, names }): Finding[] => {
      const meant = names.map((told) => {
        const meaning = meaningOf(project, from.service, told.host)
        return { told, targets: members.filter(({ service }) => isAmong(service, meaning)) }
      })
      // Where one of them is somebody else's, it is no list of these nodes.
      if (meant.some(({ targets }) => targets.length === 0)) return []
      const isRight = ({ service }: Member) =>
        meant.some(({ told, targets }) => targets.some((to) => to.service === service && isCalled(to, told) !== false))
      const wrong = meant.filter(({ targets }) => targets.every((to) => !isRight(to)))
      const [first] = wrong
      if (first === undefined) return []
      return [
        finding('error', COMPOSE_TOLD_NAME, messageOf(from, variable, first.told.text, first.targets[0]!), {
          evidence: wrong.map(({ told, targets }) => `${shownName(told.text)}: ${callsItself(targets[0]!)}`),
          ...hintOf(first.targets[0]!, first.told.host),
          node: from.service.name,
        }),
      ]
    }),
  )
}

/** Whether that is the name of the node; undefined when the image makes its name. */
function isCalled({ node }: Member, told: { readonly alive: string; readonly host: string }): boolean | undefined {
  if (node === undefined) return undefined
  if (node.alive !== told.alive && !/[\0$`{]/.test(node.alive)) return false
  if (node.isContainerId) return false
  return node.host === undefined || node.host.includes('\0') ? undefined : node.host === told.host
}

function messageOf({ service }: Member, variable: string, text: string, to: Member): string {
  return `${variable} of ${shownName(service.name)} names ${shownName(text)}, and ${callsItself(to)}`
}

function callsItself({ service, node }: Member): string {
  const host = node!.host ?? (node!.isContainerId ? 'ID-OF-THE-CONTAINER' : 'ITS-OWN-HOST')
  return `${shownName(service.name)} calls itself ${shownName(`${node!.alive}@`)}${shownName(host)}`
}

function hintOf({ service, node }: Member, host: string): { hint?: string } {
  if (node?.isContainerId !== true) return {}
  return { hint: `Write hostname: ${shownName(host)} at the service ${shownName(service.name)}.` }
}

export const C16 = check({
  id: 'C16',
  group: 'compose',
  place: 15,
  title: 'lists name the nodes as they are called',
  needs: ['C01'],
  words: [COMPOSE_TOLD_NAME],
  look: soundCompose,
  judge: judgeToldNames,
})
