import { DynsrvError } from '@dynsrv/cluster'
import { HEALTH_PORT, type HealthServer, pageRoutes, startHealthServer } from '@dynsrv/page'
import type { Command } from '../command.ts'
import { loadConfig } from '../config/load-config.ts'
import { joinOptions } from '../join/join-options.ts'
import { type JoinOptions, stay } from '../join/stay.ts'
import { system } from '../world.ts'

/** The options of `dynsrv up`, as they were typed. */
export interface UpOptions extends JoinOptions {
  readonly page?: boolean
  readonly http?: string
  readonly minPeers?: string
}

/**
 * Joins a cluster and stays, with health and metrics over HTTP, until a signal asks it to leave.
 *
 * @returns the exit code
 */
export async function up(options: UpOptions): Promise<number> {
  const config = await loadConfig(options.config)
  const at = httpAddress(options.http ?? config?.http ?? `127.0.0.1:${HEALTH_PORT}`)
  // From the environment: every user of the machine can read arguments.
  const token = system.env.DYNSRV_PAGE_TOKEN || undefined
  const minPeers = options.minPeers === undefined ? (config?.minPeers ?? 0) : wholeNumber(options.minPeers)
  let server: HealthServer | undefined
  return await stay(options, config, {
    async started(cluster) {
      const page = options.page ?? config?.page ?? false
      const routes = page ? pageRoutes(cluster, token === undefined ? {} : { token }) : {}
      server = await startHealthServer(cluster, { ...at, minPeers, routes })
      return { http: server.url, ...(page && { page: `${server.url}/`, pageToken: token !== undefined }) }
    },
    // It answers while the node leaves, so that an orchestrator sees it unready first.
    left: async () => server?.close(),
  })
}

/** `host:port`, `[v6]:port` or a port of the loopback. */
function httpAddress(text: string): { readonly host: string; readonly port: number } {
  const {
    host = '127.0.0.1',
    v6,
    port = '',
  } = /^(?:(?:\[(?<v6>[^\]]+)\]|(?<host>[^:]+)):)?(?<port>\d{1,5})$/.exec(text)?.groups ?? {}
  if (port === '' || Number(port) > 65_535) {
    throw new DynsrvError('DYNSRV_BAD_OPTION', `--http ${JSON.stringify(text)} is not an address to listen on`, {
      hint: `Give host:port, such as 127.0.0.1:${HEALTH_PORT} or 0.0.0.0:${HEALTH_PORT}; port 0 takes any free one.`,
    })
  }
  return { host: v6 ?? host, port: Number(port) }
}

function wholeNumber(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text)
  throw new DynsrvError('DYNSRV_BAD_OPTION', `--min-peers ${JSON.stringify(text)} is not a number of peers`, {
    hint: 'Give the number of peers that must be connected before /readyz answers 200, such as 2.',
  })
}

export const command: Command = {
  summary: 'join a cluster and stay, with health and metrics over HTTP',
  group: 'Be a member',
  place: 2,
  declare: (declared, { runs }) =>
    joinOptions(declared.description('Joins a cluster and stays; serves /livez, /readyz and /metrics over HTTP.'))
      .option('--http <host:port>', 'where to serve HTTP (default: 127.0.0.1:9464)')
      .option('--min-peers <number>', 'peers that must be connected before /readyz answers 200 (default: 0)')
      .option(
        '--page',
        'show the cluster as a live page at /; asks for the token in DYNSRV_PAGE_TOKEN, if there is one',
      )
      .addHelpText('after', HELP)
      .action(runs(up)),
}

const HELP = `
Examples:
  As a service: Kubernetes, Nomad or systemd ask /livez and /readyz, Prometheus asks /metrics
  $ dynsrv up --service my-service.service.consul --http 0.0.0.0:9464 --min-peers 1

  Watch the cluster in a browser, at http://127.0.0.1:9464/
  $ dynsrv up --name watcher@my-service.service.consul --service my-service.service.consul --port 0 --page

  On this machine only, on any free port
  $ dynsrv up --name api-1@my-service.test --service my-service.test --port 0 --http 127.0.0.1:0

Ready means: discovery has answered, --min-peers are connected, and the node is not leaving. On SIGTERM it leaves in order.
Exit codes: 0 left on SIGINT or SIGTERM, 1 failed, 2 bad arguments or environment.
`
