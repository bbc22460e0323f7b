import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { QUERY_CHANNEL, QueryEvent } from '@dynsrv/srv-resolver'
import { METRICS } from './metric.ts'
import type { MetricsSink } from './sink.ts'

const QUERY: typeof QUERY_CHANNEL = 'dynsrv:dns:query'

/** Lookups through a `metered` resolver. @returns what ends it */
export function dnsMetrics(sink: MetricsSink): () => void {
  const durations = sink.record(METRICS.queryDuration)
  const stale = sink.record(METRICS.queriesStale)
  const trimmed = sink.record(METRICS.queriesTrimmed)
  const listener = (message: unknown): void => {
    const event = message as QueryEvent
    const { kind, outcome } = event
    durations(event.durationMs / 1_000, { kind, outcome })
    if (event.stale === true) stale(1, { kind })
    if (event.trimmed !== undefined) trimmed(1, { kind, reason: event.trimmed })
  }
  subscribe(QUERY, listener)
  return () => void unsubscribe(QUERY, listener)
}
