import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EmptyProject, type PackedPackage, packAll } from '../src/empty-project.ts'
import { installed } from '../src/installed.ts'

const TSC = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url))
const NODE_TYPES = '@types/node@20'
const STRICT = ['--strict', '--noEmit', '--target', 'es2023', '--lib', 'es2023,esnext.disposable', '--types', 'node']
const BUNDLER = ['--module', 'esnext', '--moduleResolution', 'bundler']

/** For each package an expression that works with what `loaded` holds of it, and what it prints. */
const USES: Readonly<Record<string, readonly [use: string, prints: string]>> = {
  '@dynsrv/etf': ["loaded.inspect(loaded.decode(loaded.encode(loaded.tuple(loaded.atom('ok'), 1))))", '{ok,1}'],
  '@dynsrv/dist-protocol': ['String(loaded.flagNames(loaded.DFLAG_HANDSHAKE_23))', 'HANDSHAKE_23'],
  '@dynsrv/srv-resolver': ["String(loaded.staticResolver([]).resolveSrv('nobody.test') instanceof Promise)", 'true'],
  '@dynsrv/epmd-shim': ["loaded.parseNodeName('a@b.test').host", 'b.test'],
  '@dynsrv/strategy': ['String(loaded.leaveAfter(3) !== undefined)', 'true'],
  '@dynsrv/node': ["new loaded.NodeError('NODE_CLOSED', 'closed').code", 'NODE_CLOSED'],
  '@dynsrv/metrics': ['loaded.prometheusName(loaded.METRICS.links)', 'dynsrv_links'],
  '@dynsrv/cluster': ["loaded.serviceName('my-service.test.')", 'my-service.test'],
  '@dynsrv/types': ['typeof loaded.writeTypes', 'function'],
  '@dynsrv/testing': ['String(loaded.simulate({ seed: 7 }).seed)', '7'],
  '@dynsrv/doctor': ["loaded.isThrowAway('dynsrv-0123abcd@127.0.0.1') ? 'yes' : 'no'", 'yes'],
  '@dynsrv/page': ['String(loaded.HEALTH_PORT)', '9464'],
  '@dynsrv/cli': ['typeof loaded.main', 'function'],
  dynsrv: ["loaded.inspect(loaded.charlist('ab'))", '"ab"'],
}

interface Weight {
  /** Of the tarball, and of all files once it is installed with what it needs. */
  readonly packedBytes: number
  readonly bytes: number
  /** Packages of others among them. */
  readonly foreign: readonly string[]
}

const MB = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`

/** A row of the README's table. */
const row = (name: string, { packedBytes, bytes, foreign }: Weight) =>
  `| \`${name}\` | ${Math.round(packedBytes / 1000)} kB | ${MB(bytes)} | ${foreign.length} |`

/** What the README says: bytes of the tarball, bytes with all, packages of others. */
function saidWeights(): Map<string, readonly [number, number, number]> {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const rows = readme.matchAll(/^\| `([^`]+)` \| (\d+) kB \| ([\d.]+) MB \| (\d+) \|$/gm)
  return new Map(
    [...rows].map(([, name, kB, megabytes, count]) => [
      name!,
      [Number(kB) * 1000, Number(megabytes) * 1e6, Number(count)] as const,
    ]),
  )
}

/**
 * Slow: all packages are packed, npm installs them from the network, and the compiler reads the types of all of them once for
 * each way to resolve modules.
 */
const PACK_MS = 180_000

describe('the packages as npm packs them', { timeout: PACK_MS }, () => {
  let folder: string
  let packages: PackedPackage[]
  let project: EmptyProject
  const weights = new Map<string, Weight>()

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dynsrv-packed-'))
    packages = await packAll(folder)
    project = await EmptyProject.with(packages, NODE_TYPES)
    for (const { name, packedBytes } of packages) {
      const { names, bytes } = await installed(project.folder, name)
      weights.set(name, { packedBytes, bytes, foreign: names.filter((each) => !/^(?:@dynsrv\/|dynsrv$)/.test(each)) })
    }
    console.log(`What they weigh:\n${[...weights].map(([name, weight]) => row(name, weight)).join('\n')}`)
  }, PACK_MS)

  afterAll(async () => {
    await project?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  it('are all tried below', () => {
    expect(packages.map(({ name }) => name).sort()).toEqual(Object.keys(USES).sort())
  })

  it('hold what is needed and nothing of the tests', () => {
    for (const { name, files, packedBytes } of packages) {
      const needed = ['LICENSE', 'README.md', 'package.json', 'dist/index.js', 'dist/index.d.ts']
      expect(files, name).toEqual(expect.arrayContaining(needed))
      expect(
        files.filter(
          (file) => !/^(?:LICENSE|README\.md|package\.json|(?:dist|src|bin|beam|page|schema)\/.+)$/.test(file),
        ),
        name,
      ).toEqual([])
      expect(packedBytes, `${name} is small`).toBeLessThan(400_000)
    }
  })

  it('weigh what the README says, give or take a fifth', () => {
    const said = saidWeights()
    expect([...said.keys()].sort()).toEqual([...weights.keys()].sort())
    const off = [...weights].filter(([name, { packedBytes, bytes, foreign }]) => {
      const [packed, all, others] = said.get(name)!
      // The README rounds to a tenth of a megabyte.
      const near = (value: number, to: number) => Math.abs(value - to) <= Math.max(0.2 * value, 50_000)
      return !near(packedBytes, packed) || !near(bytes, all) || foreign.length !== others
    })
    expect(off.map(([name, weight]) => row(name, weight))).toEqual([])
  })

  it('hold source maps or sources, and not both', () => {
    for (const { name, files } of packages) {
      const [maps, sources] = [/\.map$/, /^src\//].map((kind) => files.some((file) => kind.test(file)))
      expect(maps && sources, name).toBe(false)
    }
  })

  it('leave the command line, and libraries for schemas, YAML and metrics, out of @dynsrv/cluster', async () => {
    const { names, bytes } = await installed(project.folder, '@dynsrv/cluster')
    expect(names.filter((name) => !name.startsWith('@dynsrv/'))).toEqual([])
    expect(bytes).toBeLessThan(5_000_000)
  })

  it.each([
    ['an ECMAScript module', 'mjs', (name: string) => `import * as loaded from '${name}'`],
    ['a CommonJS program', 'cjs', (name: string) => `const loaded = require('${name}')`],
  ])('work in %s', async (_form, extension, load) => {
    for (const [name, [use, prints]] of Object.entries(USES)) {
      const file = await project.write(`use.${extension}`, `${load(name)}\nconsole.log(${use})\n`)
      expect((await project.run(process.execPath, [file])).trim(), name).toBe(prints)
    }
  })

  it.each([
    ['node16', 'use-types.mts'],
    ['node16', 'use-types.cts'],
    ['nodenext', 'use-types.mts'],
    ['nodenext', 'use-types.cts'],
    ['bundler', 'use-types.ts'],
  ])('have types under the resolution %s for a file such as %s', async (resolution, name) => {
    const uses = Object.entries(USES).map(
      ([from, [use]], index) =>
        `import * as loaded${index} from '${from}'\nconst use${index}: string = ${use.replaceAll('loaded', `loaded${index}`)}`,
    )
    const wrong = `import { tuple } from '@dynsrv/etf'\n// @ts-expect-error types are there, so this is wrong\ntuple().elements = 1\n`
    await project.run(process.execPath, [
      ...[TSC, ...STRICT, ...(resolution === 'bundler' ? BUNDLER : ['--module', resolution])],
      await project.write(name, `${uses.join('\n')}\n${wrong}export { use0 }\n`),
    ])
  })

  it('have one Atom for CommonJS and ECMAScript modules that meet in one program', async () => {
    await project.write(
      'made.cts',
      `import { atom, type Atom } from '@dynsrv/etf'\nexport const made: Atom = atom('ok')\n`,
    )
    const file = await project.write(
      'taken.mts',
      `import type { Atom } from '@dynsrv/etf'\nimport { made } from './made.cjs'\nexport const taken: Atom = made\n`,
    )
    await project.run(process.execPath, [TSC, ...STRICT, '--module', 'node16', file])
  })

  it('bring the command line', async () => {
    const bin = join(project.folder, 'node_modules/.bin/dynsrv')
    expect(existsSync(bin)).toBe(true)
    expect(await project.run(bin, ['decode', '836400026f6b'])).toContain('ok')
  })
})
