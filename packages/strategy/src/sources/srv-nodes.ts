import { domainKey, having, messageOf, type Rule } from '@dynsrv/kit'
import {
  absoluteName,
  askSrv,
  askTxt,
  type SrvAnswer,
  type SrvRecord,
  type SrvResolver,
  usableSrvRecords,
} from '@dynsrv/srv-resolver'
import { answerFacts } from '../answers/answer-facts.ts'
import {
  type Candidate,
  mapNames,
  type NameMapping,
  nameMapping,
  targetLabel,
  withOwners,
  withoutDots,
} from '../answers/name-mapping.ts'
import { Preferences } from '../answers/preferences.ts'
import { settleSome } from '../answers/settle-some.ts'
import { addressesOf, SrvEndpoints } from '../answers/srv-endpoints.ts'
import { checks, dnsName } from '../checks.ts'
import { type Asked, type Discover, type Discovery, sourceOf } from '../discover.ts'
import { StrategyError } from '../error.ts'

/** Lookups of targets at the same time: a long answer must not open thousands of sockets. */
const MAX_LOOKUPS = 64
/** Targets that are not looked up by then are missing from this answer; below the time for a whole answer. */
const LOOKUPS_MS = 10_000

/** What is asked of a resolver to find SRV records. */
export type SrvSource = Pick<SrvResolver, 'resolveSrv'> & Partial<Pick<SrvResolver, 'resolveTxt' | 'resolveAddresses'>>

/** How such a resolver is checked where it is an option. */
export const srvSource: Rule = having('resolveSrv')

/**
 * The nodes that the SRV records of a service name.
 *
 * With a resolver that pushes (`watchSrv`, such as Consul's) the loop asks at once when something changed. `name` says how
 * a record becomes a node name; the default is `<label>.<service>` → `<label>@<service>`.
 *
 * @throws {StrategyError} `STRATEGY_BAD_SERVICE`, `STRATEGY_BAD_OPTION`
 */
export function srvNodes(resolver: SrvSource, service: string, name: NameMapping = targetLabel(service)): Discover {
  checks.argument('srvNodes', 'resolver', srvSource, resolver)
  checks.argument('srvNodes', 'service', dnsName, service)
  checks.argument('srvNodes', 'name', nameMapping, name)
  const discover = async ({ signal, confirm, world }: Asked): Promise<Discovery> => {
    const answer = await askSrv(resolver, service, { signal, ...(confirm && { transport: 'tcp' }) })
    // A resolver of the user's own may have let anything through.
    const { records: usable, ignored: wrong } = usableSrvRecords(answer.records)
    const records = oneSpelling(usable)
    const left = withOwners([...(answer.ignored ?? []), ...wrong], name)
    const found = new SrvEndpoints(answer, resolver, world)
    const preferences = new Preferences()
    const named = (candidates: Iterable<Shown>, facts: Omit<Discovery, 'nodes'>): Discovery => {
      const { nodes, ignored } = mapNames(candidates, name, (node, [, , record]) => {
        found.add(node, record)
        preferences.add(node, record)
      })
      return { nodes, endpoints: found, preferences, ignored: [...left, ...ignored], ...facts }
    }
    if (name.needs === 'target' || name.needs === 'tags') return named(records.map(candidateOf), answerFacts(answer))
    const limits = {
      clock: world.clock,
      parallel: MAX_LOOKUPS,
      limitMs: LOOKUPS_MS,
      late: () => lateLookup(service),
      signal,
    }
    const lookups = await settleSome(records, limits, (record, either) =>
      lookedUp({ resolver, answer, name }, record, either),
    )
    const candidates = lookups.flatMap((lookup) => (lookup.status === 'fulfilled' ? [lookup.value] : []))
    const failures = lookups.flatMap((lookup) => (lookup.status === 'rejected' ? [lookup.reason as unknown] : []))
    if (failures.length > 0 && candidates.length === 0) throw failures[0]
    const partial = failures.length > 0 && { trimmed: true, failures: asOne(failures) }
    return named(candidates, { ...answerFacts(answer), ...partial })
  }
  return sourceOf(discover, subscription(resolver, service))
}

/**
 * Names of hosts have no case, those of nodes have: where a target is spelled in several ways, the one in small letters counts, or
 * the first.
 */
function oneSpelling(records: readonly SrvRecord[]): readonly SrvRecord[] {
  const spelled = new Map<string, string>()
  for (const { target } of records) {
    const key = domainKey(target)
    if (!spelled.has(key) || target === key) spelled.set(key, target)
  }
  if (spelled.size === records.length) return records
  return records.map((record) => ({ ...record, target: spelled.get(domainKey(record.target))! }))
}

/** One error for all of them: a service may have thousands of targets without an answer. */
function asOne(failures: readonly unknown[]): unknown[] {
  const [first] = failures
  if (failures.length === 1) return [first]
  const why = `${failures.length} targets could not be looked up, the first one because: ${messageOf(first)}`
  return [new AggregateError(failures, why)]
}

function lateLookup(service: string): StrategyError {
  const why = `a target of ${service} was not looked up within ${LOOKUPS_MS / 1_000} s`
  return new StrategyError('STRATEGY_DISCOVER_TIMEOUT', why, {
    hint: 'Check that the DNS servers answer for its domain. Nobody leaves because of this answer.',
  })
}

type Shown = readonly [target: string, candidate: Candidate, record: SrvRecord]

function candidateOf(record: SrvRecord): Shown {
  const target = withoutDots(record.target)
  return [target, { target, port: record.port }, record]
}

interface LookUps {
  readonly resolver: SrvSource
  readonly answer: SrvAnswer
  readonly name: NameMapping
}

/** The same with what only another lookup knows. */
async function lookedUp(
  { resolver, answer: { addresses }, name: { needs } }: LookUps,
  record: SrvRecord,
  signal: AbortSignal,
): Promise<Shown> {
  const [target, candidate] = candidateOf(record)
  if (needs === 'txt') {
    const { resolveTxt } = resolver
    if (resolveTxt === undefined) return [target, candidate, record]
    const answer = await askTxt({ resolveTxt: resolveTxt.bind(resolver) }, absoluteName(target), { signal })
    return [target, { ...candidate, txt: answer.records }, record]
  }
  const known = addresses.get(target.toLowerCase())
  const found = known ?? (await addressesOf(resolver, target, signal))
  return [target, { ...candidate, addresses: found.map(({ address }) => address) }, record]
}

interface Pushing {
  watchSrv(name: string, options: { readonly signal: AbortSignal }): AsyncIterable<unknown>
}

function subscription(resolver: object, service: string) {
  if (!pushes(resolver)) return undefined
  return async (changed: () => void, { signal }: Asked) => {
    for await (const _event of resolver.watchSrv(service, { signal })) changed()
  }
}

function pushes(resolver: object): resolver is Pushing {
  return 'watchSrv' in resolver && typeof resolver.watchSrv === 'function'
}
