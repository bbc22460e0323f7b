import { isIP } from 'node:net'
import {
  type ConsulHttp,
  type ConsulHttpOptions,
  type ConsulInstance,
  consulHttp,
  ResolverError,
  usableSrvRecords,
} from '@dynsrv/srv-resolver'
import { type Discover, type Discovery, type IgnoredTarget, withSubscribe } from '../discover.ts'
import { StrategyError } from '../error.ts'
import { anything, type Check, flag, text } from '../options.ts'
import { onDeregister } from '../policy/leave-policy.ts'
import {
  byIp,
  type Candidate,
  checkBasename,
  mapNames,
  type NameMapping,
  nameMapping,
  targetLabel,
} from './name-mapping.ts'
import { sourceStrategy } from './source-strategy.ts'

/** Members from Consul's health endpoint: how to ask it, as `consulHttp` takes it, and who is a member. */
export interface ConsulOptions extends ConsulHttpOptions {
  /** The service's name in the catalog. */
  readonly service: string
  /** With it, members are `<nodeBasename>@<ip>`. */
  readonly nodeBasename?: string
  /** How an instance becomes a node name; default: its address `<label>.<service>.service.<domain>`, or by `nodeBasename`. */
  readonly name?: NameMapping
  /** Learn of changes by blocking queries; default true. */
  readonly push?: boolean
}

const OWN_CHECKS = { service: text, nodeBasename: checkBasename, name: nameMapping, push: flag }

// What `consulHttp` takes it checks itself, when the strategy is made.
const CHECKS: Readonly<Record<keyof ConsulOptions, Check>> = {
  ...OWN_CHECKS,
  url: anything,
  token: anything,
  datacenter: anything,
  tag: anything,
  passing: anything,
  stale: anything,
  domain: anything,
  timeoutMs: anything,
  waitMs: anything,
  world: anything,
}

/**
 * The nodes that are registered in Consul. A change arrives within milliseconds by a blocking query.
 *
 * @throws {StrategyError} `STRATEGY_BAD_OPTION`
 */
export function consulNodes({ service, nodeBasename, name: given, push = true, ...access }: ConsulOptions): Discover {
  const client = clientOf(access)
  const ownName = () => targetLabel(`${service}.service.${client.domain}`)
  const name = given ?? (nodeBasename === undefined ? ownName() : byIp(nodeBasename))
  const discover = async ({ signal }: { readonly signal: AbortSignal }): Promise<Discovery> => {
    const { instances, ignored, stale, server } = await client.instances(service, { signal })
    const usable: [shown: string, candidate: Candidate][] = []
    const wrong: IgnoredTarget[] = [...ignored]
    for (const instance of instances) {
      const candidate = candidateOf(instance)
      const shown = instance.id === '' ? candidate.target : instance.id
      const reason = faultOf(instance, candidate, name)
      if (reason === undefined) usable.push([shown, candidate])
      else wrong.push({ target: shown, reason })
    }
    const mapped = mapNames(usable, name)
    return { nodes: mapped.nodes, ignored: [...wrong, ...mapped.ignored], stale, server }
  }
  const subscribe: Discover['subscribe'] = (changed, { signal }) => void follow(client, service, changed, signal)
  return withSubscribe(discover, push ? subscribe : undefined)
}

/** Members are the instances of a service that Consul's health endpoint lists. */
export const consul = sourceStrategy<ConsulOptions>({
  owner: 'consul',
  checks: CHECKS,
  required: ['service'],
  leave: onDeregister,
  nodes: consulNodes,
})

function clientOf(access: ConsulHttpOptions): ConsulHttp {
  try {
    return consulHttp(access)
  } catch (error) {
    if (!(error instanceof ResolverError)) throw error
    throw new StrategyError('STRATEGY_BAD_OPTION', error.message, { hint: error.hint, cause: error })
  }
}

/** The polls report what is wrong; the watch only makes them quicker, and tries again by itself. */
async function follow(client: ConsulHttp, service: string, changed: () => void, signal: AbortSignal): Promise<void> {
  try {
    for await (const _change of client.watchInstances(service, { signal })) changed()
  } catch {
    if (!signal.aborted) changed()
  }
}

/**
 * Why an instance is no record that can be used. Consul writes the port 0 where none was registered: only a name that is
 * made of the target leads back to this record and its port. Other names are dialled where another lookup says.
 */
function faultOf({ port, weight }: ConsulInstance, { target }: Candidate, { needs }: NameMapping): string | undefined {
  const found = { target, port: port === 0 && needs !== 'target' ? UNASKED_PORT : port, weight }
  return usableSrvRecords([found]).ignored[0]?.reason
}

/** In place of a port that nobody asks for; any would do. */
const UNASKED_PORT = 4370

function candidateOf({ address, nodeAddress, tags, meta }: ConsulInstance): Candidate & { readonly target: string } {
  const target = address === '' ? nodeAddress : address
  return {
    target,
    addresses: isIP(target) === 0 ? [nodeAddress] : [target],
    tags,
    txt: Object.entries(meta).map(([key, value]) => `${key}=${value}`),
  }
}
