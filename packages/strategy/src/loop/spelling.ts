import type { NodeName } from '@dynsrv/epmd-shim'

/**
 * Gives names the spelling in which they are known. DNS ignores case and node names do not: an answer in capitals names
 * the same nodes.
 */
export function sameSpelling(
  nodes: ReadonlySet<NodeName>,
  { members, connected, self }: SpellingsInUse,
): ReadonlySet<NodeName> {
  // Most polls name the peers that we are connected to, in the same letters.
  const strangers: NodeName[] = []
  for (const node of nodes) if (node !== self && !connected.has(node)) strangers.push(node)
  if (strangers.length === 0) return nodes
  const spelled = new Map<string, NodeName>()
  for (const names of [members, connected, [self]]) for (const name of names) spelled.set(name.toLowerCase(), name)
  const same = new Set<NodeName>()
  for (const node of nodes) same.add(spelled.get(node.toLowerCase()) ?? node)
  return same
}

/** The members without those whom the answer names in other letters: a peer has said meanwhile how it spells itself. */
export function withoutOtherSpellings<M>(
  members: ReadonlyMap<NodeName, M>,
  nodes: ReadonlySet<NodeName>,
): ReadonlyMap<NodeName, M> {
  const missing = [...members.keys()].filter((node) => !nodes.has(node))
  if (missing.length === 0) return members
  const named = new Set([...nodes].map((node) => node.toLowerCase()))
  const renamed = missing.filter((node) => named.has(node.toLowerCase()))
  if (renamed.length === 0) return members
  const rest = new Map(members)
  for (const node of renamed) rest.delete(node)
  return rest
}

/** Later ones count more: what a peer calls itself is its name. */
export interface SpellingsInUse {
  readonly members: Iterable<NodeName>
  readonly connected: ReadonlySet<NodeName>
  readonly self: NodeName
}
