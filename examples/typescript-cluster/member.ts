// A cluster of TypeScript processes alone: no BEAM node, no broker. Every member squares numbers; each asks all of them.
import { atom, inspect, Pid, start, Tuple, tuple } from 'dynsrv'

const cluster = await start({ service: 'squares.test', dns: process.env.DYNSRV_DNS ?? '127.0.0.1:8600' })
const { node } = cluster
const group = atom('workers')

// A worker: a process that the group knows, on every member.
const worker = node.mailbox()
node.pg().join(group, worker)
const work = (async () => {
  for await (const message of worker) {
    if (!(message instanceof Tuple)) continue
    const [, from, number] = message.elements
    if (from instanceof Pid && typeof number === 'number') {
      worker.send(from, tuple(atom('squared'), atom(node.self), number ** 2))
    }
  }
})()

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    await cluster.drain()
    await work
  })
}

await cluster.ready({ minPeers: 2 })
const members = 3
while (node.pg().members(group).length < members) await new Promise((resolve) => node.pg().once('join', resolve))

const inbox = node.mailbox()
let next = 1
for (const pid of node.pg().members(group)) inbox.send(pid, tuple(atom('square'), inbox.pid, next++))
for (let answers = 0; answers < members; answers++) {
  const answer = (await inbox.receive({ timeoutMs: 10_000 })) as Tuple
  console.log(inspect(answer, { syntax: 'erlang' }))
}
