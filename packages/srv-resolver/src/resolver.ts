/** One SRV record. All of them are members; priority and weight only say in which order to dial (`srvOrder`). */
export interface SrvRecord {
  /** The host that offers the service, spelled as the zone wrote it, without the trailing dot. */
  readonly target: string
  /** 0 to 65535. */
  readonly port: number
  /** 0 to 65535; the lowest group is dialled first. */
  readonly priority: number
  /** 0 to 65535; the share within the group of one priority. */
  readonly weight: number
  readonly ttlSeconds: number
}

/** One A or AAAA record. */
export interface AddressRecord {
  /** An IPv4 or IPv6 address as text. */
  readonly address: string
  readonly family: 4 | 6
  readonly ttlSeconds: number
}

/**
 * Why an answer holds no records although the lookup worked.
 *
 * - `nxdomain`: the name does not exist
 * - `nodata`: the name exists and has no record of this type
 * - `absent`: SRV only; the zone says with the target `.` that the service is decidedly not available
 */
export type EmptyReason = 'nxdomain' | 'nodata' | 'absent'

/**
 * Why an answer is believed to be a part of the truth.
 *
 * - `size-limit`: one more record would not have fitted into the message, and the server set no TC
 * - `rotating`: answers of the last polls contradict each other, each shows another part
 */
export type TrimReason = 'size-limit' | 'rotating'

/** How an answer came: `none` when nothing was asked over a network. */
export type Transport = 'udp' | 'tcp' | 'http' | 'none'

/** A good answer. A failed lookup is never an answer: it is a rejection with a {@link ResolverError}. */
export interface DnsAnswer<R> {
  readonly records: readonly R[]
  /** Set exactly when `records` is empty. */
  readonly empty?: EmptyReason
  /** How long the answer may be kept: the least TTL of its records and aliases, or the SOA's negative TTL; 0 when unknown. */
  readonly ttlSeconds: number
  /** Who gave it, for instance `127.0.0.1:8600`. */
  readonly server: string
  readonly transport: Transport
  /** The server answered for its own zone, not from a cache. */
  readonly authoritative: boolean
  /** The server itself said that the answer is cut, and there was no way to get the rest. */
  readonly truncated: boolean
  /** The source failed and this is its last good answer (`staleOnError`). */
  readonly stale: boolean
  /** The answer looks cut although the server did not say so (`trimDetecting`). */
  readonly trimmed?: TrimReason
  /** Size of the answering message in bytes, where there was one. */
  readonly messageBytes?: number
}

/** The answer to an SRV question. */
export interface SrvAnswer extends DnsAnswer<SrvRecord> {
  /** Addresses that came with the answer, by lower-case target; a target that is missing here has to be looked up. */
  readonly addresses: ReadonlyMap<string, readonly AddressRecord[]>
}

/** What every lookup takes. */
export interface ResolveOptions {
  /** Ends the lookup at once; it then rejects with `signal.reason`. */
  readonly signal?: AbortSignal
}

/** What an address lookup takes. */
export interface ResolveAddressesOptions extends ResolveOptions {
  /** Ask for A (4) or AAAA (6) only; both when left out. */
  readonly family?: 4 | 6
}

/**
 * A source of DNS answers.
 *
 * An answer is empty only when the zone says so (`empty` tells how); whatever else goes wrong rejects with a
 * {@link ResolverError}, and an abort with `signal.reason`. Names are case-insensitive; a trailing dot makes a name
 * absolute.
 */
export interface SrvResolver {
  resolveSrv(name: string, options?: ResolveOptions): Promise<SrvAnswer>
  /** An IP address as name is its own answer. With both families, one that has records covers for one that failed. */
  resolveAddresses(name: string, options?: ResolveAddressesOptions): Promise<DnsAnswer<AddressRecord>>
  /** The strings of each TXT record, joined. */
  resolveTxt(name: string, options?: ResolveOptions): Promise<DnsAnswer<string>>
  /** Gives back sockets and timers; lookups under way and later ones reject with `DNS_CLOSED`. */
  close?(): void
}

/** What a source that pushes tells. */
export type SrvWatchEvent =
  | { readonly type: 'answer'; readonly answer: SrvAnswer }
  | { readonly type: 'failed'; readonly error: unknown; readonly retryInMs: number }

/** A source that tells of a change as soon as it happens. */
export interface SrvWatcher {
  /** The first answer at once, then one for each change; a failure is told and tried again. Ends only by abort, with `signal.reason`. */
  watchSrv(name: string, options?: ResolveOptions): AsyncGenerator<SrvWatchEvent, never>
}
