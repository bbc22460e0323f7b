import { checks, isArray } from '../checks.ts'
import { isPlainObject } from '../plain-object.ts'
import { ImproperList, type Term } from '../term.ts'
import { each } from './each.ts'
import { differs, found, Matcher, type MatchResult, matcherRule } from './matcher.ts'

/** See `t.improperList`. */
export function improperList<E, L>(
  element: Matcher<E>,
  tail: Matcher<L>,
): Matcher<{ readonly elements: E[]; readonly tail: L }> {
  checks.argument('t.improperList', 'element', matcherRule, element)
  checks.argument('t.improperList', 'tail', matcherRule, tail)
  const expected = `an improper list of ${element.expected} that ends in ${tail.expected}`
  return new Matcher(
    expected,
    (term, path) => {
      const list = found(() => (term instanceof ImproperList ? term : undefined))
      if (list === undefined) return differs(path, expected, term)
      const elements = each(list.elements, (one, index) => element.match(one, `${path}[${index}]`))
      if (!elements.ok) return elements
      const last = tail.match(list.tail, `${path}.tail`)
      return last.ok ? { ok: true, value: { elements: elements.value, tail: last.value } } : last
    },
    (value, path) => {
      if (found(() => isPlainObject(value)) !== true) return differs(path, expected, value)
      const given = value as { readonly elements: unknown; readonly tail: unknown }
      if (!isArray(given.elements)) return differs(path, expected, value)
      const elements = each(given.elements, (one, index) => element.unmatch(one, `${path}.elements[${index}]`))
      if (!elements.ok) return elements
      const last = tail.unmatch(given.tail, `${path}.tail`)
      if (!last.ok) return last
      const list = found(() => new ImproperList(elements.value, last.value))
      return list === undefined ? differs(path, expected, value) : { ok: true, value: list }
    },
  )
}

/** See `t.nonEmpty`. */
export function nonEmpty<E>(element: Matcher<E>): Matcher<[E, ...E[]]> {
  checks.argument('t.nonEmpty', 'element', matcherRule, element)
  const expected = `a list of at least one ${element.expected}`
  const filled = (value: unknown) => isArray(value) && value.length > 0
  return new Matcher(
    expected,
    (term, path) => {
      if (!filled(term)) return differs(path, expected, term)
      const all = each(term as readonly Term[], (one, index) => element.match(one, `${path}[${index}]`))
      return all as MatchResult<[E, ...E[]]>
    },
    (value, path) => {
      if (!filled(value)) return differs(path, expected, value)
      return each(value as readonly unknown[], (one, index) => element.unmatch(one, `${path}[${index}]`))
    },
  )
}
