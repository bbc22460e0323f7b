import { listOf, optionsOf, type Rule, required, secret, wrong } from '@dynsrv/kit'

/** Different cookies for the two directions, or several that are accepted while a cookie is being changed. */
export interface CookieSet {
  /** The one with which we prove ourselves. */
  readonly offered: string
  /** Those with which the peer may prove itself, most likely first. */
  readonly accepted: readonly string[]
}

/** What both nodes must know: one text for both directions, or a {@link CookieSet}. */
export type Cookie = string | CookieSet

const COOKIE_HINT = 'A cookie has 1 to 255 Latin-1 characters; BEAM nodes read theirs from ~/.erlang.cookie.'

/** A refusal never shows a cookie. */
export const cookieText: Rule = secret({
  what: 'a text of 1 to 255 Latin-1 characters',
  check: (value, at) =>
    typeof value === 'string' && /^[\0-\xff]{1,255}$/.test(value)
      ? undefined
      : { ...wrong(at, cookieText.what, undefined), hint: COOKIE_HINT },
})

const acceptedCookies: Rule = {
  what: 'an array of at least one cookie',
  check: (value, at) =>
    Array.isArray(value) && value.length > 0
      ? listOf(cookieText).check(value, at)
      : { message: `${at} must be ${acceptedCookies.what}, or nobody could connect`, hint: COOKIE_HINT },
}

const cookieSetRule = optionsOf<CookieSet>({ offered: required(cookieText), accepted: required(acceptedCookies) })

/** One text, or a {@link CookieSet}. */
export const cookieRule: Rule = {
  what: 'a cookie',
  check: (value, at) => (typeof value === 'object' && value !== null ? cookieSetRule : cookieText).check(value, at),
}

/** A cookie, or a function that finds the one for a peer. */
export const cookieOrFunction: Rule = {
  what: 'a cookie, or a function that gives one',
  check: (value, at) => (typeof value === 'function' ? undefined : cookieRule.check(value, at)),
}

/** The cookie in its full form. */
export function cookieSet(cookie: Cookie): CookieSet {
  return typeof cookie === 'string' ? { offered: cookie, accepted: [cookie] } : cookie
}
