import { checks, isArray } from '../checks.ts'
import { isPlainObject } from '../plain-object.ts'
import { MISS } from '../read/direct-read.ts'
import * as Tag from '../tag.ts'
import { ImproperList, type Term } from '../term.ts'
import { directly } from './direct.ts'
import { listReader } from './direct-containers.ts'
import { each } from './each.ts'
import { behind, differs, found, Matcher, type MatchResult, matcherRule } from './matcher.ts'
import { inWords } from './words.ts'

/** So often it is tried whether what follows is the tail, so that a long list takes no quadratic time. */
const MOST_SPLITS = 64

/** The elements of a list that has some, and what follows a number of them. */
function cellsOf(
  term: Term,
): { readonly elements: readonly Term[]; readonly after: (count: number) => Term } | undefined {
  if (term instanceof ImproperList) {
    const { elements, tail } = term
    const after = (count: number) => (count === elements.length ? tail : new ImproperList(elements.slice(count), tail))
    return { elements, after }
  }
  if (!isArray(term) || term.length === 0) return undefined
  return { elements: term as readonly Term[], after: (count) => (term as Term[]).slice(count) }
}

/** A list of the elements that goes on with the tail. */
function joined(elements: readonly Term[], tail: Term): Term {
  if (isArray(tail)) return [...elements, ...(tail as Term[])]
  if (tail instanceof ImproperList) return new ImproperList([...elements, ...tail.elements], tail.tail)
  return new ImproperList(elements, tail)
}

/** See `t.improperList`. */
export function improperList<E, L>(
  element: Matcher<E>,
  tail: Matcher<L>,
): Matcher<{ readonly elements: E[]; readonly tail: L }> {
  checks.argument('t.improperList', 'element', matcherRule, element)
  checks.argument('t.improperList', 'tail', matcherRule, tail)
  const expected = inWords(
    (syntax) => `an improper list of ${element.describe(syntax)} that ends in ${tail.describe(syntax)}`,
  )
  return new Matcher(
    expected,
    (term, path) => {
      const list = found(() => cellsOf(term))
      if (list === undefined) return differs(path, expected, term)
      const elements: E[] = []
      // What follows may be a list too, where the tail takes lists: the first place where it fits counts.
      for (const [index, one] of list.elements.entries()) {
        const matched = element.match(one)
        if (!matched.ok) return behind(`${path}[${index}]`, matched.mismatch)
        elements.push(matched.value)
        const isLast = index === list.elements.length - 1
        if (!isLast && index >= MOST_SPLITS) continue
        const last = tail.match(list.after(index + 1), `${path}.tail`)
        if (last.ok) return { ok: true, value: { elements, tail: last.value } }
        if (isLast) return last
      }
      return differs(path, expected, term)
    },
    (value, path) => {
      if (found(() => isPlainObject(value)) !== true) return differs(path, expected, value)
      const given = value as { readonly elements: unknown; readonly tail: unknown }
      if (!isArray(given.elements)) return differs(path, expected, value)
      const elements = each(given.elements, `${path}.elements`, (one) => element.unmatch(one))
      if (!elements.ok) return elements
      const last = tail.unmatch(given.tail, `${path}.tail`)
      if (!last.ok) return last
      const list = found(() => joined(elements.value, last.value))
      return list === undefined ? differs(path, expected, value) : { ok: true, value: list }
    },
  )
}

/** See `t.nonEmpty`. */
export function nonEmpty<E>(element: Matcher<E>): Matcher<[E, ...E[]]> {
  checks.argument('t.nonEmpty', 'element', matcherRule, element)
  const expected = inWords((syntax) => `a list of at least one ${element.describe(syntax)}`)
  const filled = (value: unknown) => isArray(value) && value.length > 0
  const shape = new Matcher<[E, ...E[]]>(
    expected,
    (term, path) => {
      if (!filled(term)) return differs(path, expected, term)
      const all = each(term as readonly Term[], path, (one) => element.match(one))
      return all as MatchResult<[E, ...E[]]>
    },
    (value, path) => {
      if (!filled(value)) return differs(path, expected, value)
      return each(value as readonly unknown[], path, (one) => element.unmatch(one))
    },
  )
  const read = listReader(element)
  return directly(shape, (reader, depth) => (reader.tag() === Tag.NIL_EXT ? MISS : read(reader, depth)))
}
