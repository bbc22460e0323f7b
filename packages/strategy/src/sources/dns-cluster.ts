import { having, listOf, oneOf, optionsOf, type Rule, required, wrong } from '@dynsrv/kit'
import { dnsClient, type SrvResolver } from '@dynsrv/srv-resolver'
import { basenameRule, byIp } from '../answers/name-mapping.ts'
import { dnsName } from '../checks.ts'
import type { Discover } from '../discover.ts'
import { whenLinkDropped } from '../policy/leave-policy.ts'
import { union } from './combine.ts'
import { addressNodes } from './dns-poll.ts'
import { sourceStrategy } from './source-strategy.ts'
import { srvNodes } from './srv-nodes.ts'

/** A name to ask, alone or with the basename of the nodes behind it. */
export type DnsClusterQuery = string | { readonly basename: string; readonly query: string }

/** The options of Elixir's `DNSCluster`. */
export interface DnsClusterOptions {
  /** One query or several; `'ignore'` turns discovery off. The basename is our own unless given. */
  readonly query: 'ignore' | DnsClusterQuery | readonly DnsClusterQuery[]
  /** Which records are asked for; default `['a', 'aaaa']`. */
  readonly resourceTypes?: readonly ('a' | 'aaaa' | 'srv')[]
  readonly resolver?: SrvResolver
}

const oneQuery = optionsOf<Exclude<DnsClusterQuery, string>>({
  basename: required(basenameRule),
  query: required(dnsName),
})

const queries: Rule = {
  what: "a name, { basename, query }, a list of these, or 'ignore'",
  check: (value, at) => {
    if (Array.isArray(value) && value.length === 0) return wrong(at, queries.what, value)
    // `flat` would leave out the holes of a sparse array.
    for (const one of Array.isArray(value) ? Array.from(value) : [value]) {
      const fault = one === 'ignore' ? undefined : (typeof one === 'string' ? dnsName : oneQuery).check(one, at)
      if (fault !== undefined) return fault
    }
    return undefined
  },
}

const typeList = listOf(oneOf('a', 'aaaa', 'srv'))
const resourceTypes: Rule = {
  what: "a list of some of 'a', 'aaaa', 'srv'",
  check: (value, at) =>
    Array.isArray(value) && value.length === 0 ? wrong(at, resourceTypes.what, value) : typeList.check(value, at),
}

/** Members are `<basename>@<ip>` for every A, AAAA or SRV record of one or more names. Live links are never taken down. */
export const dnsCluster = sourceStrategy<DnsClusterOptions>({
  owner: 'dnsCluster',
  rules: { query: required(queries), resourceTypes, resolver: having('resolveSrv', 'resolveAddresses') },
  leave: whenLinkDropped,
  nodes: ({ query, resourceTypes: types = ['a', 'aaaa'], world, resolver = dnsClient({ world }) }, { self }) => {
    const own = self.slice(0, self.indexOf('@'))
    const asked = [query].flat().filter((one) => one !== 'ignore')
    const sources = asked.flatMap((one) => {
      const { basename, query: name } = typeof one === 'string' ? { basename: own, query: one } : one
      return sourcesOf(resolver, name, basename, types)
    })
    return sources.length === 0 ? async () => new Set() : union(...sources)
  },
})

function sourcesOf(
  resolver: SrvResolver,
  query: string,
  basename: string,
  types: readonly ('a' | 'aaaa' | 'srv')[],
): Discover[] {
  const sources: Discover[] = []
  const [v4, v6] = [types.includes('a'), types.includes('aaaa')]
  if (v4 && v6) sources.push(addressNodes(resolver, query, basename))
  else if (v4 || v6) sources.push(addressNodes(resolver, query, basename, v4 ? 4 : 6))
  if (types.includes('srv')) sources.push(srvNodes(resolver, query, byIp(basename)))
  return sources
}
