import { callable, numberFrom, realWorld, type World, whole, worldShape } from '@dynsrv/kit'
import { checks, resolverRule } from '../checks.ts'
import { forgetOldest } from '../forget-oldest.ts'
import type { ClosableResolver, DnsAnswer, SrvResolver } from '../resolver.ts'
import { decorated } from './decorator.ts'

/** Options of {@link staleOnError}. */
export interface StaleOnErrorOptions {
  /** How old the last good answer may be, seconds; default 3600. RFC 8767 suggests up to three days. */
  readonly maxStaleSeconds?: number
  /** Answers that are kept; default 1000. */
  readonly maxEntries?: number
  /** Called when a stale answer stands in for a failed lookup. */
  readonly onStale?: (event: StaleEvent) => void
  /** Whose clock counts; default: that of the machine. */
  readonly world?: World
}

/** A failed lookup for which the last good answer stood in. */
export interface StaleEvent {
  readonly name: string
  readonly error: unknown
  /** How old the answer is. */
  readonly ageSeconds: number
}

const check = checks.options<StaleOnErrorOptions>('staleOnError', {
  maxStaleSeconds: numberFrom(1),
  maxEntries: whole(1),
  onStale: callable,
  world: worldShape,
})

/**
 * Gives the last good answer, marked `stale`, when a lookup fails; the source is asked each time, so recovery is seen at
 * once. An abort is not a failure and goes through.
 *
 * @throws {ResolverError} `DNS_BAD_OPTION`
 * @see RFC 8767
 */
export function staleOnError(resolver: SrvResolver, options: StaleOnErrorOptions = {}): ClosableResolver {
  checks.argument('staleOnError', 'resolver', resolverRule, resolver)
  check(options)
  const { maxStaleSeconds = 3600, maxEntries = 1000, onStale, world = realWorld } = options
  const { clock } = world
  const good = new Map<string, { answer: DnsAnswer<unknown>; at: number }>()
  return decorated(
    async <A extends DnsAnswer<unknown>>(
      { key, name }: { key: string; name: string },
      ask: (resolver: SrvResolver, signal: AbortSignal | undefined) => Promise<A>,
      signal: AbortSignal | undefined,
    ) => {
      try {
        const answer = await ask(resolver, signal)
        if (!answer.stale && !answer.truncated) {
          good.delete(key)
          good.set(key, { answer, at: clock.monotonic() })
          forgetOldest(good, maxEntries)
        }
        return answer
      } catch (error) {
        signal?.throwIfAborted()
        const last = good.get(key)
        const ageSeconds = last === undefined ? Number.POSITIVE_INFINITY : (clock.monotonic() - last.at) / 1000
        if (last === undefined || ageSeconds > maxStaleSeconds) throw error
        onStale?.({ name, error, ageSeconds })
        return { ...(last.answer as A), stale: true, ttlSeconds: 0 }
      }
    },
    [resolver],
  )
}
