// Plays stories drawn from seeds: `npm run sim -- --seeds 1000`. With `--faults`, plants one fault after another and says at
// which seed the simulator finds it; `--faults=7-9` plants these three.
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

/** Whether a seed breaks no rule when nothing is planted. */
async function playsAlone(seed) {
  await bundleSim(bundle)
  return run(['--first', '--seeds', '1', '--from', seed], ['ignore', 'pipe', 'inherit']).status === 0
}

async function findFaults([from, to], options) {
  let found = 0
  let tried = 0
  for (const [index, fault] of FAULTS.entries()) {
    if (index + 1 < from || index + 1 > to) continue
    tried++
    await bundleSim(bundle, fault)
    const { status, stdout } = run(['--first', ...options], ['ignore', 'pipe', 'inherit'])
    const verdict = stdout
      .trim()
      .split('\n')
      .find((line) => line.startsWith('seed '))
    const seed = verdict?.match(/^seed (\d+)/)?.[1]
    // What breaks a rule without the fault shows nothing of it.
    const isSound = seed === undefined || (await playsAlone(seed))
    const isFound = status === 1 && isSound
    if (isFound) found++
    const shown = isFound ? (verdict ?? stdout.trim()).slice(0, 150) : `NOT FOUND: ${stdout.trim().slice(0, 150)}`
    console.log(`${index + 1}. ${fault.name}\n   ${shown}`)
  }
  console.log(`${found} of ${tried} planted faults are found`)
}

try {
  const faults = args.find((each) => /^--faults(=\d+-\d+)?$/.test(each))
  if (faults !== undefined) {
    const range = faults === '--faults' ? [1, FAULTS.length] : faults.slice('--faults='.length).split('-').map(Number)
    await findFaults(
      range,
      args.filter((each) => each !== faults),
    )
  } else {
    const other = ['scale', 'hour'].find((each) => args[0] === `--${each}`)
    await bundleSim(bundle, undefined, other ?? 'main')
    process.exitCode = run(other === undefined ? args : args.slice(1), 'inherit').status ?? 1
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
