import { atom, type Term } from '@dynsrv/etf'
import { identifier, type Rule, rule, shown } from '@dynsrv/kit'
import { badArgument, type Outcome, outcomeOf, undefinedFunction, type Warn } from '../call/outcome.ts'
import { NodeError } from '../error.ts'

/** A function that peers may call; it gets the arguments as they come, and may return a promise. */
export type ExposedFunction = (...args: never[]) => unknown

/** As BEAM has it. */
const MAX_ARITY = 255

/** The functions of one module. */
interface Exposed {
  /** By `name/arity`. */
  readonly declared: ReadonlyMap<string, ExposedFunction>
  /** By name: those that take any number of arguments from their `length` on. */
  readonly undeclared: ReadonlyMap<string, ExposedFunction>
}

/** A table of functions: a plain object, or what `import * as api` gives. */
export const functionTable: Rule = rule('an object of functions', (value) => {
  const isTable = ['[object Object]', '[object Module]'].includes(Object.prototype.toString.call(value))
  return (
    isTable && typeof value === 'object' && Object.values(value as object).every((each) => typeof each === 'function')
  )
})

/** What peers may call, by module and function: nothing but what the program has exposed. */
export class ExposedFunctions {
  readonly #warn: Warn
  readonly #modules = new Map<string, Exposed>()

  constructor(warn: Warn) {
    this.#warn = warn
  }

  /** @throws {NodeError} `NODE_NAME_TAKEN` when the module is exposed already; `NODE_BAD_OPTION` for what is no function */
  expose(module: string, functions: Readonly<Record<string, ExposedFunction>>): Disposable {
    if (this.#modules.has(module)) throw new NodeError('NODE_NAME_TAKEN', `the module ${module} is exposed already`)
    const own = read(module, functions)
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

  /** The names of all functions, by module; with their arity where that is declared. */
  list(): Record<string, string[]> {
    const names = ({ declared, undeclared }: Exposed): string[] => [...undeclared.keys(), ...declared.keys()]
    return Object.fromEntries([...this.#modules].map(([module, exposed]) => [module, names(exposed)]))
  }

  /**
   * Calls an exposed function; for all others the outcome is `undef`, as for a module that does not exist. Never rejects.
   *
   * @param args a list; for anything else the outcome is `badarg`, as it is of `erlang:apply/3`
   * @param wanted with `end` nobody gets the value: whatever it is, it is let go
   */
  async call(module: string, name: string, args: Term, wanted: 'value' | 'end' = 'value'): Promise<Outcome> {
    if (!Array.isArray(args)) {
      return badArgument({ module: 'erlang', function: 'apply', arity: [atom(module), atom(name), args] })
    }
    const given = args as readonly Term[]
    const called = this.#find(module, name, given.length)
    if (called === undefined) return undefinedFunction({ module, function: name, arity: given })
    const run = called as (...values: readonly Term[]) => unknown
    const where = { module, function: name, arity: given.length }
    const work = { name: `${identifier(module)}:${identifier(name)}/${given.length}`, where }
    const ended = async (): Promise<null> => {
      await run(...given)
      return null
    }
    return outcomeOf(work, wanted === 'end' ? ended : () => run(...given), this.#warn)
  }

  #find(module: string, name: string, arity: number): ExposedFunction | undefined {
    const exposed = this.#modules.get(module)
    const declared = exposed?.declared.get(`${name}/${arity}`)
    if (declared !== undefined || exposed === undefined) return declared
    const undeclared = exposed.undeclared.get(name)
    return undeclared !== undefined && arity >= undeclared.length ? undeclared : undefined
  }
}

/** Own functions only: what every object inherits is not meant. */
function read(module: string, functions: Readonly<Record<string, ExposedFunction>>): Exposed {
  const [declared, undeclared] = [new Map<string, ExposedFunction>(), new Map<string, ExposedFunction>()]
  for (const [key, value] of Object.entries(functions)) {
    if (typeof value !== 'function') {
      throw new NodeError('NODE_BAD_OPTION', `${module}:${identifier(key)} must be a function, not ${shown(value)}`)
    }
    const arity = /^.+\/(\d+)$/s.exec(key)?.[1]
    if (arity === undefined) undeclared.set(key, value)
    else if (Number(arity) <= MAX_ARITY && String(Number(arity)) === arity) declared.set(key, value)
    else
      throw new NodeError(
        'NODE_BAD_OPTION',
        `${module}:${identifier(key)}: an arity is a number from 0 to ${MAX_ARITY}`,
      )
  }
  return { declared, undeclared }
}
