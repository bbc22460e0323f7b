// One import for a program that joins a cluster: `start`, and of each package what such a program touches.

export { CONFIG_NAMES, type DynsrvConfig, defineConfig, type LoadedConfig, loadConfig } from '@dynsrv/cli/config'
export {
  Cluster,
  type ClusterEvent,
  type ClusterState,
  type Deregistered,
  DynsrvError,
  type DynsrvErrorCode,
  type LastLookup,
  type ReadyOptions,
  type SrvTopology,
  type StartOptions,
  type StrategyFactory,
  start,
} from '@dynsrv/cluster'
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
  t,
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
  RemoteError,
  Subscription,
  startNode,
} from '@dynsrv/node'
export {
  type HealthOptions,
  type HealthServer,
  type PageOptions,
  pageRoutes,
  type Readiness,
  type Route,
  readiness,
  startHealthServer,
  type TopologyReadiness,
} from '@dynsrv/page'
export {
  dnsClient,
  ResolverError,
  type ResolverErrorCode,
  type SrvResolver,
  staleOnError,
  startZoneServer,
  trimDetecting,
  type ZoneRecord,
  type ZoneServer,
} from '@dynsrv/srv-resolver'
export {
  consul,
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
