import {
  Atom,
  type DecodeOptions,
  decode,
  encode,
  Matcher,
  type MatchResult,
  type Sendable,
  type StandardSchema,
  type Term,
  Tuple,
  type ValueSettings,
  mismatchText as wordsOf,
} from '@dynsrv/etf'
import { codeOf, isThenable, messageOf, oneLine, type Rule, rule } from '@dynsrv/kit'
import { NodeError } from '../error.ts'

/**
 * What says which values are right: a shape made with `t`, or a Standard Schema, such as one of zod, valibot or arktype.
 *
 * A Standard Schema sees plain values in which atoms are text and tuples are arrays: `{ok, #{qty => 3}}` is
 * `['ok', { qty: 3 }]`. What it gives is sent as it is, so it writes text for keys and values; a `t` writes atoms too.
 */
export type Schema = StandardSchema<unknown, unknown>

/** What a schema reads terms as. */
export type Read<S> = S extends Matcher<infer T> ? T : S extends StandardSchema<unknown, infer Output> ? Output : Term

/** What a schema takes to write it. */
export type Written<S> =
  S extends Matcher<infer T> ? T : S extends StandardSchema<infer Input, unknown> ? Input : Sendable

/** The same with arrays and fields that may be read only, as the compiler sees what a function returns. */
export type Returned<T> = [Term] extends [T] ? T : ReadonlyParts<T>

type ReadonlyParts<T> = T extends (...args: never[]) => unknown
  ? T
  : T extends object
    ? { readonly [Name in keyof T]: Returned<T[Name]> }
    : T

/** Whether a value is right, and what it was read or is written as. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly mismatch: SchemaMismatch }

/** Why a value is not what a schema wants. */
export interface SchemaMismatch {
  /** Where, such as `[1].qty`; empty for the value itself. */
  readonly path: string
  /** What is wrong there. */
  readonly message: string
  /** The same in the syntax of Elixir, where the schema can say it so. */
  readonly inElixir?: string
  /** What the schema itself threw. */
  readonly cause?: unknown
}

/** What may stand where a schema is wanted. */
export const schemaRule: Rule = rule('a schema: a shape of t, or a Standard Schema', isSchema)

/** Whether it is a schema; some of them, such as those of arktype, are functions. */
export function isSchema(value: unknown): value is Schema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  try {
    const { version, validate } = ((value as Partial<Schema>)['~standard'] ?? {}) as Partial<Schema['~standard']>
    return version === 1 && typeof validate === 'function'
  } catch {
    // What throws when it is looked at is none.
    return false
  }
}

/** Longer texts of a library are cut. Unit: characters. */
const MAX_CHARACTERS = 300

/** Reads and writes by schemas. It never throws, and what it promises never rejects. */
export class Schemas {
  /** How terms become plain values; undefined where they are plain already. */
  readonly #plain: DecodeOptions | undefined

  /** @param decode how the terms were decoded */
  constructor(decode: DecodeOptions | undefined) {
    this.#plain = plainly(decode)
  }

  /** Reads a term that came. */
  read(schema: Schema, term: Term): Checked<unknown> | Promise<Checked<unknown>> {
    try {
      if (schema instanceof Matcher) return matched(schema.match(term))
      return validated(schema, this.#seen(term))
    } catch (cause) {
      return mismatched(cause)
    }
  }

  /** The term that a value of the program is written as. */
  write(schema: Schema, value: unknown): Checked<Term> | Promise<Checked<Term>> {
    try {
      if (schema instanceof Matcher) return matched(schema.unmatch(value))
      return validated(schema, value) as Checked<Term> | Promise<Checked<Term>>
    } catch (cause) {
      return mismatched(cause)
    }
  }

  /**
   * Reads a term if it is right, without words on why not.
   *
   * @throws {NodeError} `NODE_BAD_OPTION` for a schema that answers later
   * @throws what the schema throws
   */
  select(schema: Schema, term: Term): { readonly value: unknown } | undefined {
    if (schema instanceof Matcher) {
      const result = schema.match(term)
      return result.ok ? result : undefined
    }
    const answer = schema['~standard'].validate(this.#seen(term))
    if (!isThenable(answer)) return answer.issues === undefined ? answer : undefined
    // Nobody waits for it: that it comes later is the failure.
    Promise.resolve(answer).catch(() => undefined)
    throw new NodeError('NODE_BAD_OPTION', 'receive: the schema answers later, and a message is chosen at once', {
      hint: 'Choose with a schema that answers at once, and check the rest when the message is there.',
    })
  }

  #seen(term: Term): unknown {
    return seen(this.#plain === undefined ? term : decode(encode(term), this.#plain))
  }
}

function plainly({ values, binary, map, limits }: DecodeOptions = {}): DecodeOptions | undefined {
  const settings: ValueSettings = typeof values === 'object' ? values : { ...(values && { set: values }) }
  const isPlain = settings.set === 'plain'
  const oddBinary = ![undefined, 'text'].includes(binary ?? settings.binary)
  const oddMap = ![undefined, 'object'].includes(map ?? settings.map)
  if (isPlain && !oddBinary && !oddMap) return undefined
  const { structs } = settings
  return { values: { set: 'plain', ...(Array.isArray(structs) && { structs }) }, ...(limits && { limits }) }
}

/** A mismatch in words: `[1].qty: expected an integer, found <<"x">>`. */
export function mismatchText({ path, message }: SchemaMismatch): string {
  return path === '' ? message : `${path}: ${message}`
}

/** The same in the words of Elixir. */
export function elixirText({ path, message, inElixir = message }: SchemaMismatch): string {
  return mismatchText({ path, message: inElixir })
}

function matched<T>(result: MatchResult<T>): Checked<T> {
  if (result.ok) return result
  const { mismatch } = result
  return {
    ok: false,
    mismatch: {
      path: mismatch.path,
      message: wordsOf(mismatch),
      get inElixir() {
        return wordsOf(mismatch, 'elixir')
      },
    },
  }
}

/** What a schema threw: what does not fit, where it is a `t`. */
function mismatched(cause: unknown): { readonly ok: false; readonly mismatch: SchemaMismatch } {
  if (codeOf(cause) !== 'ETF_MISMATCH') {
    return { ok: false, mismatch: { path: '', message: `the schema threw: ${oneLine(messageOf(cause))}`, cause } }
  }
  const { message, path = '' } = cause as { readonly message: string; readonly path?: string }
  return { ok: false, mismatch: { path, message: path === '' ? message : message.slice(path.length + 2) } }
}

type Answer = Awaited<ReturnType<Schema['~standard']['validate']>>

function validated(schema: Schema, value: unknown): Checked<unknown> | Promise<Checked<unknown>> {
  const answer = schema['~standard'].validate(value)
  if (!isThenable(answer)) return judged(answer, value)
  return Promise.resolve(answer)
    .then((late) => judged(late, value))
    .catch(mismatched)
}

function judged(answer: Answer, value: unknown): Checked<unknown> {
  if (answer.issues === undefined) return { ok: true, value: answer.value }
  const [first] = answer.issues
  const steps = (first?.path ?? []).map((step) => (typeof step === 'object' ? step.key : step))
  const path = steps.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('')
  const said = oneLine((first?.message ?? 'the schema refuses it').slice(0, MAX_CHARACTERS))
  const more = answer.issues.length > 1 ? ` (and ${answer.issues.length - 1} more)` : ''
  const found = foundAt(value, steps)
  // Some libraries say it themselves.
  const message = said.includes(found) ? said : `${said}, found ${found}`
  return { ok: false, mismatch: { path, message: `${message}${more}` } }
}

function foundAt(value: unknown, steps: readonly PropertyKey[]): string {
  let found = value
  for (const step of steps) found = (found as Readonly<Record<PropertyKey, unknown>> | null | undefined)?.[step]
  // A peer may have chosen it: of what is long, only the beginning is written.
  const brief = typeof found === 'string' || Array.isArray(found) ? found.slice(0, MAX_CHARACTERS) : found
  const all = found === undefined ? 'nothing' : (JSON.stringify(brief) ?? String(brief))
  const text = oneLine(all.slice(0, MAX_CHARACTERS + 1))
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text
}

/** A plain value as schemas of other libraries know values: atoms are text there, and tuples arrays. */
function seen(term: unknown): unknown {
  if (typeof term !== 'object' || term === null) return term
  if (term instanceof Atom) return term.name
  if (term instanceof Tuple) return term.elements.map(seen)
  if (Array.isArray(term)) return term.map(seen)
  if (Object.getPrototypeOf(term) !== Object.prototype) return term
  return Object.fromEntries(Object.entries(term).map(([name, value]) => [name, seen(value)]))
}
