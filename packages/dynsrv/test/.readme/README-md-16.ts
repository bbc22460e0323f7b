import { inspect, start, startZoneServer, tuple } from 'dynsrv'

const service = 'my-service.test'
const zone = await startZoneServer() // stands for Consul, or any DNS server with SRV records
const common = { service, dns: zone.address, cookie: 'shared-secret', host: '127.0.0.1', port: 0, pollingInterval: 100 }
const api = await start({ ...common, name: `api-1@${service}` })
const db = await start({ ...common, name: `db-1@${service}` }) // or any Erlang or Elixir node
zone.add({ type: 'SRV', name: service, target: `db-1.${service}`, port: db.port })
zone.add({ type: 'A', name: `db-1.${service}`, address: '127.0.0.1' })

await api.ready({ minPeers: 1 })
globalThis.readmeLog(0, api.members().join())
const store = db.node.mailbox('store')
api.node.send({ name: 'store', node: `db-1@${service}` }, tuple('put', 42))
globalThis.readmeLog(1, inspect(await store.receive()))
await Promise.all([api.drain(), db.drain(), zone.close()])