import { channel } from 'node:diagnostics_channel'
import type { ClosableResolver, DnsAnswer, EmptyReason, SrvResolver, Transport, TrimReason } from '../resolver.ts'
import { decorated, type Question } from './decorator.ts'

/** The name of the `node:diagnostics_channel` on which every metered lookup is reported, as a {@link QueryEvent}. */
export const QUERY_CHANNEL = 'dynsrv:dns:query'

/** What became of one lookup. */
export interface QueryEvent {
  readonly kind: Question['kind']
  readonly name: string
  readonly family?: 4 | 6
  readonly durationMs: number
  readonly outcome: 'records' | EmptyReason | 'failed' | 'aborted'
  /** How many records came. */
  readonly records: number
  readonly ttlSeconds?: number
  readonly server?: string
  readonly transport?: Transport
  readonly stale?: boolean
  readonly trimmed?: TrimReason
  /** Why it failed; a `ResolverError` says more by its `code`. */
  readonly error?: unknown
}

const queries = channel(QUERY_CHANNEL)

/** Reports every lookup, on the diagnostics channel {@link QUERY_CHANNEL} and to `listener`; changes nothing else. */
export function metered(resolver: SrvResolver, listener?: (event: QueryEvent) => void): ClosableResolver {
  const report = (event: QueryEvent) => {
    listener?.(event)
    if (queries.hasSubscribers) queries.publish(event)
  }
  return decorated(
    async <A extends DnsAnswer<unknown>>(
      question: Question,
      ask: (resolver: SrvResolver, signal: AbortSignal | undefined) => Promise<A>,
      signal: AbortSignal | undefined,
    ) => {
      const { key: _key, ...what } = question
      const startedAt = performance.now()
      let answer: A
      try {
        answer = await ask(resolver, signal)
      } catch (error) {
        const outcome = signal?.aborted === true ? 'aborted' : 'failed'
        report({ ...what, durationMs: performance.now() - startedAt, outcome, records: 0, error })
        throw error
      }
      const { records, empty, ttlSeconds, server, transport, stale, trimmed } = answer
      report({
        ...what,
        durationMs: performance.now() - startedAt,
        outcome: empty ?? 'records',
        records: records.length,
        ttlSeconds,
        server,
        transport,
        stale,
        ...(trimmed !== undefined && { trimmed }),
      })
      return answer
    },
    [resolver],
  )
}
