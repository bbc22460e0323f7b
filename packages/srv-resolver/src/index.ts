export { DnsClient, type DnsClientOptions, dnsClient } from './dns-client.ts'
export { ResolverError, type ResolverErrorCode, type ResolverErrorOptions } from './error.ts'
export type {
  AddressRecord,
  DnsAnswer,
  EmptyReason,
  ResolveAddressesOptions,
  ResolveOptions,
  SrvAnswer,
  SrvRecord,
  SrvResolver,
  SrvWatchEvent,
  SrvWatcher,
  Transport,
  TrimReason,
} from './resolver.ts'
export { srvOrder } from './srv-order.ts'
export { type StaticResolver, staticResolver } from './static.ts'
export type { ZoneFault, ZoneFaultName, ZoneFaultSettings } from './zone-fault.ts'
export type { ZoneRecord } from './zone-record.ts'
export { startZoneServer, type ZoneMatch, type ZoneQuery, ZoneServer, type ZoneServerOptions } from './zone-server.ts'
