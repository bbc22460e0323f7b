import type { NodeName } from '@dynsrv/epmd-shim'
import type { Cluster } from '../cluster.ts'
import type { ClusterEvent } from '../cluster-event.ts'
import { dnsServer } from '../dns-server.ts'
import { durationMs } from '../duration.ts'
import { DynsrvError } from '../error.ts'
import { parsePort } from '../parse-port.ts'
import { serviceName } from '../service-name.ts'
import { start } from '../start.ts'
import type { StartOptions } from '../start-options.ts'
import { EXIT_OK } from '../terminal/exit-code.ts'
import { exitSignal } from '../terminal/exit-signal.ts'
import { painter, wantsColours } from '../terminal/paint.ts'
import { joinJson, joinLines } from './join-view.ts'

/** The options of `dynsrv join`, as they were typed. */
export interface JoinOptions {
  readonly name?: string
  readonly service?: readonly string[]
  readonly dns?: readonly string[]
  readonly cookieFile?: string
  readonly cookie?: string
  readonly port?: string
  readonly host?: string
  readonly visible?: boolean
  readonly interval: string
  readonly json?: boolean
  readonly plain?: boolean
}

/** What else goes on while a node stays. */
export interface StayParts {
  /** Called once the node listens; tells what else is served. */
  started?(cluster: Cluster): Promise<{ readonly http: string }>
  /** Called when the node has left. */
  left?(): Promise<void>
}

/**
 * Joins a cluster and shows its members until a signal asks it to leave.
 *
 * @returns the exit code
 */
export function join(options: JoinOptions): Promise<number> {
  return stay(options)
}

/** Joins, shows what happens, and leaves in order when a signal asks for it. */
export async function stay(options: JoinOptions, parts: StayParts = {}): Promise<number> {
  using exit = exitSignal()
  const pollingIntervalMs = durationMs(options.interval)
  const services = (options.service ?? []).map(serviceName)
  const dns = (options.dns ?? []).map(dnsServer)
  const cluster = await started(startOptions(options, { services, dns, pollingIntervalMs }))
  const view =
    options.json === true
      ? joinJson(print)
      : joinLines(print, painter(options.plain !== true && wantsColours(process.stdout)))
  // What happens before everything is up is shown after the first lines, not lost.
  const early: [ClusterEvent, NodeName[]][] = []
  let show = (event: ClusterEvent, members: NodeName[]): void => void early.push([event, members])
  const stop = cluster.on((event) => show(event, cluster.members()))
  try {
    const served = await parts.started?.(cluster)
    const hidden = options.visible !== true
    const facts = { name: cluster.self, port: cluster.port, hidden, services, dns, pollingIntervalMs }
    view.started({ ...facts, ...served })
    for (const [event, members] of early) view.show(event, members)
    show = (event, members) => view.show(event, members)
    const signal = await exit.received
    stop()
    view.leaving(signal, cluster.members())
    await cluster.drain()
    view.left()
    return EXIT_OK
  } finally {
    await cluster.close()
    await parts.left?.()
  }
}

/** Starts; what is missing is named as the command line calls it. */
async function started(options: StartOptions): Promise<Cluster> {
  try {
    return await start(options)
  } catch (error) {
    const hint = HINTS[String(error instanceof Error && 'code' in error && error.code)]
    if (!(error instanceof Error) || hint === undefined) throw error
    throw Object.assign(new Error(error.message, { cause: error }), { hint })
  }
}

const HINTS: Readonly<Record<string, string>> = {
  EPMD_DIST_PORT_MISSING: "Set ERL_DIST_PORT, or give --port: the port of this node's SRV record, such as 4370.",
  DYNSRV_NAME_MISSING: 'Give a name with --name, such as api-1@my-service.service.consul.',
  DYNSRV_SERVICE_MISSING: 'Give the name that holds the SRV records with --service, such as my-service.service.consul.',
}

function startOptions(
  { name, cookie, cookieFile, port, host, visible }: JoinOptions,
  found: { services: readonly string[]; dns: readonly string[]; pollingIntervalMs: number },
): StartOptions {
  if (cookie !== undefined) {
    throw new DynsrvError(
      'DYNSRV_BAD_OPTION',
      'a cookie on the command line can be read by every user of this machine',
      {
        hint: 'Put it in a file for --cookie-file, or in RELEASE_COOKIE.',
      },
    )
  }
  const { services, dns, pollingIntervalMs: pollingInterval } = found
  return {
    topologies: Object.fromEntries(services.map((service) => [service, { service, pollingInterval }])),
    hidden: visible !== true,
    ...(name !== undefined && { name }),
    ...(dns.length > 0 && { dns }),
    ...(cookieFile !== undefined && { cookieFile }),
    ...(port !== undefined && { port: parsePort(port, '--port') }),
    ...(host !== undefined && { host }),
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
