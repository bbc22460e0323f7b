import { isIP } from 'node:net'
import { anything, filledText, flag, type Rules, required } from '@dynsrv/kit'
import {
  type ConsulHttp,
  type ConsulHttpOptions,
  type ConsulInstance,
  consulHttp,
  usableSrvRecords,
} from '@dynsrv/srv-resolver'
import {
  basenameRule,
  byIp,
  type Candidate,
  mapNames,
  type NameMapping,
  nameMapping,
  targetLabel,
  withOwner,
} from '../answers/name-mapping.ts'
import { Preferences } from '../answers/preferences.ts'
import { checks } from '../checks.ts'
import { type Asked, type Discover, type Discovery, type IgnoredTarget, sourceOf } from '../discover.ts'
import { onDeregister } from '../policy/leave-policy.ts'
import { sourceStrategy } from './source-strategy.ts'

/** Members from Consul's health endpoint: how to ask it, as for `consulHttp`, and which instances are members. */
export interface ConsulOptions extends ConsulHttpOptions {
  /** The service's name in the catalog. */
  readonly service: string
  /** With it, members are `<nodeBasename>@<ip>`. */
  readonly nodeBasename?: string
  /** How an instance becomes a node name; default: its address `<label>.<service>.service.<domain>`, or by `nodeBasename`. */
  readonly name?: NameMapping
  /** Learn about changes by blocking queries; default true. */
  readonly push?: boolean
}

/** `consulHttp` checks the values of its options; here they only need to be known. */
const ACCESS_RULES: Rules<ConsulHttpOptions> = {
  ...{ url: anything, token: anything, datacenter: anything, tag: anything, passing: anything, stale: anything },
  ...{ domain: anything, timeoutMs: anything, waitMs: anything, world: anything },
}

const RULES: Rules<ConsulOptions> = {
  ...ACCESS_RULES,
  service: required(filledText),
  nodeBasename: basenameRule,
  name: nameMapping,
  push: flag,
}

const check = checks.options<ConsulOptions>('consulNodes', RULES)

/**
 * The nodes that are registered in Consul. A change arrives within milliseconds by a blocking query.
 *
 * @throws {StrategyError} `STRATEGY_BAD_OPTION`; `ResolverError` `DNS_BAD_OPTION` for an option of `consulHttp`
 */
export function consulNodes(options: ConsulOptions): Discover {
  check(options)
  const { service, nodeBasename, name: given, push = true, ...access } = options
  const client = consulHttp(access)
  const ownName = () => targetLabel(`${service}.service.${client.domain}`)
  const name = given ?? (nodeBasename === undefined ? ownName() : byIp(nodeBasename))
  const discover = async ({ signal }: Asked): Promise<Discovery> => {
    const { instances, ignored, stale, server } = await client.instances(service, { signal })
    const usable: [shown: string, candidate: Candidate, weight: number][] = []
    const wrong: IgnoredTarget[] = [...ignored]
    for (const instance of instances) {
      const candidate = candidateOf(instance)
      const shown = instance.id === '' ? candidate.target : instance.id
      const reason = faultOf(instance, candidate, name)
      if (reason === undefined) usable.push([shown, candidate, instance.weight as number])
      else wrong.push(withOwner({ target: shown, reason }, name.map(candidate)))
    }
    const preferences = new Preferences()
    const mapped = mapNames(usable, name, (node, [, , weight]) => preferences.add(node, { priority: PRIORITY, weight }))
    return { nodes: mapped.nodes, preferences, ignored: [...wrong, ...mapped.ignored], stale, server }
  }
  const subscribe = (changed: () => void, { signal }: Asked) => follow(client, service, changed, signal)
  return sourceOf(discover, push ? subscribe : undefined)
}

/** Members are the instances of a service that Consul's health endpoint lists. */
export const consul = sourceStrategy<ConsulOptions>({
  owner: 'consul',
  rules: RULES,
  leave: onDeregister,
  nodes: consulNodes,
})

/** The watch tries again by itself. */
async function follow(client: ConsulHttp, service: string, changed: () => void, signal: AbortSignal): Promise<void> {
  for await (const _change of client.watchInstances(service, { signal })) changed()
}

/**
 * Why an instance cannot be used. Consul writes the port 0 where none was registered: only a name made of the target leads
 * back to this record and its port. For other names, another lookup finds the port.
 */
function faultOf({ port, weight }: ConsulInstance, { target }: Candidate, { needs }: NameMapping): string | undefined {
  const found = { target, port: port === 0 && needs !== 'target' ? UNASKED_PORT : port, weight }
  return usableSrvRecords([found]).ignored[0]?.reason
}

/** What Consul gives every instance in DNS. */
const PRIORITY = 1
/** Stands for a port that is not used. */
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
