// The node that is flooded: a server that answers, and a mailbox that nobody reads.
import { createInterface } from 'node:readline'
import { Static } from '@dynsrv/epmd-shim'
import { startNode } from '@dynsrv/node'

const [name, cookie] = process.argv.slice(2)
const listen = { host: '127.0.0.1', port: Number(/_(\d+)@/.exec(name)[1]) }
const node = await startNode({ name, cookie, epmd: new Static({}), listen })
node.serve({ name: 'echo', call: (request) => request })
const box = node.mailbox({ name: 'box', trapExit: true })
node.expose('js', { box: () => box.pid })

let most = 0
setInterval(() => {
  most = Math.max(most, process.memoryUsage().rss)
}, 50).unref()

const mebibytes = (bytes) => Math.round(bytes / 1024 / 1024)
console.log('ready')
for await (const line of createInterface({ input: process.stdin })) {
  if (line !== 'memory') continue
  const received = node.peers().reduce((sum, peer) => Math.max(sum, peer.receivedMessages ?? 0), 0)
  globalThis.gc()
  console.log(`${received} ${mebibytes(process.memoryUsage().heapUsed)} ${mebibytes(most)}`)
}
