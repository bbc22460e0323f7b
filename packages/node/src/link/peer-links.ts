import type { ControlMessage, Cookie, EncodedTerm, NodeIdentity } from '@dynsrv/dist-protocol'
import type { NodeName } from '@dynsrv/epmd-shim'
import { parsedName } from '../checks.ts'
import { NodeError } from '../error.ts'
import type { NodeDownReason } from '../node-event.ts'
import { logDialFailed } from '../node-logger.ts'
import type { NodeSettings } from '../node-options.ts'
import type { ConnectOptions } from '../signature.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import { ConnectionTable, type PeerState } from './connection-table.ts'
import { dial } from './dialer.ts'
import { DynamicNames } from './dynamic-names.ts'
import type { Established } from './handshake-socket.ts'
import type { Listener, ListenerOptions } from './listener.ts'
import { LoopWatch } from './loop-watch.ts'
import { OwnChallenges } from './own-challenges.ts'
import type { Transport } from './transport.ts'
import { WaitingSends } from './waiting-sends.ts'

export interface PeerLinksParts {
  readonly self: NodeName
  /** What we show in a handshake. */
  readonly identity: NodeIdentity
  readonly settings: NodeSettings
  readonly transport: Transport
  /** Undefined when we only dial. */
  readonly listener: Listener | undefined
  /** A link is up; nothing was read from it yet. */
  readonly onUp: (connection: Connection) => void
  readonly onMessage: (connection: Connection, control: ControlMessage, payload: EncodedTerm | undefined) => void
  readonly wants: (peer: string, control: ControlMessage) => boolean
  readonly onRefused: ConnectionOptions['onRefused']
  readonly uses: ConnectionOptions['uses']
  /** A link that was up is down, and no newer one has taken its place. */
  readonly onDown: (connection: Connection, reason: NodeError) => void
  /** Our event loop stood still for a quarter of the tick time or longer. */
  readonly onBlocked: (ms: number) => void
  /** Nobody can be reached there; what waits for a link waits in vain. */
  readonly onUnreachable: (peer: string, error: unknown) => void
}

/** The links of a node to its peers: who may come in, who is dialled, which are up, and how all of them end. */
export class PeerLinks {
  readonly #parts: PeerLinksParts
  readonly #table: ConnectionTable
  readonly #names: DynamicNames
  readonly #waiting: WaitingSends
  readonly #loop: LoopWatch
  /** Shared by all links. */
  readonly #connectionOptions: ConnectionOptions
  /** Sockets of links that are up, or down and not yet gone. */
  readonly #lingering = new Set<Promise<void>>()
  #accepting = true
  #dialling = true
  #referenced = true

  constructor(parts: PeerLinksParts) {
    this.#parts = parts
    const { self, identity, settings, transport } = parts
    const { allow, assignNames, busyWaitMs, epmd, limits, locate, logger, setupTimeMs } = settings
    const { clock } = settings.world
    const challenges = new OwnChallenges(settings.world)
    const taken = (name: string) => this.#table.get(name) !== undefined || this.#table.isConnecting(name)
    this.#loop = new LoopWatch({ clock, netTickTimeMs: settings.netTickTimeMs, onBlocked: parts.onBlocked })
    this.#connectionOptions = {
      clock,
      limits: settings.channelLimits,
      ...(settings.decode !== undefined && { decode: settings.decode }),
      netTickTimeMs: settings.netTickTimeMs,
      netTickIntensity: settings.netTickIntensity,
      busyWaitMs,
      busyBytes: limits.busyBytes,
      maxQueuedBytes: limits.maxQueuedBytes,
      onMessage: parts.onMessage,
      wants: parts.wants,
      onRefused: parts.onRefused,
      uses: parts.uses,
      blockedMs: () => this.#loop.droppedUs(),
      onClosed: (connection, reason) => this.#down(connection, reason),
    }
    this.#waiting = new WaitingSends({
      connection: (peer) => this.get(peer),
      connect: (peer, signal) => this.connect(peer, { signal }),
      whyDown: (peer) => this.whyDown(peer),
    })
    this.#names = new DynamicNames({ world: settings.world, enabled: assignNames, taken, allow })
    this.#table = new ConnectionTable({
      clock,
      self,
      setupTimeMs,
      allow,
      maxDown: limits.maxDown,
      dial: (peer, attempt) => {
        const cookie = this.#cookie(peer)
        const ours = { clock, challenges, epmd, locate, transport, self: identity, cookie, setupTimeMs, busyWaitMs }
        return dial(peer, { ...ours, ...attempt })
      },
      makeConnection: (established) => {
        this.#names.admitted(established)
        return new Connection(established, this.#connectionOptions)
      },
      onUp: (connection) => this.#up(connection),
      onDialFailed: (peer, error) => {
        logDialFailed(logger, self, peer, error)
        parts.onUnreachable(peer, error)
      },
    })
  }

  /** Calls `send` when the peer is connected and takes what it is sent; see `WaitingSends.send`. */
  whenTaken(peer: string, send: () => void, signal?: AbortSignal): Promise<void> {
    return this.#waiting.send(peer, send, signal)
  }

  /** The link to a peer; undefined when there is none. */
  get(peer: string): Connection | undefined {
    return this.#table.get(peer)
  }

  /** Peers that are connected now. */
  connected(): NodeName[] {
    return this.#table.connections().map(({ peer }) => peer)
  }

  /** Links that are up now. */
  connections(): Connection[] {
    return this.#table.connections()
  }

  /** @see Node.peers */
  states(): PeerState[] {
    return this.#table.states()
  }

  /** Why there is no link to a peer, as far as it is known. */
  whyDown(peer: string): NodeDownReason | undefined {
    return this.#table.whyDown(peer)
  }

  /** @see Node.connect */
  async connect(peer: string, options: ConnectOptions = {}): Promise<void> {
    const { self, settings } = this.#parts
    const { name } = parsedName('connect', 'peer', peer, settings.shortNames)
    if (name === self) throw new NodeError('NODE_SELF', `${name} is this node`, { peer: name })
    if (!settings.allow(name)) {
      throw new NodeError('DIST_NOT_ALLOWED', `the allow option of this node excludes ${name}`, {
        peer: name,
        hint: 'Have the function allow of this node give true for it.',
      })
    }
    await this.#table.connect(name, options)
  }

  /** Whether the node dials by itself, and still does. */
  get dialsByItself(): boolean {
    return this.#dialling && this.#parts.settings.autoConnect
  }

  /** Begins to connect because something is to be sent; false when the node does not dial by itself, or no longer. */
  autoConnect(peer: string): boolean {
    if (!this.dialsByItself) return false
    // A failed dial ends in `onUnreachable` by itself; a name that is not dialled at all ends there too.
    this.connect(peer).catch((error: unknown) => this.#parts.onUnreachable(peer, error))
    return true
  }

  /** @see Node.disconnect */
  async disconnect(peer: string): Promise<void> {
    const connection = this.#table.get(peer)
    connection?.close(new NodeError('NODE_DISCONNECTED', `this node disconnected from ${peer}`, { peer }))
    await connection?.gone
  }

  /** Who we are and whom we let in; undefined when nobody new comes in any more. */
  acceptor(): ReturnType<ListenerOptions['acceptor']> {
    if (!this.#accepting) return undefined
    return {
      self: this.#parts.identity,
      cookie: (peer) => this.#cookie(peer),
      decide: (peer) => this.#table.decide(peer),
      assignName: (host) => this.#names.assign(host),
    }
  }

  /** A peer has come in and has proved itself. */
  admit(established: Established): void {
    this.#table.admit(established)
  }

  /** The port that we listen on. */
  get port(): number | undefined {
    return this.#parts.listener?.port
  }

  /** How many handshakes of peers that dial us are under way. */
  get handshakes(): number {
    return this.#parts.listener?.handshakes ?? 0
  }

  /** @see Node.reloadTls */
  reloadTls(): void {
    this.#parts.transport.reload?.()
  }

  /** Lets the program end though links are up. */
  unref(): void {
    this.#referenced = false
    this.#parts.listener?.unref()
    for (const connection of this.#table.connections()) connection.unref()
  }

  /** Keeps the program alive again. */
  ref(): void {
    this.#referenced = true
    this.#parts.listener?.ref()
    for (const connection of this.#table.connections()) connection.ref()
  }

  /** Lets nobody in from now on. */
  stopAccepting(): void {
    this.#accepting = false
  }

  /** Dials nobody by itself from now on. */
  stopDialling(): void {
    this.#dialling = false
  }

  /** Ends the listener and every link; resolves when no socket is left. */
  async close(reason: NodeError): Promise<void> {
    this.stopAccepting()
    this.stopDialling()
    await Promise.all([this.#parts.listener?.close(), this.#table.close(reason)])
    await Promise.all(this.#lingering)
  }

  #cookie(peer: string): Cookie {
    const { cookie } = this.#parts.settings
    return typeof cookie === 'function' ? cookie(peer as NodeName) : cookie
  }

  #up(connection: Connection): void {
    if (!this.#referenced) connection.unref()
    // It never rejects: it is the end of a socket.
    const gone = connection.gone.then(() => void this.#lingering.delete(gone))
    this.#lingering.add(gone)
    this.#loop.start()
    this.#parts.onUp(connection)
  }

  #down(connection: Connection, reason: NodeError): void {
    if (!this.#table.remove(connection, reason)) return
    if (this.#table.connections().length === 0) this.#loop.stop()
    this.#names.release(connection.peer)
    this.#parts.onDown(connection, reason)
  }
}
