// Builds what the demo needs, with one short line of progress, then runs it with the given arguments.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
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
const { code, output } = await build()
clearInterval(ticker)
if (live) say('\r\x1b[K')
if (code !== 0) {
  console.error(`The build failed after ${seconds()}.\n\n${output.trim()}`)
  process.exit(1)
}
if (!live) say(`Built in ${seconds()}\n`)

// Named at run time: the layers are checked by what is imported by path.
const CLI = new URL('../packages/dynsrv/dist/cli.js', import.meta.url)
const { main } = await import(CLI.href)
process.exitCode = await main(['demo', ...args])

function build() {
  return new Promise((resolve) => {
    // Only the command and what it imports: the demo needs no other package.
    const command = ['turbo', 'run', 'build', '--filter=dynsrv', '--output-logs=errors-only', '--ui=stream']
    const child = spawn('npx', ['--no', ...command], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1' },
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text
      })
    }
    child.once('error', (error) => resolve({ code: 1, output: String(error) }))
    child.once('close', (code) => resolve({ code, output }))
  })
}
