import { callable, type Rule, rule, text } from '@dynsrv/kit'
import { checks } from '../checks.ts'
import { EtfError } from '../error.ts'
import type { Term } from '../term.ts'
import { termText } from '../text/term-text.ts'

/** Where a matcher found something else than it wants. */
export interface Mismatch {
  /** From the whole term, such as `[1].name`; empty for the term itself. */
  readonly path: string
  readonly expected: string
  readonly found: Term
}

/** What a matcher made of a term: the value it narrows to, or why not. */
export type MatchResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly mismatch: Mismatch }

/** The longest part of a refused term that an error shows. */
const MAX_SHOWN_CHARACTERS = 120

/**
 * A shape of terms, made with `t`. It finds out whether a term has the shape, and gives it with the type of the shape.
 *
 * Some matchers hand out a handier value than the term: `t.text()` a string, `t.fields()` an object.
 */
export class Matcher<T> {
  /** The shape in words, as errors name it. */
  readonly expected: string
  readonly #match: (term: Term, path: string) => MatchResult<T>

  /** @throws {EtfError} `ETF_BAD_OPTION` */
  constructor(expected: string, match: (term: Term, path: string) => MatchResult<T>) {
    if (typeof expected !== 'string') checks.argument('Matcher', 'expected', text, expected)
    if (typeof match !== 'function') checks.argument('Matcher', 'match', callable, match)
    this.expected = expected
    this.#match = match
  }

  /** The value, or where the term differs. It throws only what a function given to {@link map} throws. */
  match(term: Term, path = ''): MatchResult<T> {
    if (typeof path !== 'string') checks.argument('match', 'path', text, path)
    const result = this.#match(term, path)
    if (typeof result?.ok !== 'boolean')
      throw new EtfError('ETF_BAD_OPTION', 'the function of a Matcher gives no result')
    return result
  }

  /** Whether the term has the shape. */
  test(term: Term): boolean {
    return this.match(term).ok
  }

  /**
   * The value.
   *
   * @throws {EtfError} `ETF_MISMATCH` with the path of the part that differs
   */
  parse(term: Term): T {
    const result = this.match(term)
    if (result.ok) return result.value
    const { path, expected, found } = result.mismatch
    const all = termText(found, 'erlang', MAX_SHOWN_CHARACTERS + 1)
    const shown = all.length > MAX_SHOWN_CHARACTERS ? `${all.slice(0, MAX_SHOWN_CHARACTERS)}…` : all
    const where = path === '' ? '' : `${path}: `
    throw new EtfError('ETF_MISMATCH', `${where}expected ${expected}, found ${shown}`, { path })
  }

  /** The same shape with another value made of it. */
  map<U>(make: (value: T) => U): Matcher<U> {
    checks.argument('map', 'make', callable, make)
    return new Matcher<U>(this.expected, (term, path) => {
      const result = this.match(term, path)
      return result.ok ? { ok: true, value: make(result.value) } : result
    })
  }
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

/** A matcher of one kind of value, by a function that gives `undefined` for any other. */
export function leaf<T>(expected: string, read: (term: Term) => { readonly value: T } | undefined): Matcher<T> {
  return new Matcher(expected, (term, path) => {
    const answer = found(() => read(term))
    return answer === undefined ? differs(path, expected, term) : { ok: true, value: answer.value }
  })
}

export function differs(
  path: string,
  expected: string,
  found: Term,
): { readonly ok: false; readonly mismatch: Mismatch } {
  return { ok: false, mismatch: { path, expected, found } }
}
