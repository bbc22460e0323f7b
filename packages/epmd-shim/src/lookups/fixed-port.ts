import { callable, port as portRule, realWorld, type World, worldShape } from '@dynsrv/kit'
import {
  callOptions,
  checkedLookup,
  checkedNames,
  checkOwnName,
  checkRegistration,
  checks,
  dialablePort,
} from '../checks.ts'
import { newCreation } from '../creation.ts'
import type {
  AddressFamily,
  CallOptions,
  EpmdModule,
  LookupOptions,
  NodeAddress,
  RegisteredName,
} from '../epmd-module.ts'
import { type HostLookup, hostAddresses, hostLookup } from './host-address.ts'
import { namesUnknown } from './names-unknown.ts'
import { isThrowAwayName } from './throw-away-name.ts'

/** What differs from one port for all. */
export interface FixedPortOptions {
  /** The port that this node listens on; default: the port of all. */
  readonly listenPort?: number
  /** How the host of a node name is looked up; default: as the operating system does. */
  readonly lookup?: HostLookup
  /** Where host lookups and chance come from; default: the machine. */
  readonly world?: World
}

const check = checks.options<FixedPortOptions>('FixedPort', {
  listenPort: portRule,
  lookup: callable,
  world: worldShape,
})

/**
 * Every node listens on the same port of its own host: one node per container, as with OTP's `-erl_epmd_port`.
 *
 * @see `kernel_app`, `erl_epmd_node_listen_port`
 */
export class FixedPort implements EpmdModule {
  readonly #port: number
  readonly #listenPort: number
  readonly #lookup: HostLookup

  readonly #world: World

  /** @throws {EpmdError} `EPMD_BAD_OPTION` */
  constructor(port: number, options: FixedPortOptions = {}) {
    checks.argument('FixedPort', 'port', dialablePort, port)
    check(options)
    const { listenPort = port, world = realWorld, lookup = hostLookup(world) } = options
    this.#port = port
    this.#listenPort = listenPort
    this.#lookup = lookup
    this.#world = world
  }

  async startLink(options?: CallOptions): Promise<void> {
    callOptions(options).signal?.throwIfAborted()
  }

  /** The short-lived nodes of release scripts share the host with the node they serve: any port but that one. */
  listenPortPlease(alive: string, host: string): number {
    checkOwnName(alive, host)
    return isThrowAwayName(alive) ? 0 : this.#listenPort
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
    const addresses = await hostAddresses(this.#lookup, host, family, checkedLookup(alive, host, family, options))
    return { candidates: addresses.map((address) => ({ ...address, port: this.#port })), version: 6 }
  }

  /** @throws {EpmdError} `EPMD_NAMES_UNKNOWN`, always: a port says nothing about who listens there */
  async names(host?: string, options?: CallOptions): Promise<readonly RegisteredName[]> {
    checkedNames(host, options)
    throw namesUnknown('a fixed port says nothing about the names of nodes')
  }
}
