import type { Term } from '@dynsrv/etf'
import { type Rule, rule } from '@dynsrv/kit'
import { type Outcome, outcomeOf, undefinedFunction } from '../call/outcome.ts'
import { NodeError } from '../error.ts'

/** A function that peers may call; it gets the arguments as they come, and may return a promise. */
export type ExposedFunction = (...args: never[]) => unknown

/** A table of functions: a plain object, or what `import * as api` gives. */
export const functionTable: Rule = rule('an object of functions', (value) => {
  const isTable = ['[object Object]', '[object Module]'].includes(Object.prototype.toString.call(value))
  return (
    isTable && typeof value === 'object' && Object.values(value as object).every((each) => typeof each === 'function')
  )
})

/** What peers may call, by module and function: nothing but what the program has exposed. */
export class ExposedFunctions {
  readonly #modules = new Map<string, ReadonlyMap<string, ExposedFunction>>()

  /** @throws {NodeError} `NODE_NAME_TAKEN` when the module is exposed already */
  expose(module: string, functions: Readonly<Record<string, ExposedFunction>>): Disposable {
    if (this.#modules.has(module)) throw new NodeError('NODE_NAME_TAKEN', `the module ${module} is exposed already`)
    // Own functions only: what every object inherits is not meant.
    const own = new Map(Object.entries(functions))
    this.#modules.set(module, own)
    return {
      [Symbol.dispose]: () => {
        if (this.#modules.get(module) === own) this.#modules.delete(module)
      },
    }
  }

  /** Takes everything back. */
  clear(): void {
    this.#modules.clear()
  }

  /** The names of all functions, by module. */
  list(): Record<string, string[]> {
    return Object.fromEntries([...this.#modules].map(([module, functions]) => [module, [...functions.keys()]]))
  }

  has(module: string, name: string): boolean {
    return this.#modules.get(module)?.has(name) === true
  }

  /** Calls an exposed function; for all others the outcome is `undef`, as for a module that does not exist. */
  async call(module: string, name: string, args: readonly Term[]): Promise<Outcome> {
    const called = this.#modules.get(module)?.get(name)
    if (called === undefined) return undefinedFunction({ module, function: name, arity: args })
    const run = called as (...values: readonly Term[]) => unknown
    return outcomeOf({ module, function: name, arity: args.length }, () => run(...args))
  }
}
