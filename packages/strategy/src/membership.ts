import type { HostAddress, NodeAddressCandidate, NodeName } from '@dynsrv/epmd-shim'

/** A link to a peer came up, whichever side dialled. */
export interface LinkUp {
  readonly node: NodeName
}

/** A link to a peer went down. */
export interface LinkDown {
  readonly node: NodeName
  /** Why, in the words of the program that holds the link. */
  readonly reason?: unknown
}

/** How a strategy dials. */
export interface Dial {
  readonly signal: AbortSignal
  /** Where the peer listens, in dial order, as its source said. Left out when it did not, and the peer is to be looked up. */
  readonly endpoints?: readonly NodeAddressCandidate[]
  /** More of them, which are still being looked up: they are dialled when they come. */
  readonly later?: Promise<readonly NodeAddressCandidate[]>
  /** The addresses of the peer's host, where its source knows these and no port: the name of the host is not to be looked up. */
  readonly addresses?: readonly HostAddress[]
}

/**
 * What a strategy drives: anything that holds links to peers. `@dynsrv/node`'s `Node` is one; a test double, a gateway or
 * another transport may be as well.
 */
export interface Membership {
  /** Our own name, which is never dialled. */
  readonly self: NodeName
  /** The peers with a live link now, whichever side dialled, also those that the strategy does not want. */
  connected(): Iterable<NodeName>
  /** Brings a link up. Rejects with the reason; an error with `retryable: false` is tried again only rarely. */
  connect(peer: NodeName, options: Dial): Promise<void>
  /** Takes a link down. Resolves also when there is none. */
  disconnect(peer: NodeName): Promise<void>
  on(event: 'nodeup', listener: (event: LinkUp) => void): unknown
  on(event: 'nodedown', listener: (event: LinkDown) => void): unknown
  off(event: 'nodeup', listener: (event: LinkUp) => void): unknown
  off(event: 'nodedown', listener: (event: LinkDown) => void): unknown
}
