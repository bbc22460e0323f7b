import { numberFrom, realWorld, type World, whole, worldShape } from '@dynsrv/kit'
import { checks, resolverRule } from '../checks.ts'
import { forgetOldest } from '../forget-oldest.ts'
import type { ClosableResolver, DnsAnswer, SrvResolver } from '../resolver.ts'
import { decorated } from './decorator.ts'

/** Options of {@link cached}. */
export interface CachedOptions {
  /** Least time an answer is kept, seconds; default 1. Consul and others say TTL 0. */
  readonly floorSeconds?: number
  /** Longest time, seconds; default 60. Docker's DNS says 600 for names that change at any moment. */
  readonly capSeconds?: number
  /** Longest time for an answer without records, seconds; default 5, so that a new service is seen soon. */
  readonly negativeCapSeconds?: number
  /** Answers that are kept; the one that was asked for longest ago goes first. Default 1000. */
  readonly maxEntries?: number
  /** Whose clock counts; default: that of the machine. */
  readonly world?: World
}

const check = checks.options<CachedOptions>('cached', {
  floorSeconds: numberFrom(0),
  capSeconds: numberFrom(0),
  negativeCapSeconds: numberFrom(0),
  maxEntries: whole(1),
  world: worldShape,
})

interface Entry {
  readonly answer: DnsAnswer<unknown>
  readonly storedAt: number
  readonly keptMs: number
}

interface Flight {
  readonly promise: Promise<DnsAnswer<unknown>>
  readonly abort: AbortController
  waiters: number
}

/**
 * Keeps answers for their TTL, and lets equal lookups at the same time share one.
 *
 * An answer from the cache has the TTL that is left. Failures, and stale, trimmed, truncated answers and those that lack an
 * address family are not kept. A shared
 * lookup ends when the last caller that waits for it gives up.
 *
 * @throws {ResolverError} `DNS_BAD_OPTION`
 */
export function cached(resolver: SrvResolver, options: CachedOptions = {}): ClosableResolver & { clear(): void } {
  checks.argument('cached', 'resolver', resolverRule, resolver)
  check(options)
  const { floorSeconds = 1, capSeconds = 60, negativeCapSeconds = 5, maxEntries = 1000 } = options
  const { clock } = options.world ?? realWorld
  const entries = new Map<string, Entry>()
  const flights = new Map<string, Flight>()

  const keep = (key: string, answer: DnsAnswer<unknown>) => {
    if (answer.stale || answer.truncated || answer.trimmed !== undefined || answer.missing !== undefined) return
    const cap = answer.empty === undefined ? capSeconds : Math.min(capSeconds, negativeCapSeconds)
    const keptMs = Math.min(Math.max(answer.ttlSeconds, floorSeconds), cap) * 1000
    if (keptMs === 0) return
    entries.set(key, { answer, storedAt: clock.monotonic(), keptMs })
    forgetOldest(entries, maxEntries)
  }

  const fresh = (key: string): DnsAnswer<unknown> | undefined => {
    const entry = entries.get(key)
    if (entry === undefined) return undefined
    entries.delete(key)
    const left = entry.keptMs - (clock.monotonic() - entry.storedAt)
    if (left <= 0) return undefined
    // Put back at the end: the map is in order of use.
    entries.set(key, entry)
    return { ...entry.answer, ttlSeconds: Math.min(entry.answer.ttlSeconds, Math.floor(left / 1000)) }
  }

  const takeOff = (key: string, ask: (signal: AbortSignal) => Promise<DnsAnswer<unknown>>): Flight => {
    const abort = new AbortController()
    const promise = ask(abort.signal)
      .then((answer) => {
        keep(key, answer)
        return answer
      })
      .finally(() => {
        if (flights.get(key)?.abort === abort) flights.delete(key)
      })
    const flight = { promise, abort, waiters: 0 }
    flights.set(key, flight)
    return flight
  }

  const decorator = decorated(
    async <A extends DnsAnswer<unknown>>(
      { key }: { key: string },
      ask: (resolver: SrvResolver, signal: AbortSignal | undefined) => Promise<A>,
      signal: AbortSignal | undefined,
    ) => {
      signal?.throwIfAborted()
      const known = fresh(key)
      // The key holds the kind of the question, so what is found under it is of the kind that was asked for.
      if (known !== undefined) return known as A
      const flight = flights.get(key) ?? takeOff(key, (shared) => ask(resolver, shared))
      return (await board(flight, signal, () => flights.delete(key))) as A
    },
    [resolver],
  )
  return { ...decorator, clear: () => entries.clear() }
}

/** Waits for a shared lookup; the last one to leave ends it. */
function board(flight: Flight, signal: AbortSignal | undefined, abandoned: () => void): Promise<DnsAnswer<unknown>> {
  flight.waiters++
  if (signal === undefined) return flight.promise
  return new Promise((resolve, reject) => {
    const leave = () => {
      reject(signal.reason)
      if (--flight.waiters > 0) return
      abandoned()
      flight.abort.abort(signal.reason)
    }
    signal.addEventListener('abort', leave, { once: true })
    flight.promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
  })
}
