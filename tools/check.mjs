// The static checks, each told in one line; what a check printed is shown only when it failed.
import { spawn } from 'node:child_process'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

const CHECKS = [
  ['format and lint', 'biome', 'ci', '.'],
  ['types', 'turbo', 'run', 'typecheck', '--output-logs=errors-only'],
  ['layers', 'turbo', 'boundaries'],
  ['packages', 'turbo', 'run', 'check:package', '--output-logs=errors-only'],
]

let failed = 0
for (const [title, ...command] of CHECKS) {
  const start = performance.now()
  const { code, output } = await run(command)
  const seconds = `${((performance.now() - start) / 1000).toFixed(1)} s`.padStart(7)
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${title.padEnd(16)} ${seconds}`)
  if (code !== 0) {
    failed += 1
    console.log(output)
  }
}
process.exit(failed === 0 ? 0 : 1)

function run(command) {
  return new Promise((resolve) => {
    const child = spawn('npx', command, { cwd: ROOT, env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' } })
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
