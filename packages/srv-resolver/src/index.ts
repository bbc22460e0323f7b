export { DnsClient, type DnsClientOptions, dnsClient } from './dns-client.ts'
export { ResolverError, type ResolverErrorCode } from './error.ts'
export type {
  AddressRecord,
  DnsAnswer,
  ResolveAddressesOptions,
  ResolveOptions,
  SrvAnswer,
  SrvRecord,
  SrvResolver,
} from './resolver.ts'
export { srvOrder } from './srv-order.ts'
export { staticResolver } from './static.ts'
export type { ZoneMatch, ZoneRecord } from './zone.ts'
export type { ZoneFault } from './zone-fault.ts'
export { startZoneServer, type ZoneServer, type ZoneServerOptions } from './zone-server.ts'
