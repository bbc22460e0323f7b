// A DNS server in a process of its own, so that its work is not counted: member counts come in, its address goes out.
import { startZoneServer } from '@dynsrv/srv-resolver'

const zone = await startZoneServer({})
const member = (service, index) => ({
  type: 'SRV',
  name: service,
  target: `n${index}.${service}`,
  port: 9_000 + index,
  ttlSeconds: 0,
})
process.on('message', ({ service, from = 0, to }) => {
  for (let index = from; index < to; index++) zone.add(member(service, index))
  process.send({ at: performance.timeOrigin + performance.now() })
})
process.on('disconnect', () => zone.close())
process.send({ address: zone.address })
