import { identifier } from '@dynsrv/kit'
import { check } from '../check.ts'
import type { ComposeFile } from '../compose/compose-file.ts'
import { membersOf } from '../compose/compose-members.ts'
import { type Finding, finding } from '../finding.ts'
import { soundCompose } from '../probes/compose.ts'
import { words } from '../words.ts'

const COMPOSE_COOKIE = words('DOCTOR_COMPOSE_COOKIE', {
  happened: 'Services of the Compose file have different cookies, or some have none.',
  why: 'Each service sets RELEASE_COOKIE by itself. Nodes with different cookies refuse each other.',
  hint: 'Write RELEASE_COOKIE: $ERL_COOKIE at every service, and put the secret into the environment or .env.',
})

/** C07: cookies that differ. Cookies are compared and never shown. */
export function judgeComposeCookies(file: ComposeFile): Finding[] {
  const members = membersOf(file)
  const groups = new Map<string, string[]>()
  const without: string[] = []
  for (const { name, environment, hasEnvironmentFile } of members) {
    const cookie = environment.get('RELEASE_COOKIE')
    if (cookie !== undefined) groups.set(cookie, [...(groups.get(cookie) ?? []), name])
    else if (!hasEnvironmentFile) without.push(name)
  }
  const evidence = [
    ...[...groups.values()].map((names) => `one cookie: ${names.map(identifier).join(', ')}`),
    ...(without.length > 0 ? [`none: ${without.map(identifier).join(', ')}`] : []),
  ]
  if (groups.size > 1) return [finding('error', COMPOSE_COOKIE, `${groups.size} different cookies`, { evidence })]
  if (groups.size === 1 && without.length > 0) {
    return [
      finding('error', COMPOSE_COOKIE, `RELEASE_COOKIE is missing at ${without.map(identifier).join(', ')}`, {
        evidence,
      }),
    ]
  }
  if (without.length < 2) return []
  const message = 'no service has RELEASE_COOKIE: each release uses the cookie that was made when it was built'
  return [finding('warning', COMPOSE_COOKIE, message, { evidence })]
}

export const C07 = check({
  id: 'C07',
  group: 'compose',
  place: 7,
  title: 'the same cookie',
  needs: ['C01'],
  words: [COMPOSE_COOKIE],
  look: soundCompose,
  judge: ({ read }) => judgeComposeCookies(read),
})
