import type { NodeEvent } from '@dynsrv/node'
import type { MembershipChange } from '@dynsrv/strategy'

/**
 * All that happens to a cluster member, told apart by `type`.
 *
 * `nodeup`, `nodedown`, `refused` and `warning` come from the node, whoever dialled; the others from the strategy of the
 * named topology: what it found, whom it could not reach, whom it let go.
 */
export type ClusterEvent = NodeEvent | (MembershipChange & { readonly topology: string }) | Deregistered

/**
 * Our own record was in the zone and is taken away: the others drop their links, and nobody of that service is dialled
 * until it is back. A service that is meant to end calls `drain()` now.
 */
export interface Deregistered {
  readonly type: 'deregistered'
  readonly topology: string
}
