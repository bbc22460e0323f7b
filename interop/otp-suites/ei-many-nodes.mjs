// In the place of the C program `einode`: so many nodes, each of which says a word to a process of the suite.
import { charlist } from '@dynsrv/etf'
import { nodeNamed, note } from './our-node.mjs'

const [cookie, count, peer] = process.argv.slice(2)
try {
  await Promise.all(Array.from({ length: Number(count) }, (_, index) => say(index)))
  process.exit(0)
} catch (error) {
  note('einode', error)
  process.exit(1)
}

async function say(index) {
  const node = await nodeNamed(`ei${index}`, { cookie })
  await node.connect(peer)
  node.send({ name: `mth${index}`, node: peer }, charlist(`ei${index}`))
  await node.drain()
}
