import { flag, required } from '@dynsrv/kit'
import { dnsClient, portNameRule, portService, trimDetecting } from '@dynsrv/srv-resolver'
import { type NameMapping, nameMapping, targetLabel } from '../answers/name-mapping.ts'
import { dnsName } from '../checks.ts'
import { onDeregister, whenLinkDropped } from '../policy/leave-policy.ts'
import { type LoopOptions, type SourceStrategy, sourceStrategy } from './source-strategy.ts'
import { type SrvSource, srvNodes, srvSource } from './srv-nodes.ts'

/** The options of libcluster's `Cluster.Strategy.DynamicSrv`, and those of every loop. */
export interface DynamicSrvOptions extends LoopOptions {
  /** The DNS name that holds the SRV records of all members. */
  readonly service: string
  /**
   * The name of the port on which the nodes listen, where the service has several, as a headless service of Kubernetes may: the
   * records of `_<portName>._tcp.<service>` are asked for.
   */
  readonly portName?: string
  /** Where it is looked up; default: the servers of `/etc/resolv.conf`. */
  readonly resolver?: SrvSource
  /**
   * Whether the link to a member that is deregistered is taken down; default true. With false it stays until it drops by
   * itself, and is not dialled again.
   */
  readonly disconnectOnDeregister?: boolean
  /** How a record becomes a node name; default `<label>.<service>` → `<label>@<service>`. */
  readonly name?: NameMapping
}

type SourceOptions = Omit<DynamicSrvOptions, keyof LoopOptions>

/**
 * Keeps a membership connected to the nodes that the SRV records of a service name, as libcluster's `DynamicSrv` does, but
 * a failed, stale, trimmed or suddenly empty answer disconnects nobody.
 *
 * @throws {StrategyError} `STRATEGY_BAD_SERVICE`, `STRATEGY_BAD_OPTION`
 */
export const dynamicSrv: SourceStrategy<DynamicSrvOptions> = sourceStrategy<SourceOptions>({
  owner: 'dynamicSrv',
  rules: {
    service: required(dnsName),
    portName: portNameRule,
    resolver: srvSource,
    disconnectOnDeregister: flag,
    name: nameMapping,
  },
  leave: ({ disconnectOnDeregister }) => (disconnectOnDeregister === false ? whenLinkDropped() : onDeregister()),
  nodes: ({ service, portName, world, resolver = trimDetecting(dnsClient({ world })), name = targetLabel(service) }) =>
    srvNodes(resolver, portService(service, portName), name),
})
