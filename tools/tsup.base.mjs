import { defineConfig } from 'tsup'

/**
 * The one build of every library: ESM with types and source maps, dependencies left outside the bundle.
 *
 * @param {{ entry?: Record<string, string> }} [options] more entries than `index`, by output name
 */
export function library({ entry = {} } = {}) {
  return defineConfig({
    entry: { index: 'src/index.ts', ...entry },
    format: 'esm',
    target: 'node20',
    platform: 'node',
    // The types come from the built packages, not from their sources, so that what is published is what is checked.
    dts: { compilerOptions: { ignoreDeprecations: '6.0', customConditions: [], rootDir: '.' } },
    sourcemap: true,
    // The sources are published too, so the maps need not hold them once more.
    esbuildOptions: (options) => {
      options.sourcesContent = false
    },
    clean: true,
    treeshake: true,
    splitting: true,
  })
}
