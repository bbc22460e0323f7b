import type { SrvTopology, StrategyFactory } from '@dynsrv/cluster'
import { DynsrvError, dnsServer } from '@dynsrv/cluster'
import { dnsClient, trimDetecting } from '@dynsrv/srv-resolver'
import type { ConfigTopology } from './config-settings.ts'
import { STRATEGIES } from './strategies.ts'

/** The topologies of a configuration file; a strategy checks its own options when the node starts. */
export function configTopologies(
  path: string,
  topologies: Readonly<Record<string, ConfigTopology>>,
  dns: string | readonly string[] | undefined,
): Record<string, SrvTopology | StrategyFactory> {
  return Object.fromEntries(
    Object.entries(topologies).map(([name, { strategy = 'dynamicSrv', ...options }]) => {
      if (strategy !== 'dynamicSrv') return [name, factory(name, strategy, options, dns)]
      if (options.service !== undefined) return [name, options as unknown as SrvTopology]
      throw new DynsrvError('DYNSRV_CONFIG', `${path}: topologies.${name}.service is missing`, {
        hint: 'Give the DNS name that holds the SRV records, or another strategy.',
      })
    }),
  )
}

function factory(
  topology: string,
  strategy: string,
  options: Readonly<Record<string, unknown>>,
  dns: string | readonly string[] | undefined,
): StrategyFactory {
  return (membership) => {
    const make = STRATEGIES.get(strategy)!
    const servers = dns === undefined ? [] : [dns].flat().map(dnsServer)
    // A strategy that asks DNS asks the servers that the file names.
    const asksDns = make.optionNames.includes('resolver') && servers.length > 0
    // Each checks the options that it is given.
    return make(membership, {
      topology,
      ...(asksDns && { resolver: trimDetecting(dnsClient({ servers })) }),
      ...options,
    })
  }
}
