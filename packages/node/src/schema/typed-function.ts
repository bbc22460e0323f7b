import type { Sendable } from '@dynsrv/etf'
import { callable, listOf, optional, whole } from '@dynsrv/kit'
import { checks } from '../checks.ts'
import { isSchema, type Read, type Returned, type Schema, schemaRule, type Written } from './schema.ts'

/** What the schemas of a list read. */
export type ReadAll<A extends readonly Schema[]> = { -readonly [Index in keyof A]: Read<A[Index]> }

/** As BEAM has it. */
const MAX_ARITY = 255

const argumentSchemas = listOf(schemaRule)
const arity = whole(0, MAX_ARITY)
const resultSchema = optional(schemaRule)

/** A function with schemas of its arguments and of its result. Made by `fn`, for `Node.expose`. */
export class TypedFunction<Args extends readonly unknown[] = readonly unknown[], Value = unknown> {
  /** One for each argument. */
  readonly args: readonly Schema[]
  /** Undefined where the result is sent as it is. */
  readonly result: Schema | undefined
  readonly #run: (...args: readonly unknown[]) => unknown

  /** Programs call `fn`. @throws {NodeError} `NODE_BAD_OPTION` */
  constructor(args: readonly Schema[], result: Schema | undefined, run: (...args: Args) => Value | Promise<Value>) {
    checks.argument('fn', 'args', argumentSchemas, args)
    checks.argument('fn', 'the number of args', arity, args.length)
    checks.argument('fn', 'result', resultSchema, result)
    checks.argument('fn', 'run', callable, run)
    this.args = args
    this.result = result
    this.#run = run as (...args: readonly unknown[]) => unknown
  }

  /** Calls the function itself, without its schemas, as a test of the program does. */
  run(...args: Args): Value | Promise<Value> {
    const run = this.#run // Called as itself, it has its own name in stack traces.
    return run(...args) as Value | Promise<Value>
  }
}

/**
 * A function for `Node.expose` whose arguments are checked, and whose result is written by a schema:
 * `fn([t.text(), t.int()], t.result(t.int(), t.atom('sold_out')), (sku, n) => …)`. It takes as many arguments as there are
 * schemas. Arguments that do not fit raise an `ArgumentError` in the caller that names the argument and the place in it.
 *
 * @param result may be left out; what `run` returns is sent as it is then
 * @throws {NodeError} `NODE_BAD_OPTION`
 */
export function fn<const A extends readonly Schema[], R extends Schema, const Value extends Returned<Written<R>>>(
  args: A,
  result: R,
  run: (...args: ReadAll<A>) => Value | Promise<Value>,
): TypedFunction<ReadAll<A>, Written<R>>
export function fn<const A extends readonly Schema[]>(
  args: A,
  run: (...args: ReadAll<A>) => Sendable | Promise<Sendable>,
): TypedFunction<ReadAll<A>, Sendable>
export function fn(
  args: readonly Schema[],
  second: Schema | ((...args: readonly unknown[]) => unknown),
  third?: (...args: readonly unknown[]) => unknown,
): TypedFunction {
  // Some schemas are functions.
  if (third === undefined && !isSchema(second)) return new TypedFunction(args, undefined, second)
  return new TypedFunction(args, second as Schema, third as (...args: readonly unknown[]) => unknown)
}
