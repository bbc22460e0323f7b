import { dnsClient, type SrvResolver } from '@dynsrv/srv-resolver'
import type { Discover } from '../discover.ts'
import { dnsName, having } from '../options.ts'
import { onDeregister } from '../policy/leave-policy.ts'
import { answerFacts } from './answer-facts.ts'
import { byIp, checkBasename, mapNames } from './name-mapping.ts'
import { sourceStrategy } from './source-strategy.ts'

/** What is asked of a resolver to find addresses. */
export type AddressSource = Pick<SrvResolver, 'resolveAddresses'>

/** The options of libcluster's `Cluster.Strategy.DNSPoll`. */
export interface DnsPollOptions {
  /** The name whose A and AAAA records are the members. */
  readonly query: string
  /** The part of every node's name before the `@`. */
  readonly nodeBasename: string
  readonly resolver?: AddressSource
}

/** The nodes `<basename>@<ip>` of every address of a name. */
export function addressNodes(resolver: AddressSource, query: string, basename: string, family?: 4 | 6): Discover {
  dnsName('addressNodes', 'query', query)
  const name = byIp(basename)
  return async ({ signal }) => {
    const answer = await resolver.resolveAddresses(query, { signal, ...(family !== undefined && { family }) })
    const candidates = answer.records.map(({ address }) => [address, { addresses: [address] }] as const)
    return { ...mapNames(candidates, name), ...answerFacts(answer) }
  }
}

/** Members are `<nodeBasename>@<ip>` for every A and AAAA record of `query`. */
export const dnsPoll = sourceStrategy<DnsPollOptions>({
  owner: 'dnsPoll',
  checks: { query: dnsName, nodeBasename: checkBasename, resolver: having('resolveAddresses') },
  required: ['query', 'nodeBasename'],
  leave: onDeregister,
  nodes: ({ query, nodeBasename, resolver = dnsClient() }) => addressNodes(resolver, query, nodeBasename),
})
