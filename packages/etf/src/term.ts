import type { Atom } from './atom.ts'
import type { Binary, BitString } from './binary.ts'
import type { Float } from './float.ts'
import type { ExternalFun, Fun } from './fun.ts'
import type { Pid, Port, Reference } from './identifier.ts'
import type { ImproperList } from './list.ts'
import type { LocalTerm } from './local-term.ts'
import type { NativeRecord } from './native-record.ts'
import type { Tuple } from './tuple.ts'

/** A plain object, encoded as a map; `EncodeOptions.keys` says what its keys become. */
export interface TermObject {
  readonly [key: string]: Term
}

/** Every value that stands for an Erlang term; what becomes what is listed in the package's README. */
export type Term =
  | number
  | bigint
  | string
  | boolean
  | null
  | undefined
  | Atom
  | Float
  | Uint8Array
  | Binary
  | BitString
  | Tuple
  | readonly Term[]
  | ImproperList
  | ReadonlyMap<Term, Term>
  | TermObject
  | Pid
  | Port
  | Reference
  | Fun
  | ExternalFun
  | NativeRecord
  | LocalTerm
