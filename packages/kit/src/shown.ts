import { inspect, types } from 'node:util'
import { visible } from './visible.ts'

const BRIEF = { depth: 1, compact: true, breakLength: Number.POSITIVE_INFINITY, maxArrayLength: 5, maxStringLength: 60 }

/** A value in a few words, for a message; it never throws. */
export function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  try {
    const text = types.isNativeError(value) ? `[${value.name}: ${value.message}]` : inspect(value, BRIEF)
    return visible(text.length > 100 ? `${text.slice(0, 99)}…` : text)
  } catch {
    return kindOf(value)
  }
}

/** What kind of value it is, without showing it. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'string') return value === '' ? 'an empty string' : `a string of ${value.length} characters`
  return /^[aeiou]/.test(typeof value) ? `an ${typeof value}` : `a ${typeof value}`
}
