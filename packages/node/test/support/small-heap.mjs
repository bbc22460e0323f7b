// A node in a process of its own, with the heap that its caller gives it, from the built package. It prints its port, then a
// line for each warning and each link that goes. What comes to `box` waits there; `reads` lets go of what it got; `memory`
// prints how much memory buffers take. Whoever runs `js:hang/0` waits forever. `js:typed/1` takes an atom.
import { t } from '@dynsrv/etf'
import { fn, startNode } from '../../dist/index.js'

const [, , name, cookie, options = '{}'] = process.argv
const epmd = {
  startLink: async () => undefined,
  listenPortPlease: () => 0,
  registerNode: async () => 1,
  addressPlease: async () => {
    throw new Error('this node dials nobody')
  },
  names: async () => [],
}
const node = await startNode({ name, cookie, epmd, listen: { host: '127.0.0.1' }, ...JSON.parse(options) })
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)
node.mailbox('box')
node.pg()
node.expose('js', {
  'hang/0': () => new Promise(() => undefined),
  'answer/0': () => 'served',
  typed: fn([t.atom()], () => 'taken'),
})
node.serve({ name: 'reads', info: () => undefined })
node.on('warning', ({ code, limit, peer }) => say({ code, limit, peer }))
node.on('nodedown', ({ node: peer, reason }) => say({ down: peer, code: reason.code }))
node.serve({
  name: 'memory',
  call: () => {
    say({ buffersMb: Math.ceil(process.memoryUsage().arrayBuffers / 1e6) })
    return 'told'
  },
})
say({ port: node.port })
