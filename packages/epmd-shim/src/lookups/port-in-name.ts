import { newCreation } from '../creation.ts'
import { checkPort } from '../dist-port.ts'
import type { AddressFamily, CallOptions, EpmdModule, NodeAddress, RegisteredName } from '../epmd-module.ts'
import { type HostLookup, systemHostLookup } from './host-address.ts'
import { namesUnknown } from './names-unknown.ts'
import { isThrowAwayName } from './throw-away-name.ts'

/** What holds for names without a port, and how hosts are found. */
export interface PortInNameOptions {
  /** The port of nodes whose name has none; default 4370, as in Caravan. */
  readonly defaultPort?: number
  /** How the host of a node name is looked up; default: as the operating system does. */
  readonly lookup?: HostLookup
}

/**
 * The port stands in the node's name, as the digits at its end: `web-4371@10.0.0.5` listens on 4371.
 *
 * @see Caravan, `Caravan.Epmd.Client`
 */
export class PortInName implements EpmdModule {
  readonly #defaultPort: number
  readonly #lookup: HostLookup

  /** @throws {EpmdError} `EPMD_BAD_OPTION` for what is no port */
  constructor({ defaultPort = 4370, lookup = systemHostLookup }: PortInNameOptions = {}) {
    this.#defaultPort = checkPort(defaultPort, 'defaultPort', 1)
    this.#lookup = lookup
  }

  async startLink({ signal }: CallOptions = {}): Promise<void> {
    signal?.throwIfAborted()
  }

  /** @throws {EpmdError} `EPMD_BAD_OPTION` when the digits at the end of the name are no port */
  listenPortPlease(alive: string): number {
    return isThrowAwayName(alive) ? 0 : this.#portOf(alive)
  }

  async registerNode(): Promise<{ creation: number }> {
    return { creation: newCreation() }
  }

  async addressPlease(
    alive: string,
    host: string,
    family: AddressFamily = 'any',
    options: CallOptions = {},
  ): Promise<NodeAddress> {
    const port = this.#portOf(alive)
    const addresses = await this.#lookup(host, family, options)
    return { candidates: addresses.map((address) => ({ ...address, port })), version: 6 }
  }

  /** @throws {EpmdError} `EPMD_NAMES_UNKNOWN`, always: names are not kept anywhere */
  async names(): Promise<readonly RegisteredName[]> {
    throw namesUnknown('ports in names say nothing about which nodes there are')
  }

  #portOf(alive: string): number {
    const digits = /\d+$/.exec(alive)?.[0]
    return digits === undefined ? this.#defaultPort : checkPort(Number(digits), `the number at the end of ${alive}`, 1)
  }
}
