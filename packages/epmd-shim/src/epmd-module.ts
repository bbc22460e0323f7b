/** The address families that OTP's `address_please/3` is asked for; `any` is what a dual-stack dialler asks. */
export type AddressFamily = 'inet' | 'inet6' | 'any'

/** One place where a node may answer. */
export interface NodeAddressCandidate {
  readonly ip: string
  readonly family: 4 | 6
  readonly port: number
}

/** Where a node may answer, in the order in which to dial; never empty. */
export interface NodeAddress {
  readonly candidates: readonly NodeAddressCandidate[]
  /**
   * More of them, of an address family that was not looked up in time (RFC 8305): dialled after the others, as soon as they come.
   * Never rejects.
   */
  readonly later?: Promise<readonly NodeAddressCandidate[]>
  /** The distribution version the peer speaks: 6 for OTP 23 and later, which is all that this project talks to. */
  readonly version: 6
}

/** A node that registered itself, as `net_adm:names/1` lists it. */
export interface RegisteredName {
  readonly name: string
  readonly port: number
}

/** What can end a call early. */
export interface CallOptions {
  /** Ends the call at once; it then rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

/** An address of a host. */
export interface HostAddress {
  readonly ip: string
  readonly family: 4 | 6
}

/** What a lookup of a node takes. */
export interface LookupOptions extends CallOptions {
  /**
   * The addresses of the node's host, where they are known: a module that would look the host up takes these. A registry says them
   * with the name, and the search list of the system could lead elsewhere.
   */
  readonly addresses?: readonly HostAddress[] | undefined
}

/**
 * How a node gets its own port and creation, and how it finds other nodes: OTP's `-epmd_module` callbacks, one to one.
 *
 * A node calls `startLink`, `listenPortPlease`, then `registerNode` when it listens, and `addressPlease` for each dial.
 * `epmdModuleContract` of `@dynsrv/epmd-shim/contract` tests what it relies on, for your own modules too.
 *
 * @see OTP `erl_epmd`, and `erl -epmd_module`
 */
export interface EpmdModule {
  startLink(options?: CallOptions): Promise<void>
  /** The port to listen on; 0 lets the system choose. Rejects or throws an `EpmdError` when the node cannot know it. */
  listenPortPlease(alive: string, host: string): Promise<number> | number
  /** Registers the node with the directory once it listens, and gets the creation it lives under. */
  registerNode(alive: string, port: number, driver?: 'inet' | 'inet6'): Promise<{ creation: number }>
  /** Finds a node. Rejects with an `EpmdError` when it is not there (`EPMD_NOT_FOUND`) or cannot be looked up. */
  addressPlease(alive: string, host: string, family?: AddressFamily, options?: LookupOptions): Promise<NodeAddress>
  /** The registered nodes of a host. Rejects with `EPMD_NAMES_UNKNOWN` where the directory cannot list any. */
  names(host?: string, options?: CallOptions): Promise<readonly RegisteredName[]>
  /** Gives back what it holds, such as the registration. It may be called again. A module that holds nothing needs none. */
  close?(): Promise<void> | void
  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose]?(): Promise<void>
}
