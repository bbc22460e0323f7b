import { on, once } from 'node:events'
import net, { type Socket } from 'node:net'
import tls from 'node:tls'
import { type HeaderBytes, HIDDEN_FLAGS } from '@dynsrv/dist-protocol'
import { HandshakeWire } from './handshake-wire.ts'

/** How sockets are opened. */
export interface Way {
  readonly headerBytes: HeaderBytes
  readonly listen: (onSocket: (socket: Socket) => void) => net.Server
  readonly dial: (port: number) => Socket
}

/** Plain sockets. */
export const OVER_TCP: Way = {
  headerBytes: 2,
  listen: (onSocket) => net.createServer(onSocket),
  dial: (port) => net.connect(port, '127.0.0.1'),
}

/** TLS with what the attacker has got hold of; it trusts everybody. */
export function overTls(certificate: { readonly cert?: string; readonly key?: string }): Way {
  return {
    headerBytes: 4,
    listen: (onSocket) => tls.createServer(certificate, onSocket),
    dial: (port) => tls.connect({ ...certificate, port, host: '127.0.0.1', rejectUnauthorized: false }),
  }
}

/** Somebody who does not know the cookie. */
export class Attacker implements Disposable {
  readonly name: string
  readonly #way: Way
  readonly #dials: AsyncIterator<[Socket]>
  readonly #server: net.Server
  readonly #wires: HandshakeWire[] = []

  private constructor(way: Way, server: net.Server, dials: AsyncIterator<[Socket]>) {
    this.#way = way
    this.#server = server
    this.#dials = dials
    this.name = `evil_${(server.address() as net.AddressInfo).port}@127.0.0.1`
  }

  static async start(way: Way): Promise<Attacker> {
    const server = way.listen((socket) => void server.emit('dialled', socket))
    const dials = on(server, 'dialled') as AsyncIterator<[Socket]>
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Attacker(way, server, dials)
  }

  /** The next socket of somebody who dials it under whatever name, once that has said its own. */
  async dialled(): Promise<HandshakeWire> {
    const { value } = await this.#dials.next()
    const wire = this.#wire(value[0])
    await wire.fromInitiator('sendName')
    wire.say({ kind: 'status', status: 'ok' })
    return wire
  }

  /** Comes to whoever listens on a port, who shows it a challenge. */
  async come(port: number, name: string, { flags = HIDDEN_FLAGS, dynamic = false } = {}) {
    const wire = this.#wire(this.#way.dial(port))
    const creation = dynamic ? 0 : 77
    wire.say({ kind: 'sendName', version: 6, flags, creation, name })
    await wire.fromAcceptor('status')
    const shown = await wire.fromAcceptor('challenge')
    if (shown === undefined) throw new Error(`what listens on port ${port} has closed`)
    return { wire, challenge: shown.challenge }
  }

  /** Shows somebody who dials it a challenge as its own. */
  show(wire: HandshakeWire, challenge: number, name = this.name): void {
    wire.say({ kind: 'challenge', version: 6, flags: HIDDEN_FLAGS, challenge, creation: 77, name })
  }

  [Symbol.dispose](): void {
    this.#server.close()
    for (const wire of this.#wires) wire[Symbol.dispose]()
  }

  #wire(socket: Socket): HandshakeWire {
    const wire = new HandshakeWire(socket, this.#way.headerBytes)
    this.#wires.push(wire)
    return wire
  }
}
