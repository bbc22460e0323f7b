/**
 * A URL as an error or a log may show it: without the credentials, the query and the fragment that it may hold. Takes any
 * text, also one that is no URL.
 */
export function withoutSecrets(url: string): string {
  return url.replace(/[?#].*$/s, '').replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1')
}
