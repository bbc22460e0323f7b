// The static checks, each told in one line; what a check printed is shown only when it failed.
import { performance } from 'node:perf_hooks'
import { run } from './run.mjs'

const CHECKS = [
  ['format and lint', 'biome', 'ci', '.'],
  // One program for all packages: a program for each would read what it imports again.
  ['types', 'tsc', '-p', 'tools/tsconfig.all.json'],
  ['layers', 'turbo', 'boundaries'],
  ['docstrings', 'node', 'tools/docstrings.mjs'],
  ['packages', 'turbo', 'run', 'check:package', '--output-logs=errors-only'],
]

let failed = 0
for (const [title, ...command] of CHECKS) {
  const start = performance.now()
  const { code, output } = await run(...command)
  const seconds = `${((performance.now() - start) / 1000).toFixed(1)} s`.padStart(7)
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${title.padEnd(16)} ${seconds}`)
  if (code !== 0) {
    failed += 1
    console.log(output)
  }
}
process.exit(failed === 0 ? 0 : 1)
