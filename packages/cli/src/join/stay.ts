import type { Cluster, ClusterEvent, StartOptions } from '@dynsrv/cluster'
import { dnsServer, parsePort, serviceName, start } from '@dynsrv/cluster'
import type { NodeName } from '@dynsrv/epmd-shim'
import { type Coded, codeOf, Repeats, realWorld } from '@dynsrv/kit'
import type { LoadedConfig } from '../config/load-config.ts'
import { durationMs } from '../options/duration.ts'
import { refuseCookie } from '../peer/refuse-cookie.ts'
import { EXIT_OK } from '../terminal/exit-code.ts'
import { exitSignal } from '../terminal/exit-signal.ts'
import { writeLine } from '../terminal/output.ts'
import { Reworded } from '../terminal/reworded.ts'
import { screenPaint } from '../terminal/screen.ts'
import { joinJson, joinLines } from './join-view.ts'

/** The options of a command that joins, as they were typed. */
export interface JoinOptions {
  readonly name?: string
  readonly service?: readonly string[]
  readonly dns?: readonly string[]
  readonly portName?: string
  readonly cookieFile?: string
  readonly cookie?: string
  readonly port?: string
  readonly host?: string
  readonly visible?: boolean
  readonly interval?: string
  readonly netTickTime?: string
  /** False for none. */
  readonly config?: string | false
  readonly json?: boolean
  readonly plain?: boolean
}

/** What else goes on while a node stays. */
export interface StayParts {
  /** Called once the node listens. It returns what else is served. */
  started?(cluster: Cluster): Promise<{ readonly http: string; readonly page?: string; readonly pageToken?: boolean }>
  /** Called when the node has left. */
  left?(): Promise<void>
}

/** Joins, shows what happens, and leaves in order when a signal asks for it. Arguments go before the file. */
export async function stay(options: JoinOptions, config?: LoadedConfig, parts: StayParts = {}): Promise<number> {
  using exit = exitSignal()
  const said = startOptions(options, config?.start)
  const { service: _service, topologies: _topologies, pollingInterval: _interval, ...rest } = config?.start ?? {}
  const given: StartOptions = { ...(said.topologies === undefined ? config?.start : rest), ...said }
  const view = options.json === true ? joinJson(writeLine) : joinLines(writeLine, screenPaint(options))
  const cluster = await started({ ...given, output: (text, from) => view.printed(text, from.node.name) })
  // What happens before everything is up is shown after the first lines, not lost.
  const early: [ClusterEvent, NodeName[]][] = []
  let show = (event: ClusterEvent, members: NodeName[], _more?: number): void => void early.push([event, members])
  const repeats = new Repeats(realWorld.clock)
  const stop = cluster.on((event) => repeats.tell(event, (more) => show(event, cluster.members(), more)))
  try {
    const served = await parts.started?.(cluster)
    const { hidden = true } = given
    const found = {
      services: servicesOf(given),
      dns: [given.dns ?? []].flat().map(String),
      pollingIntervalMs: pollingIntervalOf(given),
    }
    view.started({ name: cluster.self, port: cluster.port, hidden, ...found, ...served })
    for (const [event, members] of early) view.show(event, members)
    show = (event, members, more) => view.show(event, members, more)
    const signal = await exit.received
    stop()
    repeats.close()
    view.leaving(signal, cluster.members())
    await cluster.drain()
    view.left()
    return EXIT_OK
  } finally {
    repeats.close()
    await cluster.close()
    await parts.left?.()
  }
}

/** Starts. A missing value is named as it is on the command line. */
async function started(options: StartOptions): Promise<Cluster> {
  try {
    return await start(options)
  } catch (error) {
    const hint = HINTS[codeOf(error) ?? '']
    throw hint === undefined ? error : new Reworded(error as Coded, { hint })
  }
}

const POLLING_INTERVAL_MS = 5_000

const HINTS: Readonly<Record<string, string>> = {
  EPMD_DIST_PORT_MISSING: "Set ERL_DIST_PORT, or give --port: the port of this node's SRV record, such as 4370.",
  NODE_NAME_SHORT_HOST:
    'Give the host a dot or an IP address, such as api-1@my-service.service.consul: dynsrv joins clusters of long names.',
  DYNSRV_NAME_MISSING: 'Give a name with --name, such as api-1@my-service.service.consul.',
  DYNSRV_SERVICE_MISSING: 'Give the name that holds the SRV records with --service, such as my-service.service.consul.',
}

/** What the arguments say; what they leave out comes from the file and the environment. */
function startOptions(options: JoinOptions, config: StartOptions = {}): StartOptions {
  const {
    name,
    cookie,
    cookieFile,
    port,
    host,
    visible,
    service = [],
    dns = [],
    portName,
    interval,
    netTickTime,
  } = options
  refuseCookie(cookie)
  const pollingInterval = interval === undefined ? config.pollingInterval : durationMs(interval)
  const every = pollingInterval === undefined ? {} : { pollingInterval }
  const ofPort = portName === undefined ? {} : { portName }
  const services = service.map(serviceName)
  return {
    ...(services.length > 0 && {
      topologies: Object.fromEntries(services.map((each) => [each, { service: each, ...every, ...ofPort }])),
    }),
    // A topology of the file has an interval of its own.
    ...(services.length === 0 && { ...every, ...ofPort }),
    ...(visible === true && { hidden: false }),
    ...(name !== undefined && { name }),
    ...(dns.length > 0 && { dns: dns.map(dnsServer) }),
    ...(cookieFile !== undefined && { cookieFile }),
    ...(port !== undefined && { port: parsePort(port, '--port') }),
    ...(host !== undefined && { host }),
    ...(netTickTime !== undefined && { netTickTimeMs: durationMs(netTickTime) }),
  }
}

/** The names that are asked for, or those of the topologies that ask something else. */
function servicesOf({ service, topologies = {} }: StartOptions): string[] {
  const named = Object.entries(topologies).map(([name, made]) => (typeof made === 'function' ? name : made.service))
  return service === undefined ? named : [service, ...named]
}

/** Of the service, or of the first topology that has one. */
function pollingIntervalOf({ pollingInterval, topologies = {} }: StartOptions): number {
  const own = Object.values(topologies).map((made) => (typeof made === 'function' ? undefined : made.pollingInterval))
  return pollingInterval ?? own.find((each) => each !== undefined) ?? POLLING_INTERVAL_MS
}
