import type { DeclaredFunction } from './module-facts.ts'
import type { Element, Type } from './type.ts'

/** A function with the types of its clauses. */
export interface TypedFunction extends DeclaredFunction {
  readonly typed: readonly Clause[]
}

/** A clause of a spec. */
export interface Clause {
  readonly takes: readonly Element[]
  readonly gives: Type
}
