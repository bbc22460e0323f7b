export { type CachedOptions, cached } from './cached.ts'
export { ConsulHttp, type ConsulHttpOptions, consulHttp } from './consul-http.ts'
export { DnsClient, type DnsClientOptions, dnsClient } from './dns-client.ts'
export { type EnvResolverOptions, envResolver } from './env.ts'
export { ResolverError, type ResolverErrorCode, type ResolverErrorOptions } from './error.ts'
export { type FailoverOptions, failover } from './failover.ts'
export { fileResolver } from './file.ts'
export { metered, QUERY_CHANNEL, type QueryEvent } from './metered.ts'
export { type NodeDnsOptions, nodeDns } from './node-dns.ts'
export { type RacingOptions, racing } from './racing.ts'
export { parseResolvConf, type ResolverConfig } from './resolv-conf.ts'
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
export { type SameDomainOptions, sameDomain } from './same-domain.ts'
export { parseServerAddress, type ServerAddress } from './server-address.ts'
export { srvOrder } from './srv-order.ts'
export { type StaleEvent, type StaleOnErrorOptions, staleOnError } from './stale-on-error.ts'
export { type StaticResolver, staticResolver } from './static.ts'
export { type TrimDetectingOptions, type TrimEvent, trimDetecting } from './trim-detecting.ts'
export type { ZoneFault, ZoneFaultName, ZoneFaultSettings } from './zone-fault.ts'
export type { ZoneRecord } from './zone-record.ts'
export { startZoneServer, type ZoneMatch, type ZoneQuery, ZoneServer, type ZoneServerOptions } from './zone-server.ts'
export { parseZoneText } from './zone-text.ts'
