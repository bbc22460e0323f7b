import type { TermObject } from './term.ts'

/** Whether a value is a plain object, which stands for a map: one of no class, with or without a prototype. */
export function isPlainObject(value: unknown): value is TermObject {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
