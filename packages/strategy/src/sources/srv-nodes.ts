import type { SrvAnswer, SrvRecord, SrvResolver } from '@dynsrv/srv-resolver'
import { type Discover, type Discovery, withSubscribe } from '../discover.ts'
import { type Candidate, mapNames, type NameMapping, targetLabel, withoutDots } from '../name-mapping.ts'
import { dnsName } from '../options.ts'
import { answerFacts } from './answer-facts.ts'

/** What is asked of a resolver to find SRV records. */
export type SrvSource = Pick<SrvResolver, 'resolveSrv'> & Partial<Pick<SrvResolver, 'resolveTxt' | 'resolveAddresses'>>

/**
 * The nodes that the SRV records of a service name.
 *
 * A resolver that pushes (`watchSrv`, such as Consul's) makes the loop ask at once when something changed. `name` says how
 * a record becomes a node name; the default is `<label>.<service>` → `<label>@<service>`.
 *
 * @throws {StrategyError} `STRATEGY_BAD_SERVICE`
 */
export function srvNodes(resolver: SrvSource, service: string, name: NameMapping = targetLabel(service)): Discover {
  dnsName('srvNodes', 'service', service)
  const discover = async ({ signal }: { readonly signal: AbortSignal }): Promise<Discovery> => {
    const answer = await resolver.resolveSrv(service, { signal })
    const candidates = await Promise.all(
      answer.records.map(async (record) => {
        const target = withoutDots(record.target)
        return [target, await candidateOf(resolver, answer, { ...record, target }, name, signal)] as const
      }),
    )
    return { ...mapNames(candidates, name), ...answerFacts(answer) }
  }
  return withSubscribe(discover, subscription(resolver, service))
}

async function candidateOf(
  resolver: SrvSource,
  { addresses }: SrvAnswer,
  { target, port }: SrvRecord,
  { needs }: NameMapping,
  signal: AbortSignal,
): Promise<Candidate> {
  if (needs === 'txt' && resolver.resolveTxt !== undefined) {
    return { target, port, txt: (await resolver.resolveTxt(target, { signal })).records }
  }
  if (needs !== 'addresses') return { target, port }
  const known = addresses.get(target.toLowerCase())
  const found = known ?? (await resolver.resolveAddresses?.(target, { signal }))?.records ?? []
  return { target, port, addresses: found.map(({ address }) => address) }
}

interface Pushing {
  watchSrv(name: string, options: { readonly signal: AbortSignal }): AsyncIterable<unknown>
}

function subscription(resolver: object, service: string): Discover['subscribe'] {
  if (!pushes(resolver)) return undefined
  return (changed, { signal }) => {
    const listen = async () => {
      for await (const _event of resolver.watchSrv(service, { signal })) changed()
    }
    // When the watch ends for another reason than our signal, polling goes on and tells what is wrong.
    listen().catch(() => signal.aborted || changed())
  }
}

function pushes(resolver: object): resolver is Pushing {
  return 'watchSrv' in resolver && typeof resolver.watchSrv === 'function'
}
