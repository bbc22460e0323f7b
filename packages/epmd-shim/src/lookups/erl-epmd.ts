import type { Socket } from 'node:net'
import {
  callable,
  duration,
  flag,
  listening,
  port,
  realWorld,
  type Timer,
  variables,
  type World,
  worldShape,
} from '@dynsrv/kit'
import {
  callOptions,
  checkedLookup,
  checkedNames,
  checkOwnName,
  checkRegistration,
  checks,
  dialablePort,
} from '../checks.ts'
import { isDialable } from '../dist-port.ts'
import { callEpmd, openEpmd } from '../epmd/epmd-call.ts'
import {
  type AliveReply,
  decodeAliveReply,
  decodeDumpReply,
  decodeNamesReply,
  decodePortReply,
  EPMD_PORT,
  type EpmdDumpLine,
  type EpmdNode,
  VERSIONS,
} from '../epmd/epmd-message.ts'
import type {
  AddressFamily,
  CallOptions,
  EpmdModule,
  HostAddress,
  LookupOptions,
  NodeAddress,
  RegisteredName,
} from '../epmd-module.ts'
import { EpmdError } from '../error.ts'
import { type HostLookup, hostAddresses, hostLookup } from './host-address.ts'

/** What became of this node's registration after `registerNode`. */
export type RegistrationEvent =
  | { readonly type: 'lost'; readonly retryInMs: number }
  | { readonly type: 'failed'; readonly error: unknown; readonly retryInMs: number }
  | { readonly type: 'restored' }

/** Which epmd is asked, and what it learns of this node. */
export interface ErlEpmdOptions {
  /** epmd's port, the same on every host. Default: `ERL_EPMD_PORT`, else 4369. */
  readonly epmdPort?: number
  /** The port to listen on; default 0, any free one. */
  readonly listenPort?: number
  /** Registers as a hidden node; default `true`. BEAM nodes take no notice of it. */
  readonly hidden?: boolean
  /** How long one epmd may take to answer, in milliseconds; default 10 000, as in OTP. */
  readonly timeoutMs?: number
  /** The pause before registering again with an epmd that went away, in milliseconds; default 2000, as in OTP. */
  readonly reconnectMs?: number
  /** How the host of a node name is looked up; default: as the operating system does. */
  readonly lookup?: HostLookup
  /** Called when epmd goes away and when the node is registered again. */
  readonly onRegistration?: (event: RegistrationEvent) => void
  /** Where `ERL_EPMD_PORT` is read; default: the environment of the process. */
  readonly env?: NodeJS.ProcessEnv
  /** Where sockets, time and the environment come from; default: the machine. */
  readonly world?: World
}

const check = checks.options<ErlEpmdOptions>('ErlEpmd', {
  epmdPort: dialablePort,
  listenPort: port,
  hidden: flag,
  timeoutMs: duration({ min: 1 }),
  reconnectMs: duration({ min: 1 }),
  lookup: callable,
  onRegistration: callable,
  env: variables,
  world: worldShape,
})

const SPOKEN_VERSION = VERSIONS.highestVersion
const NO_EXTRA = new Uint8Array()

/**
 * Talks to the real epmd, as OTP's `erl_epmd` does.
 *
 * The registration lives as long as a connection to the epmd of this machine. When that closes, the node registers
 * again every `reconnectMs` under the same port, and keeps its first creation. `close()` gives the name back.
 *
 * @see `erl_dist_protocol`, "EPMD protocol"; OTP `erl_epmd`
 */
export class ErlEpmd implements EpmdModule {
  readonly #world: World
  readonly #epmdPort: number
  readonly #listenPort: number
  readonly #hidden: boolean
  readonly #timeoutMs: number
  readonly #reconnectMs: number
  readonly #lookup: HostLookup
  readonly #onRegistration: (event: RegistrationEvent) => void
  readonly #closing = new AbortController()
  #socket: Socket | undefined
  #timer: Timer | undefined

  /** @throws {EpmdError} `EPMD_BAD_OPTION`, also for `ERL_EPMD_PORT` */
  constructor(options: ErlEpmdOptions = {}) {
    check(options)
    const { world = realWorld, env = world.system.env } = options
    this.#world = world
    this.#epmdPort = options.epmdPort ?? portOfEnvironment(env)
    this.#listenPort = options.listenPort ?? 0
    this.#hidden = options.hidden ?? true
    this.#timeoutMs = options.timeoutMs ?? 10_000
    this.#reconnectMs = options.reconnectMs ?? 2_000
    this.#lookup = options.lookup ?? hostLookup(world)
    this.#onRegistration = listening(
      world.system,
      { name: 'onRegistration', code: 'EPMD_LISTENER_THREW' },
      options.onRegistration,
    )
  }

  async startLink(options?: CallOptions): Promise<void> {
    callOptions(options).signal?.throwIfAborted()
  }

  listenPortPlease(alive: string, host: string): number {
    checkOwnName(alive, host)
    return this.#listenPort
  }

  /**
   * Registers with the epmd of this machine and stays connected to it.
   *
   * @throws {EpmdError} `EPMD_UNREACHABLE`, `EPMD_DUPLICATE_NAME`, `EPMD_TIMEOUT`, `EPMD_NO_REPLY`,
   *   `EPMD_MALFORMED_REPLY`, `EPMD_CLOSED`
   */
  async registerNode(alive: string, port: number, driver: 'inet' | 'inet6' = 'inet'): Promise<{ creation: number }> {
    checkRegistration(alive, port, driver)
    if (this.#closing.signal.aborted) throw closed()
    this.#release()
    const node: EpmdNode = {
      name: alive,
      port,
      hidden: this.#hidden,
      ...VERSIONS,
      extra: NO_EXTRA,
    }
    const { creation } = await this.#register(node, driver === 'inet6' ? '::1' : '127.0.0.1')
    return { creation }
  }

  /**
   * Asks the epmd of the node's host for its port. All addresses of the host are candidates, in the lookup's order.
   *
   * @throws {EpmdError} `EPMD_NOT_FOUND` when that epmd does not know the node, `EPMD_VERSION_UNSUPPORTED` for OTP 22
   *   and earlier, `EPMD_NO_ADDRESS`, `EPMD_LOOKUP_FAILED`, and as {@link registerNode} when epmd does not answer
   */
  async addressPlease(
    alive: string,
    host: string,
    family: AddressFamily = 'any',
    options?: LookupOptions,
  ): Promise<NodeAddress> {
    const checked = checkedLookup(alive, host, family, options)
    const { signal } = checked
    const addresses = await hostAddresses(this.#lookup, host, family, checked)
    const reply = await this.#ask(host, addresses, { kind: 'PORT_PLEASE2_REQ', name: alive }, signal)
    const node = decodePortReply(reply)
    if (node === undefined) {
      const hint = `Check that the node runs on ${host} under this name; \`epmd -names\` there lists the registered nodes.`
      throw new EpmdError('EPMD_NOT_FOUND', `the epmd of ${host} knows no node ${alive}`, { hint })
    }
    if (!isDialable(node.port)) {
      const hint = `Restart the node; \`epmd -names\` on ${host} shows what it registered.`
      throw new EpmdError('EPMD_NO_ADDRESS', `${alive}@${host} is registered with the port ${node.port}`, { hint })
    }
    if (node.highestVersion < SPOKEN_VERSION || node.lowestVersion > SPOKEN_VERSION) {
      const range = `${node.lowestVersion} to ${node.highestVersion}`
      const message = `${alive}@${host} speaks version ${range} of the distribution, not ${SPOKEN_VERSION}`
      throw new EpmdError('EPMD_VERSION_UNSUPPORTED', message)
    }
    return { candidates: addresses.map((address) => ({ ...address, port: node.port })), version: 6 }
  }

  /** The nodes registered on a host; default: this machine. */
  async names(host = 'localhost', options?: CallOptions): Promise<readonly RegisteredName[]> {
    const { signal } = checkedNames(host, options)
    const addresses = await this.#lookup(host, 'any', { signal })
    return decodeNamesReply(await this.#ask(host, addresses, { kind: 'NAMES_REQ' }, signal))
  }

  /**
   * All that the epmd of this machine knows, names of nodes that are gone included.
   *
   * @throws {EpmdError} as {@link registerNode}
   */
  async dump(): Promise<readonly EpmdDumpLine[]> {
    const addresses = await this.#lookup('localhost', 'any')
    return decodeDumpReply(await this.#ask('localhost', addresses, { kind: 'DUMP_REQ' }))
  }

  /** Gives the name back, and stops registering again. */
  close(): void {
    this.#closing.abort(closed())
    this.#release()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  async #register(node: EpmdNode, ip: string): Promise<AliveReply> {
    const address = { ip, port: this.#epmdPort }
    const options = { world: this.#world, timeoutMs: this.#timeoutMs, signal: this.#closing.signal }
    let received: Uint8Array = new Uint8Array()
    const { socket, reply } = await openEpmd(address, { kind: 'ALIVE2_REQ', node }, options, (chunk) => {
      received = Buffer.concat([received, chunk])
      return decodeAliveReply(received)
    })
    if (this.#closing.signal.aborted) {
      socket.destroy()
      throw closed()
    }
    if (!reply.accepted) {
      // epmd keeps the connection of a refused node open, so it is ours to close.
      socket.destroy()
      throw new EpmdError('EPMD_DUPLICATE_NAME', `epmd refuses the name ${node.name}: it is in use or too long`)
    }
    this.#socket = socket
    socket.on('error', () => socket.destroy())
    socket.once('end', () => socket.destroy())
    socket.once('close', () => {
      if (this.#socket !== socket) return
      this.#socket = undefined
      this.#onRegistration({ type: 'lost', retryInMs: this.#reconnectMs })
      this.#registerAgain(node, ip)
    })
    socket.resume()
    return reply
  }

  #registerAgain(node: EpmdNode, ip: string): void {
    this.#timer = this.#world.clock.setTimeout(() => {
      this.#register(node, ip).then(
        () => this.#onRegistration({ type: 'restored' }),
        (error: unknown) => {
          if (this.#closing.signal.aborted) return
          this.#onRegistration({ type: 'failed', error, retryInMs: this.#reconnectMs })
          this.#registerAgain(node, ip)
        },
      )
    }, this.#reconnectMs)
    this.#timer.unref()
  }

  #release(): void {
    this.#world.clock.clearTimeout(this.#timer)
    const socket = this.#socket
    this.#socket = undefined
    socket?.destroy()
  }

  /** Every address of a host leads to the same epmd: the first answer counts. */
  async #ask(
    host: string,
    addresses: readonly HostAddress[],
    request: Parameters<typeof callEpmd>[1],
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    const failures: unknown[] = []
    for (const { ip } of addresses) {
      try {
        const options = { world: this.#world, timeoutMs: this.#timeoutMs, signal }
        return await callEpmd({ ip, port: this.#epmdPort }, request, options)
      } catch (error) {
        signal?.throwIfAborted()
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
    const hint = 'Give it an address in DNS or in the hosts file.'
    throw new EpmdError('EPMD_NO_ADDRESS', `the host ${host} has no address`, { hint })
  }
}

function portOfEnvironment(env: Readonly<Record<string, string | undefined>>): number {
  const text = env.ERL_EPMD_PORT ?? ''
  if (text === '') return EPMD_PORT
  // Text that is not a number is shown as it stands.
  const port = /^\d+$/.test(text) ? Number(text) : text
  checks.argument('ErlEpmd', 'ERL_EPMD_PORT', dialablePort, port)
  return Number(port)
}

function closed(): EpmdError {
  return new EpmdError('EPMD_CLOSED', 'this epmd client is closed')
}
