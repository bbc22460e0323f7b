// Measures our node beside erl <-> erl, and other ways into a cluster, in one run; see README.md.
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { CASES, countOf } from './cases.mjs'
import { Stage } from './peers.mjs'
import { median, printTable } from './table.mjs'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    tries: { type: 'string', default: '3' },
    peers: { type: 'string', default: 'erl,node,jinterface,ei' },
    cases: { type: 'string', default: '' },
    states: { type: 'string', default: 'cold,quiet,warm' },
    quiet: { type: 'string', default: '60' },
    // No case begins later than so many seconds after the first.
    most: { type: 'string', default: 'Infinity' },
    twin: { type: 'string', default: '' },
    base: { type: 'string', default: '' },
    cores: { type: 'string', default: `0,${Math.min(1, availableParallelism() - 1)}` },
  },
})

/** Peers that lack what a case needs. */
const LACKS = {
  erl: ['rex', 'mesh'],
  // It keeps no messages: what it reads is a buffer of its own that the next message overwrites.
  ei: ['rpc', 'mesh', 'accept', 'keep'],
  jinterface: ['rpc', 'mesh'],
}

/** Of each row and peer, the rounds, each with its tries. */
const figures = new Map()

function note(rows, { kind }, round, came) {
  rows.forEach((row, index) => {
    const key = `${row.name} ${kind}`
    const rounds = figures.get(key) ?? []
    figures.set(key, rounds)
    rounds[round] = [...(rounds[round] ?? []), came[index]]
  })
}

const states = values.states.split(',')
const quietSeconds = Number(values.quiet)

/**
 * What is run of a case, in which process: `warm` again and again in one that has done it before; `cold` once, in a fresh one;
 * `quiet` once, in the first one after a pause.
 */
const SUFFIXES = { warm: '', cold: ', cold', quiet: `, after ${quietSeconds} s of quiet` }

/** The rows of a case in a state, each with the goal that it has there. */
function rowsOf({ rows }, state) {
  return rows.map((row) => ({
    ...row,
    name: row.name + SUFFIXES[state],
    beside: row.beside && row.beside + SUFFIXES[state],
    goal: state === 'warm' ? row.goal : row.cold,
  }))
}

/** What a peer spends on one message or call. It tells more than the clock while others use the machine. */
const cpuRow = ({ name }, state) => ({ name: `${name}${SUFFIXES[state]}, processor time`, unit: 'µs' })

/** Whether time is spent on messages or calls alone, not on waiting between them. */
const hasCpuRow = ({ count, isPaced }) => count !== undefined && isPaced !== true

/** User and system time of all threads that are there, so far. */
function processorMs(pid) {
  const ns = readdirSync(`/proc/${pid}/task`).map((thread) => threadNs(`/proc/${pid}/task/${thread}/schedstat`))
  return ns.reduce((sum, one) => sum + one, 0) / 1e6
}

function threadNs(file) {
  try {
    return Number(readFileSync(file, 'utf8').split(' ')[0])
  } catch (error) {
    // It ended after it was listed, as those of a Java program's compiler do.
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return 0
    throw error
  }
}

/** The median of the tries of each round. */
const middle = (all) => new Map([...all].map(([key, rounds]) => [key, rounds.map(median)]))

/** Runs a case once. */
async function measure(one, peer, { state, round, count }) {
  const { pid } = peer.process
  const before = processorMs(pid)
  note(rowsOf(one, state), peer, round, await one.run(peer, stage, count))
  if (!hasCpuRow(one)) return
  note([cpuRow(one, state)], peer, round, [((processorMs(pid) - before) * 1000) / count])
}

const stage = await Stage.open(values.cores.split(','), values)
try {
  const peers = []
  for (const kind of values.peers.split(',')) peers.push(await stage.start(kind))
  const wanted = values.cases.split(',')
  const cases = CASES.filter(({ name }) => wanted.some((part) => name.includes(part)))
  const latest = performance.now() + Number(values.most) * 1000
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const one of cases) {
      if (performance.now() > latest) break
      // Whoever is first in one round is last in the next.
      const turn = peers.map((_, index) => peers[(index + round) % peers.length])
      const able = turn.filter(({ kind }) => !LACKS[kind]?.includes(one.needs))
      if (states.includes('cold') && one.few !== undefined) {
        for (const { kind } of able) {
          const process = await stage.fresh({ kind })
          await measure(one, { kind, process }, { state: 'cold', round, count: one.few })
          await process.stop()
        }
      }
      if (states.includes('warm') || one.few === undefined) {
        for (let attempt = 0; attempt < Number(values.tries); attempt++) {
          for (const peer of able) {
            const count = one.count && countOf(one.count, peer)
            await measure(one, peer, { state: 'warm', round, count })
          }
        }
      }
      if (states.includes('quiet') && one.few !== undefined) {
        await pause(quietSeconds * 1000)
        for (const peer of able) await measure(one, peer, { state: 'quiet', round, count: one.few })
      }
    }
    process.stderr.write(`round ${round + 1} of ${values.rounds}\n`)
  }
  const table = { kinds: peers.map(({ kind }) => kind), figures: middle(figures) }
  const shown = cases.flatMap((one) => ['cold', 'quiet', 'warm'].map((state) => ({ one, state })))
  const has = ({ one, state }) =>
    rowsOf(one, state).some(({ name }) => peers.some(({ kind }) => figures.has(`${name} ${kind}`)))
  const measured = shown.filter(has)
  printTable({ ...table, rows: measured.flatMap(({ one, state }) => rowsOf(one, state)) })
  console.log('\nProcessor time of the peer for one message or call:\n')
  const timed = measured.filter(({ one }) => hasCpuRow(one))
  printTable({ ...table, rows: timed.map(({ one, state }) => cpuRow(one, state)) })
} finally {
  await stage.close()
}
