export type {
  Clock,
  CodedError,
  CodedErrorOptions,
  ErrorCategory,
  ErrorTable,
  ErrorWords,
  FileFacts,
  Files,
  MissedEvents,
  Network,
  ProgramRun,
  Programs,
  Ran,
  Random,
  System,
  Timer,
  World,
} from '@dynsrv/kit'
export {
  type ByTagOptions,
  type ByTxtOptions,
  byIp,
  byTag,
  byTxt,
  type Candidate,
  type Mapped,
  type NameMapping,
  targetLabel,
  wholeTarget,
} from './answers/name-mapping.ts'
export type {
  ConnectFailed,
  Deregistered,
  DisconnectFailed,
  DiscoveryFailed,
  Held,
  HoldReason,
  Ignored,
  Joined,
  Left,
  Lost,
  MembershipChange,
  PartFailed,
  Polled,
} from './change.ts'
export type {
  Discover,
  DiscoverOptions,
  Discovery,
  Endpoints,
  EndpointsByNode,
  IgnoredTarget,
  Locate,
  Located,
  Preference,
  PreferencesByNode,
} from './discover.ts'
export {
  isStrategyError,
  type MissingPeer,
  STRATEGY_ERRORS,
  StrategyError,
  type StrategyErrorCode,
  type StrategyErrorOptions,
} from './error.ts'
export { decodeHeartbeat, gossipKey } from './gossip/gossip-packet.ts'
export { type Member, type Plan, type PlanInput, plan } from './loop/plan.ts'
export {
  type DrainOptions,
  type EventsOptions,
  type KnownMember,
  type LocateOptions,
  type ReadyOptions,
  Strategy,
  type StrategyOptions,
} from './loop/strategy.ts'
export { type Gauges, MEMBERSHIP_CHANNEL, type MembershipMessage } from './loop/telemetry.ts'
export { watch } from './loop/watch.ts'
export type { WatchOptions } from './loop/watch-options.ts'
export type { Dial, LinkDown, LinkUp, Membership } from './membership.ts'
export {
  type ByTtlOptions,
  backoff,
  byTtl,
  type DoublingOptions,
  doubling,
  every,
  type FailedDial,
  type Interval,
  type IntervalState,
  jittered,
  type Retry,
} from './policy/interval.ts'
export {
  allOf,
  type LeavePolicy,
  leaveAfter,
  leaveAfterMs,
  type Missed,
  neverLeave,
  onDeregister,
  whenLinkDropped,
} from './policy/leave-policy.ts'
export { filter, map, type SampleOptions, sample, union } from './sources/combine.ts'
export { type ConsulOptions, consul, consulNodes } from './sources/consul.ts'
export { type DnsClusterOptions, type DnsClusterQuery, dnsCluster } from './sources/dns-cluster.ts'
export { type AddressSource, addressNodes, type DnsPollOptions, dnsPoll } from './sources/dns-poll.ts'
export { type DynamicSrvOptions, dynamicSrv } from './sources/dynamic-srv.ts'
export {
  type EpmdNames,
  type EpmdOptions,
  type ErlangHostsOptions,
  epmd,
  erlangHosts,
  type LocalEpmdOptions,
  listedNodes,
  localEpmd,
} from './sources/epmd.ts'
export { type EnvOptions, env, type FileOptions, file, fileNodes } from './sources/file.ts'
export { type GossipOptions, gossip, gossipNodes } from './sources/gossip.ts'
export { type KubernetesOptions, kubernetes, kubernetesNodes } from './sources/kubernetes.ts'
export {
  type KubernetesDnsOptions,
  type KubernetesDnsSrvOptions,
  kubernetesDns,
  kubernetesDnsSrv,
} from './sources/kubernetes-dns.ts'
export type { KubernetesLookup, KubernetesMode } from './sources/kubernetes-objects.ts'
export { type RancherOptions, rancher } from './sources/rancher.ts'
export type { LoopOptions, SourceStrategy } from './sources/source-strategy.ts'
export { type SrvSource, srvNodes } from './sources/srv-nodes.ts'
