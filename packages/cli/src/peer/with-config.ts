import { DynsrvError } from '@dynsrv/cluster'
import { findConfig } from '../config/find-config.ts'
import type { LoadedConfig } from '../config/load-config.ts'
import { offeredFile } from '../config/offered-file.ts'
import type { MembersOptions } from './members.ts'
import { serviceOf } from './service-of.ts'

/** A command that talks to peers. */
type PeerCommand<Options> = (options: Options, ...operands: string[]) => Promise<number>

/** Completes what was typed with what a configuration file says; arguments go before it, and it before the environment. */
export function withConfig<Options extends MembersOptions>(command: PeerCommand<Options>): PeerCommand<Options> {
  return async (options, ...operands) => command({ ...(await fromConfig(options)), ...options }, ...operands)
}

/** @throws {DynsrvError} `DYNSRV_CONFIG` */
async function fromConfig({ config: file, at, epmd, dns, service, cookieFile }: MembersOptions) {
  const path = findConfig(file)
  if (path === undefined) return {}
  // Only who has a configuration file loads what reads it.
  const { loadConfig } = await import('../config/load-config.ts')
  const { start } = (await loadConfig(path))!
  // Who says another way to find a node does not want that of the file.
  const elsewhere = at !== undefined || epmd !== undefined
  return {
    ...(cookieFile === undefined && start.cookieFile !== undefined && { cookieFile: offeredFile(start.cookieFile) }),
    ...(dns === undefined && !elsewhere && { dns: serversOf(start) }),
    ...(service === undefined && epmd === undefined && { services: servicesOf(start) }),
    ...(start.tls !== undefined && { tls: await tlsOf(path, start.tls) }),
  }
}

/** A file names servers; a resolver cannot stand in it. */
function serversOf({ dns = [] }: LoadedConfig['start']): readonly string[] {
  return typeof dns === 'string' ? [dns] : 'resolveSrv' in dns ? [] : dns
}

/** All that have SRV records; with none, the host of the node's own name, as `dynsrv doctor` takes it. */
function servicesOf({ service, topologies = {}, name = '' }: LoadedConfig['start']): readonly string[] {
  const named = Object.values(topologies).flatMap((made) => (typeof made === 'function' ? [] : [made.service]))
  const services = [...new Set(service === undefined ? named : [service, ...named])]
  const own = Object.keys(topologies).length === 0 ? serviceOf(name) : undefined
  return services.length === 0 && own !== undefined ? [own] : services
}

async function tlsOf(path: string, tls: NonNullable<LoadedConfig['start']['tls']>) {
  const { tlsFiles } = await import('../config/tls-files.ts')
  try {
    return tlsFiles(tls)
  } catch (cause) {
    throw new DynsrvError('DYNSRV_CONFIG', `${path}: a file of tls cannot be read: ${(cause as Error).message}`, {
      hint: 'Correct certFile, keyFile or caFile, which are relative to this file, or who may read them.',
      cause,
    })
  }
}
