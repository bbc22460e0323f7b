import { atom, inspect } from '@dynsrv/etf'
import { type Doc, readDocs } from './beam/docs.ts'
import { isTypesError, TypesError } from './error.ts'
import { argumentType } from './read/argument-type.ts'
import type { Integers } from './read/built-in.ts'
import { withDefaults } from './read/default-arguments.ts'
import { guard } from './read/guarded.ts'
import { type ModuleFacts, moduleFacts } from './read/module-facts.ts'
import type { Declaration, Type } from './read/type.ts'
import { TypeReader } from './read/type-reader.ts'
import type { TypedFunction } from './read/typed-function.ts'
import type { CompiledModule, ModuleSource } from './sources/module-source.ts'
import { moduleName, Names } from './write/names.ts'

/** The docs of types and functions, by module. */
export type Docs = ReadonlyMap<string, ReadonlyMap<string, Doc>>

/** What was read of a module and of those whose types it uses. */
export interface ReadTypes {
  readonly facts: ModuleFacts
  /** The name of the client. */
  readonly name: string
  readonly declarations: readonly Declaration[]
  readonly functions: readonly TypedFunction[]
  readonly docs: Docs
  readonly remarks: readonly string[]
}

/** Reads the types of a module, and of the modules whose types it uses. */
export async function readTypes(
  module: string,
  sources: readonly ModuleSource[],
  integers: Integers,
): Promise<ReadTypes> {
  const library = new Library(sources)
  const { facts, remarks } = await library.main(module)
  const modules = new Map<string, ModuleFacts | undefined>([[module, facts]])
  for (;;) {
    const { missing, ...read } = readAll(facts, modules, integers)
    if (missing.size === 0) {
      const found = new Map([...modules].filter(([, each]) => each !== undefined)) as Facts
      return { facts, ...read, docs: await library.docs(found), remarks: [...remarks, ...library.remarks] }
    }
    for (const wanted of missing) modules.set(wanted, await library.other(wanted))
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
export function resolved(type: Type): Type {
  const seen = new Set<Type>()
  let at = type
  while (at.is === 'ref' && !at.to.opaque && at.to.of !== undefined && !seen.has(at)) {
    seen.add(at)
    at = at.to.of
  }
  return at
}
