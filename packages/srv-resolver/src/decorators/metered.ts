import { channel } from 'node:diagnostics_channel'
import { callable, listening, optional, realWorld, type World, worldShape } from '@dynsrv/kit'
import { checks, resolverRule } from '../checks.ts'
import type { ClosableResolver, DnsAnswer, EmptyReason, SrvResolver, Transport, TrimReason } from '../resolver.ts'
import { decorated, type Question } from './decorator.ts'

/** The name of the `node:diagnostics_channel` on which every metered lookup is reported, as a {@link QueryEvent}. */
export const QUERY_CHANNEL = 'dynsrv:dns:query'

/** What became of one lookup. */
export interface QueryEvent {
  readonly kind: 'srv' | 'addresses' | 'txt'
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
  /** Why it failed. A `ResolverError` says more by its `code`. */
  readonly error?: unknown
}

const queries = channel(QUERY_CHANNEL)

/** Options of {@link metered}. */
export interface MeteredOptions {
  /** Whose clock counts; default: that of the machine. */
  readonly world?: World
}

const check = checks.options<MeteredOptions>('metered', { world: worldShape })

/**
 * Reports every lookup, on the diagnostics channel {@link QUERY_CHANNEL} and to `listener`. It changes nothing else.
 *
 * @throws {ResolverError} `DNS_BAD_OPTION`
 */
export function metered(
  resolver: SrvResolver,
  listener?: (event: QueryEvent) => void,
  options: MeteredOptions = {},
): ClosableResolver {
  checks.argument('metered', 'resolver', resolverRule, resolver)
  checks.argument('metered', 'listener', optional(callable), listener)
  check(options)
  const { clock, system } = options.world ?? realWorld
  const tell = listening(system, { name: 'the listener of metered', code: 'DNS_LISTENER_THREW' }, listener)
  const report = (event: QueryEvent) => {
    tell(event)
    if (queries.hasSubscribers) queries.publish(event)
  }
  return decorated(
    async <A extends DnsAnswer<unknown>>(
      question: Question,
      ask: (resolver: SrvResolver, signal: AbortSignal | undefined) => Promise<A>,
      signal: AbortSignal | undefined,
    ) => {
      const { key: _key, ...what } = question
      const startedAt = clock.monotonic()
      let answer: A
      try {
        answer = await ask(resolver, signal)
      } catch (error) {
        const outcome = signal?.aborted === true ? 'aborted' : 'failed'
        report({ ...what, durationMs: clock.monotonic() - startedAt, outcome, records: 0, error })
        throw error
      }
      const { records, empty, ttlSeconds, server, transport, stale, trimmed } = answer
      report({
        ...what,
        durationMs: clock.monotonic() - startedAt,
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
