// In the place of the C program `eiaccnode`: so many nodes, each of which answers one process of the suite.
import { tuple } from '@dynsrv/etf'
import { nodeNamed, note } from './our-node.mjs'

const [cookie, count] = process.argv.slice(2)
try {
  await Promise.all(Array.from({ length: Number(count) }, (_, index) => answerOne(index)))
  process.exit(0)
} catch (error) {
  note('eiaccnode', error)
  process.exit(1)
}

async function answerOne(index) {
  const node = await nodeNamed(`eiacc${index}`, { cookie })
  const pid = await node.mailbox('any').receive()
  node.send(pid, tuple(index, pid))
  await node.drain()
}
