import { checks } from '../checks.ts'
import { atom as atomOf, type Term, Tuple } from '../term.ts'
import { inspect } from '../text/inspect.ts'
import { directly, directOf } from './direct.ts'
import { resultReader } from './direct-containers.ts'
import { differs, found, isTuple, leaf, Matcher, matcherRule } from './matcher.ts'
import { union } from './union.ts'
import { inWords } from './words.ts'

/** What `t.result` reads: how Elixir and Erlang say whether something went well. */
export type Result<V, R> = { readonly ok: true; readonly value: V } | { readonly ok: false; readonly reason: R }

/** `ok` and `error`, bare or in front of a value. */
export function result(): Matcher<Result<undefined, Term>>
export function result<V>(value: Matcher<V>): Matcher<Result<V, Term>>
export function result<V, R>(value: Matcher<V>, reason: Matcher<R>): Matcher<Result<V, R>>
export function result(
  value: Matcher<unknown> = NOTHING,
  reason: Matcher<unknown> = leaf('any term', (value) => ({ value })),
): Matcher<Result<unknown, unknown>> {
  checks.argument('t.result', 'value', matcherRule, value)
  checks.argument('t.result', 'reason', matcherRule, reason)
  const [good, bad] = [branch('ok', value), branch('error', reason)]
  const shape = union(good, bad)
  const words = inWords((syntax) => shape.describe(syntax))
  const matcher = new Matcher<Result<unknown, unknown>>(
    words,
    (term, path) => {
      const matched = shape.match(term, path)
      if (!matched.ok) return matched
      const [tag, inner] = matched.value
      return { ok: true, value: tag === 'ok' ? { ok: true, value: inner } : { ok: false, reason: inner } }
    },
    (given, path) => {
      const parts = found(() => ({ ...(given as { ok?: unknown; value?: unknown; reason?: unknown }) }))
      if (parts?.ok === true) return good.unmatch(parts.value, `${path}.value`)
      if (parts?.ok === false) return bad.unmatch(parts.reason, `${path}.reason`)
      return differs(path, words, given)
    },
  )
  if (value === NOTHING) return matcher
  return directly(matcher, resultReader(OK, directOf(value), ERROR, directOf(reason)))
}

const OK = atomOf('ok')
const ERROR = atomOf('error')

/** Stands for what is not there: the tag is bare. */
const NOTHING: Matcher<undefined> = leaf('nothing', (term) => (term === undefined ? { value: undefined } : undefined))

/** Reads `{tag, inner}` as both; the bare tag too, where the shape takes `undefined`. Writes it of what is inside. */
function branch<const N extends string>(tag: N, inner: Matcher<unknown>): Matcher<readonly [N, unknown]> {
  const name = atomOf(tag)
  const expected = inWords((syntax) => {
    const shown = inspect(name, { syntax })
    return inner === NOTHING ? shown : `{${shown}, ${inner.describe(syntax)}}`
  })
  return new Matcher<readonly [N, unknown]>(
    expected,
    (term, path) => {
      if (term === name && inner.test(undefined)) return { ok: true, value: [tag, undefined] }
      if (!isTuple(term) || term.length !== 2 || term.elements[0] !== name) return differs(path, expected, term)
      if (inner === NOTHING) return differs(path, expected, term)
      const matched = inner.match(term.elements[1], `${path}[1]`)
      return matched.ok ? { ok: true, value: [tag, matched.value] } : matched
    },
    (given, path) => {
      if (given === undefined && inner.test(undefined)) return { ok: true, value: name }
      const written = inner.unmatch(given, path)
      return written.ok ? { ok: true, value: new Tuple([name, written.value]) } : written
    },
  )
}
