import type { NodeEvent } from '@dynsrv/node'
import type { MembershipChange } from '@dynsrv/strategy'

/**
 * All that happens to a cluster member, by `type`.
 *
 * `nodeup`, `nodedown`, `refused` and `warning` come from the node, whichever side dialled; the others from the strategy
 * of the named topology: what it found, which peers it could not reach, which members left.
 */
export type ClusterEvent = NodeEvent | (MembershipChange & { readonly topology: string })

/**
 * Our own record was in the zone and was removed: the others drop their links. With the leave policies that take links
 * down, no peer of that service is dialled until it is back. A program that should end now calls `drain()`.
 */
export type Deregistered = Extract<ClusterEvent, { type: 'deregistered' }>
