import { scryptSync } from 'node:crypto'
import { findCookie } from '@dynsrv/cluster'
import { type Attempt, attempt } from '../attempt.ts'
import type { DoctorContext } from '../context.ts'

/** The cookie and where it comes from. It is never shown. */
export interface CookieFact {
  readonly source: string
  readonly cookie: Attempt<string>
  /** Words that would make a bad cookie: parts of our own name and of the service. */
  readonly ownWords: readonly string[]
  /** A part of its hash, when it was asked for. */
  readonly fingerprint?: string
}

/** Finds the cookie as the node would. */
export async function cookieFact({ options, world }: DoctorContext): Promise<CookieFact> {
  const { cookieFile, env, name = env.RELEASE_NODE ?? '', services, fingerprint } = options
  const source =
    cookieFile !== undefined
      ? `the file ${cookieFile}`
      : env.RELEASE_COOKIE !== undefined
        ? 'RELEASE_COOKIE'
        : 'the .erlang.cookie of the home folder'
  const cookie = await attempt(findCookie({ cookieFile, env, world }))
  const words = [name, env.RELEASE_NAME ?? '', ...services].flatMap((text) => text.split(/[@.]/))
  return {
    source,
    cookie,
    ownWords: words.filter((word) => word.length > 2).map((word) => word.toLowerCase()),
    ...(fingerprint && cookie.ok && { fingerprint: fingerprintOf(cookie.value) }),
  }
}

/**
 * Eight digits of a slow hash, the same on every machine: enough to tell two cookies apart. They do not reveal a good cookie,
 * and trying all words of a dictionary takes long; still, they are shown only on request.
 */
export function fingerprintOf(cookie: string): string {
  return scryptSync(Buffer.from(cookie, 'latin1'), 'dynsrv doctor', FINGERPRINT_BYTES).toString('hex')
}

const FINGERPRINT_BYTES = 4

/** What stands around a cookie, probably by mistake; undefined when nothing does. */
export function cameAlong(cookie: string): string | undefined {
  if (/^(["']).*\1$/.test(cookie)) return 'quotation mark'
  return /^\s|\s$/.test(cookie) ? 'blank' : undefined
}
