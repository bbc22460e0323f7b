import { callable, filledText, listening, listOf, realWorld } from '@dynsrv/kit'
import { askSrv } from '../ask.ts'
import { checks, resolverRule } from '../checks.ts'
import { ResolverError } from '../error.ts'
import { checkedName, isWithin } from '../records/dns-name.ts'
import type { ClosableResolver, SrvRecord, SrvResolver } from '../resolver.ts'
import { decoratedSrv } from './decorator.ts'

/** Options of {@link sameDomain}. */
export interface SameDomainOptions {
  /** Domains in which targets may lie, instead of the parent of the name that is asked for. */
  readonly suffixes?: readonly string[]
  /** Called with the targets that were left out of an answer. */
  readonly onForeign?: (event: { readonly name: string; readonly records: readonly SrvRecord[] }) => void
}

const check = checks.options<SameDomainOptions>('sameDomain', { suffixes: listOf(filledText), onForeign: callable })

/**
 * Leaves out SRV records whose target lies outside the service's parent domain, so that a stranger who can write one record
 * cannot draw us to a host of their own. The answer lists them as `ignored`.
 *
 * For `my-service.service.consul` targets must lie within `service.consul`; underscore labels do not count, and a name of
 * two labels is its own parent. Below `.service.consul` targets may also be what Consul calls its machines and addresses,
 * `*.node.dc1.consul` and `*.addr.dc1.consul`; for a Consul with another domain, give those as suffixes. When no target is
 * left it rejects with `DNS_FOREIGN_TARGETS`: the zone is not empty.
 *
 * @throws {ResolverError} `DNS_BAD_OPTION`, `DNS_BAD_NAME`
 * @see MongoDB's "Polling SRV Records" and "Initial DNS Seedlist Discovery" specifications
 */
export function sameDomain(resolver: SrvResolver, options: SameDomainOptions = {}): ClosableResolver {
  checks.argument('sameDomain', 'resolver', resolverRule, resolver)
  check(options)
  const suffixes = options.suffixes?.map(checkedName)
  const onForeign = listening(realWorld.system, { name: 'onForeign', code: 'DNS_LISTENER_THREW' }, options.onForeign)
  return decoratedSrv(resolver, async (name, lookUp) => {
    const answer = await askSrv(resolver, name, lookUp)
    const allowed = suffixes ?? [parentOf(name)]
    const consul = suffixes === undefined && CONSUL_SERVICE.test(checkedName(name))
    const ours = ({ target }: SrvRecord) =>
      allowed.some((domain) => isWithin(target, domain)) || (consul && CONSUL_TARGET.test(target))
    const foreign = answer.records.filter((record) => !ours(record))
    if (foreign.length === 0) return answer
    onForeign({ name, records: foreign })
    const outside = `outside ${allowed.join(', ')}`
    if (foreign.length < answer.records.length) {
      const left = foreign.map(({ target }) => ({ target, reason: `it lies ${outside}` }))
      return { ...answer, records: answer.records.filter(ours), ignored: [...(answer.ignored ?? []), ...left] }
    }
    const shown = foreign.slice(0, 3).map(({ target }) => target)
    throw new ResolverError(
      'DNS_FOREIGN_TARGETS',
      `all ${foreign.length} targets of ${name} lie ${outside}: ${shown.join(', ')}`,
      { server: answer.server, hint: 'If the targets are yours, give their domain as a suffix.' },
    )
  })
}

// Only Consul's own domain: in a public one, anyone may own `node.example`.
const CONSUL_SERVICE = /\.service(\.[^.]+)?\.consul$/i
const CONSUL_TARGET = /\.(node(\.[^.]+)?|addr\.[^.]+)\.consul$/i

function parentOf(name: string): string {
  const labels = checkedName(name)
    .split('.')
    .filter((label) => !label.startsWith('_'))
  return (labels.length >= 3 ? labels.slice(1) : labels).join('.')
}
