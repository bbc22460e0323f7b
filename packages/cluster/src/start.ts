import { DynamicSrv, type NodeName, nodeName } from '@dynsrv/epmd-shim'
import { startNode } from '@dynsrv/node'
import { dnsClient, type SrvResolver } from '@dynsrv/srv-resolver'
import { dynamicSrv, type Strategy } from '@dynsrv/strategy'
import { Cluster } from './cluster.ts'
import { DynsrvError } from './error.ts'
import { GuardedMembership } from './guarded-membership.ts'
import { OwnRecord } from './own-record.ts'
import { findCookie } from './settings/cookie.ts'
import { dnsServer } from './settings/dns-server.ts'
import type { StartOptions } from './settings/start-options.ts'
import { topologiesOf } from './settings/topologies.ts'

/**
 * Starts a node and keeps it connected to the members that DNS names.
 *
 * Everything is checked before anything is opened. What is left out comes from the environment that a release has:
 * `RELEASE_NODE`, `RELEASE_COOKIE` or `~/.erlang.cookie`, and `ERL_DIST_PORT`. It resolves as soon as the node listens;
 * `ready()` waits for peers.
 *
 * @throws {DynsrvError} for a missing or wrong option, with a hint
 * @throws {EpmdError} `NODE_NAME_*` for a name that no BEAM node would accept, `EPMD_DIST_PORT_*` for its port
 * @throws {NodeError} `NODE_PORT_IN_USE` and others, when it cannot listen
 */
export async function start(options: StartOptions = {}): Promise<Cluster> {
  const { env = process.env, hidden = true, host, port, cookie } = options
  const name = ownName(options.name ?? env.RELEASE_NODE)
  const topologies = topologiesOf(options)
  const { resolver, close } = resolverOf(options.dns)
  const secret = typeof cookie === 'function' ? cookie : await findCookie({ ...options, cookie, env })
  const epmd = options.epmd ?? new DynamicSrv({ resolver, env, ...(port !== undefined && { listenPort: port }) })
  const listen = { ...(port !== undefined && { port }), ...(host !== undefined && { host }) }
  const { tls, netTickTimeMs, netTickIntensity, preventOverlappingPartitions, logger, output } = options
  const node = await startNode({
    ...{ name, cookie: secret, epmd, hidden, listen },
    ...(tls !== undefined && { tls }),
    ...(logger !== undefined && { logger }),
    ...(output !== undefined && { output }),
    ...(netTickTimeMs !== undefined && { netTickTimeMs }),
    ...(netTickIntensity !== undefined && { netTickIntensity }),
    ...(preventOverlappingPartitions !== undefined && { preventOverlappingPartitions }),
  })
  try {
    const ownRecords = new Map<string, OwnRecord>()
    for (const [topology, made] of topologies) {
      if (typeof made !== 'function') ownRecords.set(topology, new OwnRecord(name, made.service, resolver))
    }
    const membership = new GuardedMembership(node, [...ownRecords.values()])
    const strategies = new Map<string, Strategy>()
    for (const [topology, made] of topologies) {
      strategies.set(
        topology,
        typeof made === 'function'
          ? made(membership)
          : dynamicSrv(membership, { topology, ...made, resolver: ownRecords.get(topology)?.resolver ?? resolver }),
      )
    }
    return new Cluster({ node, strategies, ownRecords, deregister: options.deregister, closeResolver: close })
  } catch (error) {
    await node.close()
    close()
    throw error
  }
}

function ownName(text: string | undefined): NodeName {
  if (text !== undefined && text !== '') return nodeName(text)
  throw new DynsrvError('DYNSRV_NAME_MISSING', 'no name for this node: RELEASE_NODE is not set', {
    hint: 'Give a name such as api-1@my-service.service.consul.',
  })
}

/** A resolver that was passed in stays its owner's to close. */
function resolverOf(dns: StartOptions['dns']): { resolver: SrvResolver; close: () => void } {
  if (typeof dns === 'object' && 'resolveSrv' in dns) return { resolver: dns, close: () => undefined }
  const servers = dns === undefined ? [] : [dns].flat().map(dnsServer)
  const resolver = dnsClient(servers.length === 0 ? {} : { servers })
  return { resolver, close: () => resolver.close?.() }
}
