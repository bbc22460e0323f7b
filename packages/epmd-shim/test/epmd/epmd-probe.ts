import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A conversation with an epmd, byte by byte under the control of a test. */
export class Probe {
  readonly #socket: Socket
  readonly #ended: Promise<unknown>
  #received = Buffer.alloc(0)

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1')
    this.#socket.setNoDelay(true)
    this.#socket.on('error', () => this.#socket.destroy())
    this.#socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
    })
    this.#ended = new Promise((resolve) => this.#socket.once('close', resolve))
  }

  write(bytes: Uint8Array): void {
    this.#socket.write(bytes)
  }

  /** All that came, when the other side has closed. */
  async untilClosed(): Promise<string> {
    await this.#ended
    return this.#received.toString('hex')
  }

  /** What came, as soon as it has that many bytes. */
  async untilBytes(count: number): Promise<string> {
    while (this.#received.length < count) {
      if (this.#socket.destroyed) throw new Error(`closed after ${this.#received.length} of ${count} bytes`)
      await Promise.race([once(this.#socket, 'data'), this.#ended])
    }
    return this.#received.toString('hex')
  }

  get open(): boolean {
    return !this.#socket.destroyed
  }

  async close(): Promise<void> {
    this.#socket.destroy()
    await this.#ended
  }
}

/** A request: the body with its length in front. */
export function framed(body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(body.length >>> 8, body.length & 0xff), body])
}

/** Asks once and reads to the end of the connection. */
export function ask(port: number, raw: Uint8Array): Promise<string> {
  const probe = new Probe(port)
  probe.write(raw)
  return probe.untilClosed()
}

/** The body of a registration, every field free, so that wrong ones can be made. */
export function alive(
  name: Uint8Array | string,
  port: number,
  { version = 6, hidden = false, extra = '', nameLength }: AliveOptions = {},
): Buffer {
  const text = Buffer.from(name)
  const fields = Buffer.alloc(11)
  fields[0] = 120
  fields.writeUInt16BE(port, 1)
  fields[3] = hidden ? 72 : 77
  fields.writeUInt16BE(version, 5)
  fields.writeUInt16BE(5, 7)
  fields.writeUInt16BE(nameLength ?? text.length, 9)
  const tail = Buffer.alloc(2)
  tail.writeUInt16BE(extra.length)
  return Buffer.concat([fields, text, tail, Buffer.from(extra)])
}

interface AliveOptions {
  readonly version?: number
  readonly hidden?: boolean
  readonly extra?: string
  readonly nameLength?: number
}
