import { atom, type Term } from '@dynsrv/etf'
import { identifier, type Rule, wrong } from '@dynsrv/kit'
import { badArgument, type Outcome, outcomeOf, undefinedFunction, type Warn } from '../call/outcome.ts'
import { atomName } from '../checks.ts'
import { type Closable, closable } from '../closable.ts'
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
  /** Whether they pass on what they get, and so get it in the form for that. */
  readonly forwards: boolean
}

const TABLE = 'an object of functions'

/** A table of functions: a plain object, or what `import * as api` gives. */
export const functionTable: Rule = {
  what: TABLE,
  check: (value, at) => {
    if (!['[object Object]', '[object Module]'].includes(Object.prototype.toString.call(value))) {
      return wrong(at, TABLE, value)
    }
    for (const [key, each] of Object.entries(value as object)) {
      const place = `${at}.${identifier(key)}`
      if (typeof each !== 'function') return wrong(place, 'a function', each)
      const { name, arity } = signatureOf(key)
      if (arity !== undefined && !isArity(arity)) return wrong(`the arity of ${place}`, `from 0 to ${MAX_ARITY}`, arity)
      const fault = atomName.check(name, place)
      if (fault !== undefined) return fault
    }
    return undefined
  },
}

/** `greet/1` is the function `greet` with one argument; without an arity the whole is the name. */
function signatureOf(key: string): { readonly name: string; readonly arity?: string | undefined } {
  const [, name = key, arity] = /^(.+)\/(\d+)$/s.exec(key) ?? []
  return { name, arity }
}

function isArity(digits: string): boolean {
  return Number(digits) <= MAX_ARITY && String(Number(digits)) === digits
}

/** What peers may call, by module and function: nothing but what the program has exposed. */
export class ExposedFunctions {
  readonly #warn: Warn
  readonly #modules = new Map<string, Exposed>()

  constructor(warn: Warn) {
    this.#warn = warn
  }

  /**
   * @param functions checked by `functionTable`
   * @param forwards whether they are functions of the node itself, which pass on what they get
   * @throws {NodeError} `NODE_NAME_TAKEN` when the module is exposed already
   */
  expose(module: string, functions: Readonly<Record<string, ExposedFunction>>, forwards = false): Closable {
    if (this.#modules.has(module)) throw new NodeError('NODE_NAME_TAKEN', `the module ${module} is exposed already`)
    const own: Exposed = { ...read(functions), forwards }
    this.#modules.set(module, own)
    return closable(() => {
      if (this.#modules.get(module) === own) this.#modules.delete(module)
    })
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
   * @param echoed gives the arguments in the form in which they are told back; called, if at all, before this returns
   */
  call(
    module: string,
    name: string,
    args: Term,
    wanted: 'value' | 'end' = 'value',
    echoed: () => Term = () => args,
  ): Promise<Outcome> {
    if (!Array.isArray(args)) {
      const where = { module: 'erlang', function: 'apply', arity: [atom(module), atom(name), echoed()] }
      return Promise.resolve(badArgument(where))
    }
    const called = this.#find(module, name, args.length)
    if (called === undefined) {
      return Promise.resolve(undefinedFunction({ module, function: name, arity: echoed() as readonly Term[] }))
    }
    const given = (this.#modules.get(module)?.forwards === true ? echoed() : args) as readonly Term[]
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
function read(functions: Readonly<Record<string, ExposedFunction>>): Omit<Exposed, 'forwards'> {
  const [declared, undeclared] = [new Map<string, ExposedFunction>(), new Map<string, ExposedFunction>()]
  for (const [key, value] of Object.entries(functions)) {
    if (signatureOf(key).arity === undefined) undeclared.set(key, value)
    else declared.set(key, value)
  }
  return { declared, undeclared }
}
