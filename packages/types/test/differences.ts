import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ContractFunction, decode, inspect, type Matcher, type Term, type Tuple } from '@dynsrv/etf'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { folderModules, writeTypes } from '../src/index.ts'
import { readTypes } from '../src/read-types.ts'
import { erl } from './support.ts'

/** How values are made and read. */
export interface Differing {
  /** Where compiled modules are, for both sides. */
  readonly folders: readonly string[]
  /** The folder with `typegen`. */
  readonly generator: string
  /** The Erlang that makes the values. Default: that of this machine. */
  readonly program?: string
  readonly integers: 'number' | 'exact'
  readonly values: 'exact' | 'plain'
  /** How many values each type has. */
  readonly count: number
}

/** What a matcher and Erlang do not say alike, and how much was compared. */
export interface Differences {
  readonly differences: readonly string[]
  readonly types: number
  readonly inside: number
  readonly outside: number
}

/**
 * Has Erlang make values of each type of a module, and judge others, and compares what the matchers say. What they read they
 * must write as a value of the type again.
 */
export async function differences(module: string, about: Differing): Promise<Differences> {
  const { folders, generator, program, integers, values, count } = about
  const out = temporaryFolder('values')
  const beam = folders.map((folder) => join(folder, `${module}.beam`)).find(existsSync)
  if (beam === undefined) throw new Error(`${module} is not installed`)
  const paths = [generator, ...folders].flatMap((folder) => ['-pa', folder])
  erl(`typegen:main(["${out}", "${count}", "${integers}", "${beam}"])`, { args: paths, ...(program && { program }) })
  const [, cases] = decode(readFileSync(join(out, `${module}.etf`)), { values }) as Tuple<[Term, Term[]]>
  const matcher = await matchers(module, about, out)
  const found: string[] = []
  const counted = { types: 0, inside: 0, outside: 0 }
  for (const [id, judged] of cases as unknown as [Tuple, Tuple<[Term, boolean]>[]][]) {
    const shape = matcher(id.elements)
    if (shape === undefined) continue
    counted.types++
    for (const [value, is] of judged as Iterable<unknown> as Iterable<[Term, boolean]>) {
      counted[is ? 'inside' : 'outside']++
      const read = shape.match(value)
      if (read.ok !== is) found.push(`${inspect(id)}: ${inspect(value)} ${is ? 'is' : 'is not'} of ${shape.expected}`)
      if (!is || !read.ok) continue
      const back = shape.unmatch(read.value)
      if (!back.ok || !shape.test(back.value)) found.push(`${inspect(id)}: ${inspect(value)} cannot be written again`)
    }
  }
  return { differences: found, ...counted }
}

/** The matchers of the file that is written for a module, as a program imports it. */
async function matchers(module: string, { folders, integers }: Differing, out: string) {
  const sources = [folderModules(folders)]
  const { text, name } = await writeTypes({ module, sources, from: '@dynsrv/etf', integers })
  const path = join(out, `${module}.ts`)
  writeFileSync(path, text)
  const all = (await import(path)) as Record<string, unknown>
  const { declarations } = await readTypes(module, sources, integers)
  const { functions } = all[name] as { functions: Readonly<Record<string, ContractFunction>> }
  const byName = new Map(Object.values(functions).map((each) => [each.name, each]))
  return ([kind, ...rest]: readonly Term[]): Matcher<unknown> | undefined => {
    if (String(kind) === 'type') {
      const [of, type] = rest.map(String)
      const declared = declarations.find((each) => each.module === of && each.signature === `${type}/0`)
      return declared && (all[declared.name] as Matcher<unknown>)
    }
    const [fun, arity, clause, position, index] = rest
    const clauses = byName.get(String(fun))?.clauses.filter(({ takes }) => takes.length === arity) ?? []
    const found = clauses[clause as number]
    return String(position) === 'arg' ? found?.takes[index as number] : found?.gives
  }
}
