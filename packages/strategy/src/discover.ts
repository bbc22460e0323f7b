import type { NodeName } from '@dynsrv/epmd-shim'

/** Something that discovery found and that is no member. */
export interface IgnoredTarget {
  /** As the source wrote it. */
  readonly target: string
  readonly reason: string
}

/** An answer with all that a loop can make use of; a bare set of names says the same with nothing known beside it. */
export interface Discovery {
  readonly nodes: ReadonlySet<NodeName>
  /** What was found and left out, each with its reason. The loop reports each target once. */
  readonly ignored?: readonly IgnoredTarget[]
  /** How long the answer is good, in milliseconds, for the `byTtl` interval. */
  readonly ttlMs?: number
  /** It is an older answer, since no new one could be had. Nobody leaves because of it. */
  readonly stale?: boolean
  /** It may lack members. Nobody leaves because of it. */
  readonly trimmed?: boolean
  /** Why parts of a composed source failed while others answered; each is reported as `partFailed`. */
  readonly failures?: readonly unknown[]
  /** The empty answer is sure (SRV target `.`), so it is believed at once. */
  readonly absent?: boolean
  /** Why it is empty: the name does not exist, or it has no such records. */
  readonly empty?: 'nxdomain' | 'nodata'
  /** Who answered, for telemetry. */
  readonly server?: string
}

/**
 * A source of members: asked for all who should be connected now, ourselves possibly among them.
 *
 * **Rejects when it does not know.** An empty answer says that nobody is there. It stops at once when the signal aborts.
 *
 * A source that learns of changes has `subscribe`: it calls `changed` whenever asking again may give another answer, and
 * releases what it holds when the signal aborts. Asking on a timer goes on beside it, at the loop's interval.
 */
export interface Discover {
  (options: { readonly signal: AbortSignal }): Promise<ReadonlySet<NodeName> | Discovery>
  /** Reports changes, where the source can. */
  readonly subscribe?: (changed: () => void, options: { readonly signal: AbortSignal }) => void
}

/** Brings both shapes of an answer into one. */
export function discoveryOf(answer: ReadonlySet<NodeName> | Discovery): Discovery {
  return 'nodes' in answer ? answer : { nodes: answer }
}

/** A discovery that learns of changes. */
export function withSubscribe(
  discover: (options: { readonly signal: AbortSignal }) => Promise<ReadonlySet<NodeName> | Discovery>,
  subscribe: ((changed: () => void, options: { readonly signal: AbortSignal }) => void) | undefined,
): Discover {
  return subscribe === undefined ? discover : Object.assign(discover, { subscribe })
}
