import type { HostAddress, NodeAddressCandidate, NodeName } from '@dynsrv/epmd-shim'
import { abortSignal, flag, type Rule, realWorld, required, rule, shown, type World, worldShape } from '@dynsrv/kit'
import { checks } from './checks.ts'
import { StrategyError } from './error.ts'

/** Something that discovery found and that is not a member. */
export interface IgnoredTarget {
  /** As the source wrote it. */
  readonly target: string
  readonly reason: string
  /**
   * Whose record it is, where that can be said although the record cannot be used. Such a member is not missing: it is kept
   * while its link lives. Without it, the loop takes a record that appears just when members go missing for one of theirs.
   */
  readonly node?: NodeName
  /** It is sound and names something else, so it is nobody's of the members. */
  readonly foreign?: boolean
}

/** Where a member listens, in the order in which to dial; or what finds that, asked when the member is dialled. */
export type Endpoints = readonly NodeAddressCandidate[] | Locate

/** Where a member listens, as a look-up found it. */
export interface Located {
  readonly endpoints: readonly NodeAddressCandidate[]
  /** More of them, of which no answer had come in time. Never rejects. */
  readonly later?: Promise<readonly NodeAddressCandidate[]>
  /** The addresses of the member's host, where its port is not known. */
  readonly addresses?: readonly HostAddress[]
}

/**
 * Finds where a member listens. It rejects, or gives nothing, when that cannot be said: the membership then looks the member
 * up by itself.
 */
export interface Locate {
  (options: { readonly signal: AbortSignal }): Promise<readonly NodeAddressCandidate[] | Located>
  /** Two with the same key lead to the same place; a member whose key changes is dialled at once. */
  readonly key?: string
}

/** The endpoints of members, by name; a `Map` is one. */
export interface EndpointsByNode {
  get(node: NodeName): Endpoints | undefined
}

/**
 * Whom calls go to first, as SRV records say it: to members of the lowest priority, and among these in proportion to their
 * weights.
 *
 * @see RFC 2782
 */
export interface Preference {
  /** 0 to 65535; the lowest first. */
  readonly priority: number
  /** 0 to 65535; the share among members of one priority. With 0 beside others, a member has a very small one. */
  readonly weight: number
}

/** The preference of members, by name; a `Map` is one. */
export interface PreferencesByNode {
  get(node: NodeName): Preference | undefined
}

/** What is known of members, by name. */
export interface ByNode<T> {
  get(node: NodeName): T | undefined
}

/** What the first answer that knows a member says of it. */
export function firstKnown<T>(answers: readonly (ByNode<T> | undefined)[]): ByNode<T> {
  return {
    get: (node) => {
      for (const answer of answers) {
        const known = answer?.get(node)
        if (known !== undefined) return known
      }
      return undefined
    },
  }
}

/** An answer with everything that a loop can use; a bare set of names is one about which nothing else is known. */
export interface Discovery {
  readonly nodes: ReadonlySet<NodeName>
  /** Where members listen, as far as the answer says: they are dialled there. */
  readonly endpoints?: EndpointsByNode
  /** Priority and weight of members, as far as the answer says: whom calls go to first. */
  readonly preferences?: PreferencesByNode
  /** What was found and left out, each with its reason. The loop reports each target once. */
  readonly ignored?: readonly IgnoredTarget[]
  /** How long the answer is good, in milliseconds, for the `byTtl` interval. */
  readonly ttlMs?: number
  /** It is an older answer, because there was no new one. Nobody leaves because of it. */
  readonly stale?: boolean
  /** It may lack members. Nobody leaves because of it. */
  readonly trimmed?: boolean
  /**
   * It is as long as one that was cut would be, and nothing else says whether it was. Nobody leaves because of the first
   * `doubtPolls` of these in a row.
   */
  readonly doubtful?: boolean
  /** Why parts of a composed source failed while others answered. Each is reported as `partFailed`. */
  readonly failures?: readonly unknown[]
  /** The empty answer is sure (SRV target `.`): it is believed at once. */
  readonly absent?: boolean
  /** Why it is empty: the name does not exist, or it has no such records. */
  readonly empty?: 'nxdomain' | 'nodata'
  /** The server that answered, for telemetry. */
  readonly server?: string
}

/** What a source is asked with. */
export interface DiscoverOptions {
  /** Ends the lookup. */
  readonly signal: AbortSignal
  /** Somebody was missing: the source should ask in the way in which no answer is cut, such as DNS over TCP. */
  readonly confirm?: boolean | undefined
  /** Where time, sockets and files come from: the world of the loop; default: the machine. */
  readonly world?: World | undefined
}

/**
 * A source of members: asked for all that should be connected now; our own name may be among them.
 *
 * **Rejects when it does not know.** An empty answer says that there are none. It stops at once when the signal aborts.
 *
 * A source that learns of changes has `subscribe`: it calls `changed` whenever a new question may get another answer, and
 * releases what it holds when the signal aborts. The loop still asks at its interval as well.
 */
export interface Discover {
  (options: DiscoverOptions): Promise<ReadonlySet<NodeName> | Discovery>
  /** Reports changes, where the source can. */
  readonly subscribe?: (changed: () => void, options: DiscoverOptions) => void
}

/** How a source is checked where it is an argument or an option. */
export const sourceRule: Rule = rule('a source, which is a function', (value) => {
  if (typeof value !== 'function') return false
  const { subscribe } = value as Discover
  return subscribe === undefined || typeof subscribe === 'function'
})

/** How a source of this package is asked: always with a world. */
export type Asked = Required<DiscoverOptions> & { readonly confirm: boolean; readonly world: World }

const check = checks.options<DiscoverOptions>('a source', {
  signal: required(abortSignal),
  confirm: flag,
  world: worldShape,
})

function asked(options: DiscoverOptions): Asked {
  check(options)
  return { signal: options.signal, confirm: options.confirm ?? false, world: options.world ?? realWorld }
}

/** A source made of a question, and for one that learns of changes, of a subscription. */
export function sourceOf(
  discover: (asked: Asked) => Promise<ReadonlySet<NodeName> | Discovery>,
  subscribe?: (changed: () => void, asked: Asked) => unknown,
): Discover {
  const ask = async (options: DiscoverOptions) => discover(asked(options))
  if (subscribe === undefined) return ask
  return Object.assign(ask, {
    subscribe: (changed: () => void, options: DiscoverOptions) => {
      const given = asked(options)
      // A watch only makes polls quicker. When it fails, the poll that follows says what is wrong.
      Promise.resolve(subscribe(changed, given)).catch(() => given.signal.aborted || changed())
    },
  })
}

/**
 * Brings both shapes of an answer into one.
 *
 * @throws {StrategyError} `STRATEGY_SOURCE_MALFORMED` for what is neither
 */
export function discoveryOf(answer: ReadonlySet<NodeName> | Discovery): Discovery {
  const nodes: unknown = isSet(answer) ? answer : (answer as Partial<Discovery> | null | undefined)?.nodes
  if (!isSet(nodes)) {
    throw new StrategyError('STRATEGY_SOURCE_MALFORMED', `the source gave ${shown(answer)}, not a set of node names`, {
      hint: 'discover has to resolve with a Set of node names, or with { nodes } and what else is known.',
      fault: 'local',
    })
  }
  return nodes === answer ? { nodes } : (answer as Discovery)
}

/** A set of whichever realm. */
function isSet(value: unknown): value is ReadonlySet<NodeName> {
  const set = value as Partial<ReadonlySet<unknown>> | null | undefined
  return typeof set?.has === 'function' && typeof set.size === 'number' && !('get' in set)
}
