import type { Socket } from 'node:net'
import {
  type AcceptorMessage,
  decodeAcceptorMessage,
  decodeInitiatorMessage,
  encodeHandshakeMessage,
  framePacket,
  type HandshakeMessage,
  type HeaderBytes,
  type InitiatorMessage,
  PacketReader,
} from '@dynsrv/dist-protocol'

/** A socket on which a test says the handshake word by word, so that it can say something else than it should. */
export class HandshakeWire implements Disposable {
  readonly socket: Socket
  readonly #headerBytes: HeaderBytes
  readonly #packets: AsyncGenerator<Uint8Array, void>

  constructor(socket: Socket, headerBytes: HeaderBytes) {
    this.socket = socket
    this.#headerBytes = headerBytes
    this.#packets = packetsOf(socket, headerBytes)
    socket.on('error', () => socket.destroy())
  }

  say(message: HandshakeMessage): void {
    this.socket.write(framePacket(this.#headerBytes, encodeHandshakeMessage(message)))
  }

  /** What the node says that was dialled; undefined when it has closed. */
  async fromAcceptor<Kind extends AcceptorMessage['kind']>(kind: Kind) {
    return this.#next(kind, decodeAcceptorMessage) as Promise<(AcceptorMessage & { kind: Kind }) | undefined>
  }

  /** What the node says that dials; undefined when it has closed. */
  async fromInitiator<Kind extends InitiatorMessage['kind']>(kind: Kind) {
    return this.#next(kind, decodeInitiatorMessage) as Promise<(InitiatorMessage & { kind: Kind }) | undefined>
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }

  async #next(kind: string, decode: (packet: Uint8Array) => HandshakeMessage): Promise<HandshakeMessage | undefined> {
    const { value } = await this.#packets.next()
    if (value === undefined) return undefined
    const message = decode(value)
    if (message.kind !== kind) throw new Error(`${message.kind} came where ${kind} was due`)
    return message
  }
}

async function* packetsOf(socket: Socket, headerBytes: HeaderBytes): AsyncGenerator<Uint8Array, void> {
  const reader = new PacketReader(headerBytes, 4096)
  try {
    for await (const chunk of socket) {
      reader.push(chunk)
      while (reader.next()) yield reader.bytes.slice(reader.start, reader.end)
    }
  } catch {
    // A reset ends it as a farewell does.
  }
}
