// What many pids, monitors, calls and casts cost one node, each at twice the number of the last: the time must double, too.
// node proportion.mjs [largest = 200000] [part of a case's name]
import { Static } from '@dynsrv/epmd-shim'
import { atom, Pid, tuple } from '@dynsrv/etf'
import { startNode } from '@dynsrv/node'

const LARGEST = Number(process.argv[2] ?? 200_000)
const SIZES = [8, 4, 2, 1].map((part) => LARGEST / part)
const ROUNDS = 3
const [GROUP, DISCOVER, JOIN, LEAVE] = ['group', 'discover', 'join', 'leave'].map(atom)
/** Nothing is to be refused for its number. */
const limits = {
  maxLinks: 10 * LARGEST,
  maxProcesses: 10 * LARGEST,
  maxWaiting: 10 * LARGEST,
  maxQueuedBytes: 4 * 1024 ** 3,
}

let started = 0

async function start(known = {}, options = {}) {
  const name = `proportion${++started}@127.0.0.1`
  const listen = { host: '127.0.0.1' }
  return startNode({ name, cookie: 'proportion', epmd: new Static(known), listen, limits, ...options })
}

/** Two nodes with a link between them; ours is one of the mesh, the peer is none. */
async function pair() {
  const peer = await start()
  const ours = await start({ [peer.self]: { ip: '127.0.0.1', port: peer.port } }, { hidden: false })
  await ours.ping(peer.self, { timeoutMs: 600_000 })
  return { ours, peer, close: () => Promise.all([ours.close(), peer.close()]) }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))
const mailboxes = (node, count) => Array.from({ length: count }, () => node.mailbox())

async function until(done) {
  while (!done()) await turn()
}

/** Each prepares so many, and gives what is measured. */
const CASES = {
  'pg: pids of a peer that leave at once': async ({ ours, peer }, count) => {
    const scope = ours.pg()
    const [fake, ...members] = mailboxes(peer, count + 1)
    const to = { name: 'pg', node: ours.self }
    const pids = members.map(({ pid }) => pid)
    fake.send(to, tuple(DISCOVER, fake.pid))
    fake.send(to, tuple(JOIN, fake.pid, GROUP, pids))
    await until(() => scope.members(GROUP).length === count)
    return async () => {
      fake.send(to, tuple(LEAVE, fake.pid, pids.toReversed(), [GROUP]))
      await until(() => scope.members(GROUP).length === 0)
    }
  },
  'pg: processes of ours that end, one by one': async ({ ours }, count) => {
    const scope = ours.pg()
    const members = mailboxes(ours, count)
    for (const member of members) scope.join(GROUP, member)
    return async () => {
      for (const member of members.toReversed()) member.close()
    }
  },
  'global locks of a peer that goes': async ({ ours, peer }, count) => {
    const [one] = mailboxes(peer, 1)
    const locker = { name: 'global_name_server', node: ours.self }
    for (let index = 0; index < count; index++) {
      const holder = new Pid(one.pid.node, one.pid.id, index, one.pid.creation)
      const from = tuple(holder, peer.alias(one).ref)
      peer.send(locker, tuple(atom('$gen_call'), from, tuple(atom('set_lock'), tuple(index, 1))))
    }
    await ours.ping(peer.self, { timeoutMs: 600_000 })
    return async () => {
      await ours.disconnect(peer.self)
      await peer.close()
    }
  },
  'monitors of a peer that goes': async ({ ours, peer }, count) => {
    const watcher = ours.mailbox({ maxMessages: 2 * count })
    const [watched] = mailboxes(peer, 1)
    for (let index = 0; index < count; index++) watcher.monitor(watched.pid)
    await ours.ping(peer.self, { timeoutMs: 600_000 })
    return async () => {
      await ours.disconnect(peer.self)
      await until(() => watcher.length === count)
    }
  },
  'calls under way to a peer that goes': async ({ ours, peer }, count) => {
    const silent = peer.serve({ call: () => new Promise(() => undefined), maxMessages: 2 * count })
    const calls = Array.from({ length: count }, () => ours.call(silent.pid, 1, { timeoutMs: Number.POSITIVE_INFINITY }))
    const settled = Promise.allSettled(calls)
    await ours.ping(peer.self, { timeoutMs: 600_000 })
    return async () => {
      await ours.disconnect(peer.self)
      await settled
    }
  },
  'casts that wait for a server': async ({ ours }, count) => {
    let handled = 0
    let release
    const open = new Promise((resolve) => {
      release = resolve
    })
    const server = ours.serve({
      maxMessages: 2 * count,
      cast: async () => {
        await open
        handled++
      },
    })
    for (let index = 0; index < count; index++) ours.cast(server.pid, index)
    return async () => {
      release()
      await until(() => handled === count)
    }
  },
}

async function measure(make, count) {
  const times = []
  for (let round = 0; round < ROUNDS; round++) {
    const nodes = await pair()
    const run = await make(nodes, count)
    const begin = process.cpuUsage()
    await run()
    const { user, system } = process.cpuUsage(begin)
    times.push((user + system) / 1000)
    await nodes.close()
  }
  return times.sort((a, b) => a - b)[ROUNDS >> 1]
}

console.log(`| processor time in ms for | ${SIZES.join(' | ')} | growth of the last |`)
console.log(`|---|${SIZES.map(() => '---:').join('|')}|---:|`)
for (const [name, make] of Object.entries(CASES)) {
  if (!name.includes(process.argv[3] ?? '')) continue
  const times = []
  for (const size of SIZES) times.push(await measure(make, size))
  const growth = times.at(-1) / times.at(-2)
  console.log(`| ${name} | ${times.map((ms) => ms.toFixed(0)).join(' | ')} | ${growth.toFixed(1)} |`)
}
