import { oneOf, type Rule, recordOf, rule } from '@dynsrv/kit'
import { checks, isArray } from '../checks.ts'
import { SeededMap } from '../seeded-map.ts'
import { Atom, atom as atomOf, type Term, Tuple } from '../term.ts'
import { inspect } from '../text/inspect.ts'
import { atoms, hasAtomKeys } from '../values/atom-keys.ts'
import { mapForm, pairsOf } from '../values/map-form.ts'
import { directFields } from './direct-fields.ts'
import { behind, differs, found, type Matched, Matcher, type MatchResult, matcherRule } from './matcher.ts'
import { OptionalMatcher } from './optional.ts'
import { inWords } from './words.ts'

type AnyMatcher = Matcher<unknown>
export type Shape = Readonly<Record<string, AnyMatcher>>

const shapeRule: Rule = recordOf(matcherRule)

/** The name of a key that is an atom. */
export function atomName(key: Term): string | undefined {
  if (key instanceof Atom) return key.name
  if (key === null) return 'nil'
  return typeof key === 'boolean' || key === undefined ? String(key) : undefined
}

/** The fields of a map under its keys that are atoms; undefined for another term, and for keys that may not be there. */
function atomFields(term: Term, others: Others): ReadonlyMap<string, Term> | undefined {
  if (typeof term !== 'object' || term === null || isArray(term)) return undefined
  const form = mapForm(term)
  if (form === undefined) return undefined
  const fields = new Map<string, Term>()
  if (!(form instanceof Map)) {
    const entries = Object.entries(form)
    if (entries.length === 0 || hasAtomKeys(form)) return new Map(entries)
    return others === true ? fields : undefined
  }
  for (const [key, value] of form as ReadonlyMap<Term, Term>) {
    const name = atomName(key)
    if (name !== undefined) fields.set(name, value)
    else if (others !== true) return undefined
  }
  return fields
}

/** What `t.object` takes. */
export interface ObjectOptions {
  /**
   * Whether other keys may be there: with `'atoms'` any atom, with `true` any term. Atoms and what is under them stay in the
   * object, and are written again; what has another key is left out. Default false.
   */
  readonly others?: boolean | 'atoms'
}

/** Which keys may be there besides those of the shape. */
type Others = NonNullable<ObjectOptions['others']>

const checkObject = checks.options<ObjectOptions>('t.object', { others: oneOf(false, true, 'atoms') })

/** Reads or writes each field of the shape; a name that is not in it is refused, or kept as it is where others may be there. */
function eachField<T>(
  parts: ReadonlyMap<string, AnyMatcher>,
  given: ReadonlyMap<string, unknown>,
  run: (matcher: AnyMatcher, value: unknown) => MatchResult<T>,
  { expected, path, whole, mayHaveOthers }: About,
): MatchResult<[string, T][]> {
  const others = [...given].filter(([name]) => !parts.has(name)) as [string, T][]
  const [[other] = []] = others
  if (!mayHaveOthers && other !== undefined) {
    return differs(path, `${expected} and nothing else, but there is ${other}`, whole)
  }
  const fields: [string, T][] = []
  for (const [name, matcher] of parts) {
    if (!given.has(name)) {
      if (matcher instanceof OptionalMatcher) continue
      return differs(path, `${expected}, but there is no ${name}`, whole)
    }
    const result = run(matcher, given.get(name))
    if (!result.ok) return behind(`${path}.${name}`, result.mismatch)
    fields.push([name, result.value])
  }
  return { ok: true, value: [...fields, ...others] }
}

interface About {
  readonly expected: string
  readonly path: string
  readonly whole: unknown
  readonly mayHaveOthers: boolean
}

/** What a program gave for the fields: a name with `undefined` is left out where it may be. */
function givenFields(value: unknown, parts: ReadonlyMap<string, AnyMatcher>): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || isArray(value) || value instanceof Map) return undefined
  const form = mapForm(value)
  const entries = Object.entries(form instanceof Map || form === undefined ? value : form)
  return new Map(entries.filter(([name, each]) => each !== undefined || !(parts.get(name) instanceof OptionalMatcher)))
}

/** See `t.object`. */
export function object(shape: Shape, options: ObjectOptions = {}): AnyMatcher {
  checks.argument('t.object', 'shape', shapeRule, shape)
  checkObject(options)
  const { others = false } = options
  const parts = new Map(Object.entries(shape))
  const expected = wordsOf('a map', parts)
  const matcher = new Matcher<unknown>(
    expected,
    (term, path) => {
      const given = found(() => atomFields(term, others))
      if (given === undefined) return differs(path, expected, term)
      const about = { expected, path, whole: term, mayHaveOthers: others !== false }
      const fields = eachField(parts, given, (matcher, value) => matcher.match(value as Term), about)
      return fields.ok ? { ok: true, value: Object.fromEntries(fields.value) } : fields
    },
    (value, path) => {
      const fields = writtenFields(value, parts, { expected, path, whole: value, mayHaveOthers: others !== false })
      return fields.ok ? { ok: true, value: atoms(Object.fromEntries(fields.value)) } : fields
    },
  )
  // Others are terms, which are decoded as such.
  return directFields(matcher, shape, { text: false, others: false })
}

/** The pairs of a keyword list; undefined for another term. */
function keywordPairs(term: Term): readonly (readonly [string, Term])[] | undefined {
  if (!isArray(term)) return undefined
  const all: [string, Term][] = []
  for (const pair of term as readonly Term[]) {
    if (!(pair instanceof Tuple) || pair.length !== 2) return undefined
    const name = atomName(pair.elements[0])
    if (name === undefined) return undefined
    all.push([name, pair.elements[1]])
  }
  return all
}

/** See `t.keywords`. */
export function keywords(shape: Shape): AnyMatcher {
  checks.argument('t.keywords', 'shape', shapeRule, shape)
  const parts = new Map(Object.entries(shape))
  const expected = wordsOf('a keyword list', parts)
  return new Matcher<unknown>(
    expected,
    (term, path) => {
      const given = found(() => keywordPairs(term))
      if (given === undefined) return differs(path, expected, term)
      const about = { expected, path, whole: term, mayHaveOthers: false }
      const fields = new Map<string, unknown>()
      for (const [name, value] of given) {
        const matcher = parts.get(name)
        if (matcher === undefined) return differs(path, `${expected} and nothing else, but there is ${name}`, term)
        const result = matcher.match(value)
        if (!result.ok) return behind(`${path}.${name}`, result.mismatch)
        // Of a key that comes twice the first one counts, as for `Keyword.get`.
        if (!fields.has(name)) fields.set(name, result.value)
      }
      const complete = eachField(parts, fields, (_, value) => ({ ok: true, value }), about)
      return complete.ok ? { ok: true, value: Object.fromEntries(complete.value) } : complete
    },
    (value, path) => {
      const fields = writtenFields(value, parts, { expected, path, whole: value, mayHaveOthers: false })
      if (!fields.ok) return fields
      return { ok: true, value: fields.value.map(([name, term]) => new Tuple([atomOf(name).value, term])) }
    },
  )
}

function wordsOf(what: string, parts: ReadonlyMap<string, AnyMatcher>): string {
  return parts.size === 0 ? `${what} without entries` : `${what} with ${[...parts.keys()].join(', ')}`
}

function writtenFields(
  value: unknown,
  parts: ReadonlyMap<string, AnyMatcher>,
  about: About,
): MatchResult<[string, Term][]> {
  const given = found(() => givenFields(value, parts))
  if (given === undefined) return differs(about.path, about.expected, value)
  return eachField(parts, given, (matcher, each) => matcher.unmatch(each), about)
}

/** One kind of pair in a map: what its key and its value are like, and whether there is at least one. */
export interface Association<K, V> {
  readonly key: Matcher<K>
  readonly value: Matcher<V>
  /** Whether the map has at least one such pair; default false. */
  readonly required?: boolean
}

const associationRule: Rule = rule('an object with a Matcher as key and as value', (given) => {
  const { key, value, required = false } = (given ?? {}) as Partial<Association<unknown, unknown>>
  return key instanceof Matcher && value instanceof Matcher && typeof required === 'boolean'
})

/** The first that fits, and what it reads. */
function fitting<E, T>(all: readonly E[], look: (one: E) => MatchResult<T>): readonly [E?, MatchResult<T>?] {
  for (const one of all) {
    const result = look(one)
    if (result.ok) return [one, result]
  }
  return []
}

/** See `t.pairs`. */
export function pairs<const A extends readonly Association<unknown, unknown>[]>(
  ...associations: A
): Matcher<Map<Matched<A[number]['key']>, Matched<A[number]['value']>>> {
  type K = Matched<A[number]['key']>
  type V = Matched<A[number]['value']>
  for (const each of associations) checks.argument('t.pairs', 'each association', associationRule, each)
  const expected = inWords((syntax) => {
    const all = associations.map(({ key, value }) => `${key.describe(syntax)} to ${value.describe(syntax)}`)
    return all.length === 0 ? 'an empty map' : `a map from ${all.join(' or from ')}`
  })
  const short = inWords((syntax) => `${expected[syntax]}, with one of each that is required`)
  const run = <A, B>(
    all: Iterable<readonly [unknown, unknown]>,
    into: Map<A, B>,
    look: (matcher: AnyMatcher, part: unknown, path: string) => MatchResult<unknown>,
    { path, whole }: { readonly path: string; readonly whole: unknown },
  ): MatchResult<Map<A, B>> => {
    const missing = new Set(associations.filter(({ required }) => required === true))
    for (const [name, item] of all) {
      // The leftmost one whose key fits decides, as Erlang has it.
      const [fits, key] = fitting(associations, (each) => look(each.key, name, ''))
      if (fits === undefined || key?.ok !== true)
        return differs(`${path}.key(${inspect(name as Term)})`, expected, name)
      const value = look(fits.value, item, `${path}.get(${inspect(name as Term)})`)
      if (!value.ok) return value
      missing.delete(fits)
      into.set(key.value as A, value.value as B)
    }
    if (missing.size > 0) return differs(path, short, whole)
    return { ok: true, value: into }
  }
  return new Matcher(
    expected,
    (term, path) => {
      const all = found(() => pairsOf(term, false))
      if (all === undefined) return differs(path, expected, term)
      const into: Map<K, V> = term instanceof SeededMap ? new SeededMap() : new Map()
      return run(all, into, (matcher, part, at) => matcher.match(part as Term, at), { path, whole: term })
    },
    (value, path) => {
      if (found(() => value instanceof Map) !== true) return differs(path, expected, value)
      const into: Map<Term, Term> = value instanceof SeededMap ? new SeededMap() : new Map()
      const all = value as ReadonlyMap<unknown, unknown>
      const written = run(all, into, (matcher, part, at) => matcher.unmatch(part, at), { path, whole: value })
      return written as MatchResult<Term>
    },
  )
}
