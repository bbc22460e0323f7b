/** What stands in the place of a cookie. */
const MASK = '***'

/**
 * A text in which our cookie is masked, as `erlang:get_cookie()` would show it in a result or in the reason of an error.
 *
 * It is masked as a whole word only, so that a short one does not spoil other words that hold it.
 */
export function withoutCookie(text: string, cookie: string): string {
  const literal = cookie.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return text.replace(new RegExp(`(?<![A-Za-z0-9_@])${literal}(?![A-Za-z0-9_@])`, 'g'), MASK)
}
