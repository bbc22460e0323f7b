import { type Rule, rule, secret, wrong } from './rule.ts'

/**
 * A URL as an error or a log may show it: without the credentials, the query and the fragment that it may hold. It takes
 * any text, also one that is not a URL.
 */
export function withoutSecrets(url: string): string {
  return url.replace(/[?#].*$/s, '').replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1')
}

const WHAT = 'a URL that begins with http:// or https://'

/** The address of an HTTP server. A refusal does not show the password that it may hold. */
export const httpUrl: Rule = {
  what: WHAT,
  check: (value, at) => {
    if (typeof value !== 'string') return wrong(at, WHAT, value)
    const protocol = URL.canParse(value) ? new URL(value).protocol : ''
    return protocol === 'http:' || protocol === 'https:' ? undefined : wrong(at, WHAT, withoutSecrets(value))
  },
}

/** A secret that goes into an HTTP header. @see RFC 9110 §5.5 */
export const headerToken: Rule = secret(
  rule(
    'a string of printable ASCII without spaces',
    (value) => typeof value === 'string' && /^[\x21-\x7e]+$/.test(value),
  ),
)
