import { having, oneOf, optional, type Rule, required } from '@dynsrv/kit'
import { askAddresses, dnsClient, type SrvResolver } from '@dynsrv/srv-resolver'
import { answerFacts } from '../answers/answer-facts.ts'
import { basenameRule, byIp, mapNames } from '../answers/name-mapping.ts'
import { checks, dnsName } from '../checks.ts'
import { type Discover, sourceOf } from '../discover.ts'
import { onDeregister } from '../policy/leave-policy.ts'
import { sourceStrategy } from './source-strategy.ts'

/** What is asked of a resolver to find addresses. */
export type AddressSource = Pick<SrvResolver, 'resolveAddresses'>

/** How such a resolver is checked where it is an option. */
export const addressSource: Rule = having('resolveAddresses')

/** The options of libcluster's `Cluster.Strategy.DNSPoll`. */
export interface DnsPollOptions {
  /** The name whose A and AAAA records are the members. */
  readonly query: string
  /** The part of every node's name before the `@`. */
  readonly nodeBasename: string
  readonly resolver?: AddressSource
}

/**
 * The nodes `<basename>@<ip>` of every address of a name, or only of one family.
 *
 * @throws {StrategyError} `STRATEGY_BAD_SERVICE`, `STRATEGY_BAD_OPTION`
 */
export function addressNodes(resolver: AddressSource, query: string, basename: string, family?: 4 | 6): Discover {
  checks.argument('addressNodes', 'resolver', addressSource, resolver)
  checks.argument('addressNodes', 'query', dnsName, query)
  checks.argument('addressNodes', 'basename', basenameRule, basename)
  checks.argument('addressNodes', 'family', optional(oneOf(4, 6)), family)
  const name = byIp(basename)
  return sourceOf(async ({ signal }) => {
    const answer = await askAddresses(resolver, query, { signal, ...(family !== undefined && { family }) })
    const candidates = answer.records.map(({ address }) => [address, { addresses: [address] }] as const)
    return { ...mapNames(candidates, name), ...answerFacts(answer) }
  })
}

/** Members are `<nodeBasename>@<ip>` for every A and AAAA record of `query`. */
export const dnsPoll = sourceStrategy<DnsPollOptions>({
  owner: 'dnsPoll',
  rules: { query: required(dnsName), nodeBasename: required(basenameRule), resolver: addressSource },
  leave: onDeregister,
  nodes: ({ query, nodeBasename, world, resolver = dnsClient({ world }) }) =>
    addressNodes(resolver, query, nodeBasename),
})
