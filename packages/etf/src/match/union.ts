import { listOf, type Rule, rule } from '@dynsrv/kit'
import { checks } from '../checks.ts'
import { bestFit } from './best-fit.ts'
import { direct, directOf } from './direct.ts'
import { unionReader } from './direct-containers.ts'
import { differs, type Matched, Matcher, type MatchResult, type Mismatch, matcherRule } from './matcher.ts'
import { inWords } from './words.ts'

const shapes: Rule = listOf(matcherRule)
const someShapes: Rule = rule('at least one Matcher', (value) => (value as readonly unknown[]).length > 0)

/** See `t.union`. */
export function union<const M extends readonly Matcher<unknown>[]>(...matchers: M): Matcher<Matched<M[number]>> {
  checks.argument('t.union', 'matchers', shapes, matchers)
  checks.argument('t.union', 'matchers', someShapes, matchers)
  const expected = inWords((syntax) => matchers.map((matcher) => matcher.describe(syntax)).join(' or '))
  const first = <T>(
    path: string,
    value: unknown,
    run: (matcher: Matcher<unknown>) => MatchResult<T>,
  ): MatchResult<T> => {
    const mismatches: Mismatch[] = []
    for (const matcher of matchers) {
      const result = run(matcher)
      if (result.ok) return result
      mismatches.push(result.mismatch)
    }
    const best = bestFit(mismatches, path)
    return best === undefined ? differs(path, expected, value) : { ok: false, mismatch: best }
  }
  const shape = new Matcher<Matched<M[number]>>(
    expected,
    (term, path) => first(path, term, (matcher) => matcher.match(term, path)) as MatchResult<Matched<M[number]>>,
    (value, path) => first(path, value, (matcher) => matcher.unmatch(value, path)),
  )
  return direct(shape, unionReader(matchers.map(directOf)))
}
