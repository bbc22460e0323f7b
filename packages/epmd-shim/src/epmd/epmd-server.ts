import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'
import {
  bound,
  callable,
  codeOf,
  duration,
  filledText,
  flag,
  having,
  listening,
  listOf,
  messageOf,
  optionsOf,
  port as portRule,
  realWorld,
  required,
  type Timer,
  type World,
  worldShape,
} from '@dynsrv/kit'
import { checks } from '../checks.ts'
import type { EpmdModule, RegisteredName } from '../epmd-module.ts'
import { EpmdError } from '../error.ts'
import {
  EPMD_PORT,
  type EpmdNode,
  encodeAliveReply,
  encodeDumpReply,
  encodeNamesReply,
  encodePortReply,
  type ReceivedRequest,
  VERSIONS,
} from './epmd-message.ts'
import { EpmdRegistry } from './epmd-registry.ts'
import { EpmdRequestReader } from './epmd-request-reader.ts'

/** Nodes that never registered: those of a service that run on this machine. */
export interface EpmdServerDirectory {
  /** Where to look them up, for instance a `DynamicSrv`. It stays the caller's to close. */
  readonly epmd: Pick<EpmdModule, 'addressPlease' | 'names'>
  /** The host part of their names. */
  readonly service: string
}

/** Where the server listens, for whom it answers, and its limits. */
export interface EpmdServerOptions {
  /** Where to listen, besides 127.0.0.1. Default: nowhere else. `0.0.0.0` and `::` stand for every address. */
  readonly hosts?: readonly string[]
  /** Default 4369, where every BEAM node looks; 0 lets the system choose. */
  readonly port?: number
  /** Also answers for nodes that did not register, as far as they run on this machine; default: does not. */
  readonly directory?: EpmdServerDirectory
  /** Allows `epmd -stop NAME`, and `epmd -kill` while nodes are registered; default `false`, as in the real one. */
  readonly relaxedCommandCheck?: boolean
  /** How long a connection without a registered node may stand still, in ms; default 60 000, as in the real one. */
  readonly requestTimeoutMs?: number
  /** More connections at once than this are closed; default 4096. */
  readonly maxConnections?: number
  /** Receives what failed without ending the server: a lookup in the directory, a connection that failed to open. */
  readonly onError?: (error: unknown) => void
  /** Where sockets and time come from; default: the machine. */
  readonly world?: World
}

const check = checks.options<EpmdServerOptions>('startEpmdServer', {
  hosts: listOf(filledText),
  port: portRule,
  directory: optionsOf<EpmdServerDirectory>({
    epmd: required(having('addressPlease', 'names')),
    service: required(filledText),
  }),
  relaxedCommandCheck: flag,
  requestTimeoutMs: duration({ min: 1 }),
  maxConnections: bound,
  onError: callable,
  world: worldShape,
})

const LOOPBACK = '127.0.0.1'

/**
 * Starts an epmd in this process: registrations, lookups, names, dump, kill and stop, as the real one answers them.
 *
 * @throws {EpmdError} `EPMD_LISTEN_FAILED` (another epmd runs already, for instance), `EPMD_BAD_OPTION`
 * @see `erl_dist_protocol`, "EPMD protocol"
 */
export async function startEpmdServer(options: EpmdServerOptions = {}): Promise<EpmdServer> {
  check(options)
  return EpmdServer.start(options)
}

interface Connection {
  readonly socket: Socket
  /** Counts the connections, in place of the file descriptor that the real one shows in a dump. */
  readonly fd: number
  /** The node is registered, so that silence does not end its connection. */
  readonly registered: () => void
}

/** A running epmd. Only {@link startEpmdServer} makes one. */
export class EpmdServer {
  /** Resolves when the server is closed, also by a `KILL_REQ`. */
  readonly closed: Promise<void>
  readonly #registry: EpmdRegistry
  readonly #world: World
  readonly #servers: Server[] = []
  readonly #sockets = new Set<Socket>()
  readonly #directory: EpmdServerDirectory | undefined
  readonly #relaxed: boolean
  readonly #requestTimeoutMs: number
  readonly #maxConnections: number
  readonly #onError: (error: unknown) => void
  #resolveClosed: () => void = () => undefined
  #connections = 0

  /** Makes one that listens; {@link startEpmdServer} for programs. */
  static async start(options: EpmdServerOptions): Promise<EpmdServer> {
    const { port = EPMD_PORT, hosts = [] } = options
    const every = hosts.includes('0.0.0.0') || hosts.includes('::')
    const server = new EpmdServer(options)
    try {
      await server.#listen(every ? hosts : [...new Set([LOOPBACK, ...hosts])], port)
    } catch (error) {
      await server.close()
      throw error
    }
    return server
  }

  private constructor({
    directory,
    relaxedCommandCheck = false,
    requestTimeoutMs = 60_000,
    maxConnections = 4096,
    onError = () => undefined,
    world = realWorld,
  }: EpmdServerOptions) {
    this.#directory = directory
    this.#relaxed = relaxedCommandCheck
    this.#requestTimeoutMs = requestTimeoutMs
    this.#maxConnections = maxConnections
    this.#onError = listening(world.system, { name: 'onError', code: 'EPMD_LISTENER_THREW' }, onError)
    this.#world = world
    this.#registry = new EpmdRegistry(world.clock)
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve
    })
  }

  /** The port that it listens on. */
  get port(): number {
    return (this.#servers[0]?.address() as AddressInfo | null)?.port ?? 0
  }

  /** The registered nodes, newest first. */
  nodes(): readonly EpmdNode[] {
    return this.#registry.nodes()
  }

  /** Closes every connection, which makes real nodes register again elsewhere or later. */
  async close(): Promise<void> {
    const stopped = this.#servers.filter((server) => server.listening).map((server) => once(server, 'close'))
    for (const server of this.#servers) server.close()
    for (const socket of this.#sockets) socket.destroy()
    await Promise.all(stopped)
    this.#resolveClosed()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #listen(hosts: readonly string[], port: number): Promise<void> {
    for (const host of hosts) {
      const server = this.#world.network.createServer({}, (socket) => this.#accept(socket))
      server.maxConnections = this.#maxConnections
      this.#servers.push(server)
      try {
        server.listen({
          host,
          port: port === 0 ? this.port : port,
          ipv6Only: host === '::' && hosts.includes('0.0.0.0'),
        })
        await once(server, 'listening')
        server.on('error', (error) => this.#onError(error))
      } catch (cause) {
        throw listenFailed(host, port, cause)
      }
    }
  }

  #accept(socket: Socket): void {
    const fd = ++this.#connections
    const reader = new EpmdRequestReader()
    const { clock } = this.#world
    let answered = false
    let timer: Timer | undefined
    const stop = () => clock.clearTimeout(timer)
    // Ends it when the request, or the taking of the answer, stands still.
    const restart = () => {
      stop()
      timer = clock.setTimeout(() => socket.destroy(), this.#requestTimeoutMs)
      timer.unref()
    }
    restart()
    this.#sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => {
      stop()
      this.#sockets.delete(socket)
    })
    socket.on('data', (chunk) => {
      // A registered node has nothing more to say: sending anything costs it its registration.
      if (answered) return void socket.destroy()
      const output = reader.receive(chunk)
      if (output === undefined) return restart()
      if (output.type === 'close') return void socket.destroy()
      answered = true
      restart()
      this.#answer(output.request, { socket, fd, registered: stop }).catch((error: unknown) => {
        this.#onError(error)
        socket.destroy()
      })
    })
  }

  async #answer(request: ReceivedRequest, connection: Connection): Promise<void> {
    const { socket } = connection
    if (!ANYONE_MAY_ASK.has(request.kind) && !isLocal(socket)) return void socket.destroy()
    switch (request.kind) {
      case 'ALIVE2_REQ':
        return this.#register(request.node, connection)
      case 'ALIVE2_REQ_UNREADABLE':
        return void socket.write(encodeAliveReply(REFUSED, request.highestVersion))
      case 'PORT_PLEASE2_REQ':
        return finish(socket, encodePortReply(this.#registry.find(request.name) ?? (await this.#lookUp(request.name))))
      case 'NAMES_REQ':
        return finish(socket, encodeNamesReply(this.port, await this.#names()))
      case 'DUMP_REQ':
        return finish(socket, encodeDumpReply(this.port, this.#registry.dump()))
      case 'KILL_REQ':
        return this.#kill(socket)
      case 'STOP_REQ':
        return this.#stop(request.name, socket)
    }
  }

  #register(node: EpmdNode, { socket, fd, registered }: Connection): void {
    const reply = this.#registry.register(node, fd)
    if (reply.accepted) {
      registered()
      socket.once('close', () => this.#registry.unregister(node.name))
    }
    // A refused node keeps its connection for a while, as with the real one: it is the client that should close.
    socket.write(encodeAliveReply(reply, node.highestVersion))
  }

  #kill(socket: Socket): void {
    if (this.#registry.size > 0 && !this.#relaxed) {
      finish(socket, Buffer.from('NO'))
      return
    }
    socket.end('OK', () => void this.close())
  }

  #stop(name: string, socket: Socket): void {
    if (!this.#relaxed) return void socket.destroy()
    const known = this.#registry.find(name) !== undefined
    this.#registry.unregister(name)
    finish(socket, Buffer.from(known ? 'STOPPED' : 'NOEXISTSTOPPED'))
  }

  async #names(): Promise<readonly RegisteredName[]> {
    const registered = this.#registry.nodes()
    if (this.#directory === undefined) return registered
    try {
      const members = await this.#directory.epmd.names(this.#directory.service)
      const known = new Set(registered.map(({ name }) => name))
      const found = await Promise.all(members.map(({ name }) => (known.has(name) ? undefined : this.#lookUp(name))))
      return [...registered, ...found.filter((node) => node !== undefined)]
    } catch (error) {
      this.#onError(error)
      return registered
    }
  }

  /** The client dials the port on this machine, so that only nodes of this machine may be given. */
  async #lookUp(name: string): Promise<EpmdNode | undefined> {
    if (this.#directory === undefined) return
    try {
      const { candidates } = await this.#directory.epmd.addressPlease(name, this.#directory.service)
      const own = candidates.find(({ ip }) => this.#isOwnAddress(ip))
      if (own === undefined) return
      return { name, port: own.port, hidden: false, ...VERSIONS, extra: new Uint8Array() }
    } catch (error) {
      if (codeOf(error) !== 'EPMD_NOT_FOUND') this.#onError(error)
      return
    }
  }

  #isOwnAddress(ip: string): boolean {
    if (isLoopback(ip)) return true
    const own = Object.values(this.#world.network.interfaces())
    return own.some((interfaces) => interfaces?.some(({ address }) => address === ip))
  }
}

const REFUSED = { accepted: false, creation: 0 } as const
const ANYONE_MAY_ASK: ReadonlySet<ReceivedRequest['kind']> = new Set(['PORT_PLEASE2_REQ', 'NAMES_REQ'])

function finish(socket: Socket, reply: Uint8Array): void {
  socket.write(reply)
  socket.destroySoon()
}

/** The real epmd's rule: from the loopback, or from the very address that was dialled. */
function isLocal({ remoteAddress, localAddress }: Socket): boolean {
  if (remoteAddress === undefined) return false
  const ip = withoutMapping(remoteAddress)
  return isLoopback(ip) || remoteAddress === localAddress
}

function isLoopback(ip: string): boolean {
  return ip.startsWith('127.') || ip === '::1'
}

function withoutMapping(ip: string): string {
  return ip.startsWith('::ffff:') ? ip.slice('::ffff:'.length) : ip
}

function listenFailed(host: string, port: number, cause: unknown): EpmdError {
  const isTaken = codeOf(cause) === 'EADDRINUSE'
  return new EpmdError('EPMD_LISTEN_FAILED', `cannot listen on ${host} port ${port}: ${messageOf(cause)}`, {
    cause,
    ...(!isTaken && { hint: 'Give an address of this machine and a port that this user may open.' }),
  })
}
