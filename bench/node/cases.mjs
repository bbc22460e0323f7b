import { readFileSync } from 'node:fs'

/**
 * What is measured, and what is wanted.
 *
 * A case gives one figure for each of its rows; `count` is how many messages or calls it makes, `few` how many take about 0.3 s: with
 * them it is run in a fresh process, and after a pause, too. A goal is about the ratio of our figure to that of erl in the same round,
 * unless it is `absolute`; `beside` names the row of erl that it is compared with, where it is another one.
 */

const OURS = ['twin', 'base']

/** Another build of ours does as much as ours. */
export const countOf = (count, { kind }) => count[OURS.includes(kind) ? 'node' : kind] ?? count.default

const rate = (command) => async (peer, names, n) => {
  const [ns, disordered = 0] = await peer.process.run(...command(names), n)
  if (disordered > 0) throw new Error(`${disordered} of ${n} messages came out of order`)
  return [(n / ns) * 1e9]
}

const times = (command) => async (peer, names, n) => {
  const answer = await peer.process.run(...command(names), n)
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

/** What is kept fits into memory. */
const KEPT_MIDDLE = { default: 4_000 }
const KEPT_LARGE = { default: 200 }
const FEW = { small: 60_000, middle: 3_000, large: 200 }

const sent = (name, { size, count, few, to = 'pid', atLeast, cold }) => ({
  name,
  count,
  few,
  run: rate(({ hub }) => [to === 'pid' ? 'send' : 'sendname', hub, size]),
  rows: [{ name, unit: 'msg/s', goal: { atLeast }, cold: { atLeast: cold } }],
})

const received = (name, { size, count, few, from = 'hub', keeps = false, atLeast, cold }) => ({
  name,
  count,
  few,
  needs: keeps ? 'keep' : undefined,
  run: rate((names) => [keeps ? 'keep' : 'recv', names[from], size]),
  rows: [{ name, unit: 'msg/s', goal: { atLeast }, ...(cold && { cold: { atLeast: cold } }) }],
})

const called = (name, command, inFlight, count, atLeast, beside) => ({
  name,
  needs: command,
  count: { default: count },
  few: Math.ceil(count / 8 / inFlight) * inFlight,
  run: rate(({ hub }) => [command, hub, inFlight]),
  rows: [{ name, unit: 'calls/s', goal: { atLeast }, beside }],
})

export const CASES = [
  sent('small sent', { size: SMALL_BYTES, count: SMALL, few: FEW.small, atLeast: 3.8, cold: 2.5 }),
  sent('small sent to a name', {
    size: SMALL_BYTES,
    count: SMALL,
    few: FEW.small,
    to: 'name',
    atLeast: 3.8,
    cold: 2.5,
  }),
  received('small received', { size: SMALL_BYTES, count: SMALL, few: FEW.small, atLeast: 0.95 }),
  received('small received and kept', { size: SMALL_BYTES, count: SMALL, few: FEW.small, keeps: true, atLeast: 0.95 }),
  received('small received, unlimited sender', {
    size: SMALL_BYTES,
    count: FLOOD,
    few: FEW.small,
    from: 'ideal',
    atLeast: 3,
  }),
  sent('64 KiB sent', { size: 64 * KIB, count: MIDDLE, few: FEW.middle, atLeast: 1.05, cold: 0.8 }),
  sent('64 KiB sent to a name', {
    size: 64 * KIB,
    count: MIDDLE,
    few: FEW.middle,
    to: 'name',
    atLeast: 1.05,
    cold: 0.8,
  }),
  received('64 KiB received', { size: 64 * KIB, count: MIDDLE, few: FEW.middle, atLeast: 1, cold: 0.8 }),
  received('64 KiB received and kept', {
    size: 64 * KIB,
    count: KEPT_MIDDLE,
    few: FEW.middle,
    keeps: true,
    atLeast: 1,
    cold: 0.8,
  }),
  sent('1 MiB sent', { size: MIB, count: LARGE, few: FEW.large, atLeast: 1.1, cold: 0.8 }),
  sent('1 MiB sent to a name', { size: MIB, count: LARGE, few: FEW.large, to: 'name', atLeast: 1.1, cold: 0.8 }),
  received('1 MiB received', { size: MIB, count: LARGE, few: FEW.large, atLeast: 1, cold: 0.8 }),
  received('1 MiB received and kept', {
    size: MIB,
    count: KEPT_LARGE,
    few: FEW.large,
    keeps: true,
    atLeast: 1,
    cold: 0.8,
  }),
  {
    name: 'echo',
    count: { default: 15_000 },
    few: 3_000,
    run: times(({ hub }) => ['echo', hub]),
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
    count: { default: 60 },
    few: 10,
    isPaced: true,
    run: times(({ hub }) => ['setup', hub]),
    rows: [{ name: 'link set-up', unit: 'µs', goal: { atMost: 0.8 }, cold: { atMost: 1 } }],
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
