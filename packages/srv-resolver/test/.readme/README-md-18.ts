import { dnsClient, ResolverError, startZoneServer } from '@dynsrv/srv-resolver'

// A small authoritative DNS server on loopback, in place of Consul or your own.
await using zone = await startZoneServer()
zone.add({ type: 'SRV', name: 'my-service.example.org', target: 'a.my-service.example.org', port: 9101 })
zone.add({ type: 'A', name: 'a.my-service.example.org', address: '127.0.0.1' })

const dns = dnsClient({ servers: [zone.address], timeoutMs: 500, tries: 1 })
const { records, addresses } = await dns.resolveSrv('my-service.example.org')
globalThis.readmeLog(0, records[0]?.target, records[0]?.port)
globalThis.readmeLog(1, addresses.get('a.my-service.example.org')?.[0]?.address)

const nobody = await dns.resolveSrv('other.example.org')
globalThis.readmeLog(2, nobody.empty)

zone.setFault('servfail')
const failure = await dns.resolveSrv('my-service.example.org').catch((error: ResolverError) => error)
globalThis.readmeLog(3, failure instanceof ResolverError && failure.code)
dns.close()