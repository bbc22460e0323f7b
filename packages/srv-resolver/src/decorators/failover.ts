import { allFailed } from '../all-failed.ts'
import { aBoolean, checkOptions } from '../check-options.ts'
import { ResolverError } from '../error.ts'
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

/**
 * Asks the resolvers in order until one gives an answer.
 *
 * When all fail it rejects with the code of one that answered, before that of one that was silent, and with
 * all errors as `cause`. When some failed and the rest had nothing it rejects too, since nobody knows what the failed ones
 * would have said.
 *
 * @throws {ResolverError} `DNS_BAD_OPTION` for an empty list
 */
export function failover(resolvers: readonly SrvResolver[], options: FailoverOptions = {}): ClosableResolver {
  checkOptions('failover', options, { onEmpty: aBoolean })
  const sources = atLeastOne('failover', resolvers)
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

/** @throws {ResolverError} `DNS_BAD_OPTION` */
export function atLeastOne(who: string, resolvers: readonly SrvResolver[]): readonly SrvResolver[] {
  if (!Array.isArray(resolvers) || resolvers.length === 0) {
    throw new ResolverError('DNS_BAD_OPTION', `${who} has no resolver to ask`, { hint: 'Give a list of resolvers.' })
  }
  return [...resolvers]
}

/** What several sources could not say. */
export function noSource(name: string, errors: readonly unknown[]): unknown {
  if (errors.length === 1) return errors[0]
  return allFailed(errors, (each) => `no source has an answer for ${name}: ${each}`)
}
