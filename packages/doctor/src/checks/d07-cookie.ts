import type { DistErrorCode } from '@dynsrv/dist-protocol'
import { identifier } from '@dynsrv/kit'
import { codeOf } from '../attempt.ts'
import { check } from '../check.ts'
import { type Finding, finding, findingOf } from '../finding.ts'
import { type CookieFact, cameAlong, cookieFact } from '../probes/cookie.ts'
import { type Link, links } from '../probes/links.ts'

/** D07: peers that refuse our cookie, or have another one. */
export function judgeCookies(all: readonly Link[], { source, fingerprint, cookie }: CookieFact): Finding[] {
  const refusing = all.filter(({ connected }) => !connected.ok && isAboutCookie(connected.error))
  const agree = all.filter(({ connected }) => connected.ok).length
  const shared = [
    `our cookie comes from ${source}${fingerprint === undefined ? '' : `, fingerprint ${fingerprint}`}`,
    `${agree} of ${all.length} peers agree with it`,
  ]
  const came = agree === 0 && cookie.ok ? cameAlong(cookie.value) : undefined
  return refusing.map(({ name, connected }) => {
    const code = connected.ok ? '' : codeOf(connected.error)
    const mismatch = code === 'DIST_COOKIE_MISMATCH'
    const message = `${identifier(name)} ${mismatch ? 'has a different cookie' : 'refuses our cookie'}`
    const odd = agree === 0 ? 'No peer has our cookie: change ours.' : 'Change the cookie of this node.'
    const hint =
      came === undefined
        ? `${odd} Give all nodes the same one, and look for a line break or quotation marks at its ends.`
        : `Remove the ${came}: it is probably the only difference.`
    const seen = came === undefined ? [] : [`our cookie begins or ends with a ${came}, probably by mistake`]
    const evidence = [...seen, 'its name, port and flags are right', ...shared]
    return finding('error', mismatch ? 'DIST_COOKIE_MISMATCH' : 'DIST_COOKIE_REJECTED', message, {
      evidence,
      hint,
      node: name,
    })
  })
}

/** What else kept a peer that had introduced itself from connecting. */
export function judgeLinks(all: readonly Link[]): Finding[] {
  return all.flatMap(({ name, connected }) =>
    connected.ok || isAboutCookie(connected.error) ? [] : [findingOf(connected.error, 'error', { node: name })],
  )
}

/** Whether a link failed because of the cookie. */
function isAboutCookie(error: unknown): boolean {
  return COOKIE_CODES.has(codeOf(error))
}

const COOKIE_CODES: ReadonlySet<string> = new Set<DistErrorCode>(['DIST_COOKIE_MISMATCH', 'DIST_COOKIE_REJECTED'])

export const D07 = check({
  id: 'D07',
  group: 'handshake',
  place: 7,
  title: 'the cookie is the same',
  needs: ['D19'],
  look: async (context) => ({ links: await context.get(links), cookie: await context.get(cookieFact) }),
  judge: ({ links: all, cookie }) => [...judgeCookies(all, cookie), ...judgeLinks(all)],
})
