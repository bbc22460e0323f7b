// Builds what the demo needs, with one short line of progress, then runs it with the given arguments.
import { existsSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { build } from './build.mjs'

const args = process.argv.slice(2)
const quiet = args.includes('--json')
const live = process.stderr.isTTY && !args.includes('--plain') && !quiet

if (!existsSync(new URL('../node_modules', import.meta.url))) {
  console.error('The npm modules are missing. Run this first: npm ci')
  process.exit(1)
}

const start = performance.now()
const seconds = () => `${((performance.now() - start) / 1000).toFixed(1)} s`
const say = (text) => quiet || process.stderr.write(text)

if (!live) say('Building the packages …\n')
const ticker = live ? setInterval(() => say(`\r\x1b[KBuilding the packages … ${seconds()}`), 100) : undefined
try {
  await build({ only: '@dynsrv/cli' })
} catch (error) {
  say('\n')
  console.error(error.message)
  process.exit(1)
} finally {
  clearInterval(ticker)
}
say(live ? '\r\x1b[K' : `Built in ${seconds()}\n`)

// Named at run time: the layers are checked by what is imported by path.
const CLI = new URL('../packages/cli/dist/index.js', import.meta.url)
const { main } = await import(CLI.href)
process.exitCode = await main(['demo', ...args])
