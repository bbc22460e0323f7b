import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EmptyProject, type PackedPackage, packAll } from '../src/empty-project.ts'
import { CJS, ESM, EXPECTED, RUN } from '../src/form-program.ts'
import { SIMULATED_CJS, SIMULATED_ESM, STORY } from '../src/simulated-program.ts'

/** What bundles, and its packages; esbuild is in bundlers.test.ts. */
const BUNDLERS = [
  'rollup@4.68.8',
  '@rollup/plugin-node-resolve@16.0.3',
  '@rollup/plugin-commonjs@29.0.3',
  'webpack@5.113.0',
]

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
    project = await EmptyProject.with(packages, ...BUNDLERS)
    await project.write('esm.mjs', `${ESM}${RUN}`)
    await project.write('cjs.cjs', `${CJS}${RUN}`)
  }, INSTALL_MS)

  afterAll(() => project?.[Symbol.asyncDispose]())

  // Slow, up to half a minute each on a busy machine: they read every package whole.
  const FORMS = [
    ['esm.mjs', 'esm', 'out.mjs'],
    ['cjs.cjs', 'cjs', 'out.cjs'],
  ] as const

  it.each(FORMS)('Rollup makes of %s a program of the form %s that runs', async (entry, format, out) => {
    const plugins = ['node-resolve={preferBuiltins:true,exportConditions:["node"]}', 'commonjs']
    await project.run(join(project.folder, 'node_modules/.bin/rollup'), [
      ...[entry, '--format', format, '--file', `rollup-${out}`, '--silent', '--inlineDynamicImports'],
      ...plugins.flatMap((plugin) => ['--plugin', plugin]),
    ])
    expect((await project.run(process.execPath, [`rollup-${out}`])).trim()).toBe(EXPECTED)
  })

  it.each(FORMS)('webpack makes of %s a program of the form %s that runs', async (entry, format, out) => {
    const options = {
      ...{ mode: 'production', target: 'node', context: project.folder, entry: `./${entry}` },
      // Minifying takes most of the time and changes nothing of what is tried here.
      optimization: { minimize: false },
      experiments: { outputModule: format === 'esm' },
      output: { path: project.folder, filename: `webpack-${out}`, module: format === 'esm' },
    }
    const script = `require('webpack')(${JSON.stringify(options)}, (error, stats) => {
      if (error || stats.hasErrors()) throw error ?? new Error(stats.toString('errors-only'))
    })`
    await project.run(process.execPath, ['--eval', script])
    expect((await project.run(process.execPath, [`webpack-${out}`])).trim()).toBe(EXPECTED)
  })
})

describe.each([
  ['Jest 29', 'jest@29.7.0'],
  ['Jest 30', 'jest@30.5.2'],
])('in %s', { timeout: RUN_MS }, (_title, jest) => {
  let project: EmptyProject

  beforeAll(async () => {
    project = await EmptyProject.with(packages, jest)
  }, INSTALL_MS)

  afterAll(() => project?.[Symbol.asyncDispose]())

  const test = (how: string) => `${how}\ntest('works', async () => expect(await use()).toBe('${EXPECTED}'))\n`

  it('a test in CommonJS passes', async () => {
    await project.write('cjs.test.js', test(CJS.replace('exports.use = use', '')))
    await project.run(process.execPath, ['node_modules/jest/bin/jest.js', 'cjs.test.js'])
  })

  it('a simulation passes, and tells its story when it fails', async () => {
    await project.write('sim.test.js', SIMULATED_CJS('false'))
    await project.run(process.execPath, ['node_modules/jest/bin/jest.js', 'sim.test.js'])
    await project.write('failing.test.js', SIMULATED_CJS('true'))
    const failing = project.run(process.execPath, ['node_modules/jest/bin/jest.js', 'failing.test.js'])
    await expect(failing).rejects.toThrow(STORY)
  })

  it('a test in ECMAScript modules passes', async () => {
    await project.write('esm.test.mjs', test(ESM.replace('export async', 'async')))
    const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning']
    await project.run(process.execPath, [
      ...[...flags, 'node_modules/jest/bin/jest.js', '--testMatch', '**/*.test.mjs', 'esm.test.mjs'],
    ])
  })
})

describe('in Vitest', { timeout: RUN_MS }, () => {
  let project: EmptyProject

  beforeAll(async () => {
    project = await EmptyProject.with(packages, 'vitest@4.1.12')
  }, INSTALL_MS)

  afterAll(() => project?.[Symbol.asyncDispose]())

  it('a test passes', async () => {
    const body = `${ESM.replace('export async', 'async')}\ntest('works', async () => expect(await use()).toBe('${EXPECTED}'))\n`
    await project.write('esm.test.mjs', `import { expect, test } from 'vitest'\n${body}`)
    await project.run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', '--root', '.'])
  })

  it('a simulation passes, and tells its story when it fails', async () => {
    const load = "import { test } from 'vitest'"
    const vitest = (file: string) =>
      project.run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', '--root', '.', file])
    await project.write('sim.test.mjs', `${load}\n${SIMULATED_ESM('false')}`)
    await vitest('sim.test.mjs')
    const using = SIMULATED_ESM('true').replace(/test\('a partition'.*/, '')
    const body = "test('a partition', async (context) => partition({ seed: 4711, test: context }))"
    await project.write('failing.test.mjs', `${load}\n${using}\n${body}`)
    await expect(vitest('failing.test.mjs')).rejects.toThrow(STORY)
  })
})
