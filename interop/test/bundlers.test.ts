import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EmptyProject, type PackedPackage, packAll } from '../src/empty-project.ts'
import { CJS, ESM, EXPECTED, RUN } from '../src/form-program.ts'
import { SIMULATED_CJS, SIMULATED_ESM, STORY } from '../src/simulated-program.ts'

// One bundler here; the others, and test runners, are in bundlers.all.test.ts.

/** npm installs, from the network; a bundler or a test runner that starts takes some seconds on a busy machine. */
const [INSTALL_MS, RUN_MS] = [300_000, 120_000]
/** All packages are packed. */
const PACK_MS = 180_000

let folder: string
let packages: PackedPackage[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dynsrv-forms-'))
  packages = await packAll(folder)
}, PACK_MS)

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('in a bundle', { timeout: RUN_MS }, () => {
  let project: EmptyProject

  beforeAll(async () => {
    project = await EmptyProject.with(packages, 'esbuild@0.28.2')
    await project.write('esm.mjs', `${ESM}${RUN}`)
    await project.write('cjs.cjs', `${CJS}${RUN}`)
  }, INSTALL_MS)

  afterAll(() => project?.[Symbol.asyncDispose]())

  const FORMS = [
    ['esm.mjs', 'esm', 'out.mjs'],
    ['esm.mjs', 'cjs', 'out.cjs'],
    ['cjs.cjs', 'esm', 'out.mjs'],
    ['cjs.cjs', 'cjs', 'out.cjs'],
  ] as const

  it.each(FORMS)('esbuild makes of %s a program of the form %s that runs', async (entry, format, out) => {
    await project.run(join(project.folder, 'node_modules/.bin/esbuild'), [
      ...[entry, '--bundle', '--platform=node', `--format=${format}`, `--outfile=esbuild-${out}`, '--log-level=error'],
    ])
    expect((await project.run(process.execPath, [`esbuild-${out}`])).trim()).toBe(EXPECTED)
  })

  it('gives one Atom to a program that loads both forms', async () => {
    const both = `import * as etf from '@dynsrv/etf'
      import { createRequire } from 'node:module'
      const required = createRequire(import.meta.url)
      console.log(required('@dynsrv/etf').Atom === etf.Atom, required('dynsrv').atom('a') === etf.atom('a'), etf.Atom.name)`
    const file = await project.write('both.mjs', both)
    expect((await project.run(process.execPath, [file])).trim()).toBe('true true Atom')
  })
})

describe('a simulation in node:test', { timeout: RUN_MS }, () => {
  let project: EmptyProject

  beforeAll(async () => {
    project = await EmptyProject.with(packages)
  }, INSTALL_MS)

  afterAll(() => project?.[Symbol.asyncDispose]())

  it.each([
    ['cjs', SIMULATED_CJS, "const test = require('node:test')"],
    ['mjs', SIMULATED_ESM, "import test from 'node:test'"],
  ] as const)('passes, and tells its story when it fails: %s', async (form, code, load) => {
    const file = await project.write(`sim.test.${form}`, `${load}\n${code('false')}`)
    await project.run(process.execPath, ['--test', file])
    const failing = await project.write(`failing.test.${form}`, `${load}\n${code('true')}`)
    await expect(project.run(process.execPath, ['--test', failing])).rejects.toThrow(STORY)
  })
})
