import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ContractFunction, decode, inspect, type Matcher, type Term, type Tuple } from '@dynsrv/etf'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { describe, expect, it } from 'vitest'
import { folderModules, writeTypes } from '../src/index.ts'
import { readTypes } from '../src/read-types.ts'
import { compiled, erl, installedFolders } from './support.ts'
import { TWENTY } from './twenty.ts'

// A program in Erlang, which knows nothing of ours, makes values of each type, and says of others whether they are of it.
// The matcher must say the same of every one.

const folders = installedFolders()
const generator = compiled('typegen.erl')

interface Written {
  readonly matcher: (id: readonly Term[]) => Matcher<unknown> | undefined
}

/** The matchers of the file that is written for a module, as a program imports it. */
async function written(module: string, integers: 'number' | 'exact', folder: string): Promise<Written> {
  const sources = [folderModules(folders)]
  const { text, name } = await writeTypes({ module, sources, from: '@dynsrv/etf', integers })
  const path = join(folder, `${module}.ts`)
  writeFileSync(path, text)
  const all = (await import(path)) as Record<string, unknown>
  const { declarations } = await readTypes(module, sources, integers)
  const { functions } = all[name] as { functions: Readonly<Record<string, ContractFunction>> }
  const byName = new Map(Object.values(functions).map((each) => [each.name, each]))
  return {
    matcher: ([kind, ...rest]) => {
      if (String(kind) === 'type') {
        const [of, type] = rest.map(String)
        const found = declarations.find((each) => each.module === of && each.signature === `${type}/0`)
        return found && (all[found.name] as Matcher<unknown>)
      }
      const [fun, arity, clause, position, index] = rest
      const clauses = byName.get(String(fun))?.clauses.filter(({ takes }) => takes.length === arity) ?? []
      const found = clauses[clause as number]
      return String(position) === 'arg' ? found?.takes[index as number] : found?.gives
    },
  }
}

function pathOf(module: string): string {
  for (const folder of folders) {
    try {
      readFileSync(join(folder, `${module}.beam`))
      return join(folder, `${module}.beam`)
    } catch {
      // Another folder has it.
    }
  }
  throw new Error(`${module} is not installed`)
}

describe.each([
  ['exact', 'exact', 1000],
  ['number', 'plain', 200],
] as const)('values that Erlang made, with integers as %s, decoded %s', (integers, values, count) => {
  const out = temporaryFolder('values')
  it.each(TWENTY)('%s', { timeout: 300_000 }, async (module) => {
    mkdirSync(out, { recursive: true })
    const paths = folders.flatMap((folder) => ['-pa', folder])
    erl(`typegen:main(["${out}", "${count}", "${integers}", "${pathOf(module)}"])`, {
      args: ['-pa', generator, ...paths],
    })
    const [, cases] = decode(readFileSync(join(out, `${module}.etf`)), { values }) as Tuple<[Term, Term[]]>
    const { matcher } = await written(module, integers, out)
    let [checked, inside, outside] = [0, 0, 0]
    for (const [id, judged] of cases as unknown as [Tuple, Tuple<[Term, boolean]>[]][]) {
      const shape = matcher(id.elements)
      if (shape === undefined) continue
      checked++
      for (const [value, is] of judged as Iterable<unknown> as Iterable<[Term, boolean]>) {
        if (is) inside++
        else outside++
        if (shape.test(value) !== is) {
          expect.fail(`${inspect(id)}: ${inspect(value)} ${is ? 'is' : 'is not'} of ${shape.expected}`)
        }
        if (is) {
          // What was read is written as a value of the type.
          const read = shape.match(value)
          const back = read.ok ? shape.unmatch(read.value) : read
          if (!back.ok || !shape.test(back.value))
            expect.fail(`${inspect(id)}: ${inspect(value)} cannot be written again`)
        }
      }
    }
    expect(checked).toBeGreaterThan(0)
    expect(inside).toBeGreaterThanOrEqual(count)
    expect(outside).toBeGreaterThan(count / 10)
  })
})
