import type { NodeName } from '@dynsrv/epmd-shim'
import type { Membership } from '../membership.ts'

// Several topologies may drive one membership: what one of them lets go may still be a member for another.
const CLAIMS = new WeakMap<Membership, Map<NodeName, Set<object>>>()

/** Notes that a loop counts a node as its member. */
export function claim(membership: Membership, node: NodeName, owner: object): void {
  const claims = CLAIMS.get(membership) ?? new Map<NodeName, Set<object>>()
  CLAIMS.set(membership, claims)
  const owners = claims.get(node)
  if (owners === undefined) claims.set(node, new Set([owner]))
  else owners.add(owner)
}

/** Takes that back, and says whether nobody else counts the node as a member. */
export function release(membership: Membership, node: NodeName, owner: object): boolean {
  const claims = CLAIMS.get(membership)
  const owners = claims?.get(node)
  owners?.delete(owner)
  if (owners !== undefined && owners.size > 0) return false
  claims?.delete(node)
  return true
}

/** Whether any loop counts the node as a member. */
export function isClaimed(membership: Membership, node: NodeName): boolean {
  return CLAIMS.get(membership)?.has(node) ?? false
}
