import { DynsrvError, dnsServer, serviceName } from '@dynsrv/cluster'
import type { DoctorOptions, TlsFiles } from '@dynsrv/doctor'
import { messageOf } from '@dynsrv/kit'
import { portService } from '@dynsrv/srv-resolver'
import { durationMs } from '../options/duration.ts'
import { peerName } from '../peer/directory.ts'
import { serviceOf } from '../peer/service-of.ts'
import { peerCookie } from '../peer/throw-away-node.ts'
import { standardInput } from '../terminal/input.ts'
import { files, system } from '../world.ts'
import { configSettings } from './doctor-settings.ts'

/** The options of `dynsrv doctor`, as they were typed. */
export interface DoctorCommandOptions {
  readonly name?: string
  readonly service?: readonly string[]
  readonly dns?: readonly string[]
  readonly portName?: string
  readonly peer?: readonly string[]
  readonly compose?: readonly string[]
  /** False for none. */
  readonly config?: string | false
  readonly cookieFile?: string
  readonly cookie?: string
  readonly port?: string
  readonly interval?: string
  readonly timeout: string
  readonly tls?: boolean
  readonly cacert?: string
  readonly cert?: string
  readonly key?: string
  readonly gossip?: boolean | string
  readonly fingerprint?: boolean
  readonly watch?: boolean
  readonly all?: boolean
  readonly json?: boolean
  readonly plain?: boolean
}

/**
 * Brings the command line and the environment together.
 *
 * What the doctor judges (our own name, the port, the cookie) stays as it was given; what it needs to begin is checked here.
 *
 * @throws {DynsrvError} for an argument with which nothing can be looked at
 */
export async function doctorOptions(
  options: DoctorCommandOptions,
  env: DoctorOptions['env'] = system.env,
): Promise<DoctorOptions> {
  const { compose, gossip } = options
  if (options.cookie !== undefined) await peerCookie(options)
  const config = await configSettings(options.config)
  const { name = config.name, cookieFile = config.cookieFile, port = config.port } = options
  const peers = (options.peer ?? []).map((peer) => peerName(peer).name)
  const own = name ?? env.RELEASE_NODE ?? ''
  const asked = options.service ?? config.services
  const bare = asked.length > 0 ? asked.map(serviceName) : servicesOf(own, compose)
  const services = bare.map((service) => portService(service, options.portName ?? (env.DYNSRV_PORT_NAME || undefined)))
  const nothing = services.length + peers.length + config.faults.length === 0 && own === ''
  if (nothing && compose === undefined && gossip === undefined) {
    throw new DynsrvError('DYNSRV_SERVICE_MISSING', 'there is nothing to look at: no service, no peer, no name', {
      hint: 'Give the name that holds the SRV records with --service, a node with --peer, or a file with --compose.',
    })
  }
  const named = (env.DYNSRV_DNS ?? '').split(',').map((one) => one.trim())
  const servers = options.dns ?? (config.dns.length > 0 ? config.dns : named.filter((one) => one !== ''))
  const tls = (await tlsOf(options)) ?? config.tls
  return {
    services,
    peers,
    dns: servers.map(dnsServer),
    timeoutMs: durationMs(options.timeout),
    intervalMs: options.interval === undefined ? (config.intervalMs ?? INTERVAL_MS) : durationMs(options.interval),
    fingerprint: options.fingerprint === true,
    configFaults: config.faults,
    env,
    resolvConf: '/etc/resolv.conf',
    ...(name !== undefined && { name }),
    ...(cookieFile !== undefined && { cookieFile }),
    ...(port !== undefined && { port }),
    ...(compose !== undefined && { compose }),
    ...(compose?.includes('-') === true && { composeInput: await typedFile() }),
    ...(tls !== undefined && { tls }),
    ...(gossip !== undefined && { gossip: await gossipOf(gossip) }),
  }
}

/** As `join` polls. */
const INTERVAL_MS = 5_000

function servicesOf(own: string, compose: readonly string[] | undefined): string[] {
  const service = compose === undefined ? serviceOf(own) : undefined
  return service === undefined ? [] : [serviceName(service)]
}

async function tlsOf({ tls, cacert, cert, key }: DoctorCommandOptions): Promise<TlsFiles | undefined> {
  if (tls !== true && cacert === undefined && cert === undefined && key === undefined) return undefined
  return {
    ...(cacert !== undefined && { ca: await fileOf(cacert, '--cacert') }),
    ...(cert !== undefined && { cert: await fileOf(cert, '--cert') }),
    ...(key !== undefined && { key: await fileOf(key, '--key') }),
  }
}

async function gossipOf(gossip: boolean | string): Promise<{ secret?: string }> {
  return typeof gossip === 'string' ? { secret: (await fileOf(gossip, '--gossip')).trimEnd() } : {}
}

/** The Compose file `-`. */
async function typedFile(): Promise<string> {
  try {
    return new TextDecoder().decode(await standardInput())
  } catch (cause) {
    throw new DynsrvError('DYNSRV_BAD_OPTION', `--compose - reads standard input, but ${messageOf(cause)}`, {
      hint: 'Put the file there: dynsrv doctor --compose - < docker-compose.yml',
      cause,
    })
  }
}

async function fileOf(path: string, option: string): Promise<string> {
  try {
    return new TextDecoder().decode(await files.read(path))
  } catch (cause) {
    throw new DynsrvError('DYNSRV_BAD_OPTION', `the file of ${option} cannot be read: ${path}`, {
      hint: 'Check the path and who may read it.',
      cause,
    })
  }
}
