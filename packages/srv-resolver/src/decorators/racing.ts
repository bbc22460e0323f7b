import { checkOptions, whole } from '../check-options.ts'
import type { ClosableResolver, DnsAnswer, SrvResolver } from '../resolver.ts'
import { decorated } from './decorator.ts'
import { atLeastOne, noSource } from './failover.ts'

/** Options of {@link racing}. */
export interface RacingOptions {
  /** How long each resolver has a head start before the next one is asked too, milliseconds; default 0. */
  readonly staggerMs?: number
}

/**
 * Asks several resolvers and takes the first answer; the others are ended. A resolver that fails gives its place to the
 * next one at once. Rejects only when all fail.
 *
 * @throws {ResolverError} `DNS_BAD_OPTION`
 */
export function racing(resolvers: readonly SrvResolver[], options: RacingOptions = {}): ClosableResolver {
  checkOptions('racing', options, { staggerMs: whole(0, 60_000) })
  const sources = atLeastOne('racing', resolvers)
  const { staggerMs = 0 } = options
  return decorated(
    <A extends DnsAnswer<unknown>>(
      { name }: { name: string },
      ask: (resolver: SrvResolver, signal: AbortSignal | undefined) => Promise<A>,
      signal: AbortSignal | undefined,
    ) =>
      new Promise<A>((resolve, reject) => {
        signal?.throwIfAborted()
        const over = new AbortController()
        const errors: unknown[] = []
        let next = 0
        let timer: NodeJS.Timeout | undefined
        const finish = (act: () => void) => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', aborted)
          act()
          over.abort()
        }
        const aborted = () => finish(() => reject(signal?.reason))
        const start = () => {
          clearTimeout(timer)
          const source = sources[next++]
          if (source === undefined) return
          ask(source, over.signal).then(
            (answer) => finish(() => resolve(answer)),
            (error: unknown) => {
              if (over.signal.aborted) return
              errors.push(error)
              if (errors.length === sources.length) finish(() => reject(noSource(name, errors)))
              else start()
            },
          )
          if (staggerMs === 0) start()
          else if (next < sources.length) timer = setTimeout(start, staggerMs)
        }
        signal?.addEventListener('abort', aborted)
        start()
      }),
    sources,
  )
}
