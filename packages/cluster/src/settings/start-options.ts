import type { EpmdModule, NodeName } from '@dynsrv/epmd-shim'
import type { NodeOptions } from '@dynsrv/node'
import type { SrvResolver } from '@dynsrv/srv-resolver'
import type { DynamicSrvOptions, Membership, Strategy } from '@dynsrv/strategy'

/** A set of members found by one SRV name, with the options of the `dynamicSrv` strategy. */
export type SrvTopology = Omit<DynamicSrvOptions, 'resolver'>

/** Makes any other strategy over our node. */
export type StrategyFactory = (membership: Membership) => Strategy

/** Options of the node as they are. */
type PassedOn = 'tls' | 'netTickTimeMs' | 'netTickIntensity' | 'preventOverlappingPartitions' | 'logger' | 'output'

/** What `start` needs; what is left out comes from the environment of a release. */
export interface StartOptions extends Pick<NodeOptions, PassedOn> {
  /** The node's name, `alive@host` with a long host; default: `RELEASE_NODE`. */
  readonly name?: string
  /** The cluster's secret, or one for each peer; default: `cookieFile`, `RELEASE_COOKIE`, `~/.erlang.cookie`. */
  readonly cookie?: string | ((peer: NodeName) => string)
  /** A file that holds the cookie, such as a mounted secret. */
  readonly cookieFile?: string
  /** The SRV name of the members: short for one topology, which is called by this name. */
  readonly service?: string
  /** Several sets of members, by a name of your choice that comes back in events. */
  readonly topologies?: Readonly<Record<string, SrvTopology | StrategyFactory>>
  /** Time between two polls of `service`, in milliseconds; default 5000. */
  readonly pollingInterval?: number
  /** DNS servers as `host:port`, or a resolver of your own; default: the servers of `/etc/resolv.conf`. */
  readonly dns?: string | readonly string[] | SrvResolver
  /** The distribution port, 0 for any free one; default: `ERL_DIST_PORT`. */
  readonly port?: number
  /** The address to listen on; default: all. */
  readonly host?: string
  /** Whether BEAM nodes leave us out of `nodes()` and of their mesh; default true. */
  readonly hidden?: boolean
  /** Another address lookup than the SRV records. */
  readonly epmd?: EpmdModule
  /** Runs when `drain` has stopped discovery, to take this node's own record away. */
  readonly deregister?: () => Promise<void> | void
  /** Where the defaults come from; default `process.env`. */
  readonly env?: NodeJS.ProcessEnv
}
