import type { LastLookup } from '@dynsrv/cluster'
import { explain, reasonText } from '@dynsrv/cluster'
import type { Strategy } from '@dynsrv/strategy'
import { keptBecause } from './kept-because.ts'
import type { PageMember, PageRecord, PageTopology } from './page-state.ts'

/** How many records of an answer are shown. */
const MAX_RECORDS = 1_000

const OUTCOMES: Readonly<Record<PageMember['state'], string>> = {
  connected: 'connected',
  connecting: 'being dialled',
  waiting: 'will be dialled',
  unreachable: 'not reached',
  gone: 'no member any more',
}

/** What is known of a topology from elsewhere. */
export interface TopologyParts {
  readonly name: string
  readonly self: string
  readonly strategy: Strategy
  readonly lookup: LastLookup | undefined
  /** Members by lower-case name. */
  readonly members: ReadonlyMap<string, PageMember>
  /** Why targets are ignored, as the strategy says. */
  readonly ignored: ReadonlyMap<string, string>
  /** Members that the answer lacks and that are kept, with why. */
  readonly held: ReadonlyMap<string, string>
}

/** Brings the last answer about a topology together with what was done with each record. */
export function describeTopology(parts: TopologyParts): PageTopology {
  const { name, strategy, lookup, held } = parts
  const { expected, connected, failures } = strategy.gauges()
  const { answer, failure, service = name } = lookup ?? {}
  const notes: string[] = []
  if (answer?.empty === 'nxdomain') notes.push('The name does not exist (NXDOMAIN).')
  if (answer?.empty === 'nodata') notes.push('The name has no SRV records (NODATA).')
  if (answer?.truncated === true || answer?.trimmed !== undefined)
    notes.push('The answer is cut: no member leaves because of it.')
  if (answer?.stale === true) notes.push('The source failed: this is its last good answer.')
  for (const [node, reason] of [...held].slice(0, 5))
    notes.push(`The answer does not name ${node}, which is kept: ${keptBecause(reason)}.`)
  if (held.size > 5) notes.push(`${held.size - 5} more are missing and kept.`)
  if (lookup === undefined) notes.push('This topology is not found through SRV records.')
  const records = answer?.records ?? []
  return {
    ...{ name, service, server: answer?.server ?? '', notes, expected, connected, failures },
    answeredAt: lookup?.answeredAt ?? null,
    elapsedMs: lookup?.elapsedMs === undefined ? null : Math.round(lookup.elapsedMs * 10) / 10,
    failure: failure === undefined ? '' : reasonText(failure),
    hint: (failure === undefined ? undefined : explain(failure).hint) ?? '',
    records: records.slice(0, MAX_RECORDS).map(({ target, port, priority, weight }) => {
      const addresses = (answer?.addresses.get(target.toLowerCase()) ?? []).map(({ address }) => address)
      return { ...{ target, port, priority, weight, addresses }, ...whatWasDone(target, service, parts) }
    }),
    more: Math.max(0, records.length - MAX_RECORDS),
  }
}

function whatWasDone(
  target: string,
  service: string,
  { self, members, ignored }: TopologyParts,
): Pick<PageRecord, 'outcome' | 'text'> {
  const node = nodeOf(target, service)
  if (node === self.toLowerCase()) return { outcome: 'self', text: 'this node' }
  const why = ignored.get(target)
  if (why !== undefined) return { outcome: 'ignored', text: `ignored: ${why}` }
  const member = node === undefined ? undefined : members.get(node)
  if (member === undefined) return { outcome: 'ignored', text: `ignored: not a member of ${service}` }
  const because = member.reason === '' ? '' : `: ${member.reason}`
  return { outcome: member.state, text: `${OUTCOMES[member.state]}${because}` }
}

/** `<alive>.<service>` is the node `<alive>@<service>`. */
export function nodeOf(target: string, service: string): string | undefined {
  const [host, suffix] = [target.toLowerCase(), `.${service.toLowerCase()}`]
  return host.endsWith(suffix) ? `${host.slice(0, -suffix.length)}@${suffix.slice(1)}` : undefined
}
