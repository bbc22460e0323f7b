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

/** A record that a source holds and that cannot be used. It is left out of the answer; the others stand. */
export interface IgnoredRecord {
  /** Its target, as the source wrote it; for a line of a file, the line. */
  readonly target: string
  /** What is wrong with it, as a clause: `its port is 0, not a whole number from 1 to 65535`. */
  readonly reason: string
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
  /**
   * The address family that is not in it, where both were asked for: its look-up failed, or was given up 50 ms after the other
   * one had addresses. Ask for this family alone to wait for it.
   */
  readonly missing?: 4 | 6
  /** Size of the answering message in bytes, where there was one. */
  readonly messageBytes?: number
}

/** The answer to an SRV question. */
export interface SrvAnswer extends DnsAnswer<SrvRecord> {
  /** Addresses that came with the answer, by lower-case target; a target that is missing here has to be looked up. */
  readonly addresses: ReadonlyMap<string, readonly AddressRecord[]>
  /** Records that were found and left out, each with the reason; left out when there are none. */
  readonly ignored?: readonly IgnoredRecord[]
}

/** What every lookup takes. */
export interface ResolveOptions {
  /** Ends the lookup at once; it then rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

/** What a lookup of SRV records takes. */
export interface ResolveSrvOptions extends ResolveOptions {
  /**
   * `tcp` asks in the way in which no server cuts an answer; a resolver that has no choice takes no notice of it. Default: as the
   * resolver does.
   */
  readonly transport?: 'tcp' | undefined
}

/** What an address lookup takes. */
export interface ResolveAddressesOptions extends ResolveOptions {
  /** Ask for A (4) or AAAA (6) only; both when left out. */
  readonly family?: 4 | 6 | undefined
}

/**
 * A source of DNS answers.
 *
 * An answer is empty only when the zone says so (`empty` says how). Everything else rejects with a {@link ResolverError},
 * and an abort with `signal.reason`. Names are case-insensitive; a trailing dot makes a name absolute.
 *
 * A record that cannot be used is left out and listed as `ignored` (`usableSrvRecords`); when none is left the lookup
 * rejects with `DNS_NO_USABLE_RECORD`.
 *
 * `resolverContract` of `@dynsrv/srv-resolver/contract` tests all of this, for your own resolvers too.
 */
export interface SrvResolver {
  resolveSrv(name: string, options?: ResolveSrvOptions): Promise<SrvAnswer>
  /**
   * An IP address as name is its own answer. With both families, one that has records covers for one that failed, or that has not
   * come 50 ms later (`missing`).
   *
   * @see RFC 8305 §3
   */
  resolveAddresses(name: string, options?: ResolveAddressesOptions): Promise<DnsAnswer<AddressRecord>>
  /** The strings of each TXT record, joined. */
  resolveTxt(name: string, options?: ResolveOptions): Promise<DnsAnswer<string>>
  /**
   * Gives back what it holds, and closes the resolvers that it asks. Lookups under way and later ones reject with
   * `DNS_CLOSED`. May be called again. A resolver that holds nothing and asks nobody needs none.
   */
  close?(): void
  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose]?(): Promise<void>
}

/** A resolver that can be closed, as all of this package can, whether or not they hold something. */
export interface ClosableResolver extends SrvResolver, AsyncDisposable {
  close(): void
  [Symbol.asyncDispose](): Promise<void>
}

/** What a source that pushes reports. */
export type SrvWatchEvent =
  | { readonly type: 'answer'; readonly answer: SrvAnswer }
  | { readonly type: 'failed'; readonly error: unknown; readonly retryInMs: number }

/** A source that reports a change as soon as it happens. */
export interface SrvWatcher {
  /** The first answer at once, then one for each change; a failure is reported and tried again. Ends only by abort, with `signal.reason`. */
  watchSrv(name: string, options?: ResolveOptions): AsyncGenerator<SrvWatchEvent, never>
}
