import { setMaxListeners } from 'node:events'
import { type AcceptorDecision, flagNames, type NodeIdentity, resolveSimultaneous } from '@dynsrv/dist-protocol'
import type { NodeName } from '@dynsrv/epmd-shim'
import type { Clock } from '@dynsrv/kit'
import { deferred } from '../deferred.ts'
import { isNodeError, NodeError } from '../error.ts'
import type { NodeDownReason } from '../node-event.ts'
import type { ConnectOptions } from '../signature.ts'
import type { Connection } from './connection.ts'
import type { DialAttempt } from './dialer.ts'
import type { Established } from './handshake-socket.ts'

/** When a peer that dials us itself has not come by then, it is dialled again. */
const AGAIN_MS = 500

/** How one peer stands with us, told apart by `state`. */
export type PeerState =
  | { readonly state: 'connecting'; readonly peer: NodeName; readonly since: number }
  | {
      readonly state: 'connected'
      readonly peer: NodeName
      readonly since: number
      readonly direction: 'incoming' | 'outgoing'
      /** Whether either side is hidden, so that the link counts for no mesh. */
      readonly hidden: boolean
      readonly creation: number
      /** What both sides can do, the distribution flags by name. */
      readonly flags: readonly string[]
      /** What the peer can do, whatever we can: its own flags by name. A node without `PUBLISHED` is hidden itself. */
      readonly announced: readonly string[]
      readonly address: string
      readonly queuedBytes: number
      readonly sentMessages: number
      readonly receivedMessages: number
      readonly sentBytes: number
      readonly receivedBytes: number
    }
  | { readonly state: 'down'; readonly peer: NodeName; readonly since: number; readonly reason: NodeDownReason }

export interface ConnectionTableParts {
  readonly clock: Clock
  readonly self: string
  readonly setupTimeMs: number
  readonly dial: (peer: NodeName, attempt: DialAttempt) => Promise<Established>
  readonly makeConnection: (established: Established) => Connection
  /** A link is in the table; nothing was read from it yet. */
  readonly onUp: (connection: Connection) => void
  /** A dial has failed and nobody else has connected us meanwhile. */
  readonly onDialFailed: (peer: NodeName, error: unknown) => void
  /** Whom we let in, by name. */
  readonly allow: (peer: string) => boolean
  /** How many peers that are down are remembered. */
  readonly maxDown: number
}

interface Attempt {
  readonly abort: AbortController
  readonly since: number
  /** Resolves once, for all callers that wait, of whom there may be none: with why it failed, where it did. */
  readonly done: ReturnType<typeof deferred<{ readonly reason: unknown } | undefined>>
  waiters: number
  /** The address is known and sockets are open. */
  dialling: boolean
}

/** One link per peer: dials, peers that dial us, both at once, and peers that come back before we know they left. */
export class ConnectionTable {
  readonly #parts: ConnectionTableParts
  readonly #connections = new Map<string, Connection>()
  readonly #attempts = new Map<string, Attempt>()
  readonly #down = new Map<string, { readonly since: number; readonly reason: NodeDownReason }>()
  #closed = false

  constructor(parts: ConnectionTableParts) {
    this.#parts = parts
  }

  get(peer: string): Connection | undefined {
    return this.#connections.get(peer)
  }

  connections(): Connection[] {
    return [...this.#connections.values()]
  }

  /** Whether a dial to the peer is under way. */
  isConnecting(peer: string): boolean {
    return this.#attempts.has(peer)
  }

  /**
   * Connects unless that is so already; all who ask at the same time share one dial.
   *
   * @throws {NodeError} that says what was wrong; the signal's reason when it aborts
   */
  async connect(peer: NodeName, { signal, endpoints, later, addresses }: ConnectOptions = {}): Promise<void> {
    signal?.throwIfAborted()
    if (this.#closed) throw new NodeError('NODE_CLOSED', 'the node is closed', { peer })
    if (this.#connections.has(peer)) return
    const attempt = this.#attempts.get(peer) ?? this.#dial(peer, { endpoints, later, addresses })
    attempt.waiters++
    const aborted = deferred<undefined>()
    const onAbort = () => {
      // Only when nobody else waits for it the dial itself is given up.
      if (--attempt.waiters === 0) {
        // The next caller gets a dial of its own, not the end of this one.
        if (this.#attempts.get(peer) === attempt) this.#attempts.delete(peer)
        attempt.abort.abort(signal?.reason)
      }
      aborted.reject(signal?.reason)
    }
    // One signal may serve any number of dials; each takes its listener back.
    if (signal !== undefined) setMaxListeners(0, signal)
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      const failed = await Promise.race([attempt.done.promise, aborted.promise])
      if (failed !== undefined) throw failed.reason
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  /** What to say to a peer that dials us and has not proved anything yet. */
  decide(peer: NodeIdentity): AcceptorDecision {
    if (this.#closed || !this.#parts.allow(peer.name)) return 'not_allowed'
    if (this.#connections.has(peer.name)) return 'alive'
    if (this.#attempts.get(peer.name)?.dialling === true) return resolveSimultaneous(this.#parts.self, peer.name)
    return 'ok'
  }

  /**
   * A peer has proved itself: its link becomes the one.
   *
   * A link that was there before belongs to an earlier incarnation, or is half dead: it ends first. A dial of ours is
   * given up only now, so that nobody can stop it by merely using the peer's name.
   *
   * @param own the dial of ours that brought this link
   */
  admit(established: Established, own?: Attempt): void {
    const name = established.peer.name
    if (this.#closed) {
      established.socket.destroy()
      return
    }
    const old = this.#connections.get(name)
    if (old !== undefined) {
      const again = old.creation === established.peer.creation ? '' : ' as a new incarnation'
      old.close(new NodeError('NODE_REPLACED', `${name} connected anew${again}`, { peer: name }), true)
    }
    const connection = this.#parts.makeConnection(established)
    this.#connections.set(name, connection)
    this.#down.delete(name)
    this.#parts.onUp(connection)
    const attempt = this.#attempts.get(name)
    if (attempt !== undefined) {
      this.#attempts.delete(name)
      attempt.done.resolve(undefined)
      if (attempt !== own) {
        attempt.abort.abort(new NodeError('NODE_REPLACED', 'the peer connected to us first', { peer: name }))
      }
    }
    connection.start()
  }

  /** A link is down; false when it had been replaced before. */
  remove(connection: Connection, reason: NodeDownReason): boolean {
    if (this.#connections.get(connection.peer) !== connection) return false
    this.#connections.delete(connection.peer)
    this.#remember(connection.peer, reason)
    return true
  }

  /** Why there is no link to a peer, as far as it is known. */
  whyDown(peer: string): NodeDownReason | undefined {
    return this.#connections.has(peer) || this.#attempts.has(peer) ? undefined : this.#down.get(peer)?.reason
  }

  /** Every peer that is connected, connecting, or was of late. */
  states(): PeerState[] {
    const states: PeerState[] = this.connections().map((connection) => ({
      state: 'connected',
      peer: connection.peer,
      since: connection.since,
      direction: connection.direction,
      hidden: connection.hidden,
      creation: connection.creation,
      flags: flagNames(connection.flags),
      announced: flagNames(connection.announced),
      address: connection.address,
      queuedBytes: connection.queuedBytes,
      ...connection.counters,
    }))
    for (const [peer, { since }] of this.#attempts) states.push({ state: 'connecting', peer: peer as NodeName, since })
    for (const [peer, { since, reason }] of this.#down) {
      if (!this.#attempts.has(peer)) states.push({ state: 'down', peer: peer as NodeName, since, reason })
    }
    return states
  }

  /** Ends everything; resolves when every socket is gone. */
  async close(reason: NodeError): Promise<void> {
    this.#closed = true
    for (const attempt of this.#attempts.values()) attempt.abort.abort(reason)
    const connections = this.connections()
    for (const connection of connections) connection.close(reason)
    await Promise.all(connections.map(({ gone }) => gone))
  }

  #dial(peer: NodeName, places: Pick<DialAttempt, 'endpoints' | 'later' | 'addresses'>): Attempt {
    const abort = new AbortController()
    const attempt: Attempt = { abort, since: this.#parts.clock.now(), done: deferred(), waiters: 0, dialling: false }
    this.#attempts.set(peer, attempt)
    const isCurrent = () => this.#attempts.get(peer) === attempt
    const onDialling = () => {
      attempt.dialling = true
    }
    const keepExisting = () => this.#connections.has(peer)
    const run = async (): Promise<void> => {
      const { clock, setupTimeMs } = this.#parts
      let deadline: number | undefined
      for (;;) {
        try {
          const established = await this.#parts.dial(peer, {
            ...places,
            signal: abort.signal,
            keepExisting,
            onDialling,
          })
          if (isCurrent()) this.admit(established, attempt)
          else established.socket.destroy()
          return
        } catch (error) {
          if (!isCurrent()) return
          const theirs = isNodeError(error) && (error.code === 'DIST_NOK' || error.code === 'DIST_ALIVE')
          // The peer's own attempt began before ours was refused: by then it is over, and the last dial of ours gets in.
          deadline ??= clock.monotonic() + setupTimeMs
          if (theirs && clock.monotonic() < deadline && !abort.signal.aborted) {
            await this.#incoming(attempt)
            if (!isCurrent()) return
            continue
          }
          const reason = theirs && error.code === 'DIST_NOK' ? neverCame(peer, setupTimeMs, error) : error
          this.#attempts.delete(peer)
          if (isNodeError(reason)) this.#remember(peer, reason)
          attempt.done.resolve({ reason })
          this.#parts.onDialFailed(peer, reason)
          return
        }
      }
    }
    // It never rejects: callers get a failure from `connect`, and `onDialFailed` hears of it.
    void run()
    return attempt
  }

  /**
   * The peer says that its own attempt goes on, so its socket should be on its way. It may be wrong: an attempt of ours
   * that has just failed can still be in its books. So it is dialled again after a while.
   */
  async #incoming(attempt: Attempt): Promise<void> {
    attempt.dialling = false
    const over = deferred<void>()
    const { clock } = this.#parts
    const timer = clock.setTimeout(over.resolve, AGAIN_MS)
    const { signal } = attempt.abort
    const onAbort = (): void => over.resolve()
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) over.resolve()
    await Promise.race([attempt.done.promise, over.promise])
    clock.clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }

  #remember(peer: string, reason: NodeDownReason): void {
    this.#down.delete(peer)
    this.#down.set(peer, { since: this.#parts.clock.now(), reason })
    if (this.#down.size > this.#parts.maxDown) this.#down.delete(this.#down.keys().next().value!)
  }
}

function neverCame(peer: string, setupTimeMs: number, cause: NodeError): NodeError {
  const message = `${peer} refuses us because it dials us itself, and has not come within ${setupTimeMs} ms`
  return new NodeError('NODE_PEER_NEVER_CAME', message, { peer, cause })
}
