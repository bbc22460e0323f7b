export { companionPath } from './companion-path.ts'
export { LOWEST_CREATION, newCreation } from './creation.ts'
export { DynamicSrv, type DynamicSrvOptions } from './dynamic-srv.ts'
export type {
  AddressFamily,
  CallOptions,
  EpmdModule,
  NodeAddress,
  NodeAddressCandidate,
  RegisteredName,
} from './epmd-module.ts'
export { EpmdError, type EpmdErrorCode, type EpmdErrorOptions } from './error.ts'
export {
  MAX_NODE_NAME_BYTES,
  type NodeName,
  type NodeNameOptions,
  nodeName,
  type ParsedNodeName,
  parseNodeName,
} from './node-name.ts'
export { Static, type StaticAddress, type StaticNodes, type StaticOptions } from './static.ts'
