// Measures our node beside erl <-> erl, and other ways into a cluster, in one run; see README.md.
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { CASES } from './cases.mjs'
import { Stage } from './peers.mjs'
import { median, printTable } from './table.mjs'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    tries: { type: 'string', default: '3' },
    peers: { type: 'string', default: 'erl,node' },
    cases: { type: 'string', default: '' },
    cores: { type: 'string', default: `0,${Math.min(1, availableParallelism() - 1)}` },
  },
})

/** Peers that lack what a case needs. */
const LACKS = { erl: ['rex', 'mesh'] }

/** Of each row and peer, the rounds, each with its tries. */
const figures = new Map()

function note({ rows }, { kind }, round, came) {
  rows.forEach((row, index) => {
    const key = `${row.name} ${kind}`
    const rounds = figures.get(key) ?? []
    figures.set(key, rounds)
    rounds[round] = [...(rounds[round] ?? []), came[index]]
  })
}

/** The median of the tries of each round. */
const middle = (all) => new Map([...all].map(([key, rounds]) => [key, rounds.map(median)]))

const stage = await Stage.open(values.cores.split(','))
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
        for (const peer of able) note(one, peer, round, await one.run(peer, stage))
      }
    }
    process.stderr.write(`round ${round + 1} of ${values.rounds}\n`)
  }
  const rows = cases.flatMap((one) => one.rows)
  printTable({ rows, kinds: peers.map(({ kind }) => kind), figures: middle(figures) })
} finally {
  await stage.close()
}
