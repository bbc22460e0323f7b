import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Cluster } from '@dynsrv/cluster'
import { DynsrvError } from '@dynsrv/cluster'
import {
  callable,
  filledText,
  HttpServer,
  messageOf,
  port as portRule,
  realWorld,
  recordOf,
  type World,
  whole,
  worldShape,
} from '@dynsrv/kit'
import { checks, clusterRule } from '../checks.ts'
import { isLoopback, isOwnHost } from './own-host.ts'
import { readiness } from './readiness.ts'

/** Answers requests for one path. */
export type Route = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

/** Where the health server listens, and what it serves. */
export interface HealthOptions {
  /** Address to listen on; default 127.0.0.1. */
  readonly host?: string
  /** Port to listen on, 0 for any free one; default 9464. */
  readonly port?: number
  /** Peers that must be connected for `/readyz`; default 0, so that the first member of a cluster can become ready. */
  readonly minPeers?: number
  /** More paths, such as a page of your own. */
  readonly routes?: Readonly<Record<string, Route>>
  /** Where sockets and time come from; default: the machine. */
  readonly world?: World
}

const check = checks.options<HealthOptions>('startHealthServer', {
  host: filledText,
  port: portRule,
  minPeers: whole(),
  routes: recordOf(callable),
  world: worldShape,
})

/** A running health server. */
export interface HealthServer extends AsyncDisposable {
  /** Where it listens, such as `http://127.0.0.1:9464`. */
  readonly url: string
  /** Ends it and every connection; may be called again. */
  close(): Promise<void>
}

/** The default port of Prometheus exporters of OpenTelemetry. */
export const HEALTH_PORT = 9464

/** Connections at the same time; a newcomer takes the place of one that asks nothing. */
const MAX_CONNECTIONS = 256

/**
 * Serves `/livez`, `/readyz` and `/metrics` of a cluster over HTTP, for orchestrators and Prometheus.
 *
 * On loopback it answers only requests that are addressed to loopback, so that no web page can read it through a name of
 * its own (DNS rebinding).
 *
 * Idle connections cannot fill it: when there are too many, it closes the oldest of the address that has most.
 *
 * @throws {DynsrvError} `DYNSRV_BAD_OPTION`, `DYNSRV_LISTEN_FAILED` when the port is taken
 */
export async function startHealthServer(cluster: Cluster, options: HealthOptions = {}): Promise<HealthServer> {
  checks.argument('startHealthServer', 'cluster', clusterRule, cluster)
  check(options)
  const { host = '127.0.0.1', port = HEALTH_PORT, minPeers = 0, world = realWorld } = options
  // Only a program that serves metrics loads what makes them.
  const [{ startMetrics }, { promClient }, { Registry }] = await Promise.all([
    import('@dynsrv/metrics'),
    import('@dynsrv/metrics/prom-client'),
    import('prom-client'),
  ])
  const registry = new Registry()
  const metrics = startMetrics(promClient(registry), {
    nodes: [cluster.node],
    strategies: [...cluster.strategies.values()],
    world,
  })
  const routes: Readonly<Record<string, Route>> = {
    '/livez': (_request, response) => text(response, 200, 'ok\n'),
    '/readyz': (_request, response) => {
      const state = readiness(cluster, minPeers)
      send(response, state.ready ? 200 : 503, 'application/json', `${JSON.stringify(state, null, 2)}\n`)
    },
    '/metrics': async (_request, response) => send(response, 200, registry.contentType, await registry.metrics()),
    ...options.routes,
  }
  const server = new HttpServer(world, MAX_CONNECTIONS, (request, response) => {
    // A route that fails is answered with 500. What fails beyond that is the answer itself, so nobody is there to hear why.
    answer(routes, request, response).catch(() => response.destroy())
  })
  const close = async () => {
    metrics.close()
    await server.close()
  }
  try {
    const address = await server.listen(port, host)
    return { url: urlOf(address), close, [Symbol.asyncDispose]: close }
  } catch (cause) {
    await close()
    throw new DynsrvError('DYNSRV_LISTEN_FAILED', `cannot serve HTTP on ${host}:${port}: ${messageOf(cause)}`, {
      hint: 'Choose another address with --http host:port (option port); port 0 takes any free one.',
      cause,
    })
  }
}

async function answer(
  routes: Readonly<Record<string, Route>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('cache-control', 'no-store')
  response.setHeader('x-content-type-options', 'nosniff')
  const local = isLoopback(request.socket.localAddress)
  if (local && !isOwnHost(request.headers.host)) {
    return text(response, 421, 'This server listens on loopback and answers only to localhost.\n')
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD')
    return text(response, 405, 'Only GET and HEAD.\n')
  }
  const path = (request.url ?? '/').replace(/[?#].*$/s, '')
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined
  if (route === undefined) return text(response, 404, `Nothing is here. There are: ${Object.keys(routes).join(' ')}\n`)
  try {
    await route(request, response)
  } catch (error) {
    if (response.headersSent) response.destroy()
    else text(response, 500, `${messageOf(error)}\n`)
  }
}

function text(response: ServerResponse, status: number, body: string): void {
  send(response, status, 'text/plain; charset=utf-8', body)
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}
