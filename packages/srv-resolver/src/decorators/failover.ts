import { flag } from '@dynsrv/kit'
import { allFailed } from '../all-failed.ts'
import { checks, someResolvers } from '../checks.ts'
import type { ClosableResolver, DnsAnswer, SrvResolver } from '../resolver.ts'
import { decorated } from './decorator.ts'

/** Options of {@link failover}. */
export interface FailoverOptions {
  /**
   * Also go on when a source says that there is nothing, as one does that knows only a few names (a file before DNS).
   * Default false: an empty answer is an answer.
   */
  readonly onEmpty?: boolean
}

const check = checks.options<FailoverOptions>('failover', { onEmpty: flag })

/**
 * Asks the resolvers in order until one gives an answer.
 *
 * When all fail it rejects with the code of one that answered, before that of one that was silent, and with all errors as
 * `cause`. When some failed and the rest had nothing it rejects too: the failed ones might have had an answer.
 *
 * @throws {ResolverError} `DNS_BAD_OPTION`, also for an empty list
 */
export function failover(resolvers: readonly SrvResolver[], options: FailoverOptions = {}): ClosableResolver {
  checks.argument('failover', 'resolvers', someResolvers, resolvers)
  check(options)
  const sources = [...resolvers]
  return decorated(
    async <A extends DnsAnswer<unknown>>(
      { name }: { name: string },
      ask: (resolver: SrvResolver, signal: AbortSignal | undefined) => Promise<A>,
      signal: AbortSignal | undefined,
    ) => {
      const errors: unknown[] = []
      let empty: A | undefined
      for (const source of sources) {
        try {
          const answer = await ask(source, signal)
          if (answer.empty === undefined || options.onEmpty !== true) return answer
          empty ??= answer
        } catch (error) {
          signal?.throwIfAborted()
          errors.push(error)
        }
      }
      if (errors.length === 0) return empty!
      throw noSource(name, errors)
    },
    sources,
  )
}

/** What several sources could not say. */
export function noSource(name: string, errors: readonly unknown[]): unknown {
  if (errors.length === 1) return errors[0]
  return allFailed(errors, (each) => `no source has an answer for ${name}: ${each}`)
}
