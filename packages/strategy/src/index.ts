export type {
  ConnectFailed,
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
export type { Discover, Discovery, IgnoredTarget } from './discover.ts'
export { type MissingPeer, StrategyError, type StrategyErrorCode, type StrategyErrorOptions } from './error.ts'
export { backoff, byTtl, doubling, every, type Interval, type IntervalState, jittered, type Retry } from './interval.ts'
export {
  allOf,
  type LeavePolicy,
  leaveAfter,
  leaveAfterMs,
  type Missed,
  neverLeave,
  onDeregister,
  whenLinkDropped,
} from './leave-policy.ts'
export type { LinkDown, LinkUp, Membership } from './membership.ts'
export {
  byIp,
  byTag,
  byTxt,
  type Candidate,
  type Mapped,
  type NameMapping,
  targetLabel,
  wholeTarget,
} from './name-mapping.ts'
export { type Member, type Plan, type PlanInput, plan } from './plan.ts'
export { type DynamicSrvOptions, dynamicSrv } from './sources/dynamic-srv.ts'
export { type SrvSource, srvNodes } from './sources/srv-nodes.ts'
export { type DrainOptions, type ReadyOptions, Strategy, type StrategyOptions } from './strategy.ts'
export { type Gauges, MEMBERSHIP_CHANNEL, type MembershipMessage } from './telemetry.ts'
export { watch } from './watch.ts'
export type { WatchOptions } from './watch-options.ts'
