import { listOf, oneOf, type Rule, recordOf, rule, text, whole } from '@dynsrv/kit'
import { checks, isArray } from '../checks.ts'
import { isPlainObject } from '../plain-object.ts'
import { decode } from '../read/decode.ts'
import { setOwn } from '../read/map-builder.ts'
import { SeededMap } from '../seeded-map.ts'
import {
  Atom,
  atom as atomOf,
  Binary,
  charlist as charlistOf,
  Float,
  ImproperList,
  Pid,
  Port,
  Reference,
  type Term,
  type TermObject,
  Tuple,
} from '../term.ts'
import { inspect } from '../text/inspect.ts'
import { briefText } from '../text/term-text.ts'
import { readUtf8 } from '../utf8.ts'
import { atoms } from '../values/atom-keys.ts'
import { mapForm, pairsOf } from '../values/map-form.ts'
import { encode } from '../write/encode.ts'
import { bytesOfIodata, isList, textOfChardata } from './chardata.ts'
import { direct, directly, directNumber, directOf } from './direct.ts'
import { listReader, mapReader, tupleReader } from './direct-containers.ts'
import { directFields } from './direct-fields.ts'
import {
  atomReader,
  readAnyAtom,
  readAnyPid,
  readAnyReference,
  readBoolean,
  readInteger,
  readNumber,
  readText,
} from './direct-leaves.ts'
import { each } from './each.ts'
import { equals } from './equals.ts'
import { keywords, type ObjectOptions, object, pairs } from './exact-map.ts'
import { bits, bytes, fun, opaque } from './handles.ts'
import { lazy } from './lazy.ts'
import { improperList, nonEmpty } from './lists.ts'
import {
  behind,
  differs,
  found,
  isTuple,
  leaf,
  type Matched,
  Matcher,
  type MatchResult,
  matcherRule,
} from './matcher.ts'
import { float, integer, isFiniteNumber, isSafeInteger, range } from './numbers.ts'
import { OptionalMatcher } from './optional.ts'
import { result } from './result.ts'
import { union } from './union.ts'
import { inWords } from './words.ts'

type AnyMatcher = Matcher<unknown>

type MatchedAll<M extends readonly AnyMatcher[]> = { -readonly [Index in keyof M]: Matched<M[Index]> }

type OptionalNames<F> = { [Name in keyof F]: F[Name] extends OptionalMatcher<unknown> ? Name : never }[keyof F]

/** One object type, so that editors show its fields. */
type Shown<T> = { [Name in keyof T]: T[Name] }

type MatchedFields<F extends Readonly<Record<string, AnyMatcher>>> = Shown<
  { -readonly [Name in Exclude<keyof F, OptionalNames<F>>]: Matched<F[Name]> } & {
    -readonly [Name in OptionalNames<F>]?: Matched<F[Name]>
  }
>

interface ObjectShape {
  <const F extends Readonly<Record<string, AnyMatcher>>>(
    shape: F,
    options: { readonly others: true | 'atoms' },
  ): Matcher<Shown<MatchedFields<F> & { [other: string]: unknown }>>
  <const F extends Readonly<Record<string, AnyMatcher>>>(shape: F, options?: ObjectOptions): Matcher<MatchedFields<F>>
}

/** How `t.fields` writes. */
export interface FieldsOptions {
  /** What the names become when an object is written: `atom` (default) or `text`. Both are read. */
  readonly keys?: 'atom' | 'text'
}

function some<T>(value: T): { readonly value: T } {
  return { value }
}

function textOf(term: Term): string | undefined {
  if (typeof term === 'string') return term
  if (term instanceof Binary) return readUtf8(term.source, term.offset, term.offset + term.length)
  return term instanceof Uint8Array ? readUtf8(term, 0, term.length) : undefined
}

/** What a map, or what stands for one, has as its pairs; undefined for another term. */
function formOf(term: unknown): ReadonlyMap<Term, Term> | TermObject | undefined {
  return found(() => (typeof term === 'object' && term !== null ? mapForm(term) : undefined))
}

/** The value under a key that may be an atom or text. */
function fieldIn(form: ReadonlyMap<Term, Term> | TermObject, name: string): { readonly value: Term } | undefined {
  if (!(form instanceof Map)) {
    const object = form as TermObject
    return Object.hasOwn(object, name) ? some(object[name]) : undefined
  }
  const map = form as ReadonlyMap<Term, Term>
  for (const key of [atomOf(name).value, name]) if (map.has(key)) return some(map.get(key))
  for (const [key, value] of map) if (typeof key === 'object' && textOf(key) === name) return some(value)
  return undefined
}

function isMapLike(term: unknown): boolean {
  return formOf(term) !== undefined
}

const shapes: Rule = listOf(matcherRule)
const names: Rule = listOf(text)
const shapeOfFields: Rule = recordOf(matcherRule)
const checkFields = checks.options<FieldsOptions>('t.fields', { keys: oneOf('atom', 'text') })

function fields<const F extends Readonly<Record<string, AnyMatcher>>>(
  shape: F,
  options: FieldsOptions = {},
): Matcher<MatchedFields<F>> {
  checks.argument('t.fields', 'shape', shapeOfFields, shape)
  checkFields(options)
  const { keys = 'atom' } = options
  const parts = Object.entries(shape)
  const expected = `a map with ${parts.map(([name]) => name).join(', ')}`
  const missing = (name: string): string => `${expected}, but there is no ${name}`
  const matcher = new Matcher<MatchedFields<F>>(
    expected,
    (term, path) => {
      const form = formOf(term)
      if (form === undefined) return differs(path, expected, term)
      const values: Record<string, unknown> = {}
      for (const [name, matcher] of parts) {
        const field = found(() => fieldIn(form, name))
        if (field === undefined) {
          if (matcher instanceof OptionalMatcher) continue
          return differs(path, missing(name), term)
        }
        const result = matcher.match(field.value)
        if (!result.ok) return behind(`${path}.${name}`, result.mismatch)
        setOwn(values, name, result.value)
      }
      return { ok: true, value: values as MatchedFields<F> }
    },
    (value, path) => {
      if (!isMapLike(value) || value instanceof Map) return differs(path, expected, value)
      const terms: Record<string, Term> = {}
      for (const [name, matcher] of parts) {
        const field = found(() => (value as Readonly<Record<string, unknown>>)[name])
        if (field === undefined && matcher instanceof OptionalMatcher) continue
        if (field === undefined && !(name in (value as object))) return differs(path, missing(name), value)
        const result = matcher.unmatch(field)
        if (!result.ok) return behind(`${path}.${name}`, result.mismatch)
        setOwn(terms, name, result.value)
      }
      return { ok: true, value: keys === 'atom' ? atoms(terms) : terms }
    },
  )
  return directFields(matcher, shape, { text: true, others: true })
}

function tuple<const M extends readonly AnyMatcher[]>(...matchers: M): Matcher<MatchedAll<M>> {
  checks.argument('t.tuple', 'matchers', shapes, matchers)
  const expected = inWords((syntax) => `a tuple {${matchers.map((matcher) => matcher.describe(syntax)).join(', ')}}`)
  const shape = new Matcher<MatchedAll<M>>(
    expected,
    (term, path) => {
      if (!isTuple(term) || term.length !== matchers.length) return differs(path, expected, term)
      const result = each(term.elements, path, (element, index) => matchers[index]!.match(element))
      return result as MatchResult<MatchedAll<M>>
    },
    (value, path) => {
      if (!isArray(value) || value.length !== matchers.length) return differs(path, expected, value)
      const result = each(value, path, (element, index) => matchers[index]!.unmatch(element))
      return result.ok ? { ok: true, value: new Tuple(result.value) } : result
    },
  )
  return directly(shape, tupleReader(matchers.map(directOf)))
}

function atom(): Matcher<Atom>
function atom<const N extends string>(...names: readonly [N, ...N[]]): Matcher<N>
function atom(...wantedNames: readonly string[]): Matcher<Atom> | Matcher<string> {
  checks.argument('t.atom', 'names', names, wantedNames)
  const wanted = wantedNames.map((name) => atomOf(name))
  if (wanted.length === 0) {
    const any = leaf('an atom', (term) => {
      const one = atomIn(term)
      return one === undefined ? undefined : some(one)
    })
    return directly(any, readAnyAtom)
  }
  const expected = inWords((syntax) => wanted.map((one) => inspect(one.value, { syntax })).join(' or '))
  const named = leaf(
    expected,
    (term) => {
      const one = atomIn(term)
      return one !== undefined && wanted.includes(one) ? some(one.name) : undefined
    },
    (value) => {
      const at = wantedNames.indexOf(value as string)
      // What is none of the names is no text either.
      return at < 0 ? [] : wanted[at]!.value
    },
  )
  return directly(named, atomReader(wanted))
}

/** `true`, `false`, `null` and `undefined` are atoms too. */
function atomIn(term: Term): Atom | undefined {
  if (term instanceof Atom) return term
  if (term === null) return atomOf('nil')
  return typeof term === 'boolean' || term === undefined ? atomOf(String(term)) : undefined
}

const classRule: Rule = rule(
  'a class',
  (value) => typeof value === 'function' && typeof (value as { readonly prototype?: unknown }).prototype === 'object',
)

/** A struct of Elixir, whichever way it was decoded, as the value that it has in JavaScript. */
function instance<T extends object>(type: abstract new (...args: never[]) => T): Matcher<T> {
  checks.argument('t.instance', 'type', classRule, type)
  return leaf(`a value of class ${type.name}`, (term) => {
    if (term instanceof type) return some(term as T)
    const form = formOf(term)
    const isStruct = form !== undefined && fieldIn(form, '__struct__') !== undefined
    const value = isStruct ? decode(encode(term), { values: 'plain' }) : undefined
    return value instanceof type ? some(value as T) : undefined
  })
}

/** A `MapSet` whose elements all have the shape. */
function set<T>(element: Matcher<T>): Matcher<Set<T>> {
  checks.argument('t.set', 'element', matcherRule, element)
  const expected = inWords((syntax) => `a set of ${element.describe(syntax)}`)
  const whole = instance<Set<Term>>(Set)
  return new Matcher(
    expected,
    (term, path) => {
      const matched = whole.match(term, path)
      if (!matched.ok) return differs(path, expected, term)
      const values = each([...matched.value], path, (one) => element.match(one))
      return values.ok ? { ok: true, value: new Set(values.value) } : values
    },
    (value, path) => {
      if (found(() => value instanceof Set) !== true) return differs(path, expected, value)
      const terms = each([...(value as Set<T>)], path, (one) => element.unmatch(one))
      return terms.ok ? { ok: true, value: new Set(terms.value) } : terms
    },
  )
}

/** The pairs of a keyword list by their keys; undefined for another list. Of a key that comes twice the first one counts. */
function keywordsOf(term: Term): TermObject | undefined {
  if (!isArray(term)) return undefined
  const object: Record<string, Term> = {}
  for (const pair of term as readonly Term[]) {
    const [key, value] = pair instanceof Tuple && pair.length === 2 ? pair.elements : []
    const name = key === undefined ? undefined : atomIn(key)?.name
    if (name === undefined) return undefined
    if (!Object.hasOwn(object, name)) Object.defineProperty(object, name, { ...PROPERTY, value })
  }
  return object
}

const PROPERTY = { enumerable: true, writable: true, configurable: true } as const

function keyword<const F extends Readonly<Record<string, AnyMatcher>>>(shape: F): Matcher<MatchedFields<F>> {
  const object = fields(shape)
  const expected = `a keyword list with ${Object.keys(shape).join(', ')}`
  return new Matcher(
    expected,
    (term, path) => {
      const pairs = found(() => keywordsOf(term))
      return pairs === undefined ? differs(path, expected, term) : object.match(pairs, path)
    },
    (value, path) => {
      const written = object.unmatch(value, path)
      if (!written.ok) return written
      const pairs = Object.entries(written.value as TermObject)
      return { ok: true, value: pairs.map(([name, term]) => new Tuple([atomOf(name).value, term])) }
    },
  )
}

/**
 * Shapes of terms: `t.tuple(t.atom('ok'), t.int()).parse(term)` gives `['ok', number]`, or raises an `EtfError` that names
 * the path of what differs; `write` makes the term again.
 */
export const t = {
  /** Any term. */
  any: (): Matcher<Term> => direct(leaf('any term', some), (reader, depth) => reader.read(depth)),
  /** Any atom, as it is; or one of these atoms, as its name: `t.atom('ok', 'error')` gives `'ok' | 'error'`. */
  atom,
  /** `true` or `false`. */
  boolean: (): Matcher<boolean> =>
    directly(
      leaf('true or false', (term) => (typeof term === 'boolean' ? some(term) : undefined)),
      readBoolean,
    ),
  /** Exactly this term, as `=:=` has it. */
  literal: <const T extends Term>(wanted: T): Matcher<T> =>
    leaf(
      inWords((syntax) => briefText(wanted, syntax)),
      (term) => (equals(term, wanted) ? some(wanted) : undefined),
    ),
  /** An integer that a JavaScript number holds exactly. */
  int: (): Matcher<number> =>
    directNumber(
      leaf('an integer', (term) => (isSafeInteger(term) ? some(term) : undefined)),
      readInteger,
      isSafeInteger,
    ),
  /** An integer of any size. */
  bigint: (): Matcher<bigint> =>
    leaf('an integer', (term) => {
      if (typeof term === 'bigint') return some(term)
      return typeof term === 'number' && Number.isInteger(term) ? some(BigInt(term)) : undefined
    }),
  /** An integer or a float, as a JavaScript number. */
  number: (): Matcher<number> =>
    directNumber(
      leaf('a number', (term) => {
        if (term instanceof Float) return some(term.value)
        return isFiniteNumber(term) ? some(term) : undefined
      }),
      readNumber,
      isFiniteNumber,
    ),
  /** A binary that is UTF-8, as a string, whichever way it was decoded. */
  text: (): Matcher<string> =>
    directly(
      leaf('text', (term) => {
        const text = textOf(term)
        return text === undefined ? undefined : some(text)
      }),
      readText,
    ),
  /**
   * A binary as its bytes, whichever way it was decoded; with `<<_:size, _:_*unit>>` in bits, one of such a length. Default:
   * of any length.
   */
  bytes,
  /** A list of code points, Erlang's string, as a JavaScript string; with a number, of at least so many. Default 0. */
  charlist: (least = 0): Matcher<string> => {
    checks.argument('t.charlist', 'least', whole(), least)
    return leaf(
      least === 0 ? 'a charlist' : `a charlist of at least ${least}`,
      (term) => {
        if (!isArray(term) || term.length < least) return undefined
        if (!term.every((code) => Number.isInteger(code) && (code as number) >>> 0 <= 0x10ffff)) return undefined
        return some(term.map((code) => String.fromCodePoint(code as number)).join(''))
      },
      (value) => charlistOf(value as string),
    )
  },
  /** A process identifier, of this node or another. */
  pid: (): Matcher<Pid> =>
    directly(
      leaf('a pid', (term) => (term instanceof Pid ? some(term) : undefined)),
      readAnyPid,
    ),
  /** A reference, of this node or another. */
  reference: (): Matcher<Reference> =>
    directly(
      leaf('a reference', (term) => (term instanceof Reference ? some(term) : undefined)),
      readAnyReference,
    ),
  /** A tuple of exactly these elements, as an array: `const [tag, value] = shape.parse(term)`. */
  tuple,
  /** A proper list whose elements all have the shape. */
  list: <T>(element: Matcher<T>): Matcher<T[]> => {
    checks.argument('t.list', 'element', matcherRule, element)
    const expected = inWords((syntax) => `a list of ${element.describe(syntax)}`)
    const shape = new Matcher<T[]>(
      expected,
      (term, path) =>
        isArray(term)
          ? each(term as readonly Term[], path, (one) => element.match(one))
          : differs(path, expected, term),
      (value, path) =>
        isArray(value) ? each(value, path, (one) => element.unmatch(one)) : differs(path, expected, value),
    )
    return directly(shape, listReader(element))
  },
  /** An improper list of one element and a tail, such as `[alias | Reference]`. */
  cons: <H, L>(head: Matcher<H>, tail: Matcher<L>): Matcher<{ readonly head: H; readonly tail: L }> => {
    checks.argument('t.cons', 'head', matcherRule, head)
    checks.argument('t.cons', 'tail', matcherRule, tail)
    const expected = inWords((syntax) => `[${head.describe(syntax)} | ${tail.describe(syntax)}]`)
    return new Matcher(
      expected,
      (term, path) => {
        const list = found(() => (term instanceof ImproperList ? term : undefined))
        if (list?.elements.length !== 1) return differs(path, expected, term)
        const first = head.match(list.elements[0], `${path}[0]`)
        if (!first.ok) return first
        const last = tail.match(list.tail, `${path}.tail`)
        return last.ok ? { ok: true, value: { head: first.value, tail: last.value } } : last
      },
      (value, path) => {
        if (found(() => isPlainObject(value)) !== true) return differs(path, expected, value)
        const given = value as { readonly head: unknown; readonly tail: unknown }
        const first = head.unmatch(given.head, `${path}.head`)
        if (!first.ok) return first
        const last = tail.unmatch(given.tail, `${path}.tail`)
        if (!last.ok) return last
        const list = found(() => new ImproperList([first.value], last.value))
        return list === undefined ? differs(path, expected, value) : { ok: true, value: list }
      },
    )
  },
  /** A map of any size, key and value each of one shape. */
  map: <K, V>(key: Matcher<K>, value: Matcher<V>): Matcher<Map<K, V>> => {
    checks.argument('t.map', 'key', matcherRule, key)
    checks.argument('t.map', 'value', matcherRule, value)
    const expected = inWords((syntax) => `a map from ${key.describe(syntax)} to ${value.describe(syntax)}`)
    const shape = new Matcher<Map<K, V>>(
      expected,
      (term, path) => {
        const pairs = found(() => pairsOf(term, false))
        if (pairs === undefined) return differs(path, expected, term)
        const matched: Map<K, V> = term instanceof SeededMap ? new SeededMap() : new Map()
        for (const [name, item] of pairs) {
          const left = key.match(name)
          if (!left.ok) return behind(`${path}.key(${briefText(name)})`, left.mismatch)
          const right = value.match(item)
          if (!right.ok) return behind(`${path}.get(${briefText(name)})`, right.mismatch)
          matched.set(left.value, right.value)
        }
        return { ok: true, value: matched }
      },
      (given, path) => {
        if (found(() => given instanceof Map) !== true) return differs(path, expected, given)
        const written: Map<Term, Term> = given instanceof SeededMap ? new SeededMap() : new Map()
        for (const [name, item] of given as ReadonlyMap<Term, Term>) {
          const left = key.unmatch(name)
          if (!left.ok) return behind(`${path}.key(${briefText(name)})`, left.mismatch)
          const right = value.unmatch(item)
          if (!right.ok) return behind(`${path}.get(${briefText(name)})`, right.mismatch)
          written.set(left.value, right.value)
        }
        return { ok: true, value: written }
      },
    )
    return directly(shape, mapReader(directOf(key), directOf(value)))
  },
  /**
   * A map that has these keys, as atoms or text, and maybe more; gives an object of them. Fits Elixir structs too. It writes
   * atoms for keys, unless `{ keys: 'text' }`.
   */
  fields,
  /** A keyword list such as `[timeout: 5]`, as an object of these fields; its other pairs are left out. */
  keyword,
  /**
   * A struct of Elixir as the value that it has in JavaScript: `t.instance(Date)` reads a `DateTime`, `t.instance(Decimal)` a
   * `Decimal`, whichever way it was decoded.
   */
  instance,
  /** A `MapSet` as a `Set`, whichever way it was decoded. */
  set,
  /** A field that may be missing; only inside `fields` and `keyword`. */
  optional: <T>(matcher: Matcher<T>): OptionalMatcher<T> => {
    checks.argument('t.optional', 'matcher', matcherRule, matcher)
    const shape = new OptionalMatcher<T>(
      inWords((syntax) => matcher.describe(syntax)),
      (term, path) => matcher.match(term, path),
      (value, path) => matcher.unmatch(value, path),
    )
    return direct(shape, directOf(matcher))
  },
  /** The first of these shapes that fits. */
  union,
  /**
   * `{:ok, value}` as `{ ok: true, value }`, `{:error, reason}` as `{ ok: false, reason }`. Bare `:ok` and `:error` are read
   * as `undefined` where the shape takes that: a value that is left out, `t.any()`, `t.literal(undefined)`. A reason that is
   * left out may be anything.
   */
  result,
  /** A shape with a name, made when it is needed first: so it can contain itself. What nests over 500 deep in it is refused. */
  lazy,
  /** An integer within these bounds, both included, as a number; null for none. What a number cannot hold exactly is refused. */
  range,
  /** The same, of any size: a number where it is safe, else a bigint. */
  integer,
  /** A float as a number; it writes `1` as `1.0`. It reads integers too: decoded, `1.0` and `1` are one number. */
  float,
  /**
   * A map with these atoms as keys and no others, as an object; `{ others: 'atoms' }` keeps what is under other atoms, and
   * `{ others: true }` lets any key pass. Text for keys, which `t.fields` takes too, is refused.
   */
  object: object as ObjectShape,
  /** A keyword list with these keys and no others, as an object. Of a key that comes twice the first one counts. */
  keywords: keywords as <const F extends Readonly<Record<string, AnyMatcher>>>(shape: F) => Matcher<MatchedFields<F>>,
  /** A map each of whose pairs is of one of these kinds; the first whose key fits decides. */
  pairs,
  /** A list of one element or more. */
  nonEmpty,
  /** A list that does not end in `[]`, with its tail. */
  improperList,
  /** A tuple of any size, as it is. */
  anyTuple: (): Matcher<Tuple> => leaf('a tuple', (term) => (term instanceof Tuple ? some(term) : undefined)),
  /** A port. */
  port: (): Matcher<Port> => leaf('a port', (term) => (term instanceof Port ? some(term) : undefined)),
  /** A function of another node, or one by its name; of this arity. Default: of any. */
  fun,
  /** A bit string of `<<_:size, _:_*unit>>`. Unit: bits; default 0 and 1, which is any. A whole number of bytes is bytes. */
  bits,
  /** `iodata()`, bytes in lists however deep, as its bytes; it writes a binary. */
  iodata: (): Matcher<Uint8Array> =>
    leaf('iodata', (term) => {
      const all = bytesOfIodata(term)
      return all === undefined ? undefined : some(all)
    }),
  /** The same without a bare binary, `iolist()`; it writes a list. */
  iolist: (): Matcher<Uint8Array> =>
    leaf(
      'an iolist',
      (term) => {
        const all = isList(term) ? bytesOfIodata(term) : undefined
        return all === undefined ? undefined : some(all)
      },
      (value) => [value as Term],
    ),
  /** `unicode:chardata()`, text and code points in lists however deep, as a string; it writes a binary. */
  chardata: (): Matcher<string> =>
    leaf('chardata', (term) => {
      const all = textOfChardata(term)
      return all === undefined ? undefined : some(all)
    }),
  /** What a module keeps to itself: checked with the shape inside, and handed out as it came, to be given back. */
  opaque,
  /** No term at all: what a function that never returns gives. */
  never: (): Matcher<never> => leaf<never>('nothing', () => undefined),
}
