import { newCreation } from '../creation.ts'
import { checkPort } from '../dist-port.ts'
import type { AddressFamily, CallOptions, EpmdModule, NodeAddress, RegisteredName } from '../epmd-module.ts'
import { type HostLookup, systemHostLookup } from './host-address.ts'
import { namesUnknown } from './names-unknown.ts'
import { isThrowAwayName } from './throw-away-name.ts'

/** What differs from one port for all. */
export interface FixedPortOptions {
  /** The port that this node listens on; default: the port of all. */
  readonly listenPort?: number
  /** How the host of a node name is looked up; default: as the operating system does. */
  readonly lookup?: HostLookup
}

/**
 * Every node listens on the same port of its own host: one node per container, as with OTP's `-erl_epmd_port`.
 *
 * @see `kernel_app`, `erl_epmd_node_listen_port`
 */
export class FixedPort implements EpmdModule {
  readonly #port: number
  readonly #listenPort: number
  readonly #lookup: HostLookup

  /** @throws {EpmdError} `EPMD_BAD_OPTION` for what is no port */
  constructor(port: number, { listenPort = port, lookup = systemHostLookup }: FixedPortOptions = {}) {
    this.#port = checkPort(port, 'port', 1)
    this.#listenPort = checkPort(listenPort, 'listenPort', 0)
    this.#lookup = lookup
  }

  async startLink({ signal }: CallOptions = {}): Promise<void> {
    signal?.throwIfAborted()
  }

  /** The short-lived nodes of release scripts share the host with the node they serve: any port but that one. */
  listenPortPlease(alive: string): number {
    return isThrowAwayName(alive) ? 0 : this.#listenPort
  }

  async registerNode(): Promise<{ creation: number }> {
    return { creation: newCreation() }
  }

  async addressPlease(
    _alive: string,
    host: string,
    family: AddressFamily = 'any',
    options: CallOptions = {},
  ): Promise<NodeAddress> {
    const addresses = await this.#lookup(host, family, options)
    return { candidates: addresses.map((address) => ({ ...address, port: this.#port })), version: 6 }
  }

  /** @throws {EpmdError} `EPMD_NAMES_UNKNOWN`, always: a port says nothing about who listens there */
  async names(): Promise<readonly RegisteredName[]> {
    throw namesUnknown('a fixed port says nothing about the names of nodes')
  }
}
