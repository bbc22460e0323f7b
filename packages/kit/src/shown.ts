import { inspect, types } from 'node:util'
import { visible } from './visible.ts'

const BRIEF = { depth: 1, compact: true, breakLength: Number.POSITIVE_INFINITY, maxArrayLength: 5, maxStringLength: 60 }

/** A value in a few words, for a message; it never throws. */
export function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  try {
    if (takesLong(value, true)) return kindOf(value)
    const text = types.isNativeError(value) ? `[${value.name}: ${value.message}]` : inspect(value, BRIEF)
    return visible(text.length > 100 ? `${text.slice(0, 99)}…` : text)
  } catch {
    return kindOf(value)
  }
}

/** Integers of which the text takes long: a few hundred digits do not. */
const LARGE = 2n ** 2_048n
/** Keys of an object that are looked at. */
const MAX_KEYS = 1_000

/** Whether a text of it takes long to make, of which a few words are wanted: a large integer, or an object of many keys. */
function takesLong(value: unknown, within: boolean): boolean {
  if (typeof value === 'bigint') return value >= LARGE || value <= -LARGE
  if (!within || typeof value !== 'object' || value === null || types.isProxy(value)) return false
  if (ArrayBuffer.isView(value)) return false
  if (types.isMap(value)) return first(Map.prototype.entries.call(value)).some((pair) => pair.some(isLong))
  if (types.isSet(value)) return first(Set.prototype.values.call(value)).some(isLong)
  if (Array.isArray(value)) return first(Array.prototype.values.call(value)).some(isLong)
  const keys = Object.keys(value)
  if (keys.length > MAX_KEYS) return true
  return keys.some((key) => isLong(Object.getOwnPropertyDescriptor(value, key)?.value))
}

function isLong(one: unknown): boolean {
  return takesLong(one, false)
}

/** As many as are shown of a collection. */
function first<T>(from: Iterable<T>): T[] {
  const taken: T[] = []
  for (const one of from) if (taken.push(one) >= BRIEF.maxArrayLength) break
  return taken
}

/** What kind of value it is, without showing it. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'string') return value === '' ? 'an empty string' : `a string of ${value.length} characters`
  return /^[aeiou]/.test(typeof value) ? `an ${typeof value}` : `a ${typeof value}`
}
