import { DynsrvError } from '@dynsrv/cluster'
import { messageOf } from '@dynsrv/kit'
import { findConfig } from '../config/find-config.ts'
import type { LoadedConfig } from '../config/load-config.ts'
import { offeredFile } from '../config/offered-file.ts'
import type { MembersOptions } from './members.ts'
import { serviceOf } from './service-of.ts'

/** A command that talks to peers. */
type PeerCommand<Options> = (options: Options, ...operands: string[]) => Promise<number>

/**
 * What a command takes from a configuration file: the DNS servers, the service, or what a link needs. TLS can only be
 * configured in a file, so a command that links always needs it.
 */
export type ConfigNeed = 'dns' | 'service' | 'link'

/**
 * Completes what was typed with what a configuration file says; arguments go before it, and it before the environment.
 * The file may be code, so it is read only when something that the command needs was not typed.
 */
export function withConfig<Options extends MembersOptions>(
  needs: readonly ConfigNeed[],
  command: PeerCommand<Options>,
): PeerCommand<Options> {
  return async (options, ...operands) => {
    const missing = options.config !== undefined || needs.some((need) => IS_MISSING[need](options))
    return command({ ...(missing && (await fromConfig(options))), ...options }, ...operands)
  }
}

const IS_MISSING: Readonly<Record<ConfigNeed, (options: MembersOptions) => boolean>> = {
  dns: ({ dns, at, epmd }) => dns === undefined && at === undefined && epmd === undefined,
  service: ({ service, epmd }) => service === undefined && epmd === undefined,
  link: () => true,
}

/** @throws {DynsrvError} `DYNSRV_CONFIG` */
async function fromConfig({ config: file, at, epmd, dns, service, cookieFile }: MembersOptions) {
  const path = findConfig(file)
  if (path === undefined) return {}
  // What reads it is loaded only when there is one.
  const { loadConfig } = await import('../config/load-config.ts')
  const { start } = (await loadConfig(path))!
  // Another way to find a node was typed: that of the file is not wanted.
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
    throw new DynsrvError('DYNSRV_CONFIG', `${path}: a file that tls names cannot be read: ${messageOf(cause)}`, {
      hint: 'Correct certFile, keyFile or caFile, which are relative to this file, or who may read them.',
      cause,
    })
  }
}
