import { types } from 'node:util'
import { EtfError, isEtfError } from '../error.ts'
import { ImproperList, NativeRecord, type Term, Tuple } from '../term.ts'
import { briefText } from '../text/term-text.ts'
import { mapForm } from '../values/map-form.ts'

/** A value and the way to it. */
interface Place {
  readonly value: unknown
  /** What the path says of it; put into words only when it is on the path. */
  readonly step: () => string
  readonly outer: Place | undefined
}

const NAME = /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u

/**
 * The same error with the path to what cannot be written, and what to do about it.
 *
 * It looks for the place only now, so that what can be written costs nothing more.
 *
 * @param write writes a value that holds no others, and throws for what has no term
 */
export function withPlace(error: EtfError, term: unknown, write: (leaf: Term) => void): EtfError {
  const found = find(term, write)
  if (found === undefined) return error
  const { cause, place } = found
  const path = pathOf(place)
  const hint = hintFor(place.value) ?? cause.hint
  const where = path === '' ? '' : `${path}: `
  return new EtfError(cause.code, where + cause.message, { path, hint, limit: cause.limit, cause: cause.cause })
}

/** The first value, in the order in which they are written, that cannot be. */
function find(
  term: unknown,
  write: (leaf: Term) => void,
): { readonly place: Place; readonly cause: EtfError } | undefined {
  const seen = new Set<unknown>()
  const open: Place[] = [{ value: term, step: () => '', outer: undefined }]
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    if (typeof place.value === 'object' && seen.has(place.value)) continue
    seen.add(place.value)
    try {
      const inner = partsOf(place)
      if (inner === undefined) write(place.value as Term)
      else for (let index = inner.length - 1; index >= 0; index--) open.push(inner[index]!)
    } catch (cause) {
      return isEtfError(cause) ? { place, cause } : undefined
    }
  }
  return undefined
}

/** What a container holds; undefined for what is none. */
function partsOf(outer: Place): Place[] | undefined {
  const { value } = outer
  if (typeof value !== 'object' || value === null) return undefined
  const at = (each: unknown, step: () => string): Place => ({ value: each, step, outer })
  const list = (each: readonly unknown[]): Place[] =>
    Array.from(each, (element, index) => at(element, () => `[${index}]`))
  if (Array.isArray(value)) return list(value)
  if (value instanceof Set) return list([...value])
  if (value instanceof Tuple) return list(value.elements)
  if (value instanceof ImproperList) return [...list(value.elements), at(value.tail, () => '.tail')]
  if (value instanceof NativeRecord) return value.fields.map(([name, field]) => at(field, () => `.${name.name}`))
  const form = mapForm(value)
  if (form === undefined) return undefined
  if (!(form instanceof Map)) return Object.entries(form).map(([name, field]) => at(field, () => stepTo(name)))
  return [...(form as ReadonlyMap<Term, Term>)].flatMap(([key, field]) => [
    at(key, () => `.key(${briefText(key)})`),
    at(field, () => `.get(${briefText(key)})`),
  ])
}

function stepTo(name: string): string {
  return NAME.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`
}

/** Of a longer path the ends are shown. Unit: steps */
const MOST_STEPS = 100

function pathOf(place: Place): string {
  const places: Place[] = []
  for (let at = place; at.outer !== undefined; at = at.outer) places.push(at)
  places.reverse()
  const text = (some: readonly Place[]): string => some.map(({ step }) => step()).join('')
  if (places.length <= MOST_STEPS) return text(places)
  return `${text(places.slice(0, MOST_STEPS / 2))}…${text(places.slice(-MOST_STEPS / 2))}`
}

/** What to do about a value of that kind. */
function hintFor(value: unknown): string | undefined {
  if (typeof value === 'function') return 'Send what it returns; or expose it, and send its name.'
  if (typeof value === 'symbol') return 'Send an atom: atom(name).'
  if (typeof value === 'number') return 'Erlang has neither NaN nor infinities. Send an atom or nil in their place.'
  if (typeof value !== 'object' || value === null || types.isDate(value)) return undefined
  if ('then' in value) return 'Await it first.'
  if (value instanceof Error) return 'Send its message, such as tuple(atom("error"), error.message).'
  return 'Send its fields as a plain object, or tell struct(module, { class, decode, encode }) how it is sent.'
}
