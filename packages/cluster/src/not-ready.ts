import { advice, explain } from './explain.ts'
import type { LastLookup } from './last-lookup.ts'

/** What is known when too few peers are connected. */
export interface NotReadyFacts {
  readonly self: string
  readonly minPeers: number
  readonly timeoutMs: number
  readonly connected: readonly string[]
  /** Members that are not connected, each with the error of the last dial, if it has ended. */
  readonly missing: ReadonlyMap<string, unknown>
  readonly topologies: ReadonlyMap<string, TopologyFacts>
}

/** What discovery said about one topology. */
export interface TopologyFacts {
  /** Why there is no answer. */
  readonly failure?: unknown
  /** The last answer: which others it names, or why it names nobody. */
  readonly polled?: {
    readonly nodes: ReadonlySet<string>
    readonly empty?: 'nxdomain' | 'nodata'
    readonly server?: string
  }
  /** Targets that name no node, each with why. */
  readonly ignored?: ReadonlyMap<string, string>
  readonly lookup?: LastLookup | undefined
}

/** Why, and what to do about it. */
interface Cause {
  readonly why: string
  readonly hint: string
  readonly cause?: unknown
}

/** What `ready` says when it gives up: the hint is that of what stands first in the way. */
export function notReady(facts: NotReadyFacts): {
  readonly message: string
  readonly hint: string
  readonly cause?: unknown
} {
  const { connected, minPeers, timeoutMs } = facts
  const causes = [...discoveryCauses(facts), ...memberCauses(facts)]
  if (causes.length === 0) causes.push(tooFew(facts))
  const why = causes.map((each) => each.why).join('; ')
  const peers = minPeers === 1 ? 'peer' : 'peers'
  const [first] = causes
  return {
    message: `${connected.length} of ${minPeers} ${peers} after ${timeoutMs / 1_000} s (${why})`,
    hint: first!.hint,
    ...(first!.cause !== undefined && { cause: first!.cause }),
  }
}

function memberCauses({ missing }: NotReadyFacts): Cause[] {
  const causes = [...missing].map(([peer, cause]): Cause => {
    if (cause === undefined) {
      const hint =
        'Wait longer than setupTimeMs, which a dial may take. A peer that takes no TLS, or wants it, is silent so long.'
      return { why: `${peer}: the dial has not ended yet`, hint }
    }
    const { message, hint } = explain(cause)
    return { why: `${peer}: ${message}`, hint: hint ?? advice(cause), cause }
  })
  // What a dial ended with says more than one that goes on.
  return causes.sort((a, b) => Number(a.cause === undefined) - Number(b.cause === undefined))
}

function discoveryCauses(facts: NotReadyFacts): Cause[] {
  return [...facts.topologies].flatMap(([topology, each]) => discoveryCause(topology, each, facts))
}

function discoveryCause(
  topology: string,
  { failure, polled, ignored, lookup }: TopologyFacts,
  facts: NotReadyFacts,
): Cause[] {
  if (failure !== undefined) {
    const { message, hint } = explain(failure)
    return [{ why: `discovery: ${message}`, hint: hint ?? advice(failure), cause: failure }]
  }
  const name = lookup?.service ?? topology
  if (polled === undefined) {
    const hint = 'Check that the source of members answers. An SRV topology asks the servers of the option dns.'
    return [{ why: `discovery has no answer about ${name} yet`, hint }]
  }
  if (polled.nodes.size > 0 || facts.missing.size > 0) return []
  const by = polled.server === undefined ? '' : ` (${polled.server})`
  if (polled.empty === 'nxdomain') {
    return [
      {
        why: `DNS has no name ${name}${by}`,
        hint: `Check the spelling of service, search domains included, and that members register under it: dig SRV ${name}`,
      },
    ]
  }
  if (polled.empty === 'nodata') {
    return [
      {
        why: `DNS has no SRV record under ${name}${by}`,
        hint: `Give service the name that has the SRV records, which in some registries begins with _: dig SRV ${name}`,
      },
    ]
  }
  const [first] = ignored ?? []
  if (first !== undefined) {
    const [target, reason] = first
    const more = ignored!.size > 1 ? `, and ${ignored!.size - 1} more` : ''
    return [
      {
        why: `DNS lists ${target} for ${name}, which names no node: ${reason}${more}`,
        hint: `Register members as <label>.${name}, or say with memberName how a record becomes a node name.`,
      },
    ]
  }
  if (lookup?.answer === undefined) return []
  return [
    {
      why: `DNS lists this node itself, ${facts.self}, and nobody else under ${name}`,
      hint: 'Start another member. If another node should be there by this name, give each node a name of its own.',
    },
  ]
}

function tooFew({ connected, minPeers }: NotReadyFacts): Cause {
  if (connected.length === 0) {
    return {
      why: 'discovery named no other member',
      hint: 'Start another member, or check the source that names them.',
    }
  }
  return {
    why: `discovery named no more than ${connected.join(', ')}`,
    hint: `Start ${minPeers - connected.length} more, or wait for fewer: minPeers.`,
  }
}
