import { dnsClient } from '@dynsrv/srv-resolver'
import { dnsName, having } from '../options.ts'
import { onDeregister } from '../policy/leave-policy.ts'
import { type AddressSource, addressNodes } from './dns-poll.ts'
import { checkBasename, wholeTarget, withoutDots } from './name-mapping.ts'
import { sourceStrategy } from './source-strategy.ts'
import { type SrvSource, srvNodes } from './srv-nodes.ts'

/** The options of libcluster's `Cluster.Strategy.Kubernetes.DNS`. */
export interface KubernetesDnsOptions {
  /** A headless service; its A records are the pods. */
  readonly service: string
  /** The part of every node's name before the `@`. */
  readonly applicationName: string
  readonly resolver?: AddressSource
}

/** The options of libcluster's `Cluster.Strategy.Kubernetes.DNSSRV`. */
export interface KubernetesDnsSrvOptions {
  readonly service: string
  readonly namespace: string
  readonly applicationName: string
  readonly resolver?: SrvSource
  /** Default: `CLUSTER_DOMAIN`, else `cluster.local`. */
  readonly clusterDomain?: string
}

/** Members are `<applicationName>@<ipv4>` for every A record of a headless service. */
export const kubernetesDns = sourceStrategy<KubernetesDnsOptions>({
  owner: 'kubernetesDns',
  checks: { service: dnsName, applicationName: checkBasename, resolver: having('resolveAddresses') },
  required: ['service', 'applicationName'],
  leave: onDeregister,
  nodes: ({ service, applicationName, resolver = dnsClient() }) => addressNodes(resolver, service, applicationName, 4),
})

/** Members are `<applicationName>@<target>` for every SRV record of a headless service, as a StatefulSet has them. */
export const kubernetesDnsSrv = sourceStrategy<KubernetesDnsSrvOptions>({
  owner: 'kubernetesDnsSrv',
  checks: {
    service: dnsName,
    namespace: dnsName,
    applicationName: checkBasename,
    resolver: having('resolveSrv'),
    clusterDomain: dnsName,
  },
  required: ['service', 'namespace', 'applicationName'],
  leave: onDeregister,
  nodes: ({ service, namespace, applicationName, resolver = dnsClient(), clusterDomain = clusterDomainOf() }) => {
    const name = `${service}.${namespace}.svc.${withoutDots(clusterDomain)}.`
    return srvNodes(resolver, name, wholeTarget(applicationName))
  },
})

/** The cluster's own domain, from the variable that libcluster reads. */
export function clusterDomainOf(env: NodeJS.ProcessEnv = process.env): string {
  return env.CLUSTER_DOMAIN ?? 'cluster.local'
}
