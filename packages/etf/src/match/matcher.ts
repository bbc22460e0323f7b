import { EtfError } from '../error.ts'
import type { Term } from '../term.ts'
import { inspect } from '../text/inspect.ts'

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
 * A shape of terms, made with `t`. It tells whether a term has the shape, and gives it back with the shape's type.
 *
 * Some matchers hand out a handier value than the term: `t.text()` a string, `t.fields()` an object.
 */
export class Matcher<T> {
  /** The shape in words, as errors name it. */
  readonly expected: string
  readonly #match: (term: Term, path: string) => MatchResult<T>

  constructor(expected: string, match: (term: Term, path: string) => MatchResult<T>) {
    this.expected = expected
    this.#match = match
  }

  /** The value, or where the term differs. Never throws. */
  match(term: Term, path = ''): MatchResult<T> {
    return this.#match(term, path)
  }

  /** Whether the term has the shape. */
  test(term: Term): boolean {
    return this.#match(term, '').ok
  }

  /**
   * The value.
   *
   * @throws {EtfError} `ETF_MISMATCH` with the path of the part that differs
   */
  parse(term: Term): T {
    const result = this.#match(term, '')
    if (result.ok) return result.value
    const { path, expected, found } = result.mismatch
    const text = inspect(found)
    const shown = text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}…` : text
    const where = path === '' ? '' : `${path}: `
    throw new EtfError('ETF_MISMATCH', `${where}expected ${expected}, found ${shown}`, { path })
  }

  /** The same shape with another value made of it. */
  map<U>(make: (value: T) => U): Matcher<U> {
    return new Matcher<U>(this.expected, (term, path) => {
      const result = this.match(term, path)
      return result.ok ? { ok: true, value: make(result.value) } : result
    })
  }
}

/** The type that a matcher narrows to. */
export type Matched<M> = M extends Matcher<infer T> ? T : never

/** A matcher of one kind of value, by a function that gives `undefined` for any other. */
export function leaf<T>(expected: string, read: (term: Term) => { readonly value: T } | undefined): Matcher<T> {
  return new Matcher(expected, (found, path) => {
    const answer = read(found)
    return answer === undefined ? differs(path, expected, found) : { ok: true, value: answer.value }
  })
}

export function differs(
  path: string,
  expected: string,
  found: Term,
): { readonly ok: false; readonly mismatch: Mismatch } {
  return { ok: false, mismatch: { path, expected, found } }
}
