// A member for a runtime: joins, is called, calls, and leaves when its input ends. Prints one JSON object a line.
import { readFileSync } from 'node:fs'
import { start } from 'dynsrv'

const { NAME, SERVICE, DNS, COOKIE, PEER, TLS_CA, TLS_CERT, TLS_KEY, PORT } = process.env
const say = (fact) => console.log(JSON.stringify(fact))
const tls = TLS_CERT && { ca: readFileSync(TLS_CA), cert: readFileSync(TLS_CERT), key: readFileSync(TLS_KEY) }

const cluster = await start({
  ...{ name: NAME, service: SERVICE, dns: DNS, cookie: COOKIE, host: '127.0.0.1', port: Number(PORT) },
  ...(tls && { tls }),
  pollingInterval: 200,
})
cluster.node.expose('js', { 'double/1': (number) => number * 2 })
await cluster.ready({ minPeers: 1, timeoutMs: 20_000 })
say({ members: cluster.members() })
const sum = await cluster.node.erpc(PEER, 'lists', 'sum', [[1, 2, 3]])
say({ sum })
process.stdin.resume()
process.stdin.once('end', async () => {
  await cluster.close()
  say({ left: true })
})
