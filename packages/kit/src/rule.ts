import { inspect } from 'node:util'
import { listed } from './listed.ts'
import { nearest } from './nearest.ts'
import { kindOf, shown } from './shown.ts'
import { briefly } from './visible.ts'

/** Why a value is refused. */
export interface Fault {
  /** What is wrong, as the rest of a sentence that begins with the owner's name. */
  readonly message: string
  /** What to do about it. */
  readonly hint: string
  /** A code of the package that fits better than its general one for options. */
  readonly code?: string
}

/** Says which values an option or an argument takes. */
export interface Rule {
  /** What it takes, in words that fit behind "must be". */
  readonly what: string
  /** Undefined for a value that will do. `at` names the place: `limits.maxSpawned`. */
  readonly check: (value: unknown, at: string) => Fault | undefined
  /** Whether it may not be left out; default false. */
  readonly required?: true
  /** A sentence on how to come by such a value, for when it is missing. */
  readonly advice?: string
}

/** A rule for each option that the type has: an option without a rule does not compile. */
export type Rules<T> = { readonly [Key in keyof T]-?: Rule }

/** A rule made of a test and of words for what passes it. */
export function rule(what: string, test: (value: unknown) => boolean): Rule {
  return { what, check: (value, at) => (test(value) ? undefined : wrong(at, what, value)) }
}

/** The same rule for something that may not be left out. */
export function required(given: Rule): Rule {
  return { ...given, required: true }
}

/** The same rule for an argument that may be left out. */
export function optional(given: Rule): Rule {
  return { ...given, check: (value, at) => (value === undefined ? undefined : given.check(value, at)) }
}

/** The same rule for a secret: a refusal says what kind of value came, never the value. */
export function secret(given: Rule): Rule {
  const check: Rule['check'] = (value, at) => {
    const fault = given.check(value, at)
    return fault && { ...fault, message: `${at} must be ${given.what}, not ${kindOf(value)}` }
  }
  return { ...given, check }
}

/** What another part of the program checks by itself. */
export const anything: Rule = { what: 'anything', check: () => undefined }

export const flag: Rule = rule('true or false', (value) => typeof value === 'boolean')
export const callable: Rule = rule('a function', (value) => typeof value === 'function')
export const text: Rule = rule('a string', (value) => typeof value === 'string')
export const filledText: Rule = rule('a string that is not empty', (value) => typeof value === 'string' && value !== '')
export const bytes: Rule = rule('a Uint8Array', (value) => value instanceof Uint8Array)

/** An `AbortSignal`, of whichever realm. */
export const abortSignal: Rule = rule('an AbortSignal', (value) => {
  const signal = value as AbortSignal
  return typeof signal?.aborted === 'boolean' && typeof signal.addEventListener === 'function'
})

/** A whole number in a range. */
export function whole(min = 0, max = Number.MAX_SAFE_INTEGER): Rule {
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`
  return rule(`a whole number ${range}`, (value) => Number.isSafeInteger(value) && within(value as number, min, max))
}

/** A number in a range, fractions included. */
export function numberFrom(min: number, max = Number.POSITIVE_INFINITY): Rule {
  const range = max === Number.POSITIVE_INFINITY ? `of at least ${min}` : `from ${min} to ${max}`
  return rule(`a number ${range}`, (value) => typeof value === 'number' && within(value, min, max))
}

/** A count or a size that bounds something: a whole number of at least 1, or `Infinity` for no bound. */
export const bound: Rule = rule(
  'a whole number of at least 1, or Infinity',
  (value) => value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && (value as number) >= 1),
)

/** A TCP or UDP port; 0 lets the system choose where that makes sense. */
export const port: Rule = whole(0, 65_535)

/**
 * A length of time in milliseconds: finite and at least `min`, or `Infinity`, which never ends. Timers of the clock hold
 * any of them, also those above 2³¹ − 1.
 */
export function duration({ min = 0, max = Number.POSITIVE_INFINITY } = {}): Rule {
  const range = max === Number.POSITIVE_INFINITY ? `of at least ${min}, or Infinity` : `from ${min} to ${max}`
  return rule(`a number of milliseconds ${range}`, (value) => typeof value === 'number' && within(value, min, max))
}

export function oneOf(...values: readonly (string | number | boolean | null)[]): Rule {
  const list = values.map((value) => inspect(value)).join(', ')
  return rule(`one of ${list}`, (value) => (values as readonly unknown[]).includes(value))
}

/** An object, or a function, with these methods and any others. */
export function having(...methods: readonly string[]): Rule {
  return rule(
    `an object with the ${methods.length === 1 ? 'method' : 'methods'} ${listed(methods, 'and')}`,
    (value) => {
      const holds = (typeof value === 'object' && value !== null) || typeof value === 'function'
      return holds && methods.every((method) => typeof (value as Record<string, unknown>)[method] === 'function')
    },
  )
}

/** What `for … of` goes through, an array for instance; not a string. */
export const iterable: Rule = rule(
  'an array or another iterable',
  (value) => typeof value === 'object' && value !== null && typeof Reflect.get(value, Symbol.iterator) === 'function',
)

/** A list whose every item follows the rule. */
export function listOf(item: Rule): Rule {
  const what = `an array, each item ${item.what}`
  const check: Rule['check'] = (value, at) => {
    if (!Array.isArray(value)) return wrong(at, what, value)
    for (let index = 0; index < value.length; index++) {
      // The place of an item is only put into words when they are needed: lists may be long.
      if (item.check(value[index], at) !== undefined) return item.check(value[index], `${at}[${index}]`)
    }
    return undefined
  }
  return { what, check }
}

/** An object with names of the caller's choice, whose every value follows the rule. */
export function recordOf(item: Rule): Rule {
  const what = `an object, each value ${item.what}`
  const check: Rule['check'] = (value, at) => {
    if (!isOptions(value)) return wrong(at, what, value)
    for (const [key, each] of Object.entries(value)) {
      const fault = item.check(each, `${at}.${key}`)
      if (fault !== undefined) return fault
    }
    return undefined
  }
  return { what, check }
}

/** The environment of a process, or an object that stands for one. */
export const variables: Rule = recordOf(
  rule('a string or undefined', (value) => ['string', 'undefined'].includes(typeof value)),
)

/** What one of the rules takes. An object that none takes is refused with the reason of the rule for objects. */
export function either(...rules: readonly Rule[]): Rule {
  const what = listed(
    rules.map((each) => each.what),
    'or',
  )
  const check: Rule['check'] = (value, at) => {
    const faults: Fault[] = []
    for (const each of rules) {
      const fault = each.check(value, at)
      if (fault === undefined) return undefined
      faults.push(fault)
    }
    const inside = faults.find(({ message }) => !message.startsWith(`${at} `))
    return inside ?? wrong(at, what, value)
  }
  return { what, check }
}

/** An object of options with a rule for each: what a function takes, or options inside options. */
export function optionsOf<T extends object>(rules: Rules<T>): Rule {
  const what = 'an object of options'
  const all = rules as Readonly<Record<string, Rule>>
  const known = Object.keys(all)
  const needed = known.filter((key) => all[key]!.required)
  const look = (options: Readonly<Record<string, unknown>>, prefix: string): Fault | undefined => {
    for (const key of Object.keys(options)) {
      if (!Object.hasOwn(all, key)) return unknownOption(prefix, key, known)
      const value = options[key]
      // `undefined` counts as left out.
      const fault = value === undefined ? undefined : all[key]!.check(value, prefix + key)
      if (fault !== undefined) return fault
    }
    const missing = needed.find((key) => options[key] === undefined)
    if (missing === undefined) return undefined
    const { what, advice } = all[missing]!
    const give = `Give ${prefix}${missing}: ${what}.`
    return { message: `${prefix}${missing} is missing`, hint: advice === undefined ? give : `${give} ${advice}` }
  }
  const check: Rule['check'] = (value, at) => {
    if (!isOptions(value)) return wrong(at || 'the argument', what, value)
    return look(value as Readonly<Record<string, unknown>>, at === '' ? '' : `${at}.`)
  }
  return { what, check }
}

/** An option that does not exist, with the nearest that does. */
function unknownOption(prefix: string, key: string, known: readonly string[]): Fault {
  const name = prefix + briefly(key)
  const near = nearest(key, known)
  const asked = near === undefined ? '' : `; did you mean ${prefix}${near}?`
  return {
    message: `there is no option ${name}${asked}`,
    hint: near === undefined ? `The options are ${known.join(', ')}.` : `Write ${prefix}${near}.`,
  }
}

/** The refusal of a value that is not what the rule wants. */
export function wrong(at: string, what: string, value: unknown): Fault {
  return { message: `${at} must be ${what}, not ${shown(value)}`, hint: `Give ${what}.` }
}

/** Plain objects and instances of classes; not arrays, maps, dates or promises, which a program passes by mistake. */
function isOptions(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  // Most are: this is far cheaper than the question below.
  if (Object.getPrototypeOf(value) === Object.prototype) return true
  return Object.prototype.toString.call(value) === '[object Object]'
}

function within(value: number, min: number, max: number): boolean {
  return value >= min && value <= max
}
