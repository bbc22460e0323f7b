import { atom } from '@dynsrv/etf'
import { filledText, having, listOf, oneOf, type Rule, required, rule } from '@dynsrv/kit'
import { checks } from './checks.ts'
import { ANY, type Declaration } from './read/type.ts'
import type { TypedFunction } from './read/typed-function.ts'
import { type ReadTypes, readTypes, resolved } from './read-types.ts'
import type { ModuleSource } from './sources/module-source.ts'
import { looseClause, moduleFile } from './write/module-file.ts'
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
const someSources: Rule = {
  what: 'an array of at least one source',
  check: (value, at) =>
    listOf(source).check(value, at) ??
    rule('an array of at least one source', (all) => (all as readonly unknown[]).length > 0).check(value, at),
}
const moduleRule: Rule = rule('the name of a module', (value) => {
  try {
    return typeof value === 'string' && value !== '' && atom(value).name === value
  } catch {
    return false
  }
})
const check = checks.options<WriteTypesOptions>('writeTypes', {
  module: required(moduleRule),
  sources: required(someSources),
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
  const { command = `dynsrv types ${shown}` } = options
  const read = await readTypes(module, sources, integers)
  const remarks = [...read.remarks, ...remarksOf(read.functions, shown)]
  return { ...written(read, { from, command }), remarks }
}

function written(
  read: ReadTypes,
  about: { readonly from: string; readonly command: string },
): Omit<WrittenTypes, 'remarks'> {
  const { name, declarations, functions } = read
  const text = moduleFile({ ...read, ...about })
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
