import { answerNow, callable, type Rule, required, rule } from '@dynsrv/kit'
import { checks } from '../checks.ts'
import { EtfError, unreadable } from '../error.ts'
import type { SendableObject, Term, TermObject } from '../term.ts'
import { fieldsRule } from './atom-keys.ts'
import { structObject } from './struct-object.ts'

/** The fields of a struct, without `__struct__`. */
export type StructFields = Readonly<Record<string, Term>>

/** How values of a program's own stand for a struct. */
export interface StructOptions<T> {
  /** The class of the values: its instances are sent as the struct, wherever they were made. */
  readonly class?: abstract new (
    ...args: never[]
  ) => T
  /** Makes the value of a struct that came. */
  readonly decode: (fields: StructFields) => T
  /** Gives the fields of the struct that is sent. */
  readonly encode: (value: T) => StructFields | (object & SendableObject)
}

/** A struct of a program's own: given to `values.structs`, terms of it decode to values of the program. */
export class StructType<T = unknown> {
  /** The module, without `Elixir.` in front. */
  readonly module: string
  readonly #codec: StructOptions<unknown>

  /** Not for the program: see {@link struct}. */
  constructor(module: string, codec: StructOptions<T>) {
    checks.argument('struct', 'module', moduleRule, module)
    checkCodec(codec as StructOptions<unknown>)
    this.module = module
    this.#codec = codec as StructOptions<unknown>
    if (codec.class !== undefined) remember(codec.class.prototype as object, this as StructType)
  }

  /** The value of a struct; the struct itself where the program's `decode` throws, or gives a promise. */
  decode(struct: TermObject): unknown {
    let value: unknown
    try {
      const { __struct__, ...fields } = struct
      value = answerNow(() => this.#codec.decode(fields), promised)
    } catch {
      // What a peer sent costs this value, not the message around it, nor the link.
      return struct
    }
    if (typeof value === 'object' && value !== null && typeOf(value) === undefined) remember(value, this as StructType)
    return value
  }

  /** The struct that a value stands for. */
  encode(value: T): TermObject {
    const fields = answerNow(() => this.#codec.encode(value), promised)
    checks.argument('encode', `what encode of ${this.module} returns`, fieldsRule, fields)
    return structObject(this.module, fields as StructFields)
  }
}

function promised(): EtfError {
  return new EtfError('ETF_BAD_OPTION', 'a function of a struct gives a promise, and what it gives is used at once')
}

/** The types of the classes that programs named, by their prototypes, and of the values that were decoded. */
const types = new WeakMap<object, StructType>()

/** Whether there is one at all, which saves most programs a search. */
let areThere = false

function remember(value: object, type: StructType): void {
  types.set(value, type)
  areThere = true
}

/** The type of a value that stands for a struct of the program. */
export function typeOf(value: object): StructType | undefined {
  if (!areThere) return undefined
  for (let at: object | null = value; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const type = types.get(at)
    if (type !== undefined) return type
  }
  return undefined
}

const checkCodec = checks.options<StructOptions<unknown>>('struct', {
  class: callable,
  decode: required(callable),
  encode: required(callable),
})
const MODULE = /^[A-Z]\w*(?:\.[A-Z]\w*)*$/
const moduleRule: Rule = rule(
  "the name of an Elixir module, such as 'MyApp.Order'",
  (value) => typeof value === 'string' && MODULE.test(value),
)
/**
 * Says how structs of that module and values of the program become each other.
 *
 * ```ts
 * const money = struct('MyApp.Money', {
 *   class: Money,
 *   decode: ({ amount, currency }) => new Money(Number(amount), String(currency)),
 *   encode: ({ amount, currency }) => ({ amount, currency }),
 * })
 * const term = decode(bytes, { values: { set: 'plain', structs: [money] } })
 * ```
 *
 * Instances of `class` are sent as the struct by everything that encodes; without `class` only values that were decoded
 * are, and what `money.encode(value)` gives.
 *
 * @throws {EtfError} `ETF_BAD_OPTION`
 */
export function struct<T>(module: string, codec: StructOptions<T>): StructType<T>
/**
 * An Elixir struct to be sent: `struct('MyApp.Order', { id: 7 })` is `%MyApp.Order{id: 7}`. Fields that are left out are
 * missing there too: Elixir fills in no defaults.
 *
 * @throws {EtfError} `ETF_BAD_OPTION`
 */
export function struct(module: string, fields: StructFields | (object & SendableObject)): TermObject
export function struct(module: string, given: object): StructType | TermObject {
  checks.argument('struct', 'module', moduleRule, module)
  checks.argument('struct', 'fields', fieldsRule, given)
  try {
    return isCodec(given) ? new StructType(module, given) : structObject(module, given as StructFields)
  } catch (cause) {
    throw unreadable('ETF_BAD_OPTION', cause)
  }
}

/** A field cannot be a function. */
function isCodec(given: object): given is StructOptions<unknown> {
  return (
    ('decode' in given && typeof given.decode === 'function') ||
    ('encode' in given && typeof given.encode === 'function')
  )
}
