import { callable, duration, listening, numberFrom, realWorld, sleep, type World, whole, worldShape } from '@dynsrv/kit'
import { checks, resolverRule } from '../checks.ts'
import { ResolverError } from '../error.ts'
import { forgetOldest } from '../forget-oldest.ts'
import type { ClosableResolver, DnsAnswer, SrvResolver } from '../resolver.ts'
import { type Ask, decorated, type Question } from './decorator.ts'

/** Options of {@link staleOnError}. */
export interface StaleOnErrorOptions {
  /** How old the last good answer may be, seconds; default 3600. RFC 8767 suggests up to three days. */
  readonly maxStaleSeconds?: number
  /**
   * After how long without an answer the last good one is given, milliseconds; default 1800, as RFC 8767 has it. The lookup goes
   * on, and the next caller gets what it brings. `Infinity` waits until the lookup fails.
   */
  readonly staleAfterMs?: number
  /** Answers that are kept; default 1000. */
  readonly maxEntries?: number
  /** Called when a stale answer stands in for a failed lookup. */
  readonly onStale?: (event: StaleEvent) => void
  /** Whose clock counts; default: that of the machine. */
  readonly world?: World
}

/** A failed or late lookup for which the last good answer stood in. */
export interface StaleEvent {
  readonly name: string
  /** Why there is no new answer; `DNS_TIMEOUT` when it is late. */
  readonly error: unknown
  /** How old the answer is. */
  readonly ageSeconds: number
}

const check = checks.options<StaleOnErrorOptions>('staleOnError', {
  maxStaleSeconds: numberFrom(1),
  staleAfterMs: duration({ min: 1 }),
  maxEntries: whole(1),
  onStale: callable,
  world: worldShape,
})

/** A lookup while a good answer of before is at hand. */
interface Refresh {
  readonly outcome: Promise<{ readonly answer: DnsAnswer<unknown> } | { readonly error: unknown }>
  readonly abort: AbortController
  waiting: number
  /** Somebody was given the old answer, and nobody has to wait for the new one. */
  isLate: boolean
}

/**
 * Gives the last good answer, marked `stale`, when a lookup fails or takes long; the source is asked each time, unless it is
 * still being asked, so recovery is seen at once. An abort is not a failure and goes through.
 *
 * @throws {ResolverError} `DNS_BAD_OPTION`
 * @see RFC 8767
 */
export function staleOnError(resolver: SrvResolver, options: StaleOnErrorOptions = {}): ClosableResolver {
  checks.argument('staleOnError', 'resolver', resolverRule, resolver)
  check(options)
  const { maxStaleSeconds = 3600, staleAfterMs = 1800, maxEntries = 1000, world = realWorld } = options
  const onStale = listening(world.system, { name: 'onStale', code: 'DNS_LISTENER_THREW' }, options.onStale)
  const { clock } = world
  const good = new Map<string, { answer: DnsAnswer<unknown>; at: number }>()
  const refreshes = new Map<string, Refresh>()

  const keep = (key: string, answer: DnsAnswer<unknown>): void => {
    if (answer.stale || answer.truncated || answer.missing !== undefined) return
    good.delete(key)
    good.set(key, { answer, at: clock.monotonic() })
    forgetOldest(good, maxEntries)
  }
  const begin = (key: string, ask: (signal: AbortSignal) => Promise<DnsAnswer<unknown>>): Refresh => {
    const abort = new AbortController()
    const run = async () => {
      try {
        const answer = await ask(abort.signal)
        keep(key, answer)
        return { answer }
      } catch (error) {
        return { error }
      } finally {
        if (refreshes.get(key) === refresh) refreshes.delete(key)
      }
    }
    const refresh: Refresh = { outcome: Promise.resolve().then(run), abort, waiting: 0, isLate: false }
    refreshes.set(key, refresh)
    return refresh
  }
  /** Undefined when it is late. */
  const wait = async (key: string, refresh: Refresh, signal: AbortSignal | undefined) => {
    const over = new AbortController()
    const ended = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal])
    const late = sleep(clock, staleAfterMs, { signal: ended })
    refresh.waiting += 1
    try {
      return await Promise.race([refresh.outcome, late.then(() => undefined)])
    } finally {
      refresh.waiting -= 1
      over.abort()
      if (signal?.aborted === true && refresh.waiting === 0 && !refresh.isLate) {
        refreshes.delete(key)
        refresh.abort.abort(signal.reason)
      }
    }
  }

  return decorated(
    async <A extends DnsAnswer<unknown>>(
      { key, name }: Pick<Question, 'key' | 'name'>,
      ask: Ask<A>,
      signal: AbortSignal | undefined,
    ) => {
      signal?.throwIfAborted()
      const last = good.get(key)
      const ageSeconds = () => (clock.monotonic() - (last?.at ?? Number.NEGATIVE_INFINITY)) / 1000
      if (last === undefined || ageSeconds() > maxStaleSeconds) {
        const answer = await ask(resolver, signal)
        keep(key, answer)
        return answer
      }
      const refresh = refreshes.get(key) ?? begin(key, (either) => ask(resolver, either))
      const outcome = await wait(key, refresh, signal)
      // The key holds the kind of the question, so what is found under it is of the kind that was asked for.
      if (outcome !== undefined && 'answer' in outcome) return outcome.answer as A
      signal?.throwIfAborted()
      refresh.isLate = true
      const error = outcome === undefined ? lateAnswer(name, staleAfterMs) : outcome.error
      onStale({ name, error, ageSeconds: ageSeconds() })
      return { ...(last.answer as A), stale: true, ttlSeconds: 0 }
    },
    [resolver],
  )
}

function lateAnswer(name: string, ms: number): ResolverError {
  return new ResolverError('DNS_TIMEOUT', `no answer about ${name} within ${ms} ms; the lookup goes on`)
}
