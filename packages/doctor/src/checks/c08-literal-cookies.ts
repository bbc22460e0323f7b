import { check } from '../check.ts'
import { membersOf } from '../compose/compose-members.ts'
import { shownName } from '../compose/compose-project.ts'
import { unsetIn } from '../compose/variables.ts'
import { type Finding, finding } from '../finding.ts'
import { type ComposeReading, soundCompose } from '../probes/compose.ts'
import { words } from '../words.ts'

const COMPOSE_LITERAL_COOKIE = words('DOCTOR_COMPOSE_LITERAL_COOKIE', {
  happened: 'A cookie is written into the Compose file.',
  why: 'Everyone who can read the file or its history can run code in the cluster.',
  hint: 'Write RELEASE_COOKIE: $ERL_COOKIE, and keep the secret in the environment, in .env or in a Docker secret.',
})

/** C08: a cookie in clear text: it is the same when no variable is filled in. */
export function judgeLiteralCookies({ members, written }: ComposeReading): Finding[] {
  const inFile = new Map(
    (written === undefined ? [] : membersOf(written)).map(({ service, cookie }) => [service.name, cookie]),
  )
  const named = members.flatMap(({ service, cookie }) =>
    cookie !== undefined && unsetIn(cookie).length === 0 && inFile.get(service.name) === cookie ? [service.name] : [],
  )
  if (named.length === 0) return []
  const message = `the cookie of ${named.map(shownName).join(', ')} is written into the file`
  return [finding('warning', COMPOSE_LITERAL_COOKIE, message)]
}

export const C08 = check({
  id: 'C08',
  group: 'compose',
  place: 11,
  title: 'no cookie in clear text',
  needs: ['C01'],
  words: [COMPOSE_LITERAL_COOKIE],
  look: soundCompose,
  judge: judgeLiteralCookies,
})
