import { atom, inspect } from '@dynsrv/etf'
import { filledText, having, listOf, oneOf, type Rule, required, rule } from '@dynsrv/kit'
import { type Doc, readDocs } from './beam/docs.ts'
import { checks } from './checks.ts'
import { isTypesError, TypesError } from './error.ts'
import { argumentType } from './read/argument-type.ts'
import type { Integers } from './read/built-in.ts'
import { withDefaults } from './read/default-arguments.ts'
import { guard } from './read/guarded.ts'
import { type ModuleFacts, moduleFacts } from './read/module-facts.ts'
import { ANY, type Declaration, type Type } from './read/type.ts'
import { TypeReader } from './read/type-reader.ts'
import type { TypedFunction } from './read/typed-function.ts'
import type { CompiledModule, ModuleSource } from './sources/module-source.ts'
import { looseClause, moduleFile } from './write/module-file.ts'
import { moduleName, Names } from './write/names.ts'
import { positions } from './write/used-names.ts'

/** What `writeTypes` takes. */
export interface WriteTypesOptions {
  /** The module, such as `lists` or `Elixir.MyApp.Stock`. */
  readonly module: string
  /** Where compiled modules come from; the first that has one with debug info counts. */
  readonly sources: readonly ModuleSource[]
  /** The package that `t` is imported from. Default `dynsrv`; `@dynsrv/etf` for a program without that. */
  readonly from?: string
  /**
   * What `integer()` is: `number` (default), and an integer that a number cannot hold exactly is refused; or `exact`, which
   * is `number | bigint`. Integers within bounds that a number holds are numbers in both.
   */
  readonly integers?: 'number' | 'exact'
  /** What the first line of the file says was typed. Default: `dynsrv types` and the module. */
  readonly command?: string
}

/** A file of TypeScript, and what a person should know about it. */
export interface WrittenTypes {
  readonly text: string
  /** The name of the contract and of its client. */
  readonly name: string
  /** What could not be read, and what is not as it seems. */
  readonly remarks: readonly string[]
  /** How many positions of types there are, and how many of them are any term. */
  readonly positions: { readonly all: number; readonly loose: number }
}

const source: Rule = having('find')
const moduleRule: Rule = rule('the name of a module', (value) => {
  try {
    return typeof value === 'string' && value !== '' && atom(value).name === value
  } catch {
    return false
  }
})
const check = checks.options<WriteTypesOptions>('writeTypes', {
  module: required(moduleRule),
  sources: required(listOf(source)),
  from: filledText,
  integers: oneOf('number', 'exact'),
  command: filledText,
})

/**
 * Reads the specs, types and docs of a module, follows the types of other modules, and writes TypeScript: the types, a
 * matcher for each, and a contract whose client has a typed method for each function. The same module gives the same text.
 *
 * @throws {TypesError} `TYPES_BAD_OPTION`, `TYPES_NO_MODULE`, `TYPES_NO_DEBUG_INFO`, `TYPES_IN_MEMORY`, `TYPES_BAD_BEAM`,
 * `TYPES_TOO_LARGE`
 * @throws what a source throws, such as the `NodeError` of a node that goes
 */
export async function writeTypes(options: WriteTypesOptions): Promise<WrittenTypes> {
  check(options)
  const { module, sources, from = 'dynsrv', integers = 'number' } = options
  const shown = module.startsWith('Elixir.') ? module.slice('Elixir.'.length) : module
  const library = new Library(sources)
  const main = await library.main(module)
  const modules = new Map<string, ModuleFacts | undefined>([[module, main.facts]])
  for (;;) {
    const read = readAll(main.facts, modules, integers)
    if (read.missing.size === 0) {
      const remarks = [...main.remarks, ...library.remarks, ...remarksOf(read.functions, shown)]
      const docs = await library.docs(new Map([...modules].filter(([, facts]) => facts !== undefined)) as Facts)
      return {
        ...written(main.facts, read, { from, docs, command: options.command ?? `dynsrv types ${shown}` }),
        remarks,
      }
    }
    for (const wanted of read.missing) modules.set(wanted, await library.other(wanted))
  }
}

type Facts = ReadonlyMap<string, ModuleFacts>

/** The modules that the sources have. */
class Library {
  readonly remarks: string[] = []
  readonly #sources: readonly ModuleSource[]

  constructor(sources: readonly ModuleSource[]) {
    this.#sources = sources
  }

  /** The module whose types are written. It must be there. */
  async main(module: string): Promise<{ readonly facts: ModuleFacts; readonly remarks: readonly string[] }> {
    const { facts, bytes } = await this.#find(module)
    const remarks: string[] = []
    for (const source of this.#sources) {
      const remark = await source.remark?.(module, bytes)
      if (remark !== undefined) remarks.push(remark)
    }
    return { facts, remarks }
  }

  /** A module whose types are used; undefined where it cannot be read, which is remarked upon. */
  async other(module: string): Promise<ModuleFacts | undefined> {
    try {
      return (await this.#find(module)).facts
    } catch (error) {
      if (!isTypesError(error)) throw error
      this.remarks.push(`types of ${inspect(atom(module))} are any term: ${error.message}`)
      return undefined
    }
  }

  /** What is written about types and functions, by module. */
  async docs(modules: Facts): Promise<ReadonlyMap<string, ReadonlyMap<string, Doc>>> {
    const all = new Map<string, ReadonlyMap<string, Doc>>()
    for (const [module, facts] of modules) {
      let { entries } = facts.docs
      for (const source of entries.size === 0 ? this.#sources : []) {
        const docs = await source.docs?.(module)
        if (docs !== undefined) entries = readDocs(docs).entries
      }
      all.set(module, entries)
    }
    return all
  }

  async #find(module: string): Promise<{ readonly facts: ModuleFacts; readonly bytes: Uint8Array }> {
    let failure: unknown
    for (const source of this.#sources) {
      try {
        const found = await source.find(module)
        if (found !== undefined) return { facts: factsOf(module, found), bytes: found.bytes }
      } catch (error) {
        // Another source may have the types that this one has lost.
        if (!isTypesError(error)) throw error
        failure ??= error
      }
    }
    throw failure ?? new TypesError('TYPES_NO_MODULE', `there is no module ${inspect(atom(module))}`)
  }
}

function factsOf(module: string, { bytes, from }: CompiledModule): ModuleFacts {
  const facts = moduleFacts(bytes, from)
  if (facts.module === module) return facts
  throw new TypesError('TYPES_BAD_BEAM', `${from} is the module ${inspect(atom(facts.module))}`)
}

interface Read {
  readonly name: string
  readonly declarations: readonly Declaration[]
  readonly functions: readonly TypedFunction[]
  readonly missing: ReadonlySet<string>
}

function readAll(main: ModuleFacts, modules: ReadonlyMap<string, ModuleFacts | undefined>, integers: Integers): Read {
  const names = new Names()
  const name = names.take(moduleName(main.module))
  const reader = new TypeReader({ names, modules, main: main.module, integers })
  for (const signature of main.exportedTypes) if (signature.endsWith('/0')) reader.named(main, signature)
  const clauses = main.functions.map((each) => each.clauses.map((form) => reader.clause(main, form)))
  guard(reader.declarations)
  const typed = main.functions.map((each, index) => ({
    ...each,
    typed: clauses[index]!.map(({ takes, gives }) => ({
      takes: takes.map(({ name, of }) => ({ name, of: argumentType(of, resolved) })),
      gives,
    })),
  }))
  const functions = withDefaults(typed, main.docs)
  return { name, declarations: reader.declarations, functions, missing: reader.missing }
}

/** What a name stands for. */
function resolved(type: Type): Type {
  const seen = new Set<Type>()
  let at = type
  while (at.is === 'ref' && !at.to.opaque && at.to.of !== undefined && !seen.has(at)) {
    seen.add(at)
    at = at.to.of
  }
  return at
}

function written(
  facts: ModuleFacts,
  { name, declarations, functions }: Read,
  about: {
    readonly from: string
    readonly command: string
    readonly docs: ReadonlyMap<string, ReadonlyMap<string, Doc>>
  },
): Omit<WrittenTypes, 'remarks'> {
  const text = moduleFile({ facts, name, declarations, functions, ...about })
  const types = [
    ...declarations.map(({ of }) => of ?? ANY),
    ...functions.flatMap(({ typed, arity }) =>
      (typed.length === 0 ? [looseClause(arity)] : typed).flatMap(({ takes, gives }) => [
        ...takes.map(({ of }) => of),
        gives,
      ]),
    ),
  ]
  const isLoose = (declaration: Declaration): boolean => {
    const type = resolved({ is: 'ref', to: declaration })
    return type.is === 'leaf' && type.loose
  }
  return { text, name, positions: positions(types, isLoose) }
}

function remarksOf(functions: readonly TypedFunction[], shown: string): string[] {
  const bare = functions.filter(({ typed }) => typed.length === 0)
  if (bare.length === 0) return []
  const names = bare.slice(0, 5).map(({ name, arity }) => `${name}/${arity}`)
  const list =
    bare.length > names.length ? `${names.join(', ')} and ${bare.length - names.length} more` : names.join(', ')
  if (bare.length === functions.length) return [`${shown} has no specs: its functions take and give any term`]
  return [`without a spec, and so of any term: ${list}`]
}
