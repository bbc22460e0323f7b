import type { EpmdModule } from '@dynsrv/epmd-shim'
import {
  anything,
  callable,
  either,
  filledText,
  flag,
  having,
  listOf,
  oneOf,
  optionsOf,
  port,
  type Rule,
  type Rules,
  recordOf,
  required,
  rule,
  text,
  variables,
  worldShape,
  wrong,
} from '@dynsrv/kit'
import type { NodeOptions } from '@dynsrv/node'
import type { SrvResolver } from '@dynsrv/srv-resolver'
import type { DynamicSrvOptions, Membership, Strategy } from '@dynsrv/strategy'
import { checks } from '../checks.ts'
import type { Attach } from '../cluster.ts'
import { DynsrvError } from '../error.ts'
import { LEAVE_SIGNALS, type LeaveSignal } from '../leave-on.ts'

/** A set of members found by one SRV name, with the options of the `dynamicSrv` strategy. */
export type SrvTopology = Omit<DynamicSrvOptions, 'resolver'>

/** Makes any other strategy over our node. */
export type StrategyFactory = (membership: Membership) => Strategy

/** Files that hold cookies, while the cookie of a cluster is being changed. */
export interface CookieFiles {
  /** The file of the cookie with which we prove ourselves. */
  readonly offered: string
  /** The files of those with which peers may prove themselves, most likely first. */
  readonly accepted: readonly string[]
}

/**
 * What `start` takes: its own options, those of the node, and for `service` those of the `dynamicSrv` strategy. What is
 * left out comes from the environment of a release.
 */
export interface StartOptions extends NodePart, StrategyPart {
  /** The node's name, `alive@host`, with a long host unless `shortNames`; default: `RELEASE_NODE`. */
  readonly name?: string
  /**
   * The secret of the cluster; `{ offered, accepted }` while it is being changed; or a function that gives one for each
   * peer. Default: `cookieFile`, `RELEASE_COOKIE`, `~/.erlang.cookie`.
   */
  readonly cookie?: NodeOptions['cookie']
  /** A file that holds the cookie, such as a mounted secret; files for both kinds while it is being changed. */
  readonly cookieFile?: string | CookieFiles
  /**
   * The SRV name of the members: short for one topology, which is called by this name. The options of the `dynamicSrv`
   * strategy beside it are for this topology.
   */
  readonly service?: string
  /** How a record of `service` becomes a node name: the option `name` of `dynamicSrv`. */
  readonly memberName?: NonNullable<DynamicSrvOptions['name']>
  /** Several sets of members, by a name of your choice that comes back in events. */
  readonly topologies?: Readonly<Record<string, SrvTopology | StrategyFactory>>
  /** DNS servers as `host:port`, or a resolver of your own; default: `DYNSRV_DNS`, or the servers of `/etc/resolv.conf`. */
  readonly dns?: string | readonly string[] | SrvResolver
  /** The distribution port, 0 for any free one; default: `ERL_DIST_PORT`. Short for `listen: { port }`. */
  readonly port?: number
  /** The address to listen on; default: all. Short for `listen: { host }`. */
  readonly host?: string
  /**
   * Which JavaScript values terms become: `plain` (default), `exact`, or settings on top of `plain`, or of the `set` that they
   * name.
   */
  readonly values?: NonNullable<NodeOptions['values']>
  /** Another address lookup than the SRV records. */
  readonly epmd?: EpmdModule
  /** Runs when `drain` has stopped discovery, to take this node's own record away. */
  readonly deregister?: () => Promise<void> | void
  /**
   * Runs beside the cluster and ends with it: `attach: [startHealthServer]`. Each function gets the cluster when its node
   * listens, and gives what has `close()`. When one fails, everything that was started ends, and `start` rejects.
   */
  readonly attach?: readonly Attach[]
  /** Signals on which the program leaves: the first calls `drain()`, a second ends the program. Default: none. */
  readonly leaveOn?: readonly LeaveSignal[]
  /** Where the defaults come from; default: the environment of the process. */
  readonly env?: NodeJS.ProcessEnv
}

/** Options of the node that `start` passes on as they are, but for the default of `values`. */
type NodePart = Omit<NodeOptions, 'name' | 'cookie' | 'epmd' | 'values'>

/** Options of the strategy over `service` that it gets as they are. */
type StrategyPart = Omit<DynamicSrvOptions, 'service' | 'resolver' | 'name' | keyof NodePart>

/** What `start` takes by itself. */
type OwnPart = Omit<StartOptions, keyof NodePart | keyof StrategyPart>

/** The node checks the values of its options; here they only need to be known, but for those that `start` reads too. */
const NODE_RULES: Rules<NodePart> = {
  ...{ listen: anything, hidden: anything, preventOverlappingPartitions: anything },
  ...{ setupTimeMs: anything, netTickTimeMs: anything, netTickIntensity: anything, busyWaitMs: anything },
  ...{ autoConnect: anything, allow: anything, assignNames: anything, tls: anything, decode: anything },
  ...{ locate: anything, logger: anything, output: anything, limits: anything },
  shortNames: flag,
  world: worldShape,
}

/** The strategy checks the values of its options. */
const STRATEGY_RULES: Rules<StrategyPart> = {
  ...{
    topology: text,
    portName: anything,
    pollingInterval: anything,
    disconnectOnDeregister: anything,
    interval: anything,
  },
  ...{ leave: anything, maxLeaveShare: anything, confirmEmpty: anything, confirmEmptyMs: anything },
  ...{
    confirmLeave: anything,
    confirmDelayMs: anything,
    doubtPolls: anything,
    rotationPolls: anything,
    discoverTimeoutMs: anything,
    maxMembers: anything,
    connectTimeoutMs: anything,
  },
  ...{ parallel: anything, retry: anything, unref: anything },
}

function isMapping(value: unknown): boolean {
  const { needs, map } = (value ?? {}) as Readonly<Record<string, unknown>>
  return typeof needs === 'string' && typeof map === 'function'
}

const list = listOf(filledText)

/** A list of texts that is not empty. */
function someOf(what: string): Rule {
  const some = `an array of at least one ${what}`
  return {
    what: some,
    check: (value, at) => (Array.isArray(value) && value.length === 0 ? wrong(at, some, value) : list.check(value, at)),
  }
}

const OWN_RULES: Rules<OwnPart> = {
  name: text,
  // Cookies have errors of their own, which never show one.
  cookie: anything,
  cookieFile: either(
    filledText,
    optionsOf<CookieFiles>({ offered: required(filledText), accepted: required(someOf('file')) }),
  ),
  service: text,
  // The strategy checks it whole, by the name that it has there.
  memberName: rule('an object with needs and map', isMapping),
  topologies: recordOf(
    either(
      rule('an object of options', (value) => typeof value === 'object' && value !== null && !Array.isArray(value)),
      callable,
    ),
  ),
  // Left out, the client asks the servers of resolv.conf; with an empty list it would have none to ask.
  dns: either(filledText, someOf('server'), having('resolveSrv', 'resolveAddresses', 'resolveTxt')),
  port,
  host: filledText,
  // The node checks it.
  epmd: anything,
  deregister: callable,
  attach: listOf(callable),
  leaveOn: listOf(oneOf(...LEAVE_SIGNALS)),
  // The node checks what the settings are.
  values: either(
    oneOf('exact', 'plain'),
    optionsOf<Exclude<NonNullable<NodeOptions['values']>, string>>({
      ...{ set: anything, binary: anything, map: anything, float: anything, structs: anything },
    }),
  ),
  env: variables,
}

const check = checks.options<StartOptions>('start', { ...OWN_RULES, ...NODE_RULES, ...STRATEGY_RULES })

/** The options of `start`, by the part that takes them. */
export interface StartSettings {
  readonly own: OwnPart
  readonly node: Partial<NodePart>
  readonly strategy: Partial<StrategyPart>
}

/**
 * Checks the options of `start` as far as it uses them itself.
 *
 * @throws {DynsrvError} `DYNSRV_BAD_OPTION` for an unknown or wrong option, and for one that would have no effect
 */
export function startSettings(options: StartOptions): StartSettings {
  check(options)
  const own = part<OwnPart>(options, OWN_RULES)
  const node = part<NodePart>(options, NODE_RULES)
  const strategy = part<StrategyPart>(options, STRATEGY_RULES)
  const twice = (['port', 'host'] as const).find((key) => own[key] !== undefined && node.listen !== undefined)
  if (twice !== undefined) {
    throw new DynsrvError('DYNSRV_BAD_OPTION', `start: ${twice} and listen contradict each other`, {
      hint: `Write listen: { ${twice} }, or leave listen out.`,
    })
  }
  const [idle] = Object.keys(own.memberName === undefined ? strategy : { memberName: own.memberName })
  if (own.service === undefined && idle !== undefined) {
    throw new DynsrvError('DYNSRV_BAD_OPTION', `start: ${idle} is for service, which is not given`, {
      hint: `Give service, or write ${idle === 'memberName' ? 'name' : idle} into a topology.`,
    })
  }
  return { own, node, strategy }
}

/** The options that have one of these rules. One that is undefined is left out. */
function part<T extends object>(options: object, rules: Rules<T>): Partial<T> {
  return Object.fromEntries(
    Object.entries(options).filter(([key, value]) => Object.hasOwn(rules, key) && value !== undefined),
  ) as Partial<T>
}
