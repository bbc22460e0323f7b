import { execFile } from 'node:child_process'
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { describe, expect, test } from 'vitest'

const BIN = fileURLToPath(new URL('../bin/dynsrv.js', import.meta.url))

/** A copy of the command in a package of its own, beside a command line that is not built. */
async function copied(): Promise<string> {
  const folder = temporaryFolder('unbuilt')
  await mkdir(join(folder, 'bin'))
  await cp(BIN, join(folder, 'bin', 'dynsrv.js'))
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  await mkdir(cli(folder), { recursive: true })
  const manifest = { name: '@dynsrv/cli', type: 'module', exports: './dist/index.js' }
  await writeFile(join(cli(folder), 'package.json'), JSON.stringify(manifest))
  return folder
}

const cli = (folder: string) => join(folder, 'node_modules/@dynsrv/cli')

/** Builds the command line as this program. */
async function build(folder: string, program: string): Promise<void> {
  await mkdir(join(cli(folder), 'dist'))
  await writeFile(join(cli(folder), 'dist/index.js'), program)
}

function run(folder: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [join(folder, 'bin', 'dynsrv.js'), '--help'], (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    )
  })
}

describe('the command of a clone that is not built', () => {
  test('says in one line what to run', async () => {
    expect(await run(await copied())).toEqual({
      code: 1,
      stdout: '',
      stderr: 'dynsrv: this clone is not built yet: run `npm run build` in its top folder\n',
    })
  })

  test('says it too when a package that it needs is not built', async () => {
    const folder = await copied()
    await build(folder, "import '../other/dist/index.js'")
    expect(await run(folder)).toMatchObject({ code: 1, stderr: expect.stringContaining('npm run build') })
  })

  test('hides no other fault of a module', async () => {
    const folder = await copied()
    await build(folder, "throw new Error('something else')")
    expect(await run(folder)).toMatchObject({ code: 1, stderr: expect.stringContaining('something else') })
  })
})
