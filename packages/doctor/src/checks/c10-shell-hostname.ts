import { check } from '../check.ts'
import { finds, takesShellHostname } from '../compose/compose-members.ts'
import { shownName } from '../compose/compose-project.ts'
import { unsetIn } from '../compose/variables.ts'
import { type Finding, finding } from '../finding.ts'
import { type ComposeReading, soundCompose } from '../probes/compose.ts'
import { words } from '../words.ts'

const COMPOSE_SHELL_HOSTNAME = words('DOCTOR_COMPOSE_SHELL_HOSTNAME', {
  happened: 'A node name takes HOSTNAME from the machine, not from its container.',
  why: 'Compose fills in variables from the shell that runs it, before there is a container. There it is not exported, or names the machine.',
  hint: 'Write the host out, as in RELEASE_NODE: api@api.my_network, or leave RELEASE_NODE to rel/env.sh, where $HOSTNAME is that of the container.',
})

/** C10: `${HOSTNAME}` in a node name, which Compose fills in. */
export function judgeShellHostnames({ project, members, written }: ComposeReading): Finding[] {
  return members.flatMap((member): Finding[] => {
    const { service, node } = member
    if (node === undefined || !takesShellHostname(written, member) || finds(project, member, member) === true) return []
    const isUnset = node.host === undefined || node.host === '' || unsetIn(node.host).includes('HOSTNAME')
    const becomes = isUnset ? 'which is not set: nothing is behind the @' : `which makes it ${shownName(node.text)}`
    const message = `Compose fills \${HOSTNAME} into RELEASE_NODE of ${shownName(service.name)} from the shell that runs it, ${becomes}`
    return [finding('error', COMPOSE_SHELL_HOSTNAME, message, { node: service.name })]
  })
}

export const C10 = check({
  id: 'C10',
  group: 'compose',
  place: 4,
  title: 'HOSTNAME is that of the container',
  needs: ['C01'],
  words: [COMPOSE_SHELL_HOSTNAME],
  look: soundCompose,
  judge: judgeShellHostnames,
})
