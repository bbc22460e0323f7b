// What a peer that floods us costs the others: how long their calls take, and how much memory we hold.
// Command, after a build: node bench/node/flood.mjs [--calls 3000] [--rounds 3] [--realtime]
//
// Our node has one core, the Erlang ends the other. As root, `--realtime` keeps other programs of the machine out of the
// figures, and the two Erlang ends out of each other's way.
import { execFileSync, spawn } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { freePort } from '../free-port.mjs'

const HERE = dirname(fileURLToPath(import.meta.url))
const COOKIE = 'flood_bench'
const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '3000' },
    rounds: { type: 'string', default: '3' },
    realtime: { type: 'boolean' },
  },
})
const [CALLS, ROUNDS] = [Number(values.calls), Number(values.rounds)]

/** What the flood is made of, as Erlang. */
const TERMS = {
  'small terms': '{data, 1}',
  'terms of 64 KiB': 'binary:copy(<<7>>, 65536)',
  'terms of 1 MiB': 'binary:copy(<<7>>, 1048576)',
  'a million links': 'links',
}

const folder = mkdtempSync(join(tmpdir(), 'dynsrv-flood-'))
const epmd = join(folder, 'port_in_name_epmd.erl')
copyFileSync(join(HERE, '../../packages/node/test/support/port_in_name_epmd.erl'), epmd)
execFileSync('erlc', ['-o', folder, epmd, join(HERE, 'node_flood.erl')])

/** A process that answers each line that it is told with one line. */
class Program {
  #child
  #lines
  constructor({ priority }, command, args) {
    const realtime = values.realtime ? ['chrt', '-r', String(priority)] : []
    const [first, ...rest] = [...realtime, command, ...args]
    this.#child = spawn(first, rest, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }
  async next() {
    const { value, done } = await this.#lines.next()
    if (done) throw new Error('a program of the bench ended')
    return value
  }
  ask(line) {
    this.#child.stdin.write(`${line}\n`)
    return this.next()
  }
  tell(line) {
    this.#child.stdin.write(`${line}\n`)
  }
  end() {
    this.#child.kill('SIGKILL')
  }
}

async function erl(label, priority) {
  const name = `${label}_${await freePort()}@127.0.0.1`
  const program = new Program({ core: 1, priority }, 'erl', [
    ...['-noshell', '-hidden', '-name', name, '-setcookie', COOKIE, '-pa', folder, '-start_epmd', 'false'],
    ...['-epmd_module', 'port_in_name_epmd', '+S', '1:1', '-s', 'node_flood', 'main'],
  ])
  await program.next()
  return program
}

async function round(term) {
  const name = `flooded_${await freePort()}@127.0.0.1`
  const node = new Program({ core: 0, priority: 5 }, process.execPath, [
    '--expose-gc',
    join(HERE, 'flood-node.mjs'),
    name,
    COOKIE,
  ])
  await node.next()
  const [caller, flooder] = [await erl('caller', 6), await erl('flooder', 4)]
  try {
    await caller.ask(`calls ${name} 1000`)
    const [, quiet] = (await caller.ask(`calls ${name} ${CALLS}`)).split(' ').map(Number)
    flooder.tell(`flood ${name} ${term}`)
    await new Promise((resolve) => setTimeout(resolve, 500))
    const [median, flooded] = (await caller.ask(`calls ${name} ${CALLS}`)).split(' ').map(Number)
    const [received, heap, all] = (await node.ask('memory')).split(' ').map(Number)
    return { quiet, median, flooded, received, heap, all }
  } finally {
    for (const program of [node, caller, flooder]) program.end()
  }
}

const middle = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]

try {
  console.log('| flood of | p99 without, µs | p99 with, µs | ratio | messages | heap, MiB | all memory, MiB |')
  console.log('|---|---:|---:|---:|---:|---:|---:|')
  for (const [what, term] of Object.entries(TERMS)) {
    const rounds = []
    for (let index = 0; index < ROUNDS; index++) rounds.push(await round(term))
    const of = (key) => middle(rounds.map((each) => each[key]))
    const ratio = middle(rounds.map(({ quiet, flooded }) => flooded / quiet))
    const cells = [of('quiet'), of('flooded'), ratio.toFixed(2), of('received'), of('heap'), of('all')]
    console.log(`| ${[what, ...cells].join(' | ')} |`)
  }
} finally {
  rmSync(folder, { recursive: true })
}
