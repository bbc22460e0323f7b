// A member that Nomad starts and Consul knows: who is healthy comes from Consul's API, at once; addresses come from its DNS.
import { byTag, consul } from '@dynsrv/strategy'
import { start } from 'dynsrv'

// Nomad sets RELEASE_NODE, RELEASE_COOKIE and ERL_DIST_PORT: see shop.nomad.hcl
const cluster = await start({
  // Nomad sends SIGINT; deregistering is its part, done before.
  leaveOn: ['SIGINT', 'SIGTERM'],
  dns: process.env.CONSUL_DNS ?? '127.0.0.1:8600',
  topologies: {
    shop: (membership) =>
      consul(membership, {
        service: 'shop',
        url: process.env.CONSUL_HTTP_ADDR ?? 'http://127.0.0.1:8500',
        // The tag of an instance is its label, so that <label>.shop.service.consul is its own name in Consul's DNS.
        name: byTag({ host: 'shop.service.consul' }),
      }),
  },
})
cluster.on((event) => {
  if (event.type === 'nodeup' || event.type === 'nodedown') console.log(event.type, event.node)
})
