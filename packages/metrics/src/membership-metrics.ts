import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Gauges, MEMBERSHIP_CHANNEL, MembershipChange, MembershipMessage, Strategy } from '@dynsrv/strategy'
import { METRICS, type Metric } from './metric.ts'
import type { MetricsSink, Reading } from './sink.ts'

const MEMBERSHIP: typeof MEMBERSHIP_CHANNEL = 'dynsrv:membership'

/** The part of a strategy that the gauges read. */
export type ObservedStrategy = Pick<Strategy, 'topology' | 'gauges'>

/** What strategies know and do. @returns what ends it */
export function membershipMetrics(sink: MetricsSink, strategies: readonly ObservedStrategy[]): () => void {
  const polls = sink.record(METRICS.polls)
  const changes = sink.record(METRICS.changes)
  const observe = (metric: Metric, value: (gauges: Gauges) => number | undefined): void => {
    sink.observe(metric, function* (): Generator<Reading> {
      for (const strategy of strategies) {
        const now = value(strategy.gauges())
        if (now !== undefined) yield { labels: { topology: strategy.topology }, value: now }
      }
    })
  }
  observe(METRICS.expected, ({ expected }) => expected)
  observe(METRICS.connected, ({ connected }) => connected)
  observe(METRICS.failures, ({ failures }) => failures)
  observe(METRICS.lastGoodAge, ({ lastGoodAgeMs }) => (lastGoodAgeMs === undefined ? undefined : lastGoodAgeMs / 1_000))
  const listener = (message: unknown): void => {
    const { self: node, topology, change } = message as MembershipMessage
    const outcome = outcomeOf(change)
    if (outcome === undefined) changes(1, { node, topology, type: change.type })
    else polls(1, { node, topology, outcome })
  }
  subscribe(MEMBERSHIP, listener)
  return () => void unsubscribe(MEMBERSHIP, listener)
}

/** What a poll gave; undefined for what is no end of a poll. */
function outcomeOf(change: MembershipChange): string | undefined {
  if (change.type === 'discoveryFailed') return 'failed'
  if (change.type !== 'polled') return undefined
  if (change.stale) return 'stale'
  if (change.trimmed) return 'trimmed'
  return change.nodes.size === 0 ? 'empty' : 'ok'
}
