import { listOf, type Rule, recordOf, rule, text } from '@dynsrv/kit'
import { checks, isArray } from '../checks.ts'
import { SeededMap } from '../seeded-map.ts'
import {
  Atom,
  atom as atomOf,
  Binary,
  Float,
  ImproperList,
  Pid,
  Reference,
  type Term,
  type TermObject,
  Tuple,
} from '../term.ts'
import { inspect } from '../text/inspect.ts'
import { readUtf8 } from '../utf8.ts'
import { mapForm, pairsOf } from '../values/map-form.ts'
import { equals } from './equals.ts'
import { differs, found, leaf, type Matched, Matcher, type MatchResult, type Mismatch, matcherRule } from './matcher.ts'

type AnyMatcher = Matcher<unknown>

type MatchedAll<M extends readonly AnyMatcher[]> = { -readonly [Index in keyof M]: Matched<M[Index]> }

type OptionalNames<F> = { [Name in keyof F]: F[Name] extends OptionalMatcher<unknown> ? Name : never }[keyof F]

type MatchedFields<F extends Readonly<Record<string, AnyMatcher>>> = {
  [Name in Exclude<keyof F, OptionalNames<F>>]: Matched<F[Name]>
} & { [Name in OptionalNames<F>]?: Matched<F[Name]> }

/** A field of a map that may be missing. */
class OptionalMatcher<T> extends Matcher<T> {
  readonly isOptional = true
}

function some<T>(value: T): { readonly value: T } {
  return { value }
}

function textOf(term: Term): string | undefined {
  if (typeof term === 'string') return term
  if (term instanceof Binary) return readUtf8(term.source, term.offset, term.offset + term.length)
  return term instanceof Uint8Array ? readUtf8(term, 0, term.length) : undefined
}

/** Runs the matchers over the terms in step; the first that differs ends it. */
function matchEach<T>(
  terms: readonly Term[],
  matcherAt: (index: number) => Matcher<T>,
  path: string,
): MatchResult<T[]> {
  const values: T[] = []
  for (let index = 0; index < terms.length; index++) {
    const result = matcherAt(index).match(terms[index], `${path}[${index}]`)
    if (!result.ok) return result
    values.push(result.value)
  }
  return { ok: true, value: values }
}

/** The value under a key that may be an atom or text, in a map or a plain object. */
function fieldOf(term: Term, name: string): { readonly value: Term } | undefined {
  const form = mapForm(term as object)
  if (!(form instanceof Map)) {
    const object = form as TermObject
    return Object.hasOwn(object, name) ? some(object[name]) : undefined
  }
  const map = form as ReadonlyMap<Term, Term>
  for (const key of [atomOf(name).value, name]) if (map.has(key)) return some(map.get(key))
  for (const [key, value] of map) if (typeof key === 'object' && textOf(key) === name) return some(value)
  return undefined
}

function isMapLike(term: Term): boolean {
  return found(() => typeof term === 'object' && term !== null && mapForm(term) !== undefined) === true
}

const shapes: Rule = listOf(matcherRule)
const someShapes: Rule = rule('at least one Matcher', (value) => (value as readonly unknown[]).length > 0)
const names: Rule = listOf(text)
const shapeOfFields: Rule = recordOf(matcherRule)

/** A mismatch in a part: the path to it is only put into words when one was found. */
function behind(path: string, mismatch: Mismatch): { readonly ok: false; readonly mismatch: Mismatch } {
  return { ok: false, mismatch: { ...mismatch, path: path + mismatch.path } }
}

function fields<const F extends Readonly<Record<string, AnyMatcher>>>(shape: F): Matcher<MatchedFields<F>> {
  checks.argument('t.fields', 'shape', shapeOfFields, shape)
  const parts = Object.entries(shape)
  const expected = `a map with ${parts.map(([name]) => name).join(', ')}`
  return new Matcher(expected, (term, path) => {
    if (!isMapLike(term)) return differs(path, expected, term)
    const values: Record<string, unknown> = {}
    for (const [name, matcher] of parts) {
      const field = found(() => fieldOf(term, name))
      if (field === undefined) {
        if (matcher instanceof OptionalMatcher) continue
        return differs(path, `${expected}, but there is no ${name}`, term)
      }
      const result = matcher.match(field.value, `${path}.${name}`)
      if (!result.ok) return result
      values[name] = result.value
    }
    return { ok: true, value: values as MatchedFields<F> }
  })
}

function isTuple(term: Term): term is Tuple {
  return found(() => term instanceof Tuple) === true
}

function tuple<const M extends readonly AnyMatcher[]>(...matchers: M): Matcher<Tuple<MatchedAll<M> & readonly Term[]>> {
  checks.argument('t.tuple', 'matchers', shapes, matchers)
  const expected = `a tuple {${matchers.map((matcher) => matcher.expected).join(', ')}}`
  return new Matcher(expected, (term, path) => {
    if (!isTuple(term) || term.length !== matchers.length) return differs(path, expected, term)
    const result = matchEach<unknown>(term.elements, (index) => matchers[index]!, path)
    return result.ok
      ? { ok: true, value: new Tuple(result.value as unknown as MatchedAll<M> & readonly Term[]) }
      : result
  })
}

function atom(): Matcher<Atom>
function atom(...names: readonly string[]): Matcher<Atom>
function atom(...wantedNames: readonly string[]): Matcher<Atom> {
  checks.argument('t.atom', 'names', names, wantedNames)
  const wanted = wantedNames.map((name) => atomOf(name))
  const expected = wanted.length === 0 ? 'an atom' : wanted.map((one) => inspect(one)).join(' or ')
  return leaf(expected, (term) => {
    const one = term instanceof Atom ? term : atomOfWord(term)
    return one !== undefined && (wanted.length === 0 || wanted.includes(one)) ? some(one) : undefined
  })
}

/** `true`, `false`, `null` and `undefined` are atoms too. */
function atomOfWord(term: Term): Atom | undefined {
  if (term === null) return atomOf('nil')
  return typeof term === 'boolean' || term === undefined ? atomOf(String(term)) : undefined
}

function union<const M extends readonly AnyMatcher[]>(...matchers: M): Matcher<Matched<M[number]>> {
  checks.argument('t.union', 'matchers', shapes, matchers)
  checks.argument('t.union', 'matchers', someShapes, matchers)
  const expected = matchers.map((matcher) => matcher.expected).join(' or ')
  return new Matcher<Matched<M[number]>>(expected, (term, path) => {
    for (const matcher of matchers) {
      const result = matcher.match(term, path)
      if (result.ok) return { ok: true, value: result.value as Matched<M[number]> }
    }
    return differs(path, expected, term)
  })
}

/**
 * Shapes of terms: `t.tuple(t.atom('ok'), t.int()).parse(term)` gives the tuple with its type, or raises an `EtfError`
 * that names the path of what differs.
 */
export const t = {
  /** Any term. */
  any: (): Matcher<Term> => leaf('any term', some),
  /** An atom, or one of these atoms. Gives the atom, also for `true`, `false`, `nil` and `undefined`. */
  atom,
  /** `true` or `false`. */
  boolean: (): Matcher<boolean> =>
    leaf('true or false', (term) => (typeof term === 'boolean' ? some(term) : undefined)),
  /** Exactly this term, as `=:=` has it. */
  literal: <const T extends Term>(wanted: T): Matcher<T> =>
    leaf(inspect(wanted), (term) => (equals(term, wanted) ? some(wanted) : undefined)),
  /** An integer that a JavaScript number holds exactly. */
  int: (): Matcher<number> =>
    leaf('an integer', (term) => (typeof term === 'number' && Number.isSafeInteger(term) ? some(term) : undefined)),
  /** An integer of any size. */
  bigint: (): Matcher<bigint> =>
    leaf('an integer', (term) => {
      if (typeof term === 'bigint') return some(term)
      return typeof term === 'number' && Number.isInteger(term) ? some(BigInt(term)) : undefined
    }),
  /** An integer or a float, as a JavaScript number. */
  number: (): Matcher<number> =>
    leaf('a number', (term) => {
      if (term instanceof Float) return some(term.value)
      return typeof term === 'number' ? some(term) : undefined
    }),
  /** A binary that is UTF-8, as a string, whichever way it was decoded. */
  text: (): Matcher<string> =>
    leaf('text', (term) => {
      const text = textOf(term)
      return text === undefined ? undefined : some(text)
    }),
  /** A binary as its bytes, whichever way it was decoded. */
  bytes: (): Matcher<Uint8Array> =>
    leaf('a binary', (term) => {
      if (term instanceof Uint8Array) return some(term)
      if (term instanceof Binary) return some(term.toBytes())
      return typeof term === 'string' ? some(new TextEncoder().encode(term)) : undefined
    }),
  /** A list of code points, Erlang's string, as a JavaScript string. */
  charlist: (): Matcher<string> =>
    leaf('a charlist', (term) => {
      if (!Array.isArray(term) || !term.every((code) => Number.isInteger(code) && code >= 0 && code <= 0x10ffff)) {
        return undefined
      }
      return some(term.map((code: number) => String.fromCodePoint(code)).join(''))
    }),
  /** A process identifier, of this node or another. */
  pid: (): Matcher<Pid> => leaf('a pid', (term) => (term instanceof Pid ? some(term) : undefined)),
  /** A reference, of this node or another. */
  reference: (): Matcher<Reference> =>
    leaf('a reference', (term) => (term instanceof Reference ? some(term) : undefined)),
  /** A tuple of exactly these elements. */
  tuple,
  /** A proper list whose elements all have the shape. */
  list: <T>(element: Matcher<T>): Matcher<T[]> => {
    checks.argument('t.list', 'element', matcherRule, element)
    const expected = `a list of ${element.expected}`
    return new Matcher(expected, (term, path) =>
      isArray(term) ? matchEach(term as readonly Term[], () => element, path) : differs(path, expected, term),
    )
  },
  /** An improper list of one element and a tail, such as `[alias | Reference]`. */
  cons: <H, L>(head: Matcher<H>, tail: Matcher<L>): Matcher<{ readonly head: H; readonly tail: L }> => {
    checks.argument('t.cons', 'head', matcherRule, head)
    checks.argument('t.cons', 'tail', matcherRule, tail)
    const expected = `[${head.expected} | ${tail.expected}]`
    return new Matcher(expected, (term, path) => {
      const list = found(() => (term instanceof ImproperList ? term : undefined))
      if (list?.elements.length !== 1) return differs(path, expected, term)
      const first = head.match(list.elements[0], `${path}[0]`)
      if (!first.ok) return first
      const last = tail.match(list.tail, `${path}.tail`)
      return last.ok ? { ok: true, value: { head: first.value, tail: last.value } } : last
    })
  },
  /** A map of any size, key and value each of one shape. */
  map: <K, V>(key: Matcher<K>, value: Matcher<V>): Matcher<Map<K, V>> => {
    checks.argument('t.map', 'key', matcherRule, key)
    checks.argument('t.map', 'value', matcherRule, value)
    const expected = `a map from ${key.expected} to ${value.expected}`
    return new Matcher(expected, (term, path) => {
      const pairs = found(() => pairsOf(term, false))
      if (pairs === undefined) return differs(path, expected, term)
      const matched: Map<K, V> = term instanceof SeededMap ? new SeededMap() : new Map()
      for (const [name, item] of pairs) {
        const left = key.match(name)
        if (!left.ok) return behind(`${path}.key(${inspect(name)})`, left.mismatch)
        const right = value.match(item)
        if (!right.ok) return behind(`${path}.get(${inspect(name)})`, right.mismatch)
        matched.set(left.value, right.value)
      }
      return { ok: true, value: matched }
    })
  },
  /** A map that has these keys, as atoms or text, and maybe more; gives an object of them. Fits Elixir structs too. */
  fields,
  /** A field that may be missing; only inside `fields`. */
  optional: <T>(matcher: Matcher<T>): OptionalMatcher<T> => {
    checks.argument('t.optional', 'matcher', matcherRule, matcher)
    return new OptionalMatcher(matcher.expected, (term, path) => matcher.match(term, path))
  },
  /** The first of these shapes that fits. */
  union,
}
