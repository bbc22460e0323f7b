import { DistError } from '../error.ts'

/** Different cookies for the two directions, or several that are accepted while a cookie is being changed. */
export interface CookieSet {
  /** The one with which we prove ourselves. */
  readonly offered: string
  /** Those with which the peer may prove itself, most likely first. */
  readonly accepted: readonly string[]
}

/** What both nodes must know: one text for both directions, or a {@link CookieSet}. */
export type Cookie = string | CookieSet

/**
 * The cookie in its full form.
 *
 * @throws {DistError} `DIST_BAD_OPTION` when one is empty, longer than 255, or has characters outside Latin-1
 */
export function cookieSet(cookie: Cookie): CookieSet {
  const set = typeof cookie === 'string' ? { offered: cookie, accepted: [cookie] } : cookie
  if (set.accepted.length === 0)
    throw new DistError('DIST_BAD_OPTION', 'no cookie is accepted, so nobody could connect')
  for (const text of [set.offered, ...set.accepted]) checkCookie(text)
  return set
}

function checkCookie(text: string): void {
  const hint = 'A cookie has 1 to 255 Latin-1 characters; BEAM nodes read theirs from ~/.erlang.cookie.'
  if (text === '') throw new DistError('DIST_BAD_OPTION', 'the cookie is empty', { hint })
  if (text.length > 255) throw new DistError('DIST_BAD_OPTION', 'the cookie is longer than 255 characters', { hint })
  if (/[^\0-\xff]/.test(text))
    throw new DistError('DIST_BAD_OPTION', 'the cookie has characters outside Latin-1', { hint })
}
