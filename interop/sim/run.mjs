// Plays stories drawn from seeds: `npm run sim -- --seeds 1000`. With `--faults`, plants one fault after another and says at
// which seed the simulator finds it.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundleSim } from './bundle.mjs'
import { FAULTS } from './faults.mjs'

const folder = mkdtempSync(join(tmpdir(), 'dynsrv-sim-'))
const bundle = join(folder, 'sim.cjs')
const args = process.argv.slice(2)

function run(options, stdio) {
  const node = ['--enable-source-maps', bundle, ...options]
  return spawnSync(process.execPath, node, { stdio, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
}

async function findFaults(options) {
  let found = 0
  for (const [index, fault] of FAULTS.entries()) {
    await bundleSim(bundle, fault)
    const { status, stdout } = run(['--first', ...options], ['ignore', 'pipe', 'inherit'])
    if (status === 1) found++
    const verdict = status === 1 ? stdout.trim().split('\n').at(-1).slice(0, 150) : `NOT FOUND: ${stdout.trim()}`
    console.log(`${index + 1}. ${fault.name}\n   ${verdict}`)
  }
  console.log(`${found} of ${FAULTS.length} planted faults are found`)
}

try {
  if (args.includes('--faults')) await findFaults(args.filter((each) => each !== '--faults'))
  else {
    const isScale = args[0] === '--scale'
    await bundleSim(bundle, undefined, isScale ? 'scale' : 'main')
    process.exitCode = run(isScale ? args.slice(1) : args, 'inherit').status ?? 1
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
