// Measures our node beside erl <-> erl, and other ways into a cluster, in one run; see README.md.
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
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
    twin: { type: 'string', default: '' },
    cores: { type: 'string', default: `0,${Math.min(1, availableParallelism() - 1)}` },
  },
})

/** Peers that lack what a case needs. */
const LACKS = {
  erl: ['rex', 'mesh'],
  ei: ['rpc', 'mesh', 'accept'],
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

/** What a peer spends on one message or call. It tells more than the clock while others use the machine. */
const cpuRow = ({ name }) => ({ name: `${name}, processor time`, unit: 'µs' })

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

const stage = await Stage.open(values.cores.split(','), values.twin)
try {
  const peers = []
  for (const kind of values.peers.split(',')) peers.push(await stage.start(kind))
  const wanted = values.cases.split(',')
  const cases = CASES.filter(({ name }) => wanted.some((part) => name.includes(part)))
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const one of cases) {
      // Whoever is first in one round is last in the next.
      const turn = peers.map((_, index) => peers[(index + round) % peers.length])
      const able = turn.filter(({ kind }) => !LACKS[kind]?.includes(one.needs))
      for (let attempt = 0; attempt < Number(values.tries); attempt++) {
        for (const peer of able) {
          const before = processorMs(peer.process.pid)
          note(one.rows, peer, round, await one.run(peer, stage))
          if (one.count === undefined) continue
          const spent = processorMs(peer.process.pid) - before
          note([cpuRow(one)], peer, round, [(spent * 1000) / countOf(one.count, peer)])
        }
      }
    }
    process.stderr.write(`round ${round + 1} of ${values.rounds}\n`)
  }
  const table = { kinds: peers.map(({ kind }) => kind), figures: middle(figures) }
  printTable({ ...table, rows: cases.flatMap((one) => one.rows) })
  console.log('\nProcessor time of the peer for one message or call:\n')
  printTable({ ...table, rows: cases.filter((one) => one.count !== undefined).map(cpuRow) })
} finally {
  await stage.close()
}
