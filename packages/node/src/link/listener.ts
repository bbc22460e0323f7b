import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'
import { AcceptorHandshake, type AcceptorOptions } from '@dynsrv/dist-protocol'
import { NodeError } from '../error.ts'
import type { Refused } from '../node-event.ts'
import { type Established, randomChallenge, runHandshake } from './handshake-socket.ts'
import { isOwnChallenge, openChallenge } from './own-challenges.ts'
import { destroyOnError, SocketInput } from './socket-input.ts'
import type { Transport } from './transport.ts'

export interface ListenerOptions {
  /** The port, 0 for any free one. */
  readonly port: number
  /** The address; left out, all of them. */
  readonly host?: string | undefined
  readonly transport: Transport
  readonly setupTimeMs: number
  /** How many sockets may be in the handshake at once; one more, and the oldest of them is closed. */
  readonly maxUnauthenticated: number
  /** Who we are and whom we let in; undefined as long as we are not ready. */
  readonly acceptor: () => Omit<AcceptorOptions, 'challenge' | 'headerBytes'> | undefined
  readonly onEstablished: (established: Established) => void
  readonly onRefused: (refused: Refused) => void
}

/** The listening socket, and the handshake of each socket that comes in. */
export class Listener {
  readonly #options: ListenerOptions
  readonly #server: Server
  /** The handshakes under way, the oldest first. */
  readonly #pending = new Map<Socket, AbortController>()
  #closing = false

  private constructor(options: ListenerOptions) {
    this.#options = options
    this.#server = options.transport.createServer(
      (socket) => this.#accept(socket),
      (cause, socket) => {
        const error = new NodeError('NODE_TLS', `TLS with a dialling peer failed: ${cause.message}`, { cause })
        options.onRefused({ type: 'refused', address: addressOf(socket), reason: error })
      },
    )
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

  /** How many handshakes are under way. */
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
    for (const handshake of this.#pending.values()) handshake.abort(new NodeError('NODE_CLOSED', 'the node is closing'))
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#pending.keys()) socket.destroy()
    await closed
  }

  #accept(socket: Socket): void {
    const { acceptor, maxUnauthenticated, onEstablished, onRefused, setupTimeMs, transport } = this.#options
    const address = addressOf(socket)
    destroyOnError(socket)
    const options = acceptor()
    if (options === undefined) {
      socket.destroy()
      onRefused({ type: 'refused', address, reason: new NodeError('NODE_PEER_BUSY', 'this node is not ready') })
      return
    }
    // A real peer is through in milliseconds: the socket that has been here longest is the least likely one.
    const [oldest] = this.#pending.size >= maxUnauthenticated ? this.#pending : []
    if (oldest !== undefined) {
      this.#pending.delete(oldest[0])
      const message = `it made room for a newer one of more than ${maxUnauthenticated} handshakes`
      const hint = 'Somebody opens sockets and says nothing. Raise maxUnauthenticated if these are real peers.'
      oldest[1].abort(new NodeError('NODE_PEER_BUSY', message, { hint }))
    }
    const handshake = new AbortController()
    this.#pending.set(socket, handshake)
    const challenge = openChallenge(randomChallenge)
    const machine = new AcceptorHandshake({
      ...options,
      challenge: challenge.value,
      isOwnChallenge,
      headerBytes: transport.headerBytes,
    })
    runHandshake({
      socket,
      input: SocketInput.of(socket),
      machine,
      address,
      direction: 'incoming',
      setupTimeMs,
      signal: handshake.signal,
    })
      .then(onEstablished, (error: unknown) => {
        if (this.#closing) return
        const reason =
          error instanceof NodeError ? error : new NodeError('NODE_CONNECTION_LOST', String(error), { cause: error })
        const peer = machine.peer?.name
        onRefused({ type: 'refused', address, ...(peer !== undefined && { peer }), reason })
      })
      .finally(() => {
        challenge[Symbol.dispose]()
        this.#pending.delete(socket)
      })
  }
}

function addressOf({ remoteAddress = 'unknown', remoteFamily, remotePort = 0 }: Socket): string {
  // A listener on all addresses sees IPv4 peers in their mapped form.
  const address = remoteAddress.replace(/^::ffff:(?=\d+\.)/, '')
  return remoteFamily === 'IPv6' && address === remoteAddress
    ? `[${address}]:${remotePort}`
    : `${address}:${remotePort}`
}
