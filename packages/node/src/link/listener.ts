import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'
import { AcceptorHandshake, type AcceptorOptions } from '@dynsrv/dist-protocol'
import type { Clock } from '@dynsrv/kit'
import { type Deferred, deferred } from '../deferred.ts'
import { isNodeError, NodeError } from '../error.ts'
import type { Refused } from '../node-event.ts'
import { type Established, runHandshake } from './handshake-socket.ts'
import type { OwnChallenges } from './own-challenges.ts'
import { PendingSockets, sourceOf } from './pending-sockets.ts'
import { destroyOnError, SocketInput } from './socket-input.ts'
import type { Transport } from './transport.ts'

export interface ListenerOptions {
  readonly clock: Clock
  readonly challenges: OwnChallenges
  /** The port, 0 for any free one. */
  readonly port: number
  /** The address; left out, all of them. */
  readonly host?: string | undefined
  readonly transport: Transport
  readonly setupTimeMs: number
  /** How many sockets may be there that have not proved themselves; one more, and one of those is closed. */
  readonly maxUnauthenticated: number
  /** Who we are and whom we let in; undefined as long as we are not ready. */
  readonly acceptor: () => Omit<AcceptorOptions, 'challenge' | 'headerBytes'> | undefined
  readonly onEstablished: (established: Established) => void
  readonly onRefused: (refused: Refused) => void
}

/** A TCP connection that is there and has not proved itself yet. */
interface Arrival {
  /** `ip:port`. */
  readonly address: string
  readonly abort: AbortController
  /** What the handshake goes over: the connection itself, or TLS on top of it. */
  readonly ready: Deferred<Socket>
  /** What it calls itself, if it came that far. */
  peer?: string | undefined
}

/** The listening socket, and the handshake of each socket that comes in. */
export class Listener {
  readonly #options: ListenerOptions
  readonly #server: Server
  readonly #pending: PendingSockets
  readonly #arrivals = new Map<Socket, Arrival>()
  /** How many came that have our own name. */
  #withOwnName = 0
  #closing = false

  private constructor(options: ListenerOptions) {
    this.#options = options
    this.#pending = new PendingSockets(options.maxUnauthenticated)
    this.#server = options.transport.createServer({
      // It never rejects: `onRefused` reports a handshake that fails.
      arrived: (socket) => void this.#take(socket),
      ready: (socket, arrived) => {
        destroyOnError(socket)
        this.#arrivals.get(arrived)?.ready.resolve(socket)
      },
      failed: (cause, arrived) => this.#arrivals.get(arrived)?.abort.abort(tlsFailed(cause.message, { cause })),
    })
  }

  /** @throws {NodeError} `NODE_PORT_IN_USE` or `NODE_LISTEN_FAILED`, its cause the error of the system */
  static async open(options: ListenerOptions): Promise<Listener> {
    const listener = new Listener(options)
    const { port, host } = options
    try {
      listener.#server.listen({ port, ...(host !== undefined && { host }) })
      await once(listener.#server, 'listening')
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
      const where = host === undefined ? `port ${port}` : `${host}, port ${port}`
      if (code === 'EADDRINUSE') throw new NodeError('NODE_PORT_IN_USE', `${where} is in use`, { cause })
      throw new NodeError('NODE_LISTEN_FAILED', `cannot listen on ${where} (${String(code)})`, { cause })
    }
    return listener
  }

  get port(): number | undefined {
    return (this.#server.address() as AddressInfo | null)?.port
  }

  /** How many sockets have not proved themselves yet. */
  get handshakes(): number {
    return this.#pending.size
  }

  ref(): void {
    this.#server.ref()
  }

  unref(): void {
    this.#server.unref()
  }

  /** Stops listening and gives up handshakes under way. */
  async close(): Promise<void> {
    this.#closing = true
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const [socket, { abort }] of this.#arrivals) {
      abort.abort(new NodeError('NODE_CLOSED', 'the node is closing'))
      socket.destroy()
    }
    await closed
  }

  /** Records that lead to ourselves have us dial ourselves, and each dial has failed already: told once, ten times, a hundred. */
  #tellsOwnName(): boolean {
    return /^10*$/.test(String(++this.#withOwnName))
  }

  /** A connection is there. From now on it counts, and its time runs: what TLS takes is part of both. */
  async #take(arrived: Socket): Promise<void> {
    const { acceptor, onEstablished, onRefused } = this.#options
    const address = addressOf(arrived)
    destroyOnError(arrived)
    if (acceptor() === undefined) {
      arrived.destroy()
      onRefused({ type: 'refused', address, reason: notReady() })
      return
    }
    const arrival: Arrival = { address, abort: new AbortController(), ready: deferred() }
    const giveUp = (reason: NodeError): void => arrival.abort.abort(reason)
    const pending = { source: sourceOf(arrived.remoteAddress ?? ''), giveUp }
    this.#arrivals.set(arrived, arrival)
    this.#pending.add(pending)?.giveUp(this.#madeRoom())
    let established: Established
    try {
      established = await this.#handshake(arrived, arrival)
    } catch (error) {
      if (this.#closing) return
      const reason = isNodeError(error) ? error : new NodeError('NODE_CONNECTION_LOST', String(error), { cause: error })
      const { peer } = arrival
      if (reason.code === 'DIST_NAME_INVALID' && reason.peer === acceptor()?.self.name && !this.#tellsOwnName()) return
      onRefused({ type: 'refused', address, ...(peer !== undefined && { peer }), reason })
      return
    } finally {
      this.#pending.delete(pending)
      this.#arrivals.delete(arrived)
    }
    onEstablished(established)
  }

  async #handshake(arrived: Socket, arrival: Arrival): Promise<Established> {
    const { acceptor, challenges, clock, setupTimeMs, transport } = this.#options
    const deadline = clock.monotonic() + setupTimeMs
    const socket = await this.#whenReady(arrived, arrival)
    const options = acceptor()
    if (options === undefined) {
      socket.destroy()
      throw notReady()
    }
    const challenge = challenges.open('acceptor', socket)
    const machine = new AcceptorHandshake({
      ...options,
      challenge: challenge.value,
      isOwnChallenge: challenge.isReflected,
      headerBytes: transport.headerBytes,
    })
    try {
      return await runHandshake({
        clock,
        socket,
        input: SocketInput.of(socket),
        machine,
        address: arrival.address,
        direction: 'incoming',
        setupTimeMs,
        firstStageMs: deadline - clock.monotonic(),
        signal: arrival.abort.signal,
      })
    } finally {
      challenge.close()
      arrival.peer = machine.peer?.name
    }
  }

  /** Waits until it can be spoken over; else it is destroyed. */
  async #whenReady(arrived: Socket, { abort, ready }: Arrival): Promise<Socket> {
    const { clock, setupTimeMs } = this.#options
    const { signal } = abort
    const onAbort = (): void => ready.reject(signal.reason)
    const onClose = (): void => abort.abort(tlsFailed('it left before TLS was up'))
    const late = clock.setTimeout(() => abort.abort(tlsFailed(`it was not up within ${setupTimeMs} ms`)), setupTimeMs)
    signal.addEventListener('abort', onAbort, { once: true })
    arrived.once('close', onClose)
    try {
      return await ready.promise
    } catch (error) {
      arrived.destroy()
      throw error
    } finally {
      clock.clearTimeout(late)
      signal.removeEventListener('abort', onAbort)
      arrived.off('close', onClose)
    }
  }

  #madeRoom(): NodeError {
    const message = `it made room for a newer one of more than ${this.#options.maxUnauthenticated} sockets`
    const hint =
      'Most sockets that have not proved themselves come from there. Raise maxUnauthenticated if these are real peers.'
    return new NodeError('NODE_PEER_BUSY', message, { hint })
  }
}

function notReady(): NodeError {
  return new NodeError('NODE_PEER_BUSY', 'this node is not ready')
}

function tlsFailed(what: string, options?: ErrorOptions): NodeError {
  return new NodeError('NODE_TLS', `TLS with a dialling peer failed: ${what}`, options)
}

function addressOf({ remoteAddress = 'unknown', remoteFamily, remotePort = 0 }: Socket): string {
  // A listener on all addresses sees IPv4 peers in their mapped form.
  const address = remoteAddress.replace(/^::ffff:(?=\d+\.)/, '')
  return remoteFamily === 'IPv6' && address === remoteAddress
    ? `[${address}]:${remotePort}`
    : `${address}:${remotePort}`
}
