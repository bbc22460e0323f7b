// biome-ignore lint/plugin: it speaks HTTP over the sockets of a World
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Timer } from '../world/clock.ts'
import type { World } from '../world/world.ts'

/** Answers a request. */
export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void

/** How long a connection may be without a request, and how long a request may take to arrive. */
const IDLE_MS = 10_000

/** The largest body of a request. Unit: bytes. */
const MAX_REQUEST_BODY_BYTES = 64 * 1024

interface Guest {
  readonly address: string
  /** Ends it when no request comes; undefined while one is answered. */
  idle: Timer | undefined
}

/**
 * A small HTTP server on the sockets of a world, with room for every newcomer: when it is full, it closes the oldest
 * connection without a request, of the address that has most. A client that sends a request before the last one is answered
 * loses its connection.
 */
export class HttpServer {
  readonly #clock: World['clock']
  readonly #maxConnections: number
  /** Oldest first. */
  readonly #guests = new Map<Socket, Guest>()
  readonly #parser: ReturnType<typeof createServer>
  readonly #listener: ReturnType<World['network']['createServer']>
  #closing: Promise<void> | undefined

  constructor({ clock, network }: Pick<World, 'clock' | 'network'>, maxConnections: number, handler: HttpHandler) {
    this.#clock = clock
    this.#maxConnections = maxConnections
    this.#parser = createServer((request, response) => {
      const { socket } = request
      if (!this.#isFree(socket)) {
        // Requests that come before the answer to the one before cost a client nothing, and are all read at once.
        socket.destroy()
        return
      }
      this.#busy(socket)
      response.once('close', () => this.#rest(socket))
      if (isTooLarge(request)) {
        refuse(socket)
        return
      }
      this.#boundBody(request, response)
      handler(request, response)
    })
    // A client may end its side and still read the answer.
    this.#listener = network.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#admit(socket))
  }

  /** Listens. @throws the error of the system */
  listen(port: number, host: string): Promise<AddressInfo> {
    return new Promise((resolve, reject) => {
      this.#listener.once('error', reject)
      this.#listener.listen(port, host, () => {
        this.#listener.off('error', reject)
        resolve(this.#listener.address() as AddressInfo)
      })
    })
  }

  /** Ends it and every connection; may be called again. */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      // It calls back with an error when it never listened, and that is closed too.
      this.#listener.close(() => resolve())
      for (const socket of this.#guests.keys()) socket.destroy()
    })
    return this.#closing
  }

  #admit(socket: Socket): void {
    if (this.#guests.size >= this.#maxConnections) this.#makeRoom()
    this.#guests.set(socket, { address: socket.remoteAddress ?? '', idle: undefined })
    socket.once('close', () => {
      this.#busy(socket)
      this.#guests.delete(socket)
    })
    this.#rest(socket)
    this.#parser.emit('connection', socket)
  }

  /** Whether no request of it is being answered. */
  #isFree(socket: Socket): boolean {
    return !socket.destroyed && this.#guests.get(socket)?.idle !== undefined
  }

  /** A body that is too large, or does not end, ends with its connection. */
  #boundBody(request: IncomingMessage, response: ServerResponse): void {
    if (!hasBody(request)) return
    const { socket } = request
    const late = this.#clock.setTimeout(() => {
      // Who answers need not read it: only then does the request end, however long the answer takes.
      if (!request.complete) refuse(socket)
    }, IDLE_MS)
    late.unref()
    const over = () => this.#clock.clearTimeout(late)
    request.once('end', over)
    response.once('close', over)
    response.once('finish', () => {
      // What the answer did not wait for is not read either.
      if (!request.complete) socket.destroySoon()
    })
    let bytes = 0
    const push = request.push.bind(request)
    request.push = (chunk: Uint8Array | null, encoding) => {
      bytes += chunk?.length ?? 0
      if (bytes <= MAX_REQUEST_BODY_BYTES) return push(chunk, encoding)
      refuse(socket)
      return false
    }
  }

  #busy(socket: Socket): void {
    const guest = this.#guests.get(socket)
    if (guest?.idle === undefined) return
    this.#clock.clearTimeout(guest.idle)
    guest.idle = undefined
  }

  #rest(socket: Socket): void {
    const guest = this.#guests.get(socket)
    if (guest === undefined || socket.destroyed) return
    this.#busy(socket)
    guest.idle = this.#clock.setTimeout(() => socket.destroy(), IDLE_MS)
    guest.idle.unref()
  }

  #makeRoom(): void {
    const all = [...this.#guests]
    const idle = all.filter(([, guest]) => guest.idle !== undefined)
    const candidates = idle.length > 0 ? idle : all
    const counts = new Map<string, number>()
    for (const [, { address }] of candidates) counts.set(address, (counts.get(address) ?? 0) + 1)
    const most = Math.max(...counts.values())
    const [socket] = candidates.find(([, { address }]) => counts.get(address) === most)!
    this.#guests.delete(socket)
    socket.destroy()
  }
}

/** RFC 9112, section 6: a request has a body when one of these headers says so. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function isTooLarge({ headers }: IncomingMessage): boolean {
  return Number(headers['content-length'] ?? 0) > MAX_REQUEST_BODY_BYTES
}

/** The answer may have begun: these words are for a client that has none yet. */
function refuse(socket: Socket): void {
  if (socket.destroyed) return
  socket.write('HTTP/1.1 413 Content Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
  socket.destroySoon()
}
