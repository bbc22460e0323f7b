import type { Cluster } from '@dynsrv/cluster'
import { explain, reasonText } from '@dynsrv/cluster'
import type { Clock } from '@dynsrv/kit'
import type { PeerState } from '@dynsrv/node'
import { keptBecause } from './kept-because.ts'
import type { Latency } from './latency.ts'
import type { PageMember } from './page-state.ts'
import type { Traffic } from './traffic.ts'

/** How long a node that is no member any more is shown, in milliseconds. */
const GONE_MS = 10 * 60_000
/** How many of them are shown. */
const MAX_GONE = 50

/** What is measured of members. */
export interface Measurements {
  readonly clock: Clock
  readonly traffic: Traffic
  readonly latency: Latency
  /** Nodes that were connected since the page was started: of others that are no members nothing is shown. */
  readonly seen: ReadonlySet<string>
  /** Members that the last answer lacks and that are kept, with why. */
  readonly held: ReadonlyMap<string, string>
}

/** All members: those that are connected, those that should be, and those that are gone recently. */
export function describeMembers(cluster: Cluster, measurements: Measurements): PageMember[] {
  const peers = cluster.node.peers()
  measurements.traffic.count(peers, measurements.clock.monotonic())
  const missing = cluster.missing()
  const expected = new Set<string>([...cluster.strategies.values()].flatMap((strategy) => strategy.expected()))
  const members = new Map<string, PageMember>()
  const gone: PageMember[] = []
  for (const peer of peers) {
    if (peer.state === 'connected') members.set(peer.peer, connected(peer, expected, measurements))
    else if (missing.has(peer.peer)) members.set(peer.peer, absent(peer.peer, missing.get(peer.peer), peer))
    else if (peer.state === 'connecting')
      members.set(peer.peer, { ...still(peer.peer), state: 'connecting', since: peer.since })
    else if (measurements.seen.has(peer.peer) && measurements.clock.now() - peer.since < GONE_MS) {
      gone.push({ ...still(peer.peer), ...reasonOf(peer.reason), state: 'gone', since: peer.since })
    }
  }
  for (const [name, cause] of missing) if (!members.has(name)) members.set(name, absent(name, cause))
  for (const member of gone.slice(-MAX_GONE)) if (!members.has(member.name)) members.set(member.name, member)
  return inOrder(members.values())
}

function connected(
  peer: Extract<PeerState, { state: 'connected' }>,
  expected: ReadonlySet<string>,
  { traffic, latency, held }: Measurements,
): PageMember {
  const { receivedPerSecond, sentPerSecond, bytesPerSecond } = traffic.of(peer.peer)
  const kept = held.get(peer.peer)
  return {
    ...still(peer.peer),
    ...{ state: 'connected', since: peer.since, expected: expected.has(peer.peer), hidden: isHidden(peer) },
    ...{ direction: peer.direction, address: peer.address, latencyMs: latency.of(peer.peer) },
    ...{ receivedPerSecond, sentPerSecond, bytesPerSecond },
    reason: kept === undefined ? '' : `kept, although the last answer does not list it: ${keptBecause(kept)}`,
  }
}

/** A member that should be connected and is not. What the last dial said stays in sight during the next one. */
function absent(name: string, cause: unknown, peer?: Exclude<PeerState, { state: 'connected' }>): PageMember {
  const why = cause ?? (peer?.state === 'down' ? peer.reason : undefined)
  const member = { ...still(name), expected: true, since: peer?.state === 'down' ? peer.since : null }
  if (why !== undefined) return { ...member, ...reasonOf(why), state: 'unreachable' }
  return { ...member, state: peer?.state === 'connecting' ? 'connecting' : 'waiting' }
}

function still(name: string): PageMember {
  return {
    ...{
      name,
      state: 'waiting',
      reason: '',
      hint: '',
      code: '',
      since: null,
      expected: false,
      hidden: false,
      direction: '',
    },
    ...{ address: '', latencyMs: null, receivedPerSecond: 0, sentPerSecond: 0, bytesPerSecond: 0 },
  }
}

function reasonOf(cause: unknown): Pick<PageMember, 'reason' | 'hint' | 'code'> {
  const { hint = '', code = '' } = explain(cause)
  return { reason: reasonText(cause), hint, code }
}

/** A link to a hidden node and a link of a hidden node look alike; what the peer announced tells them apart. */
function isHidden({ announced }: Extract<PeerState, { state: 'connected' }>): boolean {
  return !announced.includes('PUBLISHED')
}

/** By host, then by name; `db-2` stands before `db-10`. A collator is costly to make, so there is none before it is needed. */
function inOrder(members: Iterable<PageMember>): PageMember[] {
  const order = new Intl.Collator('en', { numeric: true })
  return [...members].sort((a, b) => order.compare(hostFirst(a.name), hostFirst(b.name)))
}

function hostFirst(name: string): string {
  const [alive = '', host = ''] = name.split('@')
  return `${host}@${alive}`
}
