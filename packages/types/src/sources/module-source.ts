import type { Term } from '@dynsrv/etf'

/** Where compiled modules come from. */
export interface ModuleSource {
  /**
   * The bytes of a compiled module, with what names it in errors; undefined where this source does not have it.
   *
   * @throws {TypesError} for a module that is there and has no bytes; what the source throws when it cannot be asked
   */
  find(module: string): Promise<CompiledModule | undefined>
  /** What a person should know about a module that was found, such as that a node runs another version of it. */
  remark?(module: string, bytes: Uint8Array): Promise<string | undefined>
  /** The docs of a module where its bytes have none, as a term of EEP 48. */
  docs?(module: string): Promise<Term>
}

/** A compiled module. */
export interface CompiledModule {
  readonly bytes: Uint8Array
  /** Where it is: the path of a file, on this machine or on a node. */
  readonly from: string
}
