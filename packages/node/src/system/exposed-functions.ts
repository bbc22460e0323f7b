import { atom, type Term } from '@dynsrv/etf'
import { identifier, type Rule, wrong } from '@dynsrv/kit'
import { ELIXIR, functionText } from '../call/exception-text.ts'
import { argumentError, badArgument, type Outcome, outcomeOf, undefinedFunction, type Warn } from '../call/outcome.ts'
import { atomName } from '../checks.ts'
import { type Closable, closable } from '../closable.ts'
import { NodeError } from '../error.ts'
import { mismatchText, type Schemas } from '../schema/schema.ts'
import { TypedFunction } from '../schema/typed-function.ts'

/** A function that peers may call; it gets the arguments as they come, and may return a promise. */
export type ExposedFunction = (...args: never[]) => unknown

/** Functions by name and arity, or by name; those that `fn` made have their arity from their schemas. */
export type FunctionTable = Readonly<Record<string, ExposedFunction | TypedFunction>>

/** As BEAM has it. */
const MAX_ARITY = 255

/** The functions of one module. */
interface Exposed {
  /** By `name/arity`. */
  readonly declared: ReadonlyMap<string, ExposedFunction | TypedFunction>
  /** By name: those that take any number of arguments from their `length` on. */
  readonly undeclared: ReadonlyMap<string, ExposedFunction>
  /** Whether they pass on what they get, and so get it in the form for that. */
  readonly forwards: boolean
  /** Whether the log has been told that others miss one of them. */
  told: boolean
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
      const isTyped = each instanceof TypedFunction
      if (!isTyped && typeof each !== 'function') return wrong(place, 'a function', each)
      const { name, arity } = signatureOf(key)
      if (arity !== undefined && !isArity(arity)) return wrong(`the arity of ${place}`, `from 0 to ${MAX_ARITY}`, arity)
      if (isTyped && arity !== undefined && Number(arity) !== each.args.length) {
        return wrong(`the arity of ${place}`, `${each.args.length}, as many as it has schemas`, arity)
      }
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
  readonly #schemas: Schemas
  readonly #modules = new Map<string, Exposed>()

  constructor(warn: Warn, schemas: Schemas) {
    this.#warn = warn
    this.#schemas = schemas
  }

  /**
   * @param functions checked by `functionTable`
   * @param forwards whether they are functions of the node itself, which pass on what they get
   * @throws {NodeError} `NODE_NAME_TAKEN` when the module is exposed already
   */
  expose(module: string, functions: FunctionTable, forwards = false): Closable {
    if (this.#modules.has(module)) {
      throw new NodeError('NODE_NAME_TAKEN', `the module ${module} is exposed already`, {
        hint: 'Give all functions of a module in one call, or close what expose gave the first time.',
      })
    }
    const own: Exposed = { ...read(functions), forwards, told: false }
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
      this.#tellNear(module, name, args.length)
      return Promise.resolve(undefinedFunction({ module, function: name, arity: echoed() as readonly Term[] }))
    }
    const given = (this.#modules.get(module)?.forwards === true ? echoed() : args) as readonly Term[]
    const where = { module, function: name, arity: given.length }
    const work = { name: functionText(module, name, given.length), where }
    const run =
      called instanceof TypedFunction
        ? () => this.#runTyped(called, module, name, given, wanted)
        : () => (called as (...values: readonly Term[]) => unknown)(...given)
    const ended = async (): Promise<null> => {
      await run()
      return null
    }
    return outcomeOf(work, wanted === 'end' ? ended : run, this.#warn)
  }

  /** @throws {RemoteError} an `ArgumentError` for the caller; {NodeError} for a result that its schema does not take */
  async #runTyped(
    typed: TypedFunction,
    module: string,
    name: string,
    given: readonly Term[],
    wanted: 'value' | 'end',
  ): Promise<unknown> {
    const read: unknown[] = []
    for (const [index, schema] of typed.args.entries()) {
      const checked = await this.#schemas.read(schema, given[index])
      if (checked.ok) {
        read.push(checked.value)
        continue
      }
      const { path, message, inElixir = message } = checked.mismatch
      const place = `argument ${index + 1}${path === '' ? '' : `, ${path}`}`
      const said = `${functionText(module, name, given.length)}: ${place}: ${module.startsWith(ELIXIR) ? inElixir : message}`
      // Nobody hears of it otherwise.
      if (wanted === 'end') this.#warn({ code: 'MISMATCH', message: said })
      throw argumentError(said)
    }
    const value = await typed.run(...read)
    if (typed.result === undefined || wanted === 'end') return value
    const written = await this.#schemas.write(typed.result, value)
    if (written.ok) return written.value
    const said = `the result of ${functionText(module, name, given.length)} does not fit: ${mismatchText(written.mismatch)}`
    throw new NodeError('NODE_MESSAGE_INVALID', said, { cause: written.mismatch.cause })
  }

  /** Others call what a program nearly exposes: it may have another name there, or another number of arguments. */
  #tellNear(module: string, name: string, arity: number): void {
    const own = this.#modules.get(module)
    const other = otherName(module)
    const elsewhere = own === undefined ? this.#modules.get(other) : undefined
    const exposed = own ?? elsewhere
    if (exposed === undefined || exposed.told) return
    const names = [...exposed.declared.keys(), ...exposed.undeclared.keys()]
    const near = names.filter((each) => each === name || each.startsWith(`${name}/`))
    if (near.length === 0) return
    // A peer could ask for more and more of them.
    exposed.told = true
    const called = `${identifier(module)}:${identifier(name)}/${arity}`
    const there =
      elsewhere === undefined ? near.join(' and ') : `a module ${identifier(other)}; Elixir's Name is Elixir.Name`
    this.#warn({
      code: 'NOT_EXPOSED',
      message: `another node called ${called}, which is not exposed; there is ${there}`,
    })
  }

  #find(module: string, name: string, arity: number): ExposedFunction | TypedFunction | undefined {
    const exposed = this.#modules.get(module)
    const declared = exposed?.declared.get(`${name}/${arity}`)
    if (declared !== undefined || exposed === undefined) return declared
    const undeclared = exposed.undeclared.get(name)
    return undeclared !== undefined && arity >= undeclared.length ? undeclared : undefined
  }
}

/** The name that somebody may have meant: Elixir's modules have a prefix. */
function otherName(module: string): string {
  return module.startsWith(ELIXIR) ? module.slice(ELIXIR.length) : `${ELIXIR}${module}`
}

/** Own functions only: what every object inherits is not meant. */
function read(functions: FunctionTable): Pick<Exposed, 'declared' | 'undeclared'> {
  const declared = new Map<string, ExposedFunction | TypedFunction>()
  const undeclared = new Map<string, ExposedFunction>()
  for (const [key, value] of Object.entries(functions)) {
    const isDeclared = signatureOf(key).arity !== undefined
    if (value instanceof TypedFunction) declared.set(isDeclared ? key : `${key}/${value.args.length}`, value)
    else (isDeclared ? declared : undeclared).set(key, value)
  }
  return { declared, undeclared }
}
