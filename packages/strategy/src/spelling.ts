import type { NodeName } from '@dynsrv/epmd-shim'

/**
 * Gives names the spelling in which they are known. DNS ignores case and node names do not: an answer in capitals names
 * the same nodes.
 */
export function sameSpelling(nodes: Iterable<NodeName>, ...known: readonly Iterable<NodeName>[]): Set<NodeName> {
  const spelled = new Map<string, NodeName>()
  for (const names of known) for (const name of names) spelled.set(name.toLowerCase(), name)
  const same = new Set<NodeName>()
  for (const node of nodes) same.add(spelled.get(node.toLowerCase()) ?? node)
  return same
}
