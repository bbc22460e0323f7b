import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { OTP_SUITES, otpRelease } from '@dynsrv/tools/otp-release'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { describe, expect, it } from 'vitest'
import { folderModules, writeTypes } from '../src/index.ts'
import { differences } from './differences.ts'
import { compile, compiled, erl } from './support.ts'
import { OTHERS, TWENTY } from './twenty.ts'

// Other releases write other forms: atoms with long lengths since 28, nominal types, docs in Markdown since 27.

describe.each(['trixie', 'forky'] as const)('the modules of the release of %s', { timeout: 900_000 }, (suite) => {
  it(`OTP ${OTP_SUITES[suite]}`, async () => {
    const { erl: program } = await otpRelease(suite)
    // That release runs in a root of its own, which sees the temporary folder only.
    const modules = temporaryFolder(`modules-${suite}`)
    const copy = `[begin {ok, B} = file:read_file(F), file:write_file(filename:join("${modules}", filename:basename(F)), B) end
      || D <- code:get_path() ++ filelib:wildcard("/usr/lib/elixir/lib/*/ebin"), F <- filelib:wildcard(D ++ "/*.beam")]`
    erl(copy, { program })
    const source = folderModules([modules])
    const written = temporaryFolder(`written-${suite}`)
    const all: string[] = []
    for (const module of [...TWENTY, ...OTHERS]) {
      const result = await writeTypes({ module, sources: [source], from: '@dynsrv/etf' }).catch((error: unknown) => {
        // Not every application is installed there.
        expect(error).toMatchObject({ code: 'TYPES_NO_MODULE' })
      })
      if (result === undefined) continue
      all.push(module)
      writeFileSync(join(written, `${module}.ts`), result.text)
    }
    expect(all.length).toBeGreaterThan(30)
    expect(compile(written)).toBe('')
    expect(readFileSync(join(written, 'string.ts'), 'utf8')).toContain('   * ')
    const generator = compiled('typegen.erl', join(dirname(program), 'erlc'))
    for (const module of TWENTY) {
      const made = await differences(module, {
        folders: [modules],
        generator,
        program,
        integers: 'exact',
        values: 'exact',
        count: 200,
      })
      expect(made.differences, module).toEqual([])
      expect(made.inside).toBeGreaterThanOrEqual(200)
    }
  })
})
