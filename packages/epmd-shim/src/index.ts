export { companionPath } from './companion-path.ts'
export { LOWEST_CREATION, newCreation } from './creation.ts'
export { DynamicSrv, type DynamicSrvOptions } from './dynamic-srv.ts'
export type { EpmdDumpLine, EpmdNode } from './epmd-message.ts'
export type {
  AddressFamily,
  CallOptions,
  EpmdModule,
  NodeAddress,
  NodeAddressCandidate,
  RegisteredName,
} from './epmd-module.ts'
export {
  type EpmdServer,
  type EpmdServerDirectory,
  type EpmdServerOptions,
  startEpmdServer,
} from './epmd-server.ts'
export { ErlEpmd, type ErlEpmdOptions, type RegistrationEvent } from './erl-epmd.ts'
export { EpmdError, type EpmdErrorCode, type EpmdErrorOptions } from './error.ts'
export { firstOf } from './first-of.ts'
export { FixedPort, type FixedPortOptions } from './fixed-port.ts'
export { type HostAddress, type HostLookup, systemHostLookup } from './host-address.ts'
export {
  MAX_NODE_NAME_BYTES,
  type NodeName,
  type NodeNameOptions,
  nodeName,
  type ParsedNodeName,
  parseNodeName,
} from './node-name.ts'
export { PortInName, type PortInNameOptions } from './port-in-name.ts'
export { Static, type StaticAddress, type StaticNodes, type StaticOptions } from './static.ts'
