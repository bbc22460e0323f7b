import { ResolverError } from './error.ts'

/** Says whether a value will do, and in words what would. */
export interface OptionRule {
  readonly test: (value: unknown) => boolean
  readonly what: string
  /** The value is a secret, which no message shows. */
  readonly secret?: boolean
}

export function whole(min: number, max: number): OptionRule {
  return {
    test: (value) => Number.isInteger(value) && Number(value) >= min && Number(value) <= max,
    what: `a whole number from ${min} to ${max}`,
  }
}

export function oneOf(...values: readonly unknown[]): OptionRule {
  return { test: (value) => values.includes(value), what: `one of ${values.map((v) => JSON.stringify(v)).join(', ')}` }
}

export const aText: OptionRule = { test: (value) => typeof value === 'string' && value !== '', what: 'a text' }
/** A secret that goes into an HTTP header. @see RFC 9110 §5.5 */
export const headerValue: OptionRule = {
  test: (value) => typeof value === 'string' && /^[\x21-\x7e]+$/.test(value),
  what: 'a text of printable ASCII without spaces',
  secret: true,
}
export const aFunction: OptionRule = { test: (value) => typeof value === 'function', what: 'a function' }
export const aBoolean: OptionRule = { test: (value) => typeof value === 'boolean', what: 'true or false' }
export const texts: OptionRule = {
  test: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
  what: 'a list of texts',
}
/** For what is checked elsewhere. */
export const anything: OptionRule = { test: () => true, what: 'anything' }

/**
 * Checks an option bag: only known keys, each with a value that will do; `undefined` counts as left out.
 *
 * @throws {ResolverError} `DNS_BAD_OPTION`, naming the option, and the nearest known one for an unknown key
 */
export function checkOptions(who: string, options: object, rules: Readonly<Record<string, OptionRule>>): void {
  for (const [key, value] of Object.entries(options)) {
    const rule = rules[key]
    if (rule === undefined) {
      const known = Object.keys(rules)
      throw new ResolverError('DNS_BAD_OPTION', `${who} has no option ${key}`, {
        hint: `Did you mean ${nearest(key, known)}? It knows: ${known.join(', ')}.`,
      })
    }
    if (value !== undefined && !rule.test(value)) {
      const given = rule.secret === true ? '' : `${shown(value)}, `
      throw new ResolverError('DNS_BAD_OPTION', `${who}: ${key} is ${given}not ${rule.what}`, {
        hint: `Set ${key} to ${rule.what}.`,
      })
    }
  }
}

function shown(value: unknown): string {
  return typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? String(value)).slice(0, 80)
}

function nearest(key: string, known: readonly string[]): string {
  return known.reduce((best, name) => (distance(key, name) < distance(key, best) ? name : best), known[0] ?? '')
}

/** Levenshtein's distance, without regard to case. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [i, char] of [...a.toLowerCase()].entries()) {
    const next = [i + 1]
    for (const [j, other] of [...b.toLowerCase()].entries()) {
      next.push(Math.min(next[j]! + 1, row[j + 1]! + 1, row[j]! + (char === other ? 0 : 1)))
    }
    row = next
  }
  return row.at(-1)!
}
