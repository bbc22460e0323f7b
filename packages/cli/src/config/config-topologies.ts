import type { SrvTopology, StrategyFactory } from '@dynsrv/cluster'
import { DynsrvError, dnsServer } from '@dynsrv/cluster'
import { dnsClient } from '@dynsrv/srv-resolver'
import {
  consul,
  dnsCluster,
  dnsPoll,
  env,
  epmd,
  erlangHosts,
  file,
  gossip,
  kubernetes,
  kubernetesDns,
  kubernetesDnsSrv,
  localEpmd,
  type Membership,
  rancher,
  type Strategy,
} from '@dynsrv/strategy'
import type { ConfigTopology, StrategyName } from './config-settings.ts'

const MAKERS = {
  ...{ consul, dnsCluster, dnsPoll, env, epmd, erlangHosts, file, gossip },
  ...{ kubernetes, kubernetesDns, kubernetesDnsSrv, localEpmd, rancher },
}

/** Strategies that ask DNS, and so the servers that the file names. */
const ASKS_DNS: ReadonlySet<StrategyName> = new Set(['dnsPoll', 'dnsCluster', 'kubernetesDns', 'kubernetesDnsSrv'])

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
  strategy: Exclude<StrategyName, 'dynamicSrv'>,
  options: Readonly<Record<string, unknown>>,
  dns: string | readonly string[] | undefined,
): StrategyFactory {
  // Each checks the options that it is given.
  const make = MAKERS[strategy] as (membership: Membership, options: Readonly<Record<string, unknown>>) => Strategy
  return (membership) => {
    const servers = dns === undefined ? [] : [dns].flat().map(dnsServer)
    const resolver = ASKS_DNS.has(strategy) && servers.length > 0 ? { resolver: dnsClient({ servers }) } : {}
    return make(membership, { topology, ...resolver, ...options })
  }
}
