import { DynamicSrv, type NodeName, nodeName } from '@dynsrv/epmd-shim'
import { having, realWorld, type World } from '@dynsrv/kit'
import { type Node, startNode } from '@dynsrv/node'
import { dnsClient, type SrvResolver, trimDetecting } from '@dynsrv/srv-resolver'
import { dynamicSrv, type Strategy } from '@dynsrv/strategy'
import { checks } from './checks.ts'
import { attachAll, type Cluster, makeCluster } from './cluster.ts'
import { DynsrvError } from './error.ts'
import { RememberingResolver } from './last-lookup.ts'
import { LateMembership } from './late-membership.ts'
import { nodeCookie } from './settings/cookie.ts'
import { dnsServer } from './settings/dns-server.ts'
import { type StartOptions, startSettings } from './settings/start-options.ts'
import { portNames, type Topologies, topologiesOf } from './settings/topologies.ts'

/**
 * Starts a node and keeps it connected to the members that DNS names.
 *
 * Everything is checked before anything is opened. What is left out comes from the environment that a release has:
 * `RELEASE_NODE`, `RELEASE_COOKIE` or `~/.erlang.cookie`, `ERL_DIST_PORT` and `DYNSRV_DNS`. It resolves as soon as the node listens;
 * `ready()` waits for peers.
 *
 * @throws {DynsrvError} for a missing or wrong option, with a hint
 * @throws {NodeError} `NODE_BAD_OPTION` for a wrong option of the node; `NODE_PORT_IN_USE` and others, when it cannot listen
 * @throws {StrategyError} `STRATEGY_BAD_OPTION` and others, for a wrong option of a strategy
 * @throws {EpmdError} `NODE_NAME_*` for a name that no BEAM node would accept, `EPMD_DIST_PORT_*` for its port
 */
export async function start(options: StartOptions = {}): Promise<Cluster> {
  const { own, node: nodeOptions, strategy } = startSettings(options)
  const { env, cookie, cookieFile, port, host, deregister, attach = [], leaveOn = [] } = own
  const { world = realWorld } = nodeOptions
  const name = ownName(own.name ?? (env ?? world.system.env).RELEASE_NODE, nodeOptions.shortNames ?? false)
  const topologies = topologiesOf({ own, strategy })
  const secret = await nodeCookie(cookie, cookieFile, env, world)
  const { resolver, close } = resolverOf(own.dns ?? serversOf((env ?? world.system.env).DYNSRV_DNS), world)
  const listen = nodeOptions.listen ?? { ...(port !== undefined && { port }), ...(host !== undefined && { host }) }
  const made: { strategies?: ReadonlyMap<string, Strategy>; node?: Node; cluster?: Cluster } = {}
  try {
    const epmd =
      own.epmd ??
      new DynamicSrv({
        resolver,
        portName: portNames(topologies),
        world,
        ...(env && { env }),
        ...(port !== undefined && { listenPort: port }),
      })
    const resolvers = new Map<string, RememberingResolver>()
    for (const [topology, each] of topologies) {
      if (typeof each === 'function') continue
      resolvers.set(topology, new RememberingResolver(each.service, resolver, world.clock))
    }
    const membership = new LateMembership(name)
    const strategies = makeStrategies(topologies, membership, resolvers, world)
    made.strategies = strategies
    const node = await startNode({
      ...nodeOptions,
      // The mesh and the program dial by names: they go where the strategies found the member.
      locate: nodeOptions.locate ?? ((peer, { signal }) => locatedBy(strategies.values(), peer, signal)),
      name,
      cookie: secret,
      epmd,
      listen,
      values: plainUnless(own.values),
    })
    made.node = node
    membership.attach(node)
    const cluster = makeCluster({
      node,
      strategies,
      resolvers,
      world,
      deregister,
      leaveOn,
      closeResolver: close,
    })
    made.cluster = cluster
    await attachAll(cluster, attach)
    return cluster
  } catch (error) {
    const open = made.cluster === undefined ? [...(made.strategies?.values() ?? []), made.node] : [made.cluster]
    await Promise.allSettled(open.map((each) => each?.close()))
    close()
    throw error
  }
}

/** A program that sets something else has the rest plain. */
function plainUnless(values: StartOptions['values'] = 'plain'): NonNullable<StartOptions['values']> {
  return typeof values === 'object' && values !== null ? { set: 'plain', ...values } : values
}

/** Where a member listens, by the first topology that knows it. */
async function locatedBy(strategies: Iterable<Strategy>, peer: NodeName, signal: AbortSignal) {
  for (const strategy of strategies) {
    // One of the program's may be like ours only in what is asked of it.
    const place = await strategy.locate?.(peer, { signal })
    if (place !== undefined && (place.endpoints.length > 0 || place.addresses !== undefined)) return place
  }
  return undefined
}

const strategyRule = having('start', 'close', 'on', 'expected')

function makeStrategies(
  topologies: Topologies,
  membership: LateMembership,
  resolvers: ReadonlyMap<string, RememberingResolver>,
  world: World,
): ReadonlyMap<string, Strategy> {
  const strategies = new Map<string, Strategy>()
  for (const [topology, made] of topologies) {
    const strategy =
      typeof made === 'function'
        ? made(membership)
        : dynamicSrv(membership, { topology, world, ...made, resolver: resolvers.get(topology)!.resolver })
    checks.argument('start', `what topologies.${topology}() returns`, strategyRule, strategy)
    strategies.set(topology, strategy)
  }
  return strategies
}

function ownName(text: string | undefined, short: boolean): NodeName {
  if (text !== undefined && text !== '') return nodeName(text, { short })
  throw new DynsrvError('DYNSRV_NAME_MISSING', 'no name for this node: RELEASE_NODE is not set')
}

/** The DNS servers that a variable lists, as the companion of BEAM nodes reads it. */
function serversOf(list = ''): readonly string[] | undefined {
  const servers = list.split(',').flatMap((each) => each.trim() || [])
  return servers.length === 0 ? undefined : servers
}

/** A resolver that was passed in stays its owner's to close. */
function resolverOf(dns: StartOptions['dns'], world: World): { resolver: SrvResolver; close: () => void } {
  if (typeof dns === 'object' && 'resolveSrv' in dns) return { resolver: dns, close: () => undefined }
  const client = dnsClient({ world, ...(dns !== undefined && { servers: [dns].flat().map(dnsServer) }) })
  // Consul cuts what it sends over UDP, and does not say so.
  const resolver = trimDetecting(client)
  return { resolver, close: () => resolver.close() }
}
