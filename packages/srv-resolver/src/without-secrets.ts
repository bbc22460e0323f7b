import * as kit from '@dynsrv/kit'
import { checks } from './checks.ts'

/**
 * A URL as an error or a log may show it: without the credentials, the query and the fragment that it may hold. It takes
 * any text, also one that is not a URL.
 *
 * @throws {ResolverError} `DNS_BAD_OPTION` for what is not a string
 */
export function withoutSecrets(url: string): string {
  checks.argument('withoutSecrets', 'url', kit.text, url)
  return kit.withoutSecrets(url)
}
