// One import for a program that joins a cluster: `start`, and of each package what such a program touches.
export { DistError, type DistErrorCode } from '@dynsrv/dist-protocol'
export {
  DynamicSrv,
  EpmdError,
  type EpmdErrorCode,
  type EpmdModule,
  type NodeName,
  nodeName,
  parseNodeName,
} from '@dynsrv/epmd-shim'
export {
  Atom,
  atom,
  Binary,
  BitString,
  charlist,
  EtfError,
  Float,
  ImproperList,
  inspect,
  Pid,
  Reference,
  type Term,
  Tuple,
  tuple,
} from '@dynsrv/etf'
export {
  type DrainOptions,
  Mailbox,
  type MailboxOptions,
  Node,
  type NodeDownReason,
  NodeError,
  type NodeErrorCode,
  type NodeEvent,
  type NodeOptions,
  PubSub,
  type PubSubMessage,
  Subscription,
  startNode,
} from '@dynsrv/node'
export {
  dnsClient,
  ResolverError,
  type ResolverErrorCode,
  type SrvResolver,
  startZoneServer,
  type ZoneRecord,
  type ZoneServer,
} from '@dynsrv/srv-resolver'
export {
  dynamicSrv,
  leaveAfter,
  type Membership,
  type MembershipChange,
  onDeregister,
  Strategy,
  StrategyError,
  type StrategyErrorCode,
  whenLinkDropped,
} from '@dynsrv/strategy'
export { Cluster, type ClusterState, type ReadyOptions } from './cluster.ts'
export type { ClusterEvent, Deregistered } from './cluster-event.ts'
export type { DynsrvConfig } from './config/config-schema.ts'
export { CONFIG_NAMES } from './config/find-config.ts'
export { defineConfig, type LoadedConfig, loadConfig } from './config/load-config.ts'
export { DynsrvError, type DynsrvErrorCode } from './error.ts'
export {
  type HealthOptions,
  type HealthServer,
  type Route,
  startHealthServer,
} from './health/health-server.ts'
export { type Readiness, readiness, type TopologyReadiness } from './health/readiness.ts'
export type { LastLookup } from './own-record.ts'
export { type PageOptions, pageRoutes } from './page/page-routes.ts'
export { start } from './start.ts'
export type { SrvTopology, StartOptions, StrategyFactory } from './start-options.ts'
