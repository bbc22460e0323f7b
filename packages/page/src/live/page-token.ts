import { createHmac, timingSafeEqual } from 'node:crypto'
import { DynsrvError } from '@dynsrv/cluster'
import type { Route } from '../health/health-server.ts'

/** Shorter ones can be guessed. */
const MIN_TOKEN_LENGTH = 16
/** How long a browser keeps what it was given, in seconds: thirty days. */
const KEPT_SECONDS = 30 * 24 * 60 * 60

/**
 * Lets in only browsers that know the token: `/?token=…` gives the browser a cookie, which it shows from then on.
 *
 * The cookie is made of the token and does not hold it; it is not for scripts, and other sites cannot use it to load anything.
 *
 * @throws {DynsrvError} `DYNSRV_BAD_OPTION` when the token is shorter than 16 characters
 */
export function withToken(token: string, routes: Readonly<Record<string, Route>>): Readonly<Record<string, Route>> {
  if (token.length < MIN_TOKEN_LENGTH) {
    throw new DynsrvError('DYNSRV_BAD_OPTION', `the token of the page is shorter than ${MIN_TOKEN_LENGTH} characters`, {
      hint: 'Make one with: dynsrv cookie new',
    })
  }
  const proof = digest(token, 'cookie').toString('base64url')
  // Named after the token, so that two pages of one machine do not take each other's place.
  const name = `dynsrv-${digest(token, 'name').toString('hex').slice(0, 8)}`
  const guarded = (path: string, route: Route): Route => {
    return (request, response) => {
      const asked = new URL(request.url ?? '/', 'http://page').searchParams
      const given = path === '/' ? asked.get('token') : null
      if (given !== null && same(given, token)) {
        // Lax, so that a link with the token works from anywhere. The redirect takes the token out of the address.
        const cookie = `${name}=${proof}; Path=/; Max-Age=${KEPT_SECONDS}; HttpOnly; SameSite=Lax`
        asked.delete('token')
        const location = asked.size === 0 ? '/' : `/?${asked}`
        response.writeHead(303, { location, 'set-cookie': cookie, 'cache-control': 'no-store' })
        response.end()
        return
      }
      const shown = cookieOf(request.headers.cookie, name)
      if (shown !== undefined && same(shown, proof)) return route(request, response)
      response.writeHead(401, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' })
      response.end(
        `${given === null ? 'This page asks for its token' : 'This is not its token'}: open /?token=… once.\n`,
      )
    }
  }
  return Object.fromEntries(Object.entries(routes).map(([path, route]) => [path, guarded(path, route)]))
}

/** Compares. The time that it takes shows neither how much is right nor how long the secret is. */
function same(given: string, secret: string): boolean {
  return timingSafeEqual(digest(secret, given), digest(secret, secret))
}

function digest(key: string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function cookieOf(header: string | undefined, name: string): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const [key, value] = pair.split('=')
    if (key?.trim() === name) return value?.trim()
  }
  return undefined
}
