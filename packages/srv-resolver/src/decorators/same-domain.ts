import { aFunction, checkOptions, texts } from '../check-options.ts'
import { checkedName, isWithin } from '../dns-name.ts'
import { ResolverError } from '../error.ts'
import type { ResolveOptions, SrvAnswer, SrvRecord, SrvResolver } from '../resolver.ts'

/** Options of {@link sameDomain}. */
export interface SameDomainOptions {
  /** Domains in which targets may lie, instead of the parent of the name that is asked for. */
  readonly suffixes?: readonly string[]
  /** Called with the targets that were left out of an answer. */
  readonly onForeign?: (event: { readonly name: string; readonly records: readonly SrvRecord[] }) => void
}

/**
 * Leaves SRV records out whose target lies outside the service's parent domain, so that who can write one record cannot
 * draw us to a host of their own.
 *
 * For `my-service.service.consul` targets must lie within `service.consul`; underscore labels do not count, and a name of
 * two labels is its own parent. When no target is left it rejects with `DNS_FOREIGN_TARGETS`: that is no empty zone.
 *
 * @throws {ResolverError} `DNS_BAD_OPTION`, `DNS_BAD_NAME`
 * @see MongoDB's "Polling SRV Records" and "Initial DNS Seedlist Discovery" specifications
 */
export function sameDomain(resolver: SrvResolver, options: SameDomainOptions = {}): SrvResolver & { close(): void } {
  checkOptions('sameDomain', options, { suffixes: texts, onForeign: aFunction })
  const suffixes = options.suffixes?.map(checkedName)
  return {
    async resolveSrv(name: string, lookUp: ResolveOptions = {}): Promise<SrvAnswer> {
      const answer = await resolver.resolveSrv(name, lookUp)
      const allowed = suffixes ?? [parentOf(name)]
      const ours = ({ target }: SrvRecord) => allowed.some((domain) => isWithin(target, domain))
      const records = answer.records.filter(ours)
      if (records.length === answer.records.length) return answer
      const foreign = answer.records.filter((record) => !ours(record))
      options.onForeign?.({ name, records: foreign })
      if (records.length > 0) return { ...answer, records }
      const shown = foreign.slice(0, 3).map(({ target }) => target)
      throw new ResolverError(
        'DNS_FOREIGN_TARGETS',
        `all ${foreign.length} targets of ${name} lie outside ${allowed.join(', ')}: ${shown.join(', ')}`,
        { server: answer.server, hint: 'Give the domain of the targets as a suffix if they are yours.' },
      )
    },
    resolveAddresses: (name, lookUp) => resolver.resolveAddresses(name, lookUp),
    resolveTxt: (name, lookUp) => resolver.resolveTxt(name, lookUp),
    close: () => resolver.close?.(),
  }
}

function parentOf(name: string): string {
  const labels = checkedName(name)
    .split('.')
    .filter((label) => !label.startsWith('_'))
  return (labels.length >= 3 ? labels.slice(1) : labels).join('.')
}
