import { execFileSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { copyFileSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ERLC } from '@dynsrv/tools/beam'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { Channel, type ChannelOutput } from '../src/channel/channel.ts'
import type { IncomingMessage } from '../src/channel/frame-reader.ts'
import { AcceptorHandshake, type AcceptorOptions } from '../src/handshake/acceptor-handshake.ts'
import type { HandshakeOutput } from '../src/handshake/handshake-machine.ts'
import { InitiatorHandshake, type InitiatorOptions } from '../src/handshake/initiator-handshake.ts'

let compiled: string | undefined

/** What makes a BEAM node find peers without epmd. */
export function epmdFreeArgs(): string[] {
  if (compiled === undefined) {
    compiled = temporaryFolder('dist-protocol')
    const source = join(compiled, 'peer_epmd.erl')
    copyFileSync(fileURLToPath(new URL('peer_epmd.erl', import.meta.url)), source)
    execFileSync(ERLC, ['-Werror', '-o', compiled, source])
  }
  return ['-pa', compiled, '-start_epmd', 'false', '-epmd_module', 'peer_epmd']
}

export const randomChallenge = (): number => randomInt(2 ** 32)

/** A machine, a socket and a channel: the least that talks to a real node. */
export class Link implements Disposable {
  readonly socket: Socket
  /** The handshake's outcome; rejects with its `DistError`. */
  readonly connected: Promise<HandshakeOutput & { type: 'connected' }>
  #handshake: InitiatorHandshake | AcceptorHandshake
  #channel: Channel | undefined
  #outputs: ChannelOutput[] = []
  #wake: (() => void) | undefined
  #settle: { resolve: (output: HandshakeOutput & { type: 'connected' }) => void; reject: (reason: Error) => void }

  constructor(socket: Socket, handshake: InitiatorHandshake | AcceptorHandshake) {
    const { promise, resolve, reject } = withResolvers<HandshakeOutput & { type: 'connected' }>()
    this.socket = socket.setNoDelay(true)
    this.connected = promise
    // It may fail before anybody waits for it; who does hears of it all the same.
    promise.catch(() => undefined)
    this.#settle = { resolve, reject }
    this.#handshake = handshake
    this.#perform(handshake.start())
    socket.on('data', (chunk) => this.#data(chunk))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      if (handshake.state !== 'connected') this.#perform(handshake.end())
      this.#wake?.()
    })
  }

  get channel(): Channel {
    if (this.#channel === undefined) throw new Error('not connected yet')
    return this.#channel
  }

  send(...message: Parameters<Channel['send']>): void {
    this.channel.send(...message)
    this.flush()
  }

  flush(): void {
    for (const chunk of this.channel.takeOutput()) this.socket.write(chunk)
  }

  /** The next message that fits; ticks and others are passed over. */
  async receive(fits: (message: IncomingMessage) => boolean = () => true): Promise<IncomingMessage> {
    for (;;) {
      for (let output = this.#outputs.shift(); output !== undefined; output = this.#outputs.shift()) {
        if (output.type === 'failed') throw output.error
        if (output.type === 'message' && fits(output)) return output
      }
      if (this.socket.closed) throw new Error('the peer closed the connection')
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }

  #data(chunk: Uint8Array): void {
    if (this.#channel === undefined) this.#perform(this.#handshake.receive(chunk))
    else this.#outputs.push(...this.#channel.receive(chunk))
    this.#wake?.()
  }

  #perform(outputs: readonly HandshakeOutput[]): void {
    for (const output of outputs) {
      if (output.type === 'send') this.socket.write(output.bytes)
      if (output.type === 'failed') {
        this.socket.end()
        this.#settle.reject(output.error)
      }
      if (output.type === 'connected') {
        this.#channel = new Channel(output)
        this.#outputs.push(...this.#channel.receive(output.rest))
        this.#settle.resolve(output)
      }
    }
  }
}

export async function dial(port: number, options: InitiatorOptions): Promise<Link> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return new Link(socket, new InitiatorHandshake(options))
}

/** Listens on a free port; each connection is a `Link`. */
export class Listener implements Disposable {
  readonly #server: Server
  readonly #links: Link[] = []
  #wake: (() => void) | undefined

  constructor(options: () => AcceptorOptions) {
    this.#server = createServer((socket) => {
      const link = new Link(socket, new AcceptorHandshake(options()))
      link.connected.catch(() => undefined)
      this.#links.push(link)
      this.#wake?.()
    })
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('not listening')
    return address.port
  }

  /** The next connection that came. */
  async accept(): Promise<Link> {
    while (this.#links.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#links.shift()!
  }

  [Symbol.dispose](): void {
    this.#server.close()
  }
}

function withResolvers<T>() {
  let settle: { resolve: (value: T) => void; reject: (reason: Error) => void } | undefined
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject }
  })
  return { promise, ...settle! }
}
