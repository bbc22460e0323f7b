import { answerNow, callable, oneOf, optional, type Rule, rule, text } from '@dynsrv/kit'
import { checkBytes, checks } from '../checks.ts'
import { EtfError } from '../error.ts'
import { decode, decodeDirect } from '../read/decode.ts'
import type { DecodeOptions } from '../read/decode-options.ts'
import { MISS } from '../read/direct-read.ts'
import { type Term, Tuple } from '../term.ts'
import { briefText } from '../text/term-text.ts'
import type { TermSyntax } from '../text/text-pieces.ts'
import { direct, directReader } from './direct.ts'
import type { StandardProps, StandardResult, StandardSchema } from './standard-schema.ts'
import { inWords, Words } from './words.ts'

/** Where a matcher found something else than it wants. */
export interface Mismatch {
  /** From the whole term, such as `[1].name`; empty for the term itself. */
  readonly path: string
  readonly expected: string
  readonly found: Term
}

/** A mismatch that can be said in either language: atoms and text are written in another way in each. */
class SaidMismatch implements Mismatch {
  readonly path: string
  readonly expected: string
  readonly found: Term
  readonly #words: Words

  constructor(path: string, words: Words, found: Term) {
    this.path = path
    this.expected = words.erlang
    this.found = found
    this.#words = words
  }

  static wordsOf(mismatch: Mismatch): Words {
    return #words in mismatch ? mismatch.#words : inWords(mismatch.expected)
  }
}

const syntaxRule = oneOf('erlang', 'elixir')
const mismatchRule: Rule = rule('the mismatch of a MatchResult', (given) => {
  const { path, expected } = (given ?? {}) as Partial<Mismatch>
  return typeof path === 'string' && typeof expected === 'string'
})

/** A mismatch in words, without its path: `expected an integer, found <<"x">>`, and `found "x"` for Elixir. */
export function mismatchText(mismatch: Mismatch, syntax: TermSyntax = 'erlang'): string {
  checks.argument('mismatchText', 'mismatch', mismatchRule, mismatch)
  checks.argument('mismatchText', 'syntax', syntaxRule, syntax)
  return said(mismatch, syntax)
}

function said(mismatch: Mismatch, syntax: TermSyntax): string {
  return `expected ${SaidMismatch.wordsOf(mismatch)[syntax]}, found ${briefText(mismatch.found, syntax)}`
}

/** What a matcher made of a term: the value it narrows to, or why not. */
export type MatchResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly mismatch: Mismatch }

/**
 * A shape of terms, made with `t`. It reads a term that has the shape as a value of its type, and writes such a value as a
 * term again.
 *
 * Some matchers hand out a handier value than the term: `t.text()` a string, `t.fields()` an object, `t.tuple()` an array.
 */
export class Matcher<T> implements StandardSchema<Term, T> {
  /** The shape in words, as errors name it. */
  readonly expected: string
  /** The same, and in Elixir's syntax. */
  readonly #words: Words
  readonly #match: (term: Term, path: string) => MatchResult<T>
  readonly #unmatch: ((value: unknown, path: string) => MatchResult<Term>) | undefined

  /**
   * @param match reads a term
   * @param unmatch writes a value, or says what differs; default: the shape cannot write
   * @throws {EtfError} `ETF_BAD_OPTION`
   */
  constructor(
    expected: string | Words,
    match: (term: Term, path: string) => MatchResult<T>,
    unmatch?: (value: unknown, path: string) => MatchResult<Term>,
  ) {
    if (typeof expected !== 'string' && !Words.is(expected)) checks.argument('Matcher', 'expected', text, expected)
    if (typeof match !== 'function') checks.argument('Matcher', 'match', callable, match)
    if (unmatch !== undefined) checks.argument('Matcher', 'unmatch', optional(callable), unmatch)
    this.#words = inWords(expected)
    this.expected = this.#words.erlang
    this.#match = match
    this.#unmatch = unmatch
  }

  /** The shape in words, its atoms and texts in the syntax of one of the languages. */
  describe(syntax: TermSyntax = 'erlang'): string {
    if (syntax !== 'erlang' && syntax !== 'elixir') checks.argument('describe', 'syntax', syntaxRule, syntax)
    return this.#words[syntax]
  }

  /** Reads a term as any other Standard Schema does: whatever takes one, takes a shape. */
  get '~standard'(): StandardProps<Term, T> {
    return { version: 1, vendor: '@dynsrv/etf', validate: (term) => standardResult(this.match(term as Term)) }
  }

  /** The value, or where the term differs. It throws only what a function given to {@link map} throws. */
  match(term: Term, path = ''): MatchResult<T> {
    if (typeof path !== 'string') checks.argument('match', 'path', text, path)
    return sound(this.#match(term, path))
  }

  /**
   * The term that a value is written as, or where the value differs.
   *
   * @throws {EtfError} `ETF_BAD_OPTION` for a shape that was made with {@link map} and cannot write
   */
  unmatch(value: unknown, path = ''): MatchResult<Term> {
    if (typeof path !== 'string') checks.argument('unmatch', 'path', text, path)
    const unmatch = this.#unmatch
    if (unmatch === undefined) {
      throw new EtfError('ETF_BAD_OPTION', `the shape of ${this.expected} only reads`, {
        hint: 'Give map a second function, which makes what was matched of the value again.',
      })
    }
    return sound(unmatch(value, path))
  }

  /** Whether the term has the shape. */
  test(term: Term): boolean {
    return this.match(term).ok
  }

  /**
   * The value of a term.
   *
   * @throws {EtfError} `ETF_MISMATCH` with the path of the part that differs
   */
  parse(term: Term): T {
    return given(this.match(term))
  }

  /**
   * The value of an encoded term: `shape.parse(decode(bytes, options))` in a fraction of the time, for most shapes are read
   * straight from the bytes, and no term is made.
   *
   * What has another shape, or is read in the long way (a compressed term, `lazy`, `instance`), is decoded and matched: functions
   * given to {@link map} may run twice for one term. Memory is counted as of what is made.
   *
   * @param options as for `decode`; they matter for parts that are terms, such as those of `t.any()`
   * @throws {EtfError} as `decode`; `ETF_MISMATCH` with the path of the part that differs
   */
  decode(bytes: Uint8Array, options?: DecodeOptions): T {
    checkBytes('decode', bytes)
    const read = directReader<T>(this)
    const value = read === undefined ? MISS : decodeDirect(bytes, options, read)
    return value === MISS ? this.parse(decode(bytes, options)) : value
  }

  /**
   * The term of a value, which {@link parse} reads as that value.
   *
   * @throws {EtfError} `ETF_MISMATCH` with the path of the part that differs; as {@link unmatch}
   */
  write(value: T): Term {
    return given(this.unmatch(value))
  }

  /**
   * The same shape with another value made of it. The value is used at once: a promise is refused with `ETF_BAD_OPTION`.
   *
   * @param back makes what was matched of the value again, to write it; default: the shape only reads
   */
  map<U>(make: (value: T) => U, back?: (value: U) => T): Matcher<U> {
    checks.argument('map', 'make', callable, make)
    checks.argument('map', 'back', optional(callable), back)
    const made = (value: T) => answerNow(() => make(value), promised)
    const read = directReader<T>(this)
    const shape = new Matcher<U>(
      this.#words,
      (term, path) => {
        const result = this.match(term, path)
        return result.ok ? { ok: true, value: made(result.value) } : result
      },
      back &&
        ((value, path) =>
          this.unmatch(
            answerNow(() => back(value as U), promised),
            path,
          )),
    )
    if (read === undefined) return shape
    return direct(shape, (reader, depth) => {
      const value = read(reader, depth)
      return value === MISS ? MISS : made(value)
    })
  }
}

function promised(): EtfError {
  return new EtfError('ETF_BAD_OPTION', 'a function of a shape gives a promise, and what it gives is used at once')
}

function standardResult<T>(result: MatchResult<T>): StandardResult<T> {
  if (result.ok) return { value: result.value }
  const { path } = result.mismatch
  return { issues: [{ message: said(result.mismatch, 'erlang'), path: Array.from(path.matchAll(STEP), stepOf) }] }
}

const STEP = /\[(\d+)\]|\.(\w+\(.*?\)|[^.[]+)/g

function stepOf([, index, name = '']: RegExpExecArray): PropertyKey {
  return index === undefined ? name : Number(index)
}

function sound<T>(result: MatchResult<T>): MatchResult<T> {
  if (typeof result?.ok === 'boolean') return result
  answerNow(() => result, promised)
  throw new EtfError('ETF_BAD_OPTION', 'the function of a Matcher gives no result')
}

function given<T>(result: MatchResult<T>): T {
  if (result.ok) return result.value
  const { path } = result.mismatch
  const where = path === '' ? '' : `${path}: `
  throw new EtfError('ETF_MISMATCH', `${where}${said(result.mismatch, 'erlang')}`, { path })
}

/** The type that a matcher narrows to. */
export type Matched<M> = M extends Matcher<infer T> ? T : never

/** What may stand for a part of a shape. */
export const matcherRule: Rule = rule('a Matcher', (value) => value instanceof Matcher)

/** What a function finds in a value; undefined for a value that throws when it is read, which has no shape. */
export function found<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}

/** Whether it is a tuple; false for a proxy that throws. */
export function isTuple(term: Term): term is Tuple {
  return found(() => term instanceof Tuple) === true
}

/**
 * A matcher of one kind of value, by a function that gives `undefined` for any other.
 *
 * @param put makes the term of a value; default: the value is the term. The term must have the shape.
 */
export function leaf<T>(
  expected: string | Words,
  read: (term: Term) => { readonly value: T } | undefined,
  put: (value: unknown) => Term = (value) => value as Term,
): Matcher<T> {
  const words = inWords(expected)
  return new Matcher(
    words,
    (term, path) => {
      const answer = found(() => read(term))
      return answer === undefined ? differs(path, words, term) : { ok: true, value: answer.value }
    },
    (value, path) => {
      const answer = found(() => {
        const term = put(value)
        return read(term) && { term }
      })
      return answer === undefined ? differs(path, words, value) : { ok: true, value: answer.term }
    },
  )
}

export function differs(
  path: string,
  expected: string | Words,
  found: unknown,
): { readonly ok: false; readonly mismatch: Mismatch } {
  return { ok: false, mismatch: new SaidMismatch(path, inWords(expected), found as Term) }
}

/** A mismatch in a part: the path to it is only put into words when one was found. */
export function behind(path: string, mismatch: Mismatch): { readonly ok: false; readonly mismatch: Mismatch } {
  const words = SaidMismatch.wordsOf(mismatch)
  return { ok: false, mismatch: new SaidMismatch(path + mismatch.path, words, mismatch.found) }
}
