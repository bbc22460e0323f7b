// A cluster of TypeScript processes alone: no BEAM node, no broker. Every member squares numbers; each asks all of them.
import { atom, inspect, start, t, tuple } from 'dynsrv'

const cluster = await start({ service: 'squares.test', leaveOn: ['SIGINT', 'SIGTERM'] })
const { node } = cluster
const group = atom('workers')

// A worker: a process that the group knows, on every member.
const worker = node.mailbox()
const square = t.tuple(t.atom('square'), t.pid(), t.int())
node.pg().join(group, worker)
const work = async () => {
  for await (const message of worker) {
    if (!square.test(message)) continue
    const [, from, number] = square.parse(message)
    worker.send(from, tuple(atom('squared'), atom(node.self), number ** 2))
  }
}
work()

await cluster.ready({ minPeers: 2 })
const members = 3
while (node.pg().members(group).length < members) await new Promise((resolve) => node.pg().once('join', resolve))

const inbox = node.mailbox()
let next = 1
for (const pid of node.pg().members(group)) inbox.send(pid, tuple(atom('square'), inbox.pid, next++))
for (let answers = 0; answers < members; answers++) {
  const answer = await inbox.receive({ timeoutMs: 10_000 })
  console.log(inspect(answer, { syntax: 'erlang' }))
}
