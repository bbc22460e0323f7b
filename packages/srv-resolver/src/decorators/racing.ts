import { duration, realWorld, type Timer, type World, worldShape } from '@dynsrv/kit'
import { checks, someResolvers } from '../checks.ts'
import type { ClosableResolver, DnsAnswer, SrvResolver } from '../resolver.ts'
import { decorated } from './decorator.ts'
import { noSource } from './failover.ts'

/** Options of {@link racing}. */
export interface RacingOptions {
  /** How long each resolver has a head start before the next one is asked too, milliseconds; default 0. */
  readonly staggerMs?: number
  /** Whose clock counts; default: that of the machine. */
  readonly world?: World
}

const check = checks.options<RacingOptions>('racing', { staggerMs: duration(), world: worldShape })

/**
 * Asks several resolvers and takes the first answer; the others are ended. A resolver that fails gives its place to the
 * next one at once. Rejects only when all fail.
 *
 * @throws {ResolverError} `DNS_BAD_OPTION`, also for an empty list
 */
export function racing(resolvers: readonly SrvResolver[], options: RacingOptions = {}): ClosableResolver {
  checks.argument('racing', 'resolvers', someResolvers, resolvers)
  check(options)
  const sources = [...resolvers]
  const { staggerMs = 0, world = realWorld } = options
  const { clock } = world
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
        let timer: Timer | undefined
        const finish = (act: () => void) => {
          clock.clearTimeout(timer)
          signal?.removeEventListener('abort', aborted)
          act()
          over.abort()
        }
        const aborted = () => finish(() => reject(signal?.reason))
        const start = () => {
          clock.clearTimeout(timer)
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
          else if (next < sources.length) timer = clock.setTimeout(start, staggerMs)
        }
        signal?.addEventListener('abort', aborted)
        start()
      }),
    sources,
  )
}
