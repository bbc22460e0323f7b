import { callable, realWorld, type World, worldShape } from '@dynsrv/kit'
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

/** What holds for names without a port, and how hosts are found. */
export interface PortInNameOptions {
  /** The port of nodes whose name has none; default 4370, as in Caravan. */
  readonly defaultPort?: number
  /** How the host of a node name is looked up; default: as the operating system does. */
  readonly lookup?: HostLookup
  /** Where host lookups and chance come from; default: the machine. */
  readonly world?: World
}

const check = checks.options<PortInNameOptions>('PortInName', {
  defaultPort: dialablePort,
  lookup: callable,
  world: worldShape,
})

/**
 * The port stands in the node's name, as the digits at its end: `web-4371@10.0.0.5` listens on 4371.
 *
 * @see Caravan, `Caravan.Epmd.Client`
 */
export class PortInName implements EpmdModule {
  readonly #defaultPort: number
  readonly #lookup: HostLookup

  readonly #world: World

  /** @throws {EpmdError} `EPMD_BAD_OPTION` */
  constructor(options: PortInNameOptions = {}) {
    check(options)
    const { defaultPort = 4370, world = realWorld, lookup = hostLookup(world) } = options
    this.#defaultPort = defaultPort
    this.#lookup = lookup
    this.#world = world
  }

  async startLink(options?: CallOptions): Promise<void> {
    callOptions(options).signal?.throwIfAborted()
  }

  /** @throws {EpmdError} `EPMD_BAD_OPTION` when the digits at the end of the name are not a port */
  listenPortPlease(alive: string, host: string): number {
    checkOwnName(alive, host)
    return isThrowAwayName(alive) ? 0 : this.#portOf(alive)
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
    const checked = checkedLookup(alive, host, family, options)
    const port = this.#portOf(alive)
    const addresses = await hostAddresses(this.#lookup, host, family, checked)
    return { candidates: addresses.map((address) => ({ ...address, port })), version: 6 }
  }

  /** @throws {EpmdError} `EPMD_NAMES_UNKNOWN`, always: names are not kept anywhere */
  async names(host?: string, options?: CallOptions): Promise<readonly RegisteredName[]> {
    checkedNames(host, options)
    throw namesUnknown('ports in names say nothing about which nodes there are')
  }

  #portOf(alive: string): number {
    const digits = /\d+$/.exec(alive)?.[0]
    if (digits === undefined) return this.#defaultPort
    checks.argument('PortInName', `the number at the end of ${alive}`, dialablePort, Number(digits))
    return Number(digits)
  }
}
