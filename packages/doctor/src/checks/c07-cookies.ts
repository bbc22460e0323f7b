import { check } from '../check.ts'
import { clustersOf, type Member } from '../compose/compose-members.ts'
import { shownName } from '../compose/compose-project.ts'
import { unsetIn } from '../compose/variables.ts'
import { type Finding, finding } from '../finding.ts'
import { type ComposeReading, lacksVariables, soundCompose } from '../probes/compose.ts'
import { words } from '../words.ts'

const COMPOSE_COOKIE = words('DOCTOR_COMPOSE_COOKIE', {
  happened: 'Services of the Compose file have different cookies, or some have none.',
  why: 'Each service sets RELEASE_COOKIE by itself. Nodes with different cookies refuse each other.',
  hint: 'Write RELEASE_COOKIE: $ERL_COOKIE at every service, and put the secret into the environment or .env.',
})

/** C07: cookies that differ. Cookies are compared and never shown. */
export function judgeComposeCookies(reading: ComposeReading): Finding[] {
  return clustersOf(reading.project, reading.members).flatMap((cluster) => judgeCluster(cluster, reading))
}

function judgeCluster(cluster: readonly Member[], reading: ComposeReading): Finding[] {
  const groups = new Map<string, string[]>()
  const without: string[] = []
  for (const { service, cookie } of cluster) {
    if (cookie !== undefined) groups.set(cookie, [...(groups.get(cookie) ?? []), service.name])
    else if (!service.bringsCookie && !lacksVariables(reading, service.name)) without.push(service.name)
  }
  const evidence = [
    ...[...groups].map(([cookie, names]) => `${source(cookie)}: ${listed(names)}`),
    ...(without.length > 0 ? [`none: ${listed(without)}`] : []),
  ]
  if (groups.size > 1) return [finding('error', COMPOSE_COOKIE, `${groups.size} different cookies`, { evidence })]
  if (groups.size === 1 && without.length > 0) {
    return [finding('error', COMPOSE_COOKIE, `RELEASE_COOKIE is missing at ${listed(without)}`, { evidence })]
  }
  if (without.length < 2) return []
  const message = 'no service has RELEASE_COOKIE: each release uses the cookie that was made when it was built'
  return [finding('warning', COMPOSE_COOKIE, message, { evidence })]
}

/** Where a cookie comes from, as far as that may be told: a variable that is not set here has no secret in it yet. */
function source(cookie: string): string {
  const [variable] = unsetIn(cookie)
  if (/^["'].*["']$/s.test(cookie)) return 'one cookie, with quotation marks that are part of it'
  return variable === undefined ? 'one cookie' : `one cookie, from ${variable}, which is not set here`
}

function listed(names: readonly string[]): string {
  return names.map(shownName).join(', ')
}

export const C07 = check({
  id: 'C07',
  group: 'compose',
  place: 10,
  title: 'the same cookie',
  needs: ['C01'],
  words: [COMPOSE_COOKIE],
  look: soundCompose,
  judge: judgeComposeCookies,
})
