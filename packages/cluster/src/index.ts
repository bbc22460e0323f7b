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
export type { Attached } from './attached.ts'
export { type Attach, Cluster, type ClusterState, type EventsOptions, type ReadyOptions } from './cluster.ts'
export type { ClusterEvent, Deregistered } from './cluster-event.ts'
export { DYNSRV_ERRORS, DynsrvError, type DynsrvErrorCode, type DynsrvErrorOptions, isDynsrvError } from './error.ts'
export { advice, type Explanation, explain, oneLine, reasonText } from './explain.ts'
export type { LastLookup } from './last-lookup.ts'
export type { LeaveSignal } from './leave-on.ts'
export {
  type MemberService,
  Service,
  type ServiceCandidate,
  type ServiceSnapshot,
} from './services/service.ts'
export type {
  ModuleOptions,
  ServiceCallOptions,
  ServiceOptions,
  TypedServiceCallOptions,
} from './services/service-options.ts'
export type { MembersTarget, NamedTarget, PgTarget, ProcessTarget } from './services/service-target.ts'
export { checkCookie, type FindCookieOptions, findCookie } from './settings/cookie.ts'
export { dnsServer } from './settings/dns-server.ts'
export { parsePort } from './settings/parse-port.ts'
export { serviceName } from './settings/service-name.ts'
export type { CookieFiles, SrvTopology, StartOptions, StrategyFactory } from './settings/start-options.ts'
export { start } from './start.ts'
