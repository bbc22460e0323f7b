import { callable, filledText } from '@dynsrv/kit'
import { checks } from '../checks.ts'
import type { Term } from '../term.ts'
import { differs, Matcher, type MatchResult, matcherRule } from './matcher.ts'

/** What nests deeper than this in named shapes is refused: the call stack has an end, and a peer chooses the depth. */
const MOST_DEPTH = 500

let depth = 0

/**
 * Looks at each part of a term once for each named shape. Without that a peer could choose a term on which the branches
 * of a union, tried one after another at every level, take exponential time.
 */
class Once<T> {
  #seen: Map<unknown, MatchResult<T>> | undefined

  run(part: unknown, path: string, name: string, look: () => MatchResult<T>): MatchResult<T> {
    const known = this.#seen?.get(part)
    if (known !== undefined) return known
    if (depth >= MOST_DEPTH) return differs(path, `${name}, nested no deeper than ${MOST_DEPTH} levels`, part)
    if (depth === 0) started.length = 0
    depth++
    try {
      const result = look()
      if (depth > 1 && typeof part === 'object' && part !== null) {
        if (this.#seen === undefined) {
          this.#seen = new Map()
          started.push(() => {
            this.#seen = undefined
          })
        }
        this.#seen.set(part, result)
      }
      return result
    } finally {
      depth--
      if (depth === 0) for (const forget of started.splice(0)) forget()
    }
  }
}

/** What forgets the results of the term that is looked at now. */
const started: (() => void)[] = []

/**
 * A shape with a name, made when it is needed first: so it can contain itself, and errors name it in place of all that it
 * consists of.
 */
export function lazy<T>(name: string, make: () => Matcher<T>): Matcher<T> {
  checks.argument('t.lazy', 'name', filledText, name)
  checks.argument('t.lazy', 'make', callable, make)
  let made: Matcher<T> | undefined
  const shape = (): Matcher<T> => {
    if (made !== undefined) return made
    const given = make()
    checks.argument('t.lazy', 'what make returns', matcherRule, given)
    made = given
    return made
  }
  const read = new Once<T>()
  const written = new Once<Term>()
  return new Matcher<T>(
    name,
    (term, path) => read.run(term, path, name, () => shape().match(term, path)),
    (value, path) => written.run(value, path, name, () => shape().unmatch(value, path)),
  )
}
