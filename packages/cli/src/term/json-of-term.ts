import { Atom, Float, ImproperList, inspect, type Term, Tuple } from '@dynsrv/etf'

/** What JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/**
 * A term as JSON, for programs that want the values and not the types: atoms and text are strings, tuples and lists are
 * arrays, `nil` and `undefined` are null, a map whose keys are all names is an object and any other one a list of pairs.
 * Integers beyond 2⁵³, pids, references and funs are strings; bytes that are not text are `{ "base64": … }`.
 */
export function jsonOfTerm(term: Term): Json {
  if (term === undefined || term === null) return null
  if (typeof term === 'bigint') return String(term)
  if (typeof term !== 'object') return term
  if (term instanceof Atom) return term.name
  if (term instanceof Float) return term.value
  if (term instanceof Uint8Array) return textOf(term) ?? { base64: Buffer.from(term).toString('base64') }
  if (term instanceof Tuple) return term.elements.map((element) => jsonOfTerm(element as Term))
  if (Array.isArray(term)) return term.map((element) => jsonOfTerm(element as Term))
  if (term instanceof ImproperList) return [...term.elements.map(jsonOfTerm), jsonOfTerm(term.tail)]
  if (term instanceof Map) {
    const pairs = [...(term as ReadonlyMap<Term, Term>)].map(
      ([key, value]) => [jsonOfTerm(key), jsonOfTerm(value)] as const,
    )
    const names = new Set(pairs.map(([key]) => key))
    const named = names.size === pairs.length && pairs.every(([key]) => typeof key === 'string')
    return named ? Object.fromEntries(pairs as readonly (readonly [string, Json])[]) : pairs
  }
  return inspect(term)
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}
