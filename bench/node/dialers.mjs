// Opens links of many nodes to one peer and leaves them idle; "dial N" opens N more.
import { createInterface } from 'node:readline'
import { Static } from '@dynsrv/epmd-shim'
import { startNode } from '@dynsrv/node'

const [peer, port, cookie] = process.argv.slice(2)
const nodes = []

async function dial() {
  const name = `dialer${nodes.length}@127.0.0.1`
  const epmd = new Static({ [peer]: { ip: '127.0.0.1', port: Number(port) } })
  const node = await startNode({ name, cookie, epmd, listen: false })
  nodes.push(node)
  await node.connect(peer)
}

console.log(`ready ${process.pid}`)
for await (const line of createInterface({ input: process.stdin })) {
  for (let left = Number(line.split(' ')[1]); left > 0; left--) await dial()
  console.log(`= ${nodes.filter((node) => node.connected().length === 1).length}`)
}
await Promise.all(nodes.map((node) => node.close()))
