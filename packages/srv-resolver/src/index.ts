export type {
  Clock,
  CodedError,
  CodedErrorOptions,
  ErrorCategory,
  ErrorTable,
  ErrorWords,
  FileFacts,
  Files,
  Network,
  ProgramRun,
  Programs,
  Ran,
  Random,
  System,
  Timer,
  World,
} from '@dynsrv/kit'
export { askAddresses, askSrv, askTxt } from './ask.ts'
export { DnsClient, type DnsClientOptions, dnsClient } from './client/dns-client.ts'
export { parseResolvConf, type ResolverConfig, type ResolverSurroundings } from './client/resolv-conf.ts'
export { type CachedOptions, cached } from './decorators/cached.ts'
export { type FailoverOptions, failover } from './decorators/failover.ts'
export { type MeteredOptions, metered, QUERY_CHANNEL, type QueryEvent } from './decorators/metered.ts'
export { type RacingOptions, racing } from './decorators/racing.ts'
export { type SameDomainOptions, sameDomain } from './decorators/same-domain.ts'
export { type StaleEvent, type StaleOnErrorOptions, staleOnError } from './decorators/stale-on-error.ts'
export { type TrimDetectingOptions, type TrimEvent, trimDetecting } from './decorators/trim-detecting.ts'
export {
  DNS_ERRORS,
  isResolverError,
  ResolverError,
  type ResolverErrorCode,
  type ResolverErrorOptions,
} from './error.ts'
export { absoluteName } from './records/absolute-name.ts'
export { type PortService, parsePortService, portNameRule, portService } from './records/port-service.ts'
export { type RacingAddresses, type RacingAddressesOptions, racingAddresses } from './records/racing-addresses.ts'
export {
  type Endpoint,
  type FoundAddresses,
  type SrvEndpoints,
  type SrvEndpointsOptions,
  srvEndpoints,
} from './records/srv-endpoints.ts'
export { srvOrder } from './records/srv-order.ts'
export { type FoundSrvRecord, type UsableSrvRecords, usableSrvRecords } from './records/usable-srv-records.ts'
export type {
  AddressRecord,
  ClosableResolver,
  DnsAnswer,
  EmptyReason,
  IgnoredRecord,
  ResolveAddressesOptions,
  ResolveOptions,
  ResolveSrvOptions,
  SrvAnswer,
  SrvRecord,
  SrvResolver,
  SrvWatchEvent,
  SrvWatcher,
  Transport,
  TrimReason,
} from './resolver.ts'
export { parseServerAddress, type ServerAddress } from './server-address.ts'
export type { ConsulInstance, ConsulMeta } from './sources/consul-api.ts'
export {
  ConsulHttp,
  type ConsulHttpOptions,
  type ConsulInstances,
  consulHttp,
} from './sources/consul-http.ts'
export { type EnvResolverOptions, envResolver } from './sources/env.ts'
export { type FileResolverOptions, fileResolver } from './sources/file.ts'
export { type NodeDnsOptions, nodeDns } from './sources/node-dns.ts'
export { type StaticResolver, type StaticResolverOptions, staticResolver } from './sources/static.ts'
export { withoutSecrets } from './without-secrets.ts'
export type { ZoneFault, ZoneFaultName, ZoneFaultScope, ZoneFaultSettings } from './zone/zone-fault.ts'
export type { ZoneRecord } from './zone/zone-record.ts'
export {
  startZoneServer,
  type ZoneMatch,
  type ZoneQuery,
  ZoneServer,
  type ZoneServerOptions,
} from './zone/zone-server.ts'
export { parseZoneText } from './zone/zone-text.ts'
