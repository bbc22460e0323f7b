import { types } from 'node:util'
import { isPlainObject } from '../plain-object.ts'
import { Atom, type Term, type TermObject } from '../term.ts'
import { TERM_PIECES } from '../text/text-pieces.ts'
import { hasAtomKeys } from './atom-keys.ts'
import { dateTimeOf } from './calendar.ts'
import { hasTerm, TO_TERM } from './has-term.ts'
import { mapSetOf } from './map-set.ts'
import { typeOf } from './struct-type.ts'
import { uriOf } from './url.ts'

/**
 * The map or plain object that stands for an object: itself for one of these; the struct for a date, a set, a URL or a
 * value of a program's own struct; the fields for an instance of a class that the program wrote.
 *
 * @returns undefined for what no map stands for
 */
export function mapForm(value: object): ReadonlyMap<Term, Term> | TermObject | undefined {
  if (value instanceof Map || isPlainObject(value)) return ofOwnType(value) ?? value
  if (hasTerm(value)) return value[TO_TERM]() as TermObject
  const own = ofOwnType(value)
  if (own !== undefined) return own
  if (types.isDate(value)) return dateTimeOf(value) as TermObject
  if (value instanceof Set) return mapSetOf(value) as TermObject
  if (value instanceof URL) return uriOf(value) as TermObject
  return isInstance(value) ? (value as TermObject) : undefined
}

/** The type of a plain object is only asked for once the program has made objects stand for structs. */
function ofOwnType(value: object): TermObject | undefined {
  return typeOf(value)?.encode(value)
}

/** Whether it is an instance of a class with fields: not a promise, a function, a regular expression, an error. */
function isInstance(value: object): boolean {
  if (Object.prototype.toString.call(value) !== '[object Object]' || TERM_PIECES in value) return false
  return Object.keys(value).length > 0 && !('then' in value && typeof value.then === 'function')
}

/** The pairs of a map, or of what {@link mapForm} gives, its names as the keys that are written. */
export function pairsOfForm(
  form: ReadonlyMap<Term, Term> | TermObject,
  atomKeys: boolean,
): readonly (readonly [Term, Term])[] {
  if (form instanceof Map) return [...(form as ReadonlyMap<Term, Term>)]
  const areAtoms = atomKeys || hasAtomKeys(form)
  return Object.entries(form as TermObject).map(([name, value]) => [areAtoms ? Atom.of(name).value : name, value])
}

/** The pairs of what a map stands for; undefined for another term. */
export function pairsOf(term: Term, atomKeys: boolean): readonly (readonly [Term, Term])[] | undefined {
  if (typeof term !== 'object' || term === null || Array.isArray(term)) return undefined
  const form = mapForm(term)
  return form && pairsOfForm(form, atomKeys)
}
