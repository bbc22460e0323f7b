import type { NodeName } from '@dynsrv/epmd-shim'
import type { Pid } from '@dynsrv/etf'
import type { Node } from '@dynsrv/node'
import type { KnownMember, Preference, Strategy } from '@dynsrv/strategy'
import type { Candidate } from './choice.ts'
import type { Target } from './service-target.ts'

/** A member of a service that can be called: its node is connected and not deregistered. */
export interface Member extends Candidate {
  readonly node: NodeName
  /** With a process group, the process. */
  readonly pid?: Pid
}

/** What is read to know the members. */
export interface MemberParts {
  readonly node: Node
  readonly strategies: ReadonlyMap<string, Strategy>
}

/** The members that the topologies of a target name, with what is known of each, connected or not. */
export function namedMembers({ strategies }: MemberParts, topology?: string): Map<NodeName, KnownMember> {
  const named = new Map<NodeName, KnownMember>()
  for (const [name, strategy] of strategies) {
    if (topology !== undefined && name !== topology) continue
    for (const [node, member] of strategy.members()) {
      const other = named.get(node)
      // Where one topology names it and another one does not any more, it is a member.
      if (other === undefined || (other.deregistered && !member.deregistered)) named.set(node, member)
    }
  }
  return named
}

/** Who can be called now. */
export function membersOf(parts: MemberParts, target: Target): Member[] {
  return target.kind === 'pg' ? pgMembers(parts, target) : linkedMembers(parts, target.topology)
}

function linkedMembers(parts: MemberParts, topology: string | undefined): Member[] {
  const named = namedMembers(parts, topology)
  return parts.node.connected().flatMap((node) => {
    const member = named.get(node)
    if (member === undefined || member.deregistered) return []
    return [{ key: node, node, priority: member.priority, weight: member.weight }]
  })
}

/** A process of a node that no topology names has the preference of the first of the others. */
function pgMembers(parts: MemberParts, { group, scope }: Extract<Target, { kind: 'pg' }>): Member[] {
  const named = namedMembers(parts)
  const linked = new Set<string>(parts.node.connected()).add(parts.node.self)
  const found = parts.node.pg(scope).members(group)
  const usable = found.flatMap((pid) => {
    const node = pid.node.name as NodeName
    const member = named.get(node)
    return linked.has(node) && member?.deregistered !== true ? [{ pid, node, member }] : []
  })
  const known = usable.flatMap(({ member }) => (member === undefined ? [] : [member]))
  const first = known.reduce<Preference>((a, b) => (b.priority < a.priority ? b : a), known[0] ?? NO_PREFERENCE)
  return usable.map(({ pid, node, member }) => {
    const { priority, weight } = member ?? first
    return { key: String(pid), node, pid, priority, weight }
  })
}

const NO_PREFERENCE: Preference = { priority: 0, weight: 0 }
