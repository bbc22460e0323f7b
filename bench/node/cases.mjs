import { readFileSync } from 'node:fs'

/**
 * What is measured, and what is wanted.
 *
 * A case gives one figure for each of its rows; `count` is how many messages or calls it makes. A goal is about the ratio of our figure to that of erl in the same round,
 * unless it is `absolute`; `beside` names the row of erl that it is compared with, where it is another one.
 */

/** Another build of ours does as much as ours. */
export const countOf = (count, { kind }) => count[kind === 'twin' ? 'node' : kind] ?? count.default

const rate = (command, count) => async (peer, names) => {
  const n = countOf(count, peer)
  const [ns, disordered = 0] = await peer.process.run(...command(names), n)
  if (disordered > 0) throw new Error(`${disordered} of ${n} messages came out of order`)
  return [(n / ns) * 1e9]
}

const times = (command, count) => async (peer, names) => {
  const answer = await peer.process.run(...command(names), count)
  return answer.map((ns) => ns / 1000)
}

const WARM_UP_LINKS = 40
const IDLE_LINKS = 200

/** Resident memory that accepted links take in a fresh process, when nothing goes over them. */
async function idleLink(peer, { cookie, fresh, startDialers }) {
  const process = await fresh(peer)
  const dialers = await startDialers(process, cookie)
  try {
    await dialers.run('dial', WARM_UP_LINKS)
    await process.run('collect')
    const before = residentKiB(process.pid)
    const [alive] = await dialers.run('dial', IDLE_LINKS)
    const [connected] = await process.run('collect')
    if (connected !== undefined && alive !== connected) throw new Error(`${connected} links of ${alive} are up`)
    return [(residentKiB(process.pid) - before) / IDLE_LINKS]
  } finally {
    await dialers.stop()
    await process.stop()
  }
}

function residentKiB(pid) {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1])
}

const SMALL_BYTES = 40
const KIB = 1024
const MIB = 1024 * KIB
const SMALL = { default: 200_000, node: 600_000 }
const FLOOD = { default: 300_000, node: 600_000 }
/** A second or more: V8 has compiled what the case needs after about a third of one. */
const MIDDLE = { default: 4_000, erl: 40_000, node: 40_000 }
const LARGE = { default: 300, erl: 4_000, node: 4_000 }

const sent = (name, size, count, atLeast) => ({
  name,
  count,
  run: rate(({ hub }) => ['send', hub, size], count),
  rows: [{ name, unit: 'msg/s', goal: { atLeast } }],
})

const received = (name, size, count, atLeast, from = 'hub') => ({
  name,
  count,
  run: rate((names) => ['recv', names[from], size], count),
  rows: [{ name, unit: 'msg/s', goal: { atLeast } }],
})

const called = (name, command, inFlight, count, atLeast, beside) => ({
  name,
  needs: command,
  count: { default: count },
  run: rate(({ hub }) => [command, hub, inFlight], { default: count }),
  rows: [{ name, unit: 'calls/s', goal: { atLeast }, beside }],
})

export const CASES = [
  sent('small sent', SMALL_BYTES, SMALL, 4),
  received('small received', SMALL_BYTES, SMALL, 0.95),
  received('small received, unlimited sender', SMALL_BYTES, FLOOD, 3, 'ideal'),
  sent('64 KiB sent', 64 * KIB, MIDDLE, 1.05),
  received('64 KiB received', 64 * KIB, MIDDLE, 0.9),
  sent('1 MiB sent', MIB, LARGE, 1.1),
  received('1 MiB received', MIB, LARGE, 1),
  {
    name: 'echo',
    count: { default: 15_000 },
    run: times(({ hub }) => ['echo', hub], 15_000),
    rows: [
      { name: 'echo, median', unit: 'µs', goal: { atMost: 1.05 } },
      { name: 'echo, 99th percentile', unit: 'µs', goal: { atMost: 1.3 } },
    ],
  },
  called('rpc, 1 in flight', 'rpc', 1, 8_000, 0.95),
  called('rpc, 64 in flight', 'rpc', 64, 25_600, 0.95),
  called('rpc through rex, 1 in flight', 'rex', 1, 8_000, 1.05, 'rpc, 1 in flight'),
  called('rpc through rex, 64 in flight', 'rex', 64, 25_600, 1.3, 'rpc, 64 in flight'),
  {
    name: 'link set-up',
    run: times(({ hub }) => ['setup', hub], 60),
    rows: [{ name: 'link set-up', unit: 'µs', goal: { atMost: 0.8 } }],
  },
  {
    name: 'memory of an idle link',
    needs: 'accept',
    run: idleLink,
    rows: [{ name: 'memory of an idle link', unit: 'KiB', goal: { atMost: 32, absolute: true } }],
  },
  {
    name: 'mesh of 40 nodes in one process',
    needs: 'mesh',
    run: async (peer) => {
      const [ns, links] = await peer.process.run('mesh', 40)
      return [(links / ns) * 1e9]
    },
    rows: [{ name: 'mesh of 40 nodes in one process', unit: 'links/s', goal: { atLeast: 1200, absolute: true } }],
  },
]
