import type { Socket } from 'node:net'
import {
  type Asked,
  Channel,
  type ChannelLimits,
  type ChannelOutput,
  type ControlMessage,
  DFLAG_PUBLISHED,
  type EncodedTerm,
  isDistError,
  TickClock,
} from '@dynsrv/dist-protocol'
import type { NodeName } from '@dynsrv/epmd-shim'
import type { DecodeOptions, EtfError, Term } from '@dynsrv/etf'
import type { Clock, Timer } from '@dynsrv/kit'
import { deferred } from '../deferred.ts'
import { NodeError } from '../error.ts'
import type { ConnectionCounters } from '../node-event.ts'
import { MAX_IN_ALL, type PeerUse, type PeerUses } from '../process/peer-use.ts'
import { busyWait } from './busy-wait.ts'
import { type Established, nodeError } from './handshake-socket.ts'
import { inSeconds } from './loop-watch.ts'
import type { SocketInput } from './socket-input.ts'

/** As much is gathered before it is written without waiting for the end of this turn of the event loop. */
const WRITE_BYTES = 64 * 1024

/** So much of large messages goes into one write; what other processes send meanwhile waits no longer than that. */
const LARGE_WRITE_BYTES = 256 * 1024

const NOTHING = new Uint8Array(0)

/** So long one link may have the event loop before all others have had their turn. Unit: milliseconds. */
const SLICE_MS = 0.15

/** How many messages are handled between two looks at the clock. */
const LOOK_EVERY = 8

/** Behind a read of so much there may be more in the same turn. Unit: bytes. */
const FULL_READ_BYTES = 16 * 1024

/** How long a connection that we end may take to hand over what it still holds. */
const FAREWELL_MS = 1_000

/** The ways in which a peer that takes us for dead lets us go. */
const LOST: ReadonlySet<string> = new Set(['NODE_CLOSED_BY_PEER', 'NODE_CONNECTION_LOST', 'NODE_TICK_TIMEOUT'])

export interface ConnectionOptions {
  readonly clock: Clock
  readonly limits?: Partial<ChannelLimits>
  readonly decode?: DecodeOptions
  readonly netTickTimeMs: number
  readonly netTickIntensity: number
  readonly busyWaitMs: number
  /** With more than this under way `send` says false. Unit: bytes. */
  readonly busyBytes: number
  /** With more than this under way the connection is given up. Unit: bytes. */
  readonly maxQueuedBytes: number
  readonly onMessage: (connection: Connection, control: ControlMessage, payload: EncodedTerm | undefined) => void
  /** A message was left out, because it is over a limit. */
  readonly onRefused: (connection: Connection, error: EtfError, asked?: Asked) => void
  /** What peers make us keep. */
  readonly uses: PeerUses
  /** Whether anybody wants the payload of a message that begins to arrive. */
  readonly wants: (peer: string, control: ControlMessage) => boolean
  /** How long our event loop was blocked just now, when that was long enough for the peer to drop us; else 0. */
  readonly blockedMs: () => number
  /** Called once, as soon as it is clear that nothing more will come. */
  readonly onClosed: (connection: Connection, reason: NodeError) => void
}

/** One link to a peer: one socket, one channel, its ticks, and one write for all that a turn of the event loop sends. */
export class Connection {
  readonly peer: NodeName
  readonly creation: number
  readonly flags: bigint
  /** The flags of the peer alone. */
  readonly announced: bigint
  readonly address: string
  readonly direction: 'incoming' | 'outgoing'
  /** Whether the peer knows monitors of processes; C nodes and JInterface do not. */
  readonly takesMonitors: boolean
  /** Whether the peer starts processes when it is asked to. */
  readonly takesSpawns: boolean
  /** When the link came up. Unit: milliseconds since 1970. */
  readonly since: number
  readonly #socket: Socket
  readonly #input: SocketInput
  readonly #channel: Channel
  readonly #options: ConnectionOptions
  readonly #clock: Clock
  readonly #ticks: TickClock
  readonly #ticker: Timer
  readonly #gone = deferred<void>()
  readonly #drained: (() => void)[] = []
  readonly #use: PeerUse
  /** What is counted of it at present, in bytes: messages that are not whole, and what the peer has not taken. */
  #unfinished = 0
  #queued = 0
  #rest: Uint8Array
  #closed: NodeError | undefined
  #scheduled = false
  #blocked = false
  /** What came and is not handled yet, because others have their turn first. */
  #backlog: ChannelOutput[] = []
  /** When this link has to make room for others; undefined when it has not had the loop in this turn. */
  #sliceEnd: number | undefined
  #sent = 0
  /** What `#sent` was when bytes came last. */
  #sentBefore = 0
  #received = 0

  constructor(established: Established, options: ConnectionOptions) {
    const { socket, self, peer, flags, rest } = established
    this.peer = peer.name as NodeName
    this.creation = peer.creation
    this.flags = flags
    this.announced = peer.flags
    this.address = established.address
    this.direction = established.direction
    this.#socket = socket
    this.#input = established.input
    this.#options = options
    this.#rest = rest
    const { clock, limits, decode, netTickTimeMs, netTickIntensity } = options
    this.since = clock.now()
    this.#clock = clock
    const wants = (control: ControlMessage): boolean => options.wants(peer.name, control)
    const use = options.uses.came(peer.name)
    this.#use = use
    this.#channel = new Channel({
      self,
      peer,
      flags,
      wants,
      atoms: use.atoms,
      limitOnUnfinished: (bytes) => options.uses.limitOnUnfinished(use, bytes - this.#unfinished),
      ...(limits && { limits }),
      ...(decode && { decode }),
    })
    this.takesMonitors = this.#channel.takes('MONITOR_P')
    this.takesSpawns = this.#channel.takes('SPAWN_REQUEST')
    this.#ticks = new TickClock({ netTickTimeMs, netTickIntensity, now: clock.monotonic() })
    this.#ticker = clock.setInterval(() => this.#tick(), this.#ticks.intervalMs)
    this.#ticker.unref()
    socket.once('close', () => {
      if (this.open) {
        this.#end(new NodeError('NODE_CONNECTION_LOST', `the connection to ${this.peer} broke`, { peer: this.peer }))
      }
      this.#gone.resolve()
    })
  }

  /** Whether either side is hidden. */
  get hidden(): boolean {
    return (this.flags & DFLAG_PUBLISHED) === 0n
  }

  get open(): boolean {
    return this.#closed === undefined
  }

  /** Resolves when the socket is gone. */
  get gone(): Promise<void> {
    return this.#gone.promise
  }

  /** Bytes that the peer has not taken yet. */
  get queuedBytes(): number {
    return this.#channel.pendingBytes + this.#socket.writableLength
  }

  get busy(): boolean {
    return this.queuedBytes > this.#options.busyBytes
  }

  get counters(): ConnectionCounters {
    return {
      sentMessages: this.#sent,
      receivedMessages: this.#received,
      sentBytes: this.#socket.bytesWritten,
      receivedBytes: this.#socket.bytesRead,
    }
  }

  /** Begins to read; whatever came behind the handshake comes first. */
  start(): void {
    const socket = this.#socket
    socket.on('drain', () => {
      this.#blocked = false
      this.#flush()
      this.#wake()
      if (!this.busy) this.#countQueued(0)
    })
    socket.once('end', () => {
      if (!this.open) return
      this.#end(new NodeError('NODE_CLOSED_BY_PEER', `${this.peer} closed the connection`, { peer: this.peer }))
    })
    socket.on('error', (cause) => {
      const text = `the connection to ${this.peer} broke: ${cause.message}`
      this.#end(new NodeError('NODE_CONNECTION_LOST', text, { peer: this.peer, cause }))
    })
    const rest = this.#rest
    this.#rest = new Uint8Array(0)
    if (rest.length > 0) this.#receive(rest)
    const channel = this.#channel
    this.#input.reader = {
      readTarget: () => channel.readTarget(),
      get readAhead() {
        return channel.readAhead
      },
      receive: (chunk) => this.#receive(chunk),
    }
    if (this.open) socket.resume()
  }

  /**
   * Queues a message.
   *
   * @returns false when more than the busy limit is under way
   * @throws {NodeError} `DIST_…` for a message that the peer would close on; {EtfError} for a term without encoding
   */
  send(control: ControlMessage, ...payload: [payload?: Term | EncodedTerm]): boolean {
    // Of a chunk that ends in nonsense what came before is still handled; its answers have nowhere to go.
    if (this.#closed !== undefined || this.#channel.state === 'failed') return false
    try {
      this.#channel.send(control, ...payload)
    } catch (cause) {
      throw isDistError(cause) ? nodeError(cause, this.peer) : cause
    }
    this.#sent++
    this.#ticks.sent()
    if (this.#channel.pendingBytes >= WRITE_BYTES) this.#flush()
    else this.#schedule()
    const queued = this.queuedBytes
    const { peer } = this
    if (queued > this.#options.maxQueuedBytes) {
      this.close(new NodeError('NODE_PEER_BUSY', `${peer} has left ${queued} bytes unread`, { peer }), true)
      return false
    }
    if (queued <= this.#options.busyBytes) return true
    this.#countQueued(queued)
    this.#options.uses.giveWay()
    return false
  }

  /** All peers together make us keep too much, and this one most of it. */
  giveWay(): void {
    const { peer } = this
    const { queuedBytes, ofLink } = this.#use
    const most = 'more than any other peer, and all together too many'
    const reason =
      queuedBytes > ofLink / 2
        ? new NodeError('NODE_PEER_BUSY', `${peer} has left ${queuedBytes} bytes unread, ${most}`, { peer })
        : new NodeError('NODE_OVER_LIMIT', `${peer} makes this node keep ${ofLink} bytes, ${most}`, {
            peer,
            limit: MAX_IN_ALL,
          })
    this.close(reason, true)
  }

  /** Resolves when no more than the busy limit is under way, or the link is gone. */
  drained(): Promise<void> {
    if (!this.busy || !this.open) return Promise.resolve()
    return new Promise((resolve) => {
      this.#drained.push(resolve)
      this.#wake()
    })
  }

  /** Ends the link: what is queued still goes out, unless `atOnce`. */
  close(reason: NodeError, atOnce = false): void {
    if (this.#closed !== undefined) return
    if (!atOnce) {
      this.#blocked = false
      this.#flush(true)
    }
    this.#end(reason, atOnce)
  }

  ref(): void {
    this.#socket.ref()
  }

  unref(): void {
    this.#socket.unref()
  }

  #receive(chunk: Uint8Array): void {
    this.#ticks.received()
    busyWait.came(this.#options.busyWaitMs, this.#sent !== this.#sentBefore)
    this.#sentBefore = this.#sent
    const outputs = this.#channel.receive(chunk)
    const { unfinishedBytes } = this.#channel
    if (unfinishedBytes !== this.#unfinished) this.#countUnfinished(unfinishedBytes)
    if (this.#closed !== undefined) return
    if (this.#backlog.length > 0) {
      for (const output of outputs) this.#backlog.push(output)
      return
    }
    const begun = this.#clock.monotonic()
    const until = this.#sliceEnd ?? begun + SLICE_MS
    const left = this.#handle(outputs, until)
    const now = this.#clock.monotonic()
    if (left === 0 && this.#sliceEnd === undefined && chunk.length < FULL_READ_BYTES && now - begun < SLICE_MS / 4)
      return
    if (this.#sliceEnd === undefined) {
      this.#sliceEnd = until
      this.#clock.setImmediate(this.#onSlice)
    }
    // No more is read of it before the others have had their turn.
    if (now >= until || left > 0) this.#socket.pause()
  }

  #countQueued(bytes: number): void {
    this.#use.changeQueued(bytes - this.#queued)
    this.#queued = bytes
  }

  /** What came of a frame cannot be refused, only the link. */
  #countUnfinished(bytes: number): void {
    const more = bytes - this.#unfinished
    this.#use.changeUnfinished(more)
    this.#unfinished = bytes
    if (more > 0) this.#options.uses.giveWay()
  }

  /** Handles what came until the time is up; gives how much is left. */
  #handle(outputs: ChannelOutput[], until: number): number {
    for (let index = 0; index < outputs.length; index++) {
      const output = outputs[index]!
      if (output.type === 'message') {
        this.#received++
        this.#options.onMessage(this, output.control, output.payload)
        if (this.#closed !== undefined) return 0
      } else if (output.type === 'refused') {
        this.#received++
        this.#options.onRefused(this, output.error, output.asked)
      } else if (output.type === 'failed') {
        this.#end(nodeError(output.error, this.peer), true)
        return 0
      }
      if (index % LOOK_EVERY !== LOOK_EVERY - 1 || this.#clock.monotonic() < until) continue
      this.#backlog = outputs.slice(index + 1)
      return this.#backlog.length
    }
    return 0
  }

  /** The others have had their turn. */
  readonly #onSlice = (): void => {
    this.#sliceEnd = undefined
    if (this.#closed !== undefined) return
    if (this.#backlog.length > 0) {
      const backlog = this.#backlog
      this.#backlog = []
      // A peer whose messages wait here is not silent.
      this.#ticks.received()
      if (this.#handle(backlog, this.#clock.monotonic() + SLICE_MS) > 0) {
        this.#clock.setImmediate(this.#onSlice)
        return
      }
    }
    if (this.#closed === undefined) this.#socket.resume()
  }

  /** Wakes those who wait for room, now or as soon as there is some. */
  #wake(): void {
    if (this.#drained.length === 0 || !this.open) return
    this.#flush()
    if (!this.busy) for (const wake of this.#drained.splice(0)) wake()
    // Below the socket's own mark there is no 'drain': an empty write behind the others ends when they have.
    else if (!this.#blocked) this.#socket.write(NOTHING, () => this.#wake())
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#clock.setImmediate(this.#onTurn)
  }

  readonly #onTurn = (): void => {
    this.#scheduled = false
    this.#flush()
  }

  #flush(all = false): void {
    if (this.#closed !== undefined) return
    while (!this.#blocked && this.#channel.pendingBytes > 0) {
      const chunks = this.#channel.takeOutput(all ? undefined : LARGE_WRITE_BYTES)
      if (chunks.length === 0) return
      let flowing = true
      if (chunks.length > 1) this.#socket.cork()
      for (const chunk of chunks) flowing = this.#socket.write(chunk)
      if (chunks.length > 1) this.#socket.uncork()
      this.#blocked = !flowing && !all
    }
  }

  /** The reason as it is, unless the fault was that we stood still. */
  #because(reason: NodeError): NodeError {
    const blockedMs = LOST.has(reason.code) ? this.#options.blockedMs() : 0
    if (blockedMs === 0) return reason
    const { netTickTimeMs } = this.#options
    const tick = `the tick time is ${inSeconds(netTickTimeMs)}`
    const text = `${reason.message}: our event loop was blocked for ${inSeconds(blockedMs)}, and ${tick}`
    return new NodeError('NODE_LOOP_BLOCKED', text, { peer: this.peer, cause: reason })
  }

  #tick(): void {
    const now = this.#clock.monotonic()
    const expired = this.#channel.expire(now)
    if (expired.length > 0) this.#countUnfinished(this.#channel.unfinishedBytes)
    for (const message of expired) {
      if (message.type === 'refused') this.#options.onRefused(this, message.error, message.asked)
      else this.#options.onMessage(this, message.control, message.payload)
    }
    if (this.#closed !== undefined) return
    const verdict = this.#ticks.check(now)
    if (verdict === 'down') {
      const text = `nothing came from ${this.peer} for ${this.#options.netTickTimeMs} ms`
      this.#end(new NodeError('NODE_TICK_TIMEOUT', text, { peer: this.peer }), true)
      return
    }
    if (verdict === 'tick') {
      this.#channel.tick()
      this.#flush()
    }
  }

  #end(given: NodeError, atOnce = false): void {
    if (this.#closed !== undefined) return
    const reason = this.#because(given)
    this.#closed = reason
    this.#clock.clearInterval(this.#ticker)
    this.#countQueued(0)
    this.#countUnfinished(0)
    this.#backlog = []
    if (atOnce) this.#socket.destroy()
    else {
      this.#socket.destroySoon()
      const patience = this.#clock.setTimeout(() => this.#socket.destroy(), FAREWELL_MS)
      patience.unref()
      this.#socket.once('close', () => this.#clock.clearTimeout(patience))
    }
    for (const wake of this.#drained.splice(0)) wake()
    this.#options.onClosed(this, reason)
  }
}
