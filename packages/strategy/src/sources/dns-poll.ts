import { type FamilyOutcome, having, oneOf, optional, type Rule, raceFamilies, required } from '@dynsrv/kit'
import { type AddressRecord, askAddresses, type DnsAnswer, dnsClient, type SrvResolver } from '@dynsrv/srv-resolver'
import { answerFacts } from '../answers/answer-facts.ts'
import { basenameRule, byIp, mapNames } from '../answers/name-mapping.ts'
import { checks, dnsName } from '../checks.ts'
import { type Asked, type Discover, type Discovery, sourceOf } from '../discover.ts'
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
 * A family of which the answer fails, or is late by 50 ms, hides nobody: its addresses are those of its last answer. A late one
 * makes the loop ask again when it brings others.
 *
 * @throws {StrategyError} `STRATEGY_BAD_SERVICE`, `STRATEGY_BAD_OPTION`
 */
export function addressNodes(resolver: AddressSource, query: string, basename: string, family?: 4 | 6): Discover {
  checks.argument('addressNodes', 'resolver', addressSource, resolver)
  checks.argument('addressNodes', 'query', dnsName, query)
  checks.argument('addressNodes', 'basename', basenameRule, basename)
  checks.argument('addressNodes', 'family', optional(oneOf(4, 6)), family)
  const name = byIp(basename)
  const answered = (answers: readonly AddressAnswer[]): Discovery => {
    const found = answers.flatMap(({ records }) => records)
    const candidates = found.map(({ address }) => [address, { addresses: [address] }] as const)
    return { ...mapNames(candidates, name), ...factsOf(answers) }
  }
  if (family !== undefined) {
    return sourceOf(async ({ signal }) => answered([await askAddresses(resolver, query, { signal, family })]))
  }
  const last = new Map<4 | 6, AddressAnswer>()
  const late = new Set<AbortController>()
  let changed: () => void = () => undefined
  const keep = ({ family: of, answer }: FamilyOutcome<AddressAnswer>) => {
    if (answer !== undefined) last.set(of, answer)
  }
  const discover = async ({ signal, world }: Asked) => {
    const over = new AbortController()
    const either = AbortSignal.any([signal, over.signal])
    const race = await raceFamilies<AddressAnswer>({
      clock: world.clock,
      ask: (one) => askAddresses(resolver, query, { signal: either, family: one }),
      hasSome: ({ records }) => records.length > 0,
    })
    signal.throwIfAborted()
    const { known } = race
    for (const outcome of known) keep(outcome)
    if (race.late !== undefined) late.add(over)
    // It never rejects: a failure is an outcome.
    void race.late?.then((outcome) => {
      late.delete(over)
      const before = last.get(outcome.family)
      keep(outcome)
      if (addressesIn(before) !== addressesIn(last.get(outcome.family))) changed()
    })
    const answers = known.map(({ family: of, answer }) => answer ?? last.get(of))
    const failure = known.find(({ answer }) => answer === undefined)
    // Nothing is known of that family, so nothing may follow from the emptiness of the other one.
    if (failure !== undefined && answers.every((answer) => (answer?.records.length ?? 0) === 0)) throw failure.error
    const of = known[0]?.family === 4 ? 6 : 4
    return answered([...answers, race.late === undefined ? undefined : last.get(of)].flatMap((answer) => answer ?? []))
  }
  return sourceOf(discover, (call, { signal }) => {
    changed = call
    // Nobody waits for what is late then.
    const end = () => {
      for (const over of late) over.abort(signal.reason)
    }
    signal.addEventListener('abort', end, { once: true })
  })
}

type AddressAnswer = DnsAnswer<AddressRecord>

function addressesIn(answer: AddressAnswer | undefined): string {
  return (answer?.records ?? [])
    .map(({ address }) => address)
    .sort()
    .join(' ')
}

/** What the answers of both families say together. */
function factsOf(answers: readonly AddressAnswer[]): Omit<Discovery, 'nodes'> {
  const [first, second = first] = answers
  if (first === undefined || second === undefined) return {}
  const { empty: _empty, ttlMs = Number.POSITIVE_INFINITY, ...facts } = answerFacts(first)
  const other = answerFacts(second)
  const ttl = Math.min(ttlMs, other.ttlMs ?? Number.POSITIVE_INFINITY)
  const isEmpty = answers.every(({ records }) => records.length === 0)
  const isUnknown = answers.every(({ empty }) => empty === 'nxdomain')
  return {
    ...facts,
    stale: first.stale || second.stale,
    trimmed: facts.trimmed === true || other.trimmed === true,
    ...((facts.doubtful === true || other.doubtful === true) && { doubtful: true }),
    ...(Number.isFinite(ttl) && { ttlMs: ttl }),
    ...(isEmpty && { empty: isUnknown ? ('nxdomain' as const) : ('nodata' as const) }),
  }
}

/** Members are `<nodeBasename>@<ip>` for every A and AAAA record of `query`. */
export const dnsPoll = sourceStrategy<DnsPollOptions>({
  owner: 'dnsPoll',
  rules: { query: required(dnsName), nodeBasename: required(basenameRule), resolver: addressSource },
  leave: onDeregister,
  nodes: ({ query, nodeBasename, world, resolver = dnsClient({ world }) }) =>
    addressNodes(resolver, query, nodeBasename),
})
