import { checksOf, type Rule, rule } from '@dynsrv/kit'
import { EtfError } from './error.ts'

/** The checks of this package. */
export const checks = checksOf(({ message, hint }) => new EtfError('ETF_BAD_OPTION', message, { hint }))

/** Whether it is a `Uint8Array` of its own. A proxy of one is none: its length cannot be read. */
export function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && value instanceof Uint8Array
}

/** Whether it is an array; false for a proxy that throws. */
export function isArray(value: unknown): value is readonly unknown[] {
  try {
    return Array.isArray(value)
  } catch {
    return false
  }
}

/** Whether it is a whole number that fits into 32 bits without sign. */
export function isU32(value: unknown): value is number {
  return typeof value === 'number' && value >>> 0 === value
}

/** Whether it is a whole number that is not negative. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

export const bytesRule: Rule = rule('a Uint8Array', isBytes)

/** Refuses an argument that is not bytes. */
export function checkBytes(owner: string, bytes: unknown): void {
  if (!isBytes(bytes)) checks.argument(owner, 'bytes', bytesRule, bytes)
}

/** The parts that an object is made of, each with its rule. */
export type Parts = readonly (readonly [name: string, rule: Rule, value: unknown])[]

/** Refuses the first part that does not follow its rule. */
export function checkParts(owner: string, parts: Parts): void {
  for (const [name, each, value] of parts) checks.argument(owner, name, each, value)
}

/**
 * Whether an object has only these names, and is as plain as nearly all options are. It costs a few nanoseconds; where it
 * is false, the whole check decides.
 */
export function hasOnly(names: Readonly<Record<string, unknown>>, options: object): boolean {
  if (Object.getPrototypeOf(options) !== Object.prototype) return false
  for (const name in options) if (!Object.hasOwn(names, name)) return false
  return true
}
