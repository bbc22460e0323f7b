import { dnsClient } from '@dynsrv/srv-resolver'
import { every, jittered } from '../interval.ts'
import { onDeregister, whenLinkDropped } from '../leave-policy.ts'
import type { Membership } from '../membership.ts'
import { type NameMapping, targetLabel } from '../name-mapping.ts'
import { type Check, checkOptions, dnsName, duration, flag, object } from '../options.ts'
import { STRATEGY_CHECKS, Strategy, type StrategyOptions } from '../strategy.ts'
import { type SrvSource, srvNodes } from './srv-nodes.ts'

/** The options of libcluster's `Cluster.Strategy.DynamicSrv`, and those of every loop. */
export interface DynamicSrvOptions extends Omit<StrategyOptions, 'discover'> {
  /** The DNS name that holds the SRV records of all members. */
  readonly service: string
  /** Where it is looked up; default: the servers of `/etc/resolv.conf`. */
  readonly resolver?: SrvSource
  /** Time between two polls, in milliseconds; default 5000, of which up to a tenth is taken off at random. */
  readonly pollingInterval?: number
  /**
   * Whether the link to a member that is deregistered is taken down; default true. With false it stays until it drops by
   * itself, and is not dialled again.
   */
  readonly disconnectOnDeregister?: boolean
  /** How a record becomes a node name; default `<label>.<service>` → `<label>@<service>`. */
  readonly name?: NameMapping
}

const { discover: _given, ...loopChecks } = STRATEGY_CHECKS
const CHECKS: Readonly<Record<keyof DynamicSrvOptions, Check>> = {
  ...loopChecks,
  service: dnsName,
  resolver: object,
  pollingInterval: duration,
  disconnectOnDeregister: flag,
  name: object,
}

/**
 * Keeps a membership connected to the nodes that the SRV records of a service name, as libcluster's `DynamicSrv` does, but
 * a failed, stale, trimmed or suddenly empty answer disconnects nobody.
 *
 * @throws {StrategyError} `STRATEGY_BAD_SERVICE`, `STRATEGY_BAD_OPTION`, `STRATEGY_UNKNOWN_OPTION`
 */
export function dynamicSrv(membership: Membership, options: DynamicSrvOptions): Strategy {
  checkOptions('dynamicSrv', options, CHECKS, ['service'])
  const { service, resolver = dnsClient(), name, pollingInterval = 5_000, disconnectOnDeregister = true } = options
  const { service: _s, resolver: _r, name: _n, pollingInterval: _p, disconnectOnDeregister: _d, ...loop } = options
  return new Strategy(membership, {
    interval: jittered(every(pollingInterval)),
    leave: disconnectOnDeregister ? onDeregister() : whenLinkDropped(),
    ...loop,
    discover: srvNodes(resolver, service, name ?? targetLabel(service)),
  })
}
