export type {
  Clock,
  CodedError,
  CodedErrorOptions,
  ErrorCategory,
  ErrorTable,
  ErrorWords,
  FileFacts,
  Files,
  Network,
  ProgramRun,
  Programs,
  Ran,
  Random,
  System,
  Timer,
  World,
} from '@dynsrv/kit'
export { companionPath } from './companion-path.ts'
export { LOWEST_CREATION, newCreation } from './creation.ts'
export type { EpmdDumpLine, EpmdNode } from './epmd/epmd-message.ts'
export {
  type EpmdServer,
  type EpmdServerDirectory,
  type EpmdServerOptions,
  startEpmdServer,
} from './epmd/epmd-server.ts'
export type {
  AddressFamily,
  CallOptions,
  EpmdModule,
  HostAddress,
  LookupOptions,
  NodeAddress,
  NodeAddressCandidate,
  RegisteredName,
} from './epmd-module.ts'
export { EPMD_ERRORS, EpmdError, type EpmdErrorCode, type EpmdErrorOptions, isEpmdError } from './error.ts'
export { DynamicSrv, type DynamicSrvOptions } from './lookups/dynamic-srv.ts'
export { ErlEpmd, type ErlEpmdOptions, type RegistrationEvent } from './lookups/erl-epmd.ts'
export { firstOf } from './lookups/first-of.ts'
export { FixedPort, type FixedPortOptions } from './lookups/fixed-port.ts'
export { type HostLookup, systemHostLookup } from './lookups/host-address.ts'
export { PortInName, type PortInNameOptions } from './lookups/port-in-name.ts'
export { Static, type StaticAddress, type StaticNodes, type StaticOptions } from './lookups/static.ts'
export {
  MAX_NODE_NAME_BYTES,
  type NodeName,
  type NodeNameOptions,
  nodeName,
  type ParsedNodeName,
  parseNodeName,
} from './node-name.ts'
