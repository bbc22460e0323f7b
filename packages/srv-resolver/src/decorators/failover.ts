import { aBoolean, checkOptions } from '../check-options.ts'
import { ResolverError } from '../error.ts'
import type { DnsAnswer, SrvResolver } from '../resolver.ts'
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
 * When all fail it rejects as the first one did, with all errors as `cause`; when some failed and the rest had nothing,
 * it rejects too, since nobody knows what the failed ones would have said.
 *
 * @throws {ResolverError} `DNS_BAD_OPTION` for an empty list
 */
export function failover(
  resolvers: readonly SrvResolver[],
  options: FailoverOptions = {},
): SrvResolver & { close(): void } {
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
      throw allFailed(name, errors)
    },
    () => {
      for (const source of sources) source.close?.()
    },
  )
}

/** @throws {ResolverError} `DNS_BAD_OPTION` */
export function atLeastOne(who: string, resolvers: readonly SrvResolver[]): readonly SrvResolver[] {
  if (!Array.isArray(resolvers) || resolvers.length === 0) {
    throw new ResolverError('DNS_BAD_OPTION', `${who} has no resolver to ask`, { hint: 'Give a list of resolvers.' })
  }
  return [...resolvers]
}

/** One error for several sources, with the code of the first. */
export function allFailed(name: string, errors: readonly unknown[]): unknown {
  const [first] = errors
  if (errors.length === 1 || !(first instanceof ResolverError)) return first
  const each = errors.map((error) => (error instanceof Error ? error.message : String(error))).join('; ')
  return new ResolverError(first.code, `no source has an answer for ${name}: ${each}`, {
    hint: first.hint,
    server: first.server,
    retryable: errors.some((error) => error instanceof ResolverError && error.retryable),
    cause: new AggregateError(errors, 'every source failed'),
  })
}
