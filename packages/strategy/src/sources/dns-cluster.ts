import { dnsClient, type SrvResolver } from '@dynsrv/srv-resolver'
import type { Discover } from '../discover.ts'
import { badOption, type Check, checkOptions, dnsName, having } from '../options.ts'
import { whenLinkDropped } from '../policy/leave-policy.ts'
import { union } from './combine.ts'
import { addressNodes } from './dns-poll.ts'
import { byIp, checkBasename } from './name-mapping.ts'
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

const TYPES = ['a', 'aaaa', 'srv']

const QUERY = { basename: checkBasename, query: dnsName }

const queries: Check = (owner, key, value) => {
  const asked = [value].flat() as unknown[]
  if (asked.length === 0)
    throw badOption(owner, key, "a name, { basename, query }, a list of these, or 'ignore'", value)
  for (const query of asked) {
    if (query === 'ignore') continue
    if (typeof query === 'object') checkOptions(`${owner} ${key}`, query, QUERY, ['basename', 'query'])
    else dnsName(owner, key, query)
  }
}

const resourceTypes: Check = (owner, key, value) => {
  const right = Array.isArray(value) && value.length > 0 && value.every((type) => TYPES.includes(type))
  if (!right) throw badOption(owner, key, `a list of some of ${TYPES.join(', ')}`, value)
}

/** Members are `<basename>@<ip>` for every A, AAAA or SRV record of one or more names. Live links are never taken down. */
export const dnsCluster = sourceStrategy<DnsClusterOptions>({
  owner: 'dnsCluster',
  checks: { query: queries, resourceTypes, resolver: having('resolveSrv', 'resolveAddresses') },
  required: ['query'],
  leave: whenLinkDropped,
  nodes: ({ query, resourceTypes: types = ['a', 'aaaa'], resolver = dnsClient() }, { self }) => {
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
