import type { NodeName } from '@dynsrv/epmd-shim'
import type { ByNode, Discovery, IgnoredTarget } from '../discover.ts'

/** Whom the loop knows already. */
export interface Known {
  readonly members: ReadonlyMap<NodeName, unknown>
  readonly connected: () => Iterable<NodeName>
  readonly self: NodeName
}

/**
 * Takes no more than so many members from one answer: those that are known first, then the others in the order of the answer.
 * Together with members that the answer lacks there are never more than twice as many, so that answers which name others each
 * time cannot grow without end.
 */
export class MostMembers {
  readonly #max: number
  /** What was said of answers that are too long, once for all of them in a row. */
  #said: IgnoredTarget | undefined

  constructor(max: number) {
    this.#max = max
  }

  /** The answer as it is, or its part with `trimmed`, since what was left out may be anybody. In proportion to its length. */
  limit(discovery: Discovery, known: () => Known): Discovery {
    const { nodes, ignored = [] } = discovery
    const max = this.#max
    const isTooLong = nodes.size > max || ignored.length > max
    const taken = this.#taken(nodes, known)
    if (taken === nodes && !isTooLong) {
      this.#said = undefined
      return discovery
    }
    this.#said ??= tooMany(nodes.size, ignored.length, max)
    return {
      ...discovery,
      ...partOf(discovery, taken),
      nodes: taken,
      ignored: [this.#said, ...ignored.slice(0, max)],
      ...(isTooLong && { trimmed: true }),
    }
  }

  #taken(nodes: ReadonlySet<NodeName>, known: () => Known): ReadonlySet<NodeName> {
    const max = this.#max
    const { members, connected, self } = known()
    // The other members leave by the rules; until then there is room for as many again.
    if (nodes.size <= max && nodes.size + members.size <= 2 * max) return nodes
    const spelled = new Set<string>()
    for (const names of [members.keys(), connected(), [self]]) for (const name of names) spelled.add(name.toLowerCase())
    const first: NodeName[] = []
    const others: NodeName[] = []
    for (const node of nodes) (spelled.has(node.toLowerCase()) ? first : others).push(node)
    const taken = first.slice(0, max)
    const room = Math.max(0, Math.min(max - taken.length, 2 * max - members.size))
    return others.length <= room && first.length <= max ? nodes : new Set([...taken, ...others.slice(0, room)])
  }
}

/** What the answer says of those that were taken: nothing of the others is kept in memory. */
function partOf({ endpoints, preferences }: Discovery, nodes: ReadonlySet<NodeName>): Partial<Discovery> {
  return {
    ...(endpoints !== undefined && { endpoints: ofThese(endpoints, nodes) }),
    ...(preferences !== undefined && { preferences: ofThese(preferences, nodes) }),
  }
}

function ofThese<T>(all: ByNode<T>, nodes: ReadonlySet<NodeName>): Map<NodeName, T> {
  const some = new Map<NodeName, T>()
  for (const node of nodes) {
    const one = all.get(node)
    if (one !== undefined) some.set(node, one)
  }
  return some
}

function tooMany(members: number, ignored: number, max: number): IgnoredTarget {
  const isIgnored = ignored > max && members <= max
  const target = isIgnored ? `${ignored} records that are of no use` : `${members} members`
  const reason =
    isIgnored || members > max
      ? `the answer has more than maxMembers: ${max}`
      : `with members of earlier answers they are more than twice maxMembers: ${max}`
  return { target, reason, foreign: true }
}
