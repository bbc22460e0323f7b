import { type InspectOptionsStylized, inspect } from 'node:util'
import { type Rule, rule } from '@dynsrv/kit'
import { checks } from '../checks.ts'
import { unreadable } from '../error.ts'

/** The property that marks an object whose keys are atoms: the one that Node's `inspect` looks for. */
export const MARK: typeof inspect.custom = inspect.custom

type Inspect = (value: unknown, options: InspectOptionsStylized) => string

/** Shows the object in `console.log` as if it had no mark. */
function atomKeys(this: object, depth: number, options: InspectOptionsStylized, show: Inspect): string {
  // As Node has it for objects below the depth that it shows.
  if (depth < 0) return options.stylize('[Object]', 'special')
  return show(Object.fromEntries(Object.entries(this)), options)
}

/** Another copy of this package knows the mark by it. */
const IS_MARK = Symbol.for('@dynsrv/etf atom keys')
Object.defineProperty(atomKeys, IS_MARK, { value: true })

/**
 * The value of an object's property {@link MARK} that says that its keys are atoms.
 *
 * An enumerable property, so that `{ ...object }` keeps it; under a symbol, so that `Object.keys` and `JSON.stringify` do
 * not see it; under this one, so that `console.log` does not show it.
 */
export const ATOM_KEYS = atomKeys

/** Whether the keys of an object are atoms. */
export function hasAtomKeys(object: object): boolean {
  const mark = (object as { readonly [MARK]?: unknown })[MARK]
  return mark === ATOM_KEYS || (typeof mark === 'function' && IS_MARK in mark)
}

/** A plain object, or an instance of a class with fields. */
export const fieldsRule: Rule = rule('an object with fields', (value) => {
  try {
    return Object.prototype.toString.call(value) === '[object Object]'
  } catch {
    return false
  }
})

/**
 * A copy of an object whose keys are atoms: `atoms({ qty: 3 })` is Elixir's `%{qty: 3}`, where `{ qty: 3 }` is
 * `%{"qty" => 3}`. A map that came with atoms for keys is such an object by itself.
 *
 * `{ ...object, more: 1 }` keeps it, and makes atoms of the new keys too; an object made anew, `Object.fromEntries` for
 * instance, has text for keys again. Objects inside are as they are. A BEAM node never forgets an atom: do not put in keys
 * that strangers choose.
 *
 * @throws {EtfError} `ETF_BAD_OPTION`
 */
export function atoms<T extends object>(object: T): T {
  checks.argument('atoms', 'object', fieldsRule, object)
  try {
    return { ...object, [MARK]: ATOM_KEYS }
  } catch (cause) {
    throw unreadable('ETF_BAD_OPTION', cause)
  }
}
