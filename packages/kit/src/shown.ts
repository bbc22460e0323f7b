import { inspect, types } from 'node:util'
import { visible } from './visible.ts'

const BRIEF = { depth: 1, compact: true, breakLength: Number.POSITIVE_INFINITY, maxArrayLength: 5, maxStringLength: 60 }

/** A value in a few words, for a message; it never throws. */
export function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  try {
    if (takesLong(value, SHOWN_LEVELS)) return kindOf(value)
    const text = types.isNativeError(value) ? `[${value.name}: ${value.message}]` : inspect(value, BRIEF)
    return visible(text.length > 100 ? `${text.slice(0, 99)}…` : text)
  } catch {
    return kindOf(value)
  }
}

/** Integers of which the text takes long: a few hundred digits do not. */
const LARGE = 2n ** 2_048n
/** The value itself, and what is inside of what is inside of it. */
const SHOWN_LEVELS = 2
/** Keys of an object that are looked at. */
const MAX_KEYS = 1_000

/** Whether a text of it takes long to make, of which a few words are wanted: a large integer, or an object of many keys. */
function takesLong(value: unknown, levels: number): boolean {
  const isLong = (one: unknown): boolean => takesLong(one, levels - 1)
  if (typeof value === 'bigint') return value >= LARGE || value <= -LARGE
  if (levels === 0 || typeof value !== 'object' || value === null || types.isProxy(value)) return false
  if (ArrayBuffer.isView(value)) return false
  if (types.isMap(value)) return first(Map.prototype.entries.call(value)).some((pair) => pair.some(isLong))
  if (types.isSet(value)) return first(Set.prototype.values.call(value)).some(isLong)
  if (Array.isArray(value)) return first(Array.prototype.values.call(value)).some(isLong)
  const keys = Object.keys(value)
  if (keys.length > MAX_KEYS) return true
  return keys.some((key) => isLong(Object.getOwnPropertyDescriptor(value, key)?.value))
}

function bitsOf(integer: bigint): number {
  const digits = (integer < 0n ? -integer : integer).toString(16)
  return 4 * (digits.length - 1) + 32 - Math.clz32(Number.parseInt(digits[0]!, 16))
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
  if (typeof value === 'bigint' && takesLong(value, 0)) return `a bigint of ${bitsOf(value)} bits`
  if (typeof value === 'string') return value === '' ? 'an empty string' : `a string of ${value.length} characters`
  return /^[aeiou]/.test(typeof value) ? `an ${typeof value}` : `a ${typeof value}`
}

/** Levels that `inspect` of `node:util` shows here and below which nothing is looked at, and how many values are. */
const MOST_LEVELS = 4
const MOST_VALUES = 10_000

/** Whether `inspect` of `node:util` takes long with a value, to some depth: it writes down every digit of an integer. */
export function inspectTakesLong(value: unknown): boolean {
  let left = MOST_VALUES
  const looks = (one: unknown, levels: number): boolean => {
    if (typeof one === 'bigint') return one >= LARGE || one <= -LARGE
    if (typeof one !== 'object' || one === null || levels === 0 || ArrayBuffer.isView(one)) return false
    if (types.isProxy(one) || --left < 0) return true
    if (types.isMap(one)) {
      for (const pair of Map.prototype.entries.call(one)) if (pair.some((each) => looks(each, levels - 1))) return true
    }
    if (types.isSet(one)) {
      for (const each of Set.prototype.values.call(one)) if (looks(each, levels - 1)) return true
    }
    for (const key of Object.keys(one)) {
      if (looks(Object.getOwnPropertyDescriptor(one, key)?.value, levels - 1)) return true
    }
    return false
  }
  return looks(value, MOST_LEVELS)
}
