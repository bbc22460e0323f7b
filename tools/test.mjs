// The tests of the repository: sets up what is missing, builds, runs, and ends with one line of totals. With `--all` the
// long matrix too: what ends in `.all.test.ts`.
import { performance } from 'node:perf_hooks'
import { startVitest } from 'vitest/node'
import { build } from './build.mjs'
import { setUpPeers } from './peers/set-up.mjs'

const args = process.argv.slice(2)
const all = args.includes('--all')

try {
  setUpPeers({ all })
  const start = performance.now()
  await build()
  console.log(`Built all packages in ${((performance.now() - start) / 1000).toFixed(1)} s`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}

if (all) process.env.DYNSRV_TEST_ALL = '1'
const filters = args.filter((each) => each !== '--all')
// Files of the long matrix have not been tried beside each other.
const vitest = await startVitest('test', filters, { run: true, watch: false, ...(all && { maxWorkers: 1 }) })
const modules = vitest.state.getTestModules()
const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 }
const failures = []
const flaky = []
/** What needs a reason beside it, on a machine that does nothing else. */
const SLOW_MS = 10_000
const slow = []
/** By part: how many tests, and how long they took, one after another. */
const parts = new Map()
for (const module of modules) {
  const part = parts.get(module.project.name) ?? { tests: 0, seconds: 0 }
  parts.set(module.project.name, part)
  part.tests += [...module.children.allTests()].length
  part.seconds += module.diagnostic().duration / 1000
  for (const test of module.children.allTests()) {
    const { state, errors = [] } = test.result()
    counts[state] += 1
    const { duration = 0, flaky: isFlaky = false } = test.diagnostic() ?? {}
    if (duration > SLOW_MS) slow.push({ duration, name: `${module.project.name}: ${test.fullName}` })
    if (isFlaky) flaky.push(`${module.project.name}: ${test.fullName}\n  ${errors[0]?.message ?? ''}`)
    if (state === 'failed') failures.push(`${module.project.name}: ${test.fullName}\n  ${errors[0]?.message ?? ''}`)
  }
  // A file that could not be loaded has no tests of its own, yet must not count as nothing.
  if (module.state() === 'failed' && [...module.children.allTests('failed')].length === 0) {
    counts.failed += 1
    failures.push(`${module.project.name}: ${module.relativeModuleId}\n  ${module.errors()[0]?.message ?? ''}`)
  }
}
const unhandled = vitest.state.getUnhandledErrors().length
const failed = counts.failed + counts.pending + unhandled
await vitest.close()
// Once more and short, where somebody who scrolls up, or sees only the end of a log, finds it first.
if (failures.length > 0) console.log(`\nFailed:\n${failures.join('\n')}\n`)
if (flaky.length > 0) console.log(`\nPassed at the second try only:\n${flaky.join('\n')}\n`)
if (slow.length > 0) console.log(`\nSlower than ${SLOW_MS / 1000} s:`)
for (const { duration, name } of slow.sort((a, b) => b.duration - a.duration)) {
  console.log(`${(duration / 1000).toFixed(0).padStart(5)} s ${name}`)
}
console.log()
for (const [name, { tests, seconds }] of [...parts].sort(([, a], [, b]) => b.seconds - a.seconds)) {
  console.log(`${name.padEnd(16)} ${String(tests).padStart(5)} tests ${seconds.toFixed(0).padStart(5)} s`)
}
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''
console.log(`${counts.passed} passed, ${failed} failed${skipped}`)
process.exit(failed > 0 || counts.passed === 0 ? 1 : 0)
