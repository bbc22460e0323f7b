import { required, type System } from '@dynsrv/kit'
import { dnsClient, trimDetecting } from '@dynsrv/srv-resolver'
import { basenameRule, wholeTarget, withoutDots } from '../answers/name-mapping.ts'
import { dnsName } from '../checks.ts'
import { onDeregister } from '../policy/leave-policy.ts'
import { type AddressSource, addressNodes, addressSource } from './dns-poll.ts'
import { sourceStrategy } from './source-strategy.ts'
import { type SrvSource, srvNodes, srvSource } from './srv-nodes.ts'

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
  rules: { service: required(dnsName), applicationName: required(basenameRule), resolver: addressSource },
  leave: onDeregister,
  nodes: ({ service, applicationName, world, resolver = dnsClient({ world }) }) =>
    addressNodes(resolver, service, applicationName, 4),
})

/** Members are `<applicationName>@<target>` for every SRV record of a headless service, as a StatefulSet has them. */
export const kubernetesDnsSrv = sourceStrategy<KubernetesDnsSrvOptions>({
  owner: 'kubernetesDnsSrv',
  rules: {
    service: required(dnsName),
    namespace: required(dnsName),
    applicationName: required(basenameRule),
    resolver: srvSource,
    clusterDomain: dnsName,
  },
  leave: onDeregister,
  nodes: ({
    service,
    namespace,
    applicationName,
    world,
    resolver = trimDetecting(dnsClient({ world })),
    clusterDomain: given,
  }) => {
    const clusterDomain = given ?? clusterDomainOf(world.system)
    const name = `${service}.${namespace}.svc.${withoutDots(clusterDomain)}.`
    return srvNodes(resolver, name, wholeTarget(applicationName))
  },
})

/** The cluster's own domain, from the variable that libcluster reads. */
export function clusterDomainOf({ env }: System): string {
  return env.CLUSTER_DOMAIN ?? 'cluster.local'
}
