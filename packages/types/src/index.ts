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
export { isTypesError, TYPES_ERRORS, TypesError, type TypesErrorCode, type TypesErrorOptions } from './error.ts'
export { fileModules, folderModules } from './sources/file-modules.ts'
export type { CompiledModule, ModuleSource } from './sources/module-source.ts'
export { type CallNode, nodeModules } from './sources/node-modules.ts'
export { type WriteTypesOptions, type WrittenTypes, writeTypes } from './write-types.ts'
