import { inspect } from 'node:util'
import { withoutSecrets } from '@dynsrv/srv-resolver'
import { StrategyError } from './error.ts'

/** What an option may be: throws with its name otherwise. */
export type Check = (owner: string, key: string, value: unknown) => void

/** An option of the wrong kind or out of range. */
export function badOption(owner: string, key: string, wanted: string, value: unknown): StrategyError {
  return new StrategyError('STRATEGY_BAD_OPTION', `${owner}: ${key} must be ${wanted}, not ${inspect(value)}`, {
    hint: `Correct the option ${key}.`,
  })
}

export function checkNumber(
  owner: string,
  key: string,
  value: unknown,
  { min = -Infinity, max = Infinity, integer = false },
): void {
  if (typeof value === 'number' && value >= min && value <= max && (!integer || Number.isInteger(value))) return
  const range = max === Infinity ? `of at least ${min}` : `from ${min} to ${max}`
  throw badOption(owner, key, `${integer ? 'a whole number' : 'a number'} ${range}`, value)
}

export const anyNumber =
  (range: { min?: number; max?: number; integer?: boolean }): Check =>
  (owner, key, value) =>
    checkNumber(owner, key, value, range)

/** Milliseconds that a timer can hold. */
export const duration: Check = anyNumber({ min: 1, max: 2 ** 31 - 1 })

/** For what is checked elsewhere. */
export const anything: Check = () => undefined

export const text: Check = (owner, key, value) => {
  if (typeof value !== 'string' || value === '') throw badOption(owner, key, 'a text that is not empty', value)
}

/** An address of HTTP or HTTPS. */
export const httpUrl: Check = (owner, key, value) => {
  text(owner, key, value)
  const url = URL.canParse(value as string) ? new URL(value as string) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return
  // Without the password that it may hold.
  throw badOption(owner, key, 'a URL that begins with http:// or https://', withoutSecrets(value as string))
}

export const flag: Check = (owner, key, value) => {
  if (typeof value !== 'boolean') throw badOption(owner, key, 'true or false', value)
}

export const callable: Check = (owner, key, value) => {
  if (typeof value !== 'function') throw badOption(owner, key, 'a function', value)
}

export const object: Check = (owner, key, value) => {
  if (typeof value !== 'object' || value === null) throw badOption(owner, key, 'an object', value)
}

/** An object with these methods, whatever else it is. */
export const having =
  (...methods: readonly string[]): Check =>
  (owner, key, value) => {
    object(owner, key, value)
    const missing = methods.filter((method) => typeof (value as Record<string, unknown>)[method] !== 'function')
    if (missing.length > 0) throw badOption(owner, key, `an object with ${missing.join(' and ')}`, value)
  }

export const oneOf =
  (...values: readonly string[]): Check =>
  (owner, key, value) => {
    if (!values.includes(value as string)) throw badOption(owner, key, `one of ${values.join(', ')}`, value)
  }

export const texts: Check = (owner, key, value) => {
  if (!Array.isArray(value)) throw badOption(owner, key, 'a list of texts', value)
  for (const [index, item] of value.entries()) text(owner, `${key}[${index}]`, item)
}

/** Takes a text that is no DNS name as an error of its own code. */
export const dnsName: Check = (owner, key, value) => {
  const fault = dnsNameFault(value)
  if (fault === undefined) return
  throw new StrategyError('STRATEGY_BAD_SERVICE', `${owner}: ${key} ${inspect(value)} is no DNS name: ${fault}`, {
    hint: 'Give the name that holds the records, such as my-service.service.consul: labels of letters, digits, - and _, joined by dots, with no port and no scheme.',
  })
}

/** What is wrong with a DNS name, in words; undefined when nothing is. */
export function dnsNameFault(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'it is no text'
  const name = value.replace(/\.+$/, '')
  if (name === '') return 'it is empty'
  if (name.includes('://')) return 'it is a URL'
  if (/:\d+$/.test(name)) return 'it has a port'
  if (name.includes('@')) return 'it is a node name'
  if (name.length > 253) return `it has ${name.length} characters, 253 are allowed`
  for (const label of name.split('.')) {
    if (label === '') return 'it has an empty label'
    if (label.length > 63) return `the label ${label} has ${label.length} characters, 63 are allowed`
    const foreign = /[^a-z0-9_-]/i.exec(label)
    if (foreign !== null) return `it has the character ${inspect(foreign[0])}`
  }
  return undefined
}

/**
 * Checks an option bag: required keys, values, and keys that do not exist, for which the nearest known one is named.
 *
 * @throws {StrategyError} `STRATEGY_UNKNOWN_OPTION`, `STRATEGY_BAD_OPTION`, `STRATEGY_BAD_SERVICE`
 */
export function checkOptions(
  owner: string,
  options: unknown,
  checks: Readonly<Record<string, Check>>,
  required: readonly string[] = [],
): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw badOption(owner, 'options', 'an object', options)
  const given = options as Readonly<Record<string, unknown>>
  const known = Object.keys(checks)
  for (const key of Object.keys(given)) {
    if (!Object.hasOwn(checks, key)) throw unknownOption(owner, key, known)
  }
  for (const key of required) {
    if (given[key] !== undefined) continue
    throw new StrategyError('STRATEGY_BAD_OPTION', `${owner}: ${key} is missing`, { hint: `Give the option ${key}.` })
  }
  for (const [key, check] of Object.entries(checks)) {
    if (given[key] !== undefined) check(owner, key, given[key])
  }
}

function unknownOption(owner: string, key: string, known: readonly string[]): StrategyError {
  const near = nearest(key, known)
  const hint = near === undefined ? `Known options: ${known.join(', ')}.` : `Did you mean ${near}?`
  return new StrategyError('STRATEGY_UNKNOWN_OPTION', `${owner}: ${key} is not an option. ${hint}`, { hint })
}

/** The known key that is spelled most like it; undefined when none is near. */
export function nearest(key: string, known: readonly string[]): string | undefined {
  const fold = (word: string) => word.replaceAll(/[_-]/g, '').toLowerCase()
  const ranked = known
    .map((name) => ({ name, distance: distance(fold(key), fold(name)) }))
    .sort((a, b) => a.distance - b.distance)
  const best = ranked[0]
  return best !== undefined && best.distance <= Math.max(2, Math.ceil(best.name.length / 3)) ? best.name : undefined
}

/** Levenshtein's: how many letters to change, add or take away. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length]!
}
