import { isIP } from 'node:net'
import {
  endpoint,
  flag,
  listOf,
  port,
  type Rule,
  realWorld,
  recordOf,
  type World,
  worldShape,
  wrong,
} from '@dynsrv/kit'
import { callOptions, checkedLookup, checkedNames, checkOwnName, checkRegistration, checks } from '../checks.ts'
import { newCreation } from '../creation.ts'
import type {
  AddressFamily,
  CallOptions,
  EpmdModule,
  LookupOptions,
  NodeAddress,
  NodeAddressCandidate,
  RegisteredName,
} from '../epmd-module.ts'
import { EpmdError } from '../error.ts'
import { parseNodeName } from '../node-name.ts'

/** Where a node listens: an IP address and its port. What another lookup answered (`candidates`) fits as it is. */
export interface StaticAddress {
  /** An IPv4 or IPv6 address. A host name is not looked up. */
  readonly ip: string
  readonly port: number
  /** The family of `ip`; default: what `ip` itself says. */
  readonly family?: 4 | 6
}

/** Node names and where each of them listens; several addresses are dialled in their order. */
export type StaticNodes = Readonly<Record<string, StaticAddress | readonly StaticAddress[]>>

/** Where this node listens, and of which kind the names are. */
export interface StaticOptions {
  /** The port to listen on; default 0, any free one. */
  readonly listenPort?: number
  /** Whether the names are short ones; default `false`. */
  readonly short?: boolean
  /** Where chance comes from; default: the machine. */
  readonly world?: World
}

const check = checks.options<StaticOptions>('Static', { listenPort: port, short: flag, world: worldShape })

const addressList = listOf(endpoint)
const addresses: Rule = {
  what: `${endpoint.what}, or an array of these`,
  check: (value, at) => {
    if (!Array.isArray(value)) return endpoint.check(value, at)
    return value.length === 0 ? wrong(at, addresses.what, value) : addressList.check(value, at)
  },
}
const nodesRule = recordOf(addresses)

/**
 * Finds nodes in a fixed map: for tests, for a handful of machines, and behind tunnels.
 *
 * A node's own port is the one under its own name in the map, else `listenPort`.
 */
export class Static implements EpmdModule {
  readonly #nodes = new Map<string, readonly NodeAddressCandidate[]>()
  readonly #listenPort: number

  readonly #world: World

  /** @throws {EpmdError} `NODE_NAME_*` for a name, `EPMD_BAD_OPTION` for an address, both before anything is dialled */
  constructor(nodes: StaticNodes, options: StaticOptions = {}) {
    checks.argument('Static', 'nodes', nodesRule, nodes)
    check(options)
    const { listenPort = 0, short = false, world = realWorld } = options
    this.#listenPort = listenPort
    this.#world = world
    for (const [name, all] of Object.entries(nodes)) {
      this.#nodes.set(parseNodeName(name, { short }).name, [all].flat().map(candidate))
    }
  }

  async startLink(options?: CallOptions): Promise<void> {
    callOptions(options).signal?.throwIfAborted()
  }

  listenPortPlease(alive: string, host: string): number {
    checkOwnName(alive, host)
    return this.#nodes.get(`${alive}@${host}`)?.[0]?.port ?? this.#listenPort
  }

  async registerNode(alive: string, port: number, driver?: 'inet' | 'inet6'): Promise<{ creation: number }> {
    checkRegistration(alive, port, driver)
    return { creation: newCreation(this.#world) }
  }

  async addressPlease(
    alive: string,
    host: string,
    family: AddressFamily = 'any',
    options?: LookupOptions,
  ): Promise<NodeAddress> {
    checkedLookup(alive, host, family, options).signal?.throwIfAborted()
    const name = `${alive}@${host}`
    const all = this.#nodes.get(name)
    if (all === undefined) {
      const known = [...this.#nodes.keys()].slice(0, 5).join(', ') || 'none'
      const hint = `Add ${name} to the map; known nodes: ${known}.`
      // Nobody changes the map while the program runs.
      throw new EpmdError('EPMD_NOT_FOUND', `the map of nodes lacks ${name}`, { hint, retryable: false })
    }
    const candidates = all.filter((one) => family === 'any' || one.family === (family === 'inet' ? 4 : 6))
    if (candidates.length > 0) return { candidates, version: 6 }
    const hint = `Add an ${family === 'inet' ? 'IPv4' : 'IPv6'} address for it.`
    const message = `the map of nodes has no ${family} address for ${name}`
    throw new EpmdError('EPMD_NO_ADDRESS', message, { hint, retryable: false })
  }

  /** The nodes of the map; only those with this host when one is given. */
  async names(host?: string, options?: CallOptions): Promise<readonly RegisteredName[]> {
    checkedNames(host, options).signal?.throwIfAborted()
    return [...this.#nodes].flatMap(([node, [first]]) => {
      const [name = '', at] = node.split('@')
      return first !== undefined && (host === undefined || host === at) ? [{ name, port: first.port }] : []
    })
  }
}

function candidate({ ip, port }: StaticAddress): NodeAddressCandidate {
  return { ip, family: isIP(ip) === 6 ? 6 : 4, port }
}
