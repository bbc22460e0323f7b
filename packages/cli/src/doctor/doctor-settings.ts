import type { StartOptions } from '@dynsrv/cluster'
import type { TlsFiles } from '@dynsrv/doctor'
import { nodeName } from '@dynsrv/epmd-shim'
import { portNameRule, portService } from '@dynsrv/srv-resolver'
import { dynamicSrv, type Membership } from '@dynsrv/strategy'
import { loadConfig } from '../config/load-config.ts'
import { offeredFile } from '../config/offered-file.ts'
import { tlsFiles } from '../config/tls-files.ts'

/** What a configuration file says to the doctor. */
export interface ConfigSettings {
  readonly name?: string
  readonly services: readonly string[]
  readonly dns: readonly string[]
  readonly port?: string
  readonly cookieFile?: string
  readonly intervalMs?: number
  readonly tls?: TlsFiles
  /** What is wrong with the file, or with the options of its topologies. */
  readonly faults: readonly unknown[]
}

/**
 * Reads the configuration file as `dynsrv join` does. What is wrong in it is a finding like any other, and the rest is
 * looked at all the same.
 */
export async function configSettings(file: string | false | undefined): Promise<ConfigSettings> {
  try {
    const config = await loadConfig(file)
    return config === undefined ? NOTHING : settingsOf(config.start)
  } catch (fault) {
    return { ...NOTHING, faults: [fault] }
  }
}

const NOTHING: ConfigSettings = { services: [], dns: [], faults: [] }

function settingsOf({
  name,
  service,
  portName,
  topologies = {},
  dns,
  port,
  cookieFile,
  pollingInterval,
  tls,
}: StartOptions): ConfigSettings {
  const faults: unknown[] = []
  const ofPort = (name: string, port: string | undefined) => (isPortName(port) ? portService(name, port) : name)
  const services = service === undefined ? [] : [ofPort(service, portName)]
  for (const [topology, made] of Object.entries(topologies)) {
    if (typeof made !== 'function') services.push(ofPort(made.service, made.portName))
    // A strategy checks its options when it is made, and opens nothing before it is started.
    try {
      if (typeof made === 'function') made(UNUSED)
      else dynamicSrv(UNUSED, { topology, ...made })
    } catch (fault) {
      faults.push(fault)
    }
  }
  const servers = dns === undefined || (typeof dns === 'object' && 'resolveSrv' in dns) ? [] : [dns].flat()
  return {
    services,
    dns: servers as readonly string[],
    faults,
    ...(name !== undefined && { name }),
    ...(port !== undefined && { port: String(port) }),
    ...(cookieFile !== undefined && { cookieFile: offeredFile(cookieFile) }),
    ...(pollingInterval !== undefined && { intervalMs: pollingInterval }),
    ...(tls !== undefined && tlsOf(tls, faults)),
  }
}

function tlsOf(tls: NonNullable<StartOptions['tls']>, faults: unknown[]): { readonly tls: TlsFiles } {
  try {
    return { tls: tlsFiles(tls) }
  } catch (fault) {
    faults.push(fault)
    return { tls: {} }
  }
}

/** Another one is among the faults. */
function isPortName(text: string | undefined): text is string {
  return portNameRule.check(text, 'portName') === undefined
}

const nothing = async (): Promise<void> => undefined

/** A membership that is never driven. */
const UNUSED: Membership = {
  self: nodeName('doctor@127.0.0.1'),
  connected: () => [],
  connect: nothing,
  disconnect: nothing,
  on: () => undefined,
  off: () => undefined,
}
