import { basename } from 'node:path'
import { check } from '../check.ts'
import { isOpen, membersOf } from '../compose/compose-members.ts'
import { shownName } from '../compose/compose-project.ts'
import { unsetIn } from '../compose/variables.ts'
import { type Finding, type FindingDetails, finding } from '../finding.ts'
import { type ComposeReading, soundCompose } from '../probes/compose.ts'
import { words } from '../words.ts'

const COMPOSE_READING = words('DOCTOR_COMPOSE_READING', {
  happened: 'The Compose file was not read whole.',
  why: 'A part of it is elsewhere, is left out by a profile, waits for a variable, or Compose itself refuses it. What depends on it was not judged.',
  hint: 'Correct what the message names, or run the doctor where all files are and Docker Compose is installed.',
})

/** C09: what was not followed, and what Compose itself says. */
export function judgeReading({ members, written, by, own, failed }: ComposeReading): Finding[] {
  const found: Finding[] = []
  const note = (severity: 'warning' | 'info', message: string, details: FindingDetails = {}) =>
    found.push(finding(severity, COMPOSE_READING, message, details))
  if (failed !== undefined) {
    note('warning', `${failed.program} refuses the file: ${failed.why}`, {
      hint: 'Correct what it names. Until then the file was read without it.',
    })
  }
  if (own === undefined) return found
  if (by === undefined) {
    for (const what of new Set(own.gaps.map((gap) => gap.what))) note('warning', `not followed: ${what}`)
    // Where Compose itself answered, it has said so already.
    if (failed === undefined) {
      const [first, ...evidence] = own.refused
      if (first !== undefined)
        note('warning', `Compose refuses the file: ${first}`, {
          evidence,
          hint: 'Declare the network below networks:.',
        })
    }
  }
  if (own.override !== undefined) {
    const message = `${shownName(basename(own.override))} was not read: docker compose up reads it too where no file is named`
    note('info', message, { hint: 'Give both files to look at them together: --compose once for each.' })
  }
  const left = (written === undefined ? [] : membersOf(written)).flatMap(({ service: { name } }) =>
    own.inactive.includes(name) ? [shownName(name)] : [],
  )
  if (left.length > 0) {
    note('info', `no profile starts ${left.join(', ')}, so they were not looked at`, {
      hint: 'Name profiles in COMPOSE_PROFILES to look at them too.',
    })
  }
  const open = members.flatMap(({ node }) => (node?.host !== undefined && isOpen(node.host) ? unsetIn(node.host) : []))
  const variables = [...new Set(open)].filter((name) => name !== 'HOSTNAME')
  if (variables.length > 0) {
    note('info', `node names wait for ${variables.join(', ')}, which nobody sets here`, {
      hint: 'Set it, or write it into .env, to have the names judged.',
    })
  }
  return found
}

export const C09 = check({
  id: 'C09',
  group: 'compose',
  place: 2,
  title: 'all of it was read',
  needs: ['C01'],
  words: [COMPOSE_READING],
  look: soundCompose,
  judge: judgeReading,
})
