import { dnsClient } from '@dynsrv/srv-resolver'
import type { Discover } from '../discover.ts'
import type { Strategy } from '../loop/strategy.ts'
import type { Membership } from '../membership.ts'
import { type Check, dnsName, flag, having } from '../options.ts'
import { onDeregister, whenLinkDropped } from '../policy/leave-policy.ts'
import { type NameMapping, nameMapping, targetLabel } from './name-mapping.ts'
import { type LoopOptions, sourceStrategy } from './source-strategy.ts'
import { type SrvSource, srvNodes } from './srv-nodes.ts'

interface SourceOptions {
  /** The DNS name that holds the SRV records of all members. */
  readonly service: string
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

/** The options of libcluster's `Cluster.Strategy.DynamicSrv`, and those of every loop. */
export interface DynamicSrvOptions extends SourceOptions, LoopOptions {}

const CHECKS: Readonly<Record<keyof SourceOptions, Check>> = {
  service: dnsName,
  resolver: having('resolveSrv'),
  disconnectOnDeregister: flag,
  name: nameMapping,
}

function nodes({ service, resolver = dnsClient(), name = targetLabel(service) }: SourceOptions): Discover {
  return srvNodes(resolver, service, name)
}

/**
 * Keeps a membership connected to the nodes that the SRV records of a service name, as libcluster's `DynamicSrv` does, but
 * a failed, stale, trimmed or suddenly empty answer disconnects nobody.
 *
 * @throws {StrategyError} `STRATEGY_BAD_SERVICE`, `STRATEGY_BAD_OPTION`, `STRATEGY_UNKNOWN_OPTION`
 */
export function dynamicSrv(membership: Membership, options: DynamicSrvOptions): Strategy {
  const leave = options?.disconnectOnDeregister === false ? whenLinkDropped : onDeregister
  const make = sourceStrategy<SourceOptions>({
    owner: 'dynamicSrv',
    checks: CHECKS,
    required: ['service'],
    leave,
    nodes,
  })
  return make(membership, options)
}
