import { isIP } from 'node:net'
import { newCreation } from '../creation.ts'
import { checkPort } from '../dist-port.ts'
import type {
  AddressFamily,
  CallOptions,
  EpmdModule,
  NodeAddress,
  NodeAddressCandidate,
  RegisteredName,
} from '../epmd-module.ts'
import { EpmdError } from '../error.ts'
import { parseNodeName } from '../node-name.ts'

/** Where a node listens: an IP address and its port. */
export interface StaticAddress {
  /** An IPv4 or IPv6 address. A host name is not looked up. */
  readonly ip: string
  readonly port: number
}

/** Node names and where each of them listens; several addresses are dialled in their order. */
export type StaticNodes = Readonly<Record<string, StaticAddress | readonly StaticAddress[]>>

/** Where this node listens, and of which kind the names are. */
export interface StaticOptions {
  /** The port to listen on; default 0, any free one. */
  readonly listenPort?: number
  /** Whether the names are short ones; default `false`. */
  readonly short?: boolean
}

/**
 * Finds nodes in a fixed map: for tests, for a handful of machines, and behind tunnels.
 *
 * A node's own port is the one under its own name in the map, else `listenPort`.
 */
export class Static implements EpmdModule {
  readonly #nodes = new Map<string, readonly NodeAddressCandidate[]>()
  readonly #listenPort: number

  /** @throws {EpmdError} `NODE_NAME_*` for a name, `EPMD_BAD_OPTION` for an address, both before anything is dialled */
  constructor(nodes: StaticNodes, { listenPort = 0, short = false }: StaticOptions = {}) {
    this.#listenPort = checkPort(listenPort, 'listenPort', 0)
    for (const [name, addresses] of Object.entries(nodes)) {
      const candidates = [addresses].flat().map((address) => candidate(name, address))
      if (candidates.length === 0) throw badAddress(name, 'has no address')
      this.#nodes.set(parseNodeName(name, { short }).name, candidates)
    }
  }

  async startLink({ signal }: CallOptions = {}): Promise<void> {
    signal?.throwIfAborted()
  }

  listenPortPlease(alive: string, host: string): number {
    return this.#nodes.get(`${alive}@${host}`)?.[0]?.port ?? this.#listenPort
  }

  async registerNode(_alive: string, port: number): Promise<{ creation: number }> {
    checkPort(port, 'the port to register', 1)
    return { creation: newCreation() }
  }

  async addressPlease(
    alive: string,
    host: string,
    family: AddressFamily = 'any',
    { signal }: CallOptions = {},
  ): Promise<NodeAddress> {
    signal?.throwIfAborted()
    const name = `${alive}@${host}`
    const all = this.#nodes.get(name)
    if (all === undefined) {
      const known = [...this.#nodes.keys()].slice(0, 5).join(', ') || 'none'
      const hint = `Add ${name} to the map; known nodes: ${known}.`
      throw new EpmdError('EPMD_NOT_FOUND', 'the map of nodes lacks it', { hint })
    }
    const candidates = all.filter((one) => family === 'any' || one.family === (family === 'inet' ? 4 : 6))
    if (candidates.length > 0) return { candidates, version: 6 }
    const hint = `Add an ${family === 'inet' ? 'IPv4' : 'IPv6'} address for it.`
    throw new EpmdError('EPMD_NO_ADDRESS', `the map of nodes has no ${family} address for it`, { hint })
  }

  /** The nodes of the map; only those with this host when one is given. */
  async names(host?: string, { signal }: CallOptions = {}): Promise<readonly RegisteredName[]> {
    signal?.throwIfAborted()
    return [...this.#nodes].flatMap(([node, [first]]) => {
      const [name = '', at] = node.split('@')
      return first !== undefined && (host === undefined || host === at) ? [{ name, port: first.port }] : []
    })
  }
}

function candidate(name: string, { ip, port }: StaticAddress): NodeAddressCandidate {
  const family = isIP(ip)
  if (family !== 4 && family !== 6) throw badAddress(name, `has ${JSON.stringify(ip)}, which is no IP address`)
  return { ip, family, port: checkPort(port, `the port of ${name}`, 1) }
}

function badAddress(name: string, what: string): EpmdError {
  const hint = 'Give an IPv4 or IPv6 address and a port: { ip: "10.0.0.5", port: 4370 }.'
  return new EpmdError('EPMD_BAD_OPTION', `${name} ${what}`, { hint })
}
