import { check } from '../check.ts'
import { hasReleaseSettings } from '../compose/compose-members.ts'
import { type ComposeService, shownName } from '../compose/compose-project.ts'
import { composeWords } from '../compose/shell-words.ts'
import { type Finding, finding } from '../finding.ts'
import { type ComposeReading, soundCompose } from '../probes/compose.ts'
import { words } from '../words.ts'

const COMPOSE_COMMAND_CUT = words('DOCTOR_COMPOSE_COMMAND_CUT', {
  happened: 'Compose runs only the beginning of a command.',
  why: 'A command that is one text is split into words without a shell. At the first && ; | & < or > Compose stops reading, and says nothing.',
  hint: 'Write command: sh -c "bin/app eval App.migrate && bin/app start".',
})

/** The sign at which Compose stops reading what a service runs; undefined when it reads all. */
export function cutAt({ own }: ComposeReading, service: ComposeService): string | undefined {
  const given = own?.configuration.services[service.name]
  const texts = [given?.entrypoint, given?.command].filter((one) => typeof one === 'string')
  return hasReleaseSettings(service) ? texts.flatMap((text) => composeWords(text).cutAt ?? [])[0] : undefined
}

/** C15: commands of nodes with a sign that only a shell understands. */
export function judgeCommands(reading: ComposeReading): Finding[] {
  return reading.project.services.flatMap((service): Finding[] => {
    const sign = cutAt(reading, service)
    if (sign === undefined) return []
    const message = `${shownName(service.name)} runs only what stands in front of ${sign} in its command`
    return [finding('warning', COMPOSE_COMMAND_CUT, message, { node: service.name })]
  })
}

export const C15 = check({
  id: 'C15',
  group: 'compose',
  place: 14,
  title: 'commands are run whole',
  needs: ['C01'],
  words: [COMPOSE_COMMAND_CUT],
  look: soundCompose,
  judge: judgeCommands,
})
