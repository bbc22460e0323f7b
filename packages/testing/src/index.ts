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
export type { SimDns } from './dns/sim-dns.ts'
export type { Duration } from './duration.ts'
export {
  isSimulationError,
  SIM_ERRORS,
  SimulationError,
  type SimulationErrorCode,
  type SimulationErrorOptions,
} from './error.ts'
export type { LogEntry } from './log/sim-log.ts'
export type { PathOptions } from './network/fabric.ts'
export type { RegistryFault } from './registries/registry-fault.ts'
export type { SimRegistry } from './registries/sim-registry.ts'
export { simulate } from './simulate.ts'
export type {
  CrashOptions,
  MemberOptions,
  Members,
  PartitionOptions,
  Repeated,
  RestartOptions,
  SimulateOptions,
  Simulation,
  StartMember,
  TestContextLike,
} from './simulation.ts'
