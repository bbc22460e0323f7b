import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { createRequire, isBuiltin } from 'node:module'
import { join, resolve } from 'node:path'
import { defineConfig } from 'tsup'

/**
 * The one build of every library: a CommonJS core and, for each entry, a thin ECMAScript module over it, so that a class
 * such as `Atom` is one class whichever form loads it. Types likewise. Packages that are not published are bundled in.
 *
 * @param {{ entry?: Record<string, string>, later?: Record<string, string>, programs?: Record<string, string> }} [options]
 *   by output name: more entries than `index`; modules that these import only when they need them, each kept in a file of its
 *   own, so that nobody reads it before; and programs, which are started and not imported, and so exist as ECMAScript
 *   modules only
 */
export function library({ entry = {}, later = {}, programs = {} } = {}) {
  const entries = { index: 'src/index.ts', ...entry }
  // Here, since the build of the types would clean away what `onSuccess` has written.
  rmSync('dist', { recursive: true, force: true })
  const core = {
    ...COMMON,
    entry: { ...entries, ...later },
    format: 'cjs',
    // The types come from the built packages, not from their sources, so that what is published is what is checked.
    dts: {
      entry: entries,
      resolve: ['@dynsrv/kit'],
      compilerOptions: { ignoreDeprecations: '6.0', paths: {}, rootDir: '../..' },
    },
    esbuildPlugins: [builtinModules, licences, laterModules(later)],
    plugins: [trueClassNames, builtinsInTime],
    esbuildOptions: (options) => {
      options.metafile = true
      // Node keeps a source of plain ASCII in half the memory, and reads it sooner.
      options.charset = 'ascii'
      // A `define` of somebody else's loader must not be found by what is bundled in: webpack would take it for our exports.
      options.define = { ...options.define, 'import.meta.url': '__moduleUrl', define: 'undefined' }
      // Plain properties: a getter behind a getter for each export would be called at every use in another package.
      options.footer = { js: 'module.exports = { ...module.exports };' }
      options.banner = {
        js: "const __moduleUrl = typeof __filename === 'undefined' ? undefined : 'file://' + encodeURI(__filename);",
      }
    },
    onSuccess: async () => {
      for (const name of Object.keys({ ...entries, ...later })) await forgetOthers(name)
      for (const name of Object.keys(entries)) await writeModule(name)
    },
  }
  return defineConfig(Object.keys(programs).length === 0 ? core : [core, { ...COMMON, entry: programs, format: 'esm' }])
}

// A build says what is wrong, and nothing else.
const COMMON = {
  silent: true,
  target: 'node20',
  platform: 'node',
  sourcemap: true,
  splitting: false,
  removeNodeProtocol: false,
}

/**
 * Node's own modules come through `process.getBuiltinModule`: a bundler that turns the core into an ECMAScript module
 * leaves a `require` in it that fails when the program starts.
 */
const builtinModules = {
  name: 'builtin-modules',
  setup(build) {
    build.onResolve({ filter: /./ }, ({ path }) =>
      isBuiltin(path) ? { path, namespace: 'builtin', sideEffects: false } : undefined,
    )
    build.onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})`,
    }))
  },
}

/** Leaves a module that is imported only when it is needed in its own file. */
function laterModules(later) {
  const files = new Map(Object.entries(later).map(([name, source]) => [resolve(source), `./${name}.cjs`]))
  return {
    name: 'later-modules',
    setup(build) {
      build.onResolve({ filter: /^\./ }, ({ path, kind, resolveDir }) => {
        const file = kind === 'dynamic-import' ? files.get(resolve(resolveDir, path)) : undefined
        if (kind === 'require-call' && [...files.values()].includes(path)) return { path, external: true }
        return file === undefined ? undefined : { path: file, namespace: 'later' }
      })
      // By `require`, since Node would search what it imports for names.
      build.onLoad({ filter: /./, namespace: 'later' }, ({ path }) => ({
        contents: `module.exports = require(${JSON.stringify(path)})`,
        resolveDir: process.cwd(),
      }))
    },
  }
}

/** esbuild calls a class that speaks of itself `_Atom` and keeps it in a variable `Atom`; people see the class's name. */
const trueClassNames = {
  name: 'true-class-names',
  renderChunk(code) {
    const names = [...code.matchAll(/^var (\w+) = class _\1\b/gm)].map(([, name]) => name)
    return { code: names.reduce((text, name) => text.replaceAll(new RegExp(`\\b_${name}\\b`, 'g'), name), code) }
  },
}

/**
 * A module of Node's is loaded when it is used first, not when the package is: most programs speak neither TLS nor HTTP.
 * Nor are its names copied for each file that imports it, as esbuild does.
 */
const builtinsInTime = {
  name: 'builtins-in-time',
  renderChunk(code) {
    const imported = [...code.matchAll(/^var (\w+) = __toESM\((require_\w+)\(\), 1\);\n/gm)].filter(([, , get]) =>
      new RegExp(`^var ${get} = __commonJS\\(\\{\\n {2}"builtin:`, 'm').test(code),
    )
    for (const [line, name, get] of imported) {
      code = code.replace(line, '\n').replaceAll(new RegExp(`\\b${name}\\b(?:\\.default\\b)?`, 'g'), `(${get}())`)
    }
    return { code }
  },
}

/** Writes the licences of the packages that are bundled in, which ask to be kept with every copy. */
const licences = {
  name: 'licences',
  setup(build) {
    build.onEnd(({ metafile }) => {
      const inputs = Object.keys(metafile?.inputs ?? {}).flatMap(
        (path) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? [],
      )
      const texts = [...new Set(inputs)].sort().map((folder) => {
        const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
        const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each))
        if (file === undefined) throw new Error(`${name} has no licence text to be kept with it`)
        return `${name} ${version}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
      })
      if (texts.length === 0) return
      mkdirSync('dist', { recursive: true })
      writeFileSync('dist/third-party-licences.txt', texts.join('\n'))
    })
  },
}

/** A map names what is bundled in, and holds the text of our own sources alone: every package would hold the others' again. */
async function forgetOthers(name) {
  const path = join('dist', `${name}.cjs.map`)
  const { sources, sourcesContent, ...map } = JSON.parse(await readFile(path, 'utf8'))
  const own = sourcesContent.map((text, at) => (/^\.\.\/src\//.test(sources[at]) ? text : null))
  await writeFile(path, JSON.stringify({ ...map, sources, sourcesContent: own }))
}

/** The ECMAScript module over a built CommonJS entry. */
async function writeModule(name) {
  const core = `${name}.cjs`
  const names = Object.keys(createRequire(import.meta.url)(join(process.cwd(), 'dist', core)))
  // Node searches what an ECMAScript module imports for the names it exports, which costs more than to compile it; behind
  // this step it finds one name.
  const step = `${name}.import.cjs`
  await writeFile(join('dist', step), `const core = require('./${core}')\nmodule.exports = core\n`)
  const code = `import core from './${step}'\nexport const {\n  ${names.join(',\n  ')},\n} = core\n`
  await writeFile(join('dist', `${name}.js`), names.length === 0 ? 'export {}\n' : code)
  await writeFile(join('dist', `${name}.d.ts`), `export * from './${core}'\n`)
}
