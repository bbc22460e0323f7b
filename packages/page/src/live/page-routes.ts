import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Cluster } from '@dynsrv/cluster'
import { realWorld, secret, text, type World, worldShape } from '@dynsrv/kit'
import { checks, clusterRule } from '../checks.ts'
import type { Route } from '../health/health-server.ts'
import { PAGE_ASSETS, pageAsset } from '../page-assets.ts'
import { ClusterPage } from './cluster-page.ts'
import { EventStream } from './event-stream.ts'
import { pageHtml } from './page-html.ts'
import { withToken } from './page-token.ts'

/** Nothing but what this server itself serves: no inline script or style, no frame, no form, no other host. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

/** Time between two points of the charts, in milliseconds. */
const SAMPLE_MS = 5_000

const HEADERS = {
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
}

/** What the live page takes. */
export interface PageOptions {
  /**
   * What a browser must show once, as `/?token=…`; a cookie remembers it. At least 16 characters; default: the page asks
   * for none.
   *
   * It guards the page, not `/readyz` and `/metrics` beside it.
   */
  readonly token?: string
  /** Where time, chance and files come from; default: the machine. */
  readonly world?: World
}

const check = checks.options<PageOptions>('pageRoutes', { token: secret(text), world: worldShape })

/**
 * The live page of a cluster, as routes for `startHealthServer`: `/` and what it loads.
 *
 * It shows and changes nothing. Call it right after `start`, as it shows what happens from then on, with charts of the last
 * half hour. While a page is open, each connected peer gets one ping every five seconds, and a member that is looked at is
 * asked once for its OTP release; otherwise it sends nothing.
 *
 * Everybody who reaches it sees the names, addresses and errors of the whole cluster, so keep it on loopback, give it a
 * token, or put a proxy with a login in front.
 *
 * @throws {DynsrvError} `DYNSRV_BAD_OPTION`, also when the token is shorter than 16 characters
 */
export function pageRoutes(cluster: Cluster, options: PageOptions = {}): Readonly<Record<string, Route>> {
  checks.argument('pageRoutes', 'cluster', clusterRule, cluster)
  check(options)
  const { token, world = realWorld } = options
  const { clock, files } = world
  const page = new ClusterPage(cluster, world)
  const stream = new EventStream(cluster, page, clock)
  cluster.on((event) => {
    page.notice(event)
    stream.wake()
  })
  const sampler = clock.setInterval(() => {
    if (cluster.state === 'closed') clock.clearInterval(sampler)
    else stream.sampled(page.sample())
  }, SAMPLE_MS)
  sampler.unref()
  const routes = {
    '/': ours((_request, response) => send(response, 'text/html; charset=utf-8', pageHtml(page.state(), clock.now()))),
    '/page/events': ours((request, response) => stream.watch(request, response)),
    '/page/state': ours((_request, response) => send(response, 'application/json', JSON.stringify(page.state()))),
    '/page/history': ours((_request, response) =>
      send(response, 'application/json', JSON.stringify({ everyMs: SAMPLE_MS, samples: page.samples() })),
    ),
    '/page/member': ours(async (request, response) => {
      const name = new URL(request.url ?? '/', 'http://page').searchParams.get('name') ?? ''
      const member = await page.member(name)
      if (member === undefined) send(response, 'text/plain; charset=utf-8', 'No such member.\n', 404)
      else send(response, 'application/json', JSON.stringify(member))
    }),
    ...Object.fromEntries(
      Object.entries(PAGE_ASSETS).map(([name, type]) => [`/page/${name}`, asset(files, name, type)]),
    ),
  }
  return token === undefined ? routes : withToken(token, routes)
}

function asset(files: World['files'], name: string, type: string): Route {
  return ours(async (_request, response) => send(response, type, await pageAsset(files, name)))
}

/** Guards a route: other sites may link to the page, but not load anything of it. */
function ours(route: Route): Route {
  return (request: IncomingMessage, response: ServerResponse) => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value)
    const { 'sec-fetch-site': site, 'sec-fetch-mode': mode } = request.headers
    if (site === 'cross-site' && mode !== 'navigate') {
      response.writeHead(403, { 'content-type': 'text/plain; charset=utf-8' })
      response.end('Other sites may not read this page.\n')
      return
    }
    return route(request, response)
  }
}

function send(response: ServerResponse, type: string, body: string | Uint8Array, status = 200): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}
