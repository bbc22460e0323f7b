import { identifier } from '@dynsrv/kit'
import { check } from '../check.ts'
import type { ComposeFile } from '../compose/compose-file.ts'
import { membersOf } from '../compose/compose-members.ts'
import { type Finding, finding } from '../finding.ts'
import { soundCompose } from '../probes/compose.ts'
import { words } from '../words.ts'

const COMPOSE_LITERAL_COOKIE = words('DOCTOR_COMPOSE_LITERAL_COOKIE', {
  happened: 'A cookie is written into the Compose file.',
  why: 'Everyone who can read the file or its history can run code in the cluster.',
  hint: 'Write RELEASE_COOKIE: $ERL_COOKIE, and keep the secret in the environment, in .env or in a Docker secret.',
})

/** C08: a cookie in clear text. */
export function judgeLiteralCookies(file: ComposeFile, raw: string): Finding[] {
  const written = new Set([...raw.matchAll(/RELEASE_COOKIE\s*[:=]\s*["']?([^\s"'#]+)/g)].map(([, cookie]) => cookie))
  const named = membersOf(file).flatMap(({ name, environment }) => {
    const cookie = environment.get('RELEASE_COOKIE') ?? ''
    // What the shell filled in is not in the file.
    return cookie !== '' && !cookie.includes('$') && written.has(cookie) ? [name] : []
  })
  if (named.length === 0) return []
  const message = `the cookie of ${named.map(identifier).join(', ')} is written into the file`
  return [finding('warning', COMPOSE_LITERAL_COOKIE, message)]
}

export const C08 = check({
  id: 'C08',
  group: 'compose',
  place: 8,
  title: 'no cookie in clear text',
  needs: ['C01'],
  words: [COMPOSE_LITERAL_COOKIE],
  look: soundCompose,
  judge: ({ read, text }) => judgeLiteralCookies(read, text),
})
