import type tls from 'node:tls'
import { getHeapStatistics } from 'node:v8'
import { CHANNEL_LIMITS, type ChannelLimits, type Cookie } from '@dynsrv/dist-protocol'
import type { EpmdModule, NodeName } from '@dynsrv/epmd-shim'
import type { DecodeOptions, Pid, Values } from '@dynsrv/etf'
import {
  bound,
  callable,
  duration,
  either,
  filledText,
  flag,
  having,
  nearest,
  numberFrom,
  optionsOf,
  port,
  type Rule,
  realWorld,
  required,
  rule,
  visibleLines,
  type World,
  whole,
  worldShape,
  wrong,
} from '@dynsrv/kit'
import { checks, cookie, decodeOptions, type NodeDecodeOptions, parsedName, valuesRule } from './checks.ts'
import type { NodeLogger } from './node-logger.ts'
import type { PeerLimits } from './process/peer-use.ts'
import type { ConnectOptions } from './signature.ts'

/** Certificates and everything else that `node:tls` knows, for both roles. */
export type TlsOptions = tls.TlsOptions & Pick<tls.ConnectionOptions, 'checkServerIdentity' | 'servername'>

/** What remotely run code prints, and on whose behalf. */
export type Output = (text: string, from: Pid) => void

/**
 * Says where a peer listens, as far as that is known without a question to the address lookup: what `Strategy.locate` of
 * `@dynsrv/strategy` gives, for instance. It gives nothing, or rejects, when it cannot say it.
 */
export type LocatePeer = (
  peer: NodeName,
  options: { readonly signal: AbortSignal },
) => Promise<Omit<ConnectOptions, 'signal'> | undefined>

/** What `startNode` takes. */
export interface NodeOptions {
  /** `alive@host`, with a long host unless `shortNames`. */
  readonly name: string
  /** The secret of the cluster, or one for each peer. */
  readonly cookie: Cookie | ((peer: NodeName) => Cookie)
  /** How names become addresses, and where we listen. */
  readonly epmd: EpmdModule
  /**
   * Where a peer is dialled of which only the name is known: by `send`, `monitorNode`, `connect` without endpoints, and for
   * the mesh of visible nodes. The address lookup is asked when nobody of the peer is there. Default: it is asked at once.
   */
  readonly locate?: LocatePeer
  /** `port` 0, or left out and not given by the epmd module, is any free port; `false`: only dial. */
  readonly listen?: { readonly port?: number; readonly host?: string } | false
  /** Whether BEAM nodes leave us out of `nodes()`, of `global` and of their mesh; default true. */
  readonly hidden?: boolean
  /**
   * Whether a visible node drops those that others of its cluster have lost, and tells the others whom it lost, so that
   * parts of a cluster never overlap; default true, as `prevent_overlapping_partitions` of OTP's `kernel`. Set it alike on
   * all nodes.
   */
  readonly preventOverlappingPartitions?: boolean
  /** Host parts without a dot, as `-sname` has them; default false. */
  readonly shortNames?: boolean
  /** How long each stage of a link's set-up may take. Unit: milliseconds; default 7000, as `net_setuptime`. */
  readonly setupTimeMs?: number
  /** How long a peer may stay silent. Unit: milliseconds; default 60 000, as `net_ticktime`. */
  readonly netTickTimeMs?: number
  /** Into how many looks the tick time is cut; default 4, as `net_tickintensity`. */
  readonly netTickIntensity?: number
  /**
   * While messages go back and forth less than this apart, the event loop polls instead of sleeping. Answers come sooner;
   * idle links cost nothing. Each step of a dial is awaited in the same way. 0 never polls.
   *
   * Unit: milliseconds; default 0.2. BEAM's schedulers wait longer, see `+sbwt` of `erl`.
   */
  readonly busyWaitMs?: number
  /** Connect by itself when something is sent to a node that is not connected; default true, as in Erlang. */
  readonly autoConnect?: boolean
  /** Which peers may be connected, for dials in both directions; default: all that know the cookie. */
  readonly allow?: (peer: string) => boolean
  /**
   * Give a name to peers that have none and ask for one, as `erl -name undefined` does; default true, as in OTP. Such a
   * peer is hidden, and `allow` is asked about the name that it is to get.
   */
  readonly assignNames?: boolean
  /** TLS in place of plain TCP; a function is asked again for each dial. */
  readonly tls?: TlsOptions | (() => TlsOptions)
  /**
   * Which JavaScript values terms become: `exact` (default), `plain`, or settings on top of one of them, structs of the
   * program among them.
   */
  readonly values?: Values
  /** What is too much of a term; and single settings on top of `values`. */
  readonly decode?: NodeDecodeOptions
  /** Gets what happens to links, of the shape of pino's; default: none. Events say the same. */
  readonly logger?: NodeLogger
  /** Gets what remotely run code prints; default: standard output, with control characters shown by their number. */
  readonly output?: Output
  readonly limits?: Partial<NodeLimits>
  /** The clock, chance, sockets and standard output of the node; default: the real ones. For simulators and tests. */
  readonly world?: World
}

/** What peers and programs can make us hold. */
export interface NodeLimits extends ChannelLimits, PeerLimits {
  /** With more than this under way to a peer, `send` says false. Unit: bytes; default 1 MiB, as `dist_buf_busy_limit`. */
  readonly busyBytes: number
  /**
   * With more than this under way to a peer, its link is given up. Unit: bytes; default 256 MiB, or a quarter of the memory
   * that there is where that is less: of V8's heap, or of the container.
   */
  readonly maxQueuedBytes: number
  /** Signals that may wait for one connection to come up; default 10 000. */
  readonly maxWaiting: number
  /**
   * Sockets that have not authenticated, from TCP on; default 128. One more, and the address that has most of them, or the
   * /64 of IPv6, loses its oldest.
   */
  readonly maxUnauthenticated: number
  /** Live processes; default 262 144. */
  readonly maxProcesses: number
  /** Peers that are down and still listed by `peers()`; default 1000. */
  readonly maxDown: number
  /**
   * How much remotely run code may print with one request, such as one `io:format`; of more the beginning is printed, with a
   * mark behind it. Unit: bytes, as UTF-8; default 1 MiB.
   */
  readonly maxPrintedBytes: number
}

/** @see NodeLimits */
export const NODE_LIMITS = {
  busyBytes: 1024 * 1024,
  maxQueuedBytes: 256 * 1024 * 1024,
  maxWaiting: 10_000,
  maxUnauthenticated: 128,
  maxSpawned: 10_000,
  maxLinks: 200_000,
  maxDials: 1_000,
  maxHeldBytes: 256 * 1024 * 1024,
  maxUnreadBytes: 256 * 1024 * 1024,
  maxInAllBytes: 2 * 1024 * 1024 * 1024,
  maxProcesses: 262_144,
  maxDown: 1_000,
  maxPrintedBytes: 1024 * 1024,
} as const

/** @see NodeOptions.busyWaitMs */
const BUSY_WAIT_MS = 0.2
/** More would be no moment any more. */
const MAX_BUSY_WAIT_MS = 10

/** @see NodeOptions.setupTimeMs */
const SETUP_TIME_MS = 7_000
/** @see NodeOptions.netTickTimeMs */
const NET_TICK_TIME_MS = 60_000
/** @see NodeOptions.netTickIntensity */
const NET_TICK_INTENSITY = 4
/** OTP's own bound for the set-up time. */
const MAX_SETUP_TIME_MS = 120_000

/** The options of a node, checked, with every default in place. */
export type NodeSettings = ReturnType<typeof settingsOf>

/** What `node:tls` takes, so that a misspelling is noticed: without its certificate a node may let anybody in. */
const TLS_NAMES: Readonly<Record<keyof TlsOptions, true>> = {
  ALPNCallback: true,
  ALPNProtocols: true,
  SNICallback: true,
  allowHalfOpen: true,
  allowPartialTrustChain: true,
  ca: true,
  cert: true,
  checkServerIdentity: true,
  ciphers: true,
  clientCertEngine: true,
  crl: true,
  dhparam: true,
  ecdhCurve: true,
  enableTrace: true,
  handshakeTimeout: true,
  highWaterMark: true,
  honorCipherOrder: true,
  keepAlive: true,
  keepAliveInitialDelay: true,
  key: true,
  maxVersion: true,
  minVersion: true,
  noDelay: true,
  passphrase: true,
  pauseOnConnect: true,
  pfx: true,
  privateKeyEngine: true,
  privateKeyIdentifier: true,
  pskCallback: true,
  pskIdentityHint: true,
  rejectUnauthorized: true,
  requestCert: true,
  secureContext: true,
  secureOptions: true,
  secureProtocol: true,
  servername: true,
  sessionIdContext: true,
  sessionTimeout: true,
  sigalgs: true,
  ticketKeys: true,
}

const TLS_WHAT = 'an object of options of node:tls'

/** Options of `node:tls`. Names that are near none of those above may be of a later Node.js. */
export const tlsOptions: Rule = {
  what: TLS_WHAT,
  check: (value, at) => {
    if (Object.prototype.toString.call(value) !== '[object Object]') return wrong(at, TLS_WHAT, value)
    for (const key of Object.keys(value as object)) {
      if (Object.hasOwn(TLS_NAMES, key)) continue
      const near = nearest(key, Object.keys(TLS_NAMES))
      if (near === undefined) continue
      const message = `there is no option ${at}.${key}; did you mean ${at}.${near}?`
      return { message, hint: `Write ${at}.${near}.` }
    }
    return undefined
  },
}

const host = rule(
  'an IP address or a host name',
  (value) => typeof value === 'string' && /^[\x21-\x7e]{1,255}$/.test(value),
)

/** A logger of pino's shape. */
const logger: Rule = {
  what: 'a logger of the shape of pino: debug, info and warn, each called with (object, text)',
  check: (value, at) => {
    const fault = having('debug', 'info', 'warn').check(value, at)
    if (fault !== undefined) return wrong(at, logger.what, value)
    const { error } = value as NodeLogger
    return error === undefined || typeof error === 'function' ? undefined : wrong(`${at}.error`, 'a function', error)
  },
}

const checkOptions = checks.options<NodeOptions>('startNode', {
  name: required(filledText),
  cookie: required({
    ...cookie,
    what: `${cookie.what}, or a function`,
    check: (value, at) => (typeof value === 'function' ? undefined : cookie.check(value, at)),
  }),
  epmd: required(having('startLink', 'listenPortPlease', 'registerNode', 'addressPlease', 'names')),
  locate: callable,
  listen: either(
    rule('false', (value) => value === false),
    optionsOf<Exclude<NodeOptions['listen'], false | undefined>>({ port, host }),
  ),
  hidden: flag,
  preventOverlappingPartitions: flag,
  shortNames: flag,
  setupTimeMs: duration({ min: 1, max: MAX_SETUP_TIME_MS }),
  netTickTimeMs: whole(1),
  netTickIntensity: whole(4, 1_000),
  busyWaitMs: numberFrom(0, MAX_BUSY_WAIT_MS),
  autoConnect: flag,
  allow: callable,
  assignNames: flag,
  tls: either(callable, tlsOptions),
  values: valuesRule,
  decode: decodeOptions,
  logger,
  output: callable,
  limits: optionsOf<NodeLimits>({
    busyBytes: bound,
    maxQueuedBytes: bound,
    maxWaiting: bound,
    maxUnauthenticated: bound,
    maxSpawned: bound,
    maxLinks: bound,
    maxDials: bound,
    maxHeldBytes: bound,
    maxUnreadBytes: bound,
    maxInAllBytes: bound,
    maxProcesses: bound,
    maxDown: bound,
    maxPrintedBytes: bound,
    maxFrameBytes: bound,
    maxPartialMessages: bound,
    maxPartialBytes: bound,
    maxPartialAgeMs: duration({ min: 1 }),
  }),
  world: worldShape,
})

/** What depends on the memory that there is. */
type FittingLimits = Pick<
  NodeLimits,
  'maxUnreadBytes' | 'maxHeldBytes' | 'maxQueuedBytes' | 'maxPartialBytes' | 'maxInAllBytes'
>

/** What waits, to be read here or by peers, must not fill the memory that there is. */
function fittingLimits({ system }: World): FittingLimits {
  const heap = getHeapStatistics().heap_size_limit
  const memory = Math.min(heap, system.memoryBytes?.() ?? heap)
  const { maxUnreadBytes, maxHeldBytes, maxQueuedBytes, maxInAllBytes } = NODE_LIMITS
  return {
    maxUnreadBytes: Math.min(maxUnreadBytes, Math.floor(heap / 4)),
    maxHeldBytes: Math.min(maxHeldBytes, Math.floor(heap / 4)),
    maxQueuedBytes: Math.min(maxQueuedBytes, Math.floor(memory / 4)),
    maxPartialBytes: Math.min(CHANNEL_LIMITS.maxPartialBytes, Math.floor(memory / 4)),
    // Beside it there are atoms, a quarter of the heap at most, and what is being read, another quarter.
    maxInAllBytes: Math.min(maxInAllBytes, Math.floor(memory / 3)),
  }
}

/** How the node decodes; undefined where nothing is said of it. */
function decodeSettings({ values, decode }: NodeOptions): DecodeOptions | undefined {
  return values === undefined ? decode : { values, ...decode }
}

/** @throws {NodeError} `NODE_BAD_OPTION` for a value that could never work; `NODE_NAME_*` for such a name */
export function settingsOf(options: NodeOptions) {
  checkOptions(options)
  const { tls: certificates, limits = {}, shortNames = false, world = realWorld } = options
  const given: Partial<NodeLimits> = Object.fromEntries(
    Object.entries(limits).filter(([, value]) => value !== undefined),
  )
  const fitting = fittingLimits(world)
  return {
    name: parsedName('startNode', 'name', options.name, shortNames),
    cookie: options.cookie,
    epmd: options.epmd,
    locate: options.locate,
    listen: options.listen ?? {},
    hidden: options.hidden ?? true,
    preventOverlappingPartitions: options.preventOverlappingPartitions ?? true,
    shortNames,
    setupTimeMs: options.setupTimeMs ?? SETUP_TIME_MS,
    netTickTimeMs: options.netTickTimeMs ?? NET_TICK_TIME_MS,
    netTickIntensity: options.netTickIntensity ?? NET_TICK_INTENSITY,
    // To wait for what other machines send is of no use where time stands still.
    busyWaitMs: world.clock.goesByItself === true ? (options.busyWaitMs ?? BUSY_WAIT_MS) : 0,
    autoConnect: options.autoConnect ?? true,
    allow: options.allow ?? (() => true),
    assignNames: options.assignNames ?? true,
    tls: certificates === undefined || typeof certificates === 'function' ? certificates : () => certificates,
    decode: decodeSettings(options),
    logger: options.logger,
    world,
    output: options.output ?? ((text) => world.system.print(visibleLines(text))),
    limits: { ...NODE_LIMITS, ...fitting, ...given },
    /** The channel checks what it is given, so it gets its own limits only. */
    channelLimits: Object.fromEntries(
      Object.entries({ ...fitting, ...given }).filter(([name]) => !(name in NODE_LIMITS)),
    ) as Partial<ChannelLimits>,
  }
}
