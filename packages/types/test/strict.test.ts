import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { beforeAll, describe, expect, it } from 'vitest'
import { folderModules, writeTypes } from '../src/index.ts'
import { readTypes } from '../src/read-types.ts'
import { flat } from '../src/write/layout.ts'
import { matcherText } from '../src/write/matcher-text.ts'
import { typeText } from '../src/write/type-text.ts'
import { compile, compiled, installedModules, ROOT } from './support.ts'
import { OTHERS, TWENTY } from './twenty.ts'

const installed = installedModules()

describe('twenty modules of Erlang and Elixir, and more', () => {
  const folder = temporaryFolder('strict')
  const all: Record<string, { all: number; loose: number }> = {}

  beforeAll(async () => {
    for (const module of [...TWENTY, ...OTHERS]) {
      const { text, positions } = await writeTypes({ module, sources: [installed], from: '@dynsrv/etf' })
      all[module] = positions
      writeFileSync(join(folder, `${module}.ts`), `${text}${await agreement(module)}`)
    }
  }, 60_000)

  /** For each position a line that only compiles where what is written as a type is what its matcher gives. */
  async function agreement(module: string): Promise<string> {
    const { functions } = await readTypes(module, [installed], 'number')
    const types = functions.flatMap(({ typed }) =>
      typed.flatMap(({ takes, gives }) => [...takes.map(({ of }) => of), gives]),
    )
    const lines = types.map((type) => `  const _: Same<${flat(typeText(type))}> = ${flat(matcherText(type))}`)
    const helper = "type Same<T> = import('@dynsrv/etf').Matcher<T>"
    return `\n${helper}\nexport function agreement(): void {\n${lines.map((line) => `  {\n${line}\n  void _\n  }`).join('\n')}\n}\n`
  }

  it('compile under strict, and their matchers give the types beside them', { timeout: 120_000 }, () => {
    expect(compile(folder)).toBe('')
  })

  it('say something at 95 % of all positions', () => {
    const sums = { all: 0, loose: 0 }
    for (const module of TWENTY) {
      sums.all += all[module]!.all
      sums.loose += all[module]!.loose
      expect(all[module]!.loose / all[module]!.all, module).toBeLessThan(0.1)
    }
    expect(sums.all).toBeGreaterThan(3000)
    expect(sums.loose / sums.all).toBeLessThan(0.05)
  })

  it('are the same text every time, and nothing that Biome would change or refuse', async () => {
    const again = await writeTypes({ module: 'inet', sources: [installed], from: '@dynsrv/etf' })
    const once = await writeTypes({ module: 'inet', sources: [installed], from: '@dynsrv/etf' })
    expect(again.text).toBe(once.text)
    const clean = temporaryFolder('clean')
    for (const module of ['inet', 'Elixir.DateTime', 'file']) {
      const { text } = await writeTypes({ module, sources: [installed] })
      writeFileSync(join(clean, `${module}.ts`), text)
      expect(text.split('\n').filter((line) => /\s$/.test(line))).toEqual([])
    }
    writeFileSync(join(clean, 'biome.json'), '{}\n')
    const biome = join(ROOT, 'node_modules/@biomejs/biome/bin/biome')
    execFileSync(process.execPath, [biome, 'ci', '--error-on-warnings', '.'], { cwd: clean, stdio: 'pipe' })
  })
})

it('a spec that changed makes a program that used it fail to compile', { timeout: 60_000 }, async () => {
  const folder = temporaryFolder('changed')
  const write = async (before: (source: string) => string) => {
    const beams = compiled('stock.erl', undefined, before)
    const { text } = await writeTypes({
      module: 'stock',
      sources: [folderModules([beams]), installed],
      from: '@dynsrv/etf',
    })
    writeFileSync(join(folder, 'stock.ts'), text)
  }
  writeFileSync(
    join(folder, 'program.ts'),
    `import type { Stock } from './stock.ts'
export async function buy(stock: Stock): Promise<number> {
  const answer = await stock.reserve(new Uint8Array(), 3)
  if (answer[0] === 'error') throw new Error(answer[1])
  return answer[1].left
}
`,
  )
  await write((source) => source)
  expect(compile(folder)).toBe('')
  await write((source) => source.replace('Count :: pos_integer()', 'Count :: all | {exactly, pos_integer()}'))
  expect(compile(folder)).toMatch(/^program\.ts\(3,\d+\): error TS2345/)
  await write((source) => source.replace('#{left := ', '#{remaining := '))
  expect(compile(folder)).toMatch(/^program\.ts\(5,\d+\): error TS2339.*'left'/)
  await write((source) => source.replaceAll('reserve', 'hold'))
  expect(compile(folder)).toMatch(/^program\.ts\(3,\d+\): error TS2339.*'reserve'/)
})
