import { SeededMap } from '../seeded-map.ts'
import { atom, type Term, type TermObject } from '../term.ts'
import { jsonReady } from '../text/json.ts'
import { hasAtomKeys } from './atom-keys.ts'
import { originOf, setOrigin } from './has-term.ts'
import { structObject } from './struct-object.ts'

/**
 * The `Set` of a `MapSet`; undefined for what is none, and for one whose elements would make a `Set` slow.
 *
 * @param before is told how many elements there will be before the set is made
 */
export function readMapSet(fields: TermObject, before: (size: number) => void): Set<Term> | undefined {
  const { map } = fields
  if (typeof map !== 'object' || map === null || Array.isArray(map) || map instanceof SeededMap) return undefined
  const pairs = pairsOf(map)
  if (!pairs?.every(([, value]) => Array.isArray(value) && value.length === 0)) return undefined
  before(pairs.length)
  return jsonReady(setOrigin(new Set(pairs.map(([element]) => element)), fields, undefined))
}

/** As it was decoded: a `Map`, or an object when all are text or all are atoms. */
function pairsOf(map: object): (readonly [Term, Term])[] | undefined {
  if (map instanceof Map) return [...(map as ReadonlyMap<Term, Term>)]
  if (Object.getPrototypeOf(map) !== Object.prototype) return undefined
  const isAtoms = hasAtomKeys(map)
  return Object.entries(map).map(([name, value]) => [isAtoms ? atom(name).value : name, value])
}

/** The `MapSet` of a set, with whatever else it came with. */
export function mapSetOf(set: ReadonlySet<Term>): object {
  const map = new Map<Term, Term>()
  for (const element of set) map.set(element, [])
  const origin = originOf(set, undefined)
  return origin === undefined ? structObject('MapSet', { map }) : { ...origin, map }
}
