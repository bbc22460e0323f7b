import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EmptyProject, type PackedPackage, packAll } from '../src/empty-project.ts'

/** A program that uses the codec, a resolver, a live node and the meta package; `load` fits its module form. */
const BODY = `
export async function use() {
  const node = await dynsrv.start({
    name: 'a@127.0.0.1',
    cookie: 'secret',
    service: 'my.test',
    dns: resolver.staticResolver([]),
    port: 0,
    host: '127.0.0.1',
  })
  try {
    const ok = etf.decode(etf.encode(etf.atom('ok')))
    return [ok === dynsrv.atom('ok'), ok instanceof dynsrv.Atom, node.port > 0].join(' ')
  } finally {
    await node.close()
  }
}
`
const NAMES = { etf: '@dynsrv/etf', resolver: '@dynsrv/srv-resolver', dynsrv: 'dynsrv' }
const imports = Object.entries(NAMES).map(([as, name]) => `import * as ${as} from '${name}'`)
const requires = Object.entries(NAMES).map(([as, name]) => `const ${as} = require('${name}')`)
const ESM = `${imports.join('\n')}\n${BODY}`
const CJS = `${requires.join('\n')}\n${BODY.replace('export async function use', 'exports.use = use\nasync function use')}`
const EXPECTED = 'true true true'
const RUN = `use().then((text) => console.log(text))\n`

/** A partition in a simulation, which a test expects to last for two minutes; with `failing`, it expects nobody to be left. */
const simulated = (failing: string) => `
const partition = (options) => simulate(options, async (sim) => {
  const [a, b, c] = await sim.members('svc.test', 3, dynsrv.start)
  await a.ready({ minPeers: 2 })
  sim.partition([a], [b, c])
  await sim.run('2 min')
  if (a.members().length !== 0 || b.members().length !== 1 || ${failing}) throw new Error('not parted')
})
test('a partition', () => partition({ seed: 4711 }))
`
const SIMULATED_CJS = (failing: string) =>
  `const { simulate } = require('@dynsrv/testing')\nconst dynsrv = require('dynsrv')\n${simulated(failing)}`
const SIMULATED_ESM = (failing: string) =>
  `import { simulate } from '@dynsrv/testing'\nimport * as dynsrv from 'dynsrv'\n${simulated(failing)}`

/** What a simulation prints when its test fails. */
const STORY = /simulation with seed 4711.*link down: NODE_TICK_TIMEOUT.*```mermaid.*sequenceDiagram/s

/** What bundles, and its packages. */
const BUNDLERS = [
  'esbuild@0.28.2',
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

  // These take their time, and a bundle in one form of sources in the other is what esbuild shows.
  const SAME_FORMS = [FORMS[0], FORMS[3]]

  it.each(SAME_FORMS)('Rollup makes of %s a program of the form %s that runs', async (entry, format, out) => {
    const plugins = ['node-resolve={preferBuiltins:true,exportConditions:["node"]}', 'commonjs']
    await project.run(join(project.folder, 'node_modules/.bin/rollup'), [
      ...[entry, '--format', format, '--file', `rollup-${out}`, '--silent', '--inlineDynamicImports'],
      ...plugins.flatMap((plugin) => ['--plugin', plugin]),
    ])
    expect((await project.run(process.execPath, [`rollup-${out}`])).trim()).toBe(EXPECTED)
  })

  it.each(SAME_FORMS)('webpack makes of %s a program of the form %s that runs', async (entry, format, out) => {
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

  it('gives one Atom to a program that loads both forms', async () => {
    const both = `import * as etf from '@dynsrv/etf'
      import { createRequire } from 'node:module'
      const required = createRequire(import.meta.url)
      console.log(required('@dynsrv/etf').Atom === etf.Atom, required('dynsrv').atom('a') === etf.atom('a'), etf.Atom.name)`
    const file = await project.write('both.mjs', both)
    expect((await project.run(process.execPath, [file])).trim()).toBe('true true Atom')
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
