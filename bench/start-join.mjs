// What `start.mjs` times: a program that joins a cluster and ends.
import { start } from '../packages/cluster/dist/index.js'

const [service, dns, port] = process.argv.slice(2)
const cluster = await start({ name: `joins@${service}`, service, dns, port: Number(port) })
await cluster.ready({ minPeers: 1 })
process.exit(0)
