import type { Socket } from 'node:net'

/** What takes the bytes of a socket; a socket has one reader at a time. */
export interface SocketReader {
  /** Where the next bytes are best written; undefined when it does not matter. */
  readTarget?(): Uint8Array | undefined
  /** How much to read at once else. Unit: bytes; default: as much as there is. */
  readonly readAhead?: number
  /** Bytes came. The reader may keep them: nobody writes over them. */
  receive(chunk: Uint8Array): void
}

/**
 * Destroys a socket that has an error: 'close' follows, which is what everybody listens to.
 *
 * A function of its own, because a closure would keep what is around it alive as long as the socket.
 */
export function destroyOnError(socket: Socket): void {
  socket.on('error', destroy)
}

function destroy(this: Socket): void {
  this.destroy()
}

/** How much is read at once. Unit: bytes. */
const READ_BYTES = 64 * 1024

/** Made for the first socket. All sockets read to it in turn, so that one at rest has no buffer of its own. */
let shared: Buffer | undefined
/** Its beginning, for reads of less. */
let sharedHead: Buffer | undefined

/**
 * What comes over one socket, for its present reader.
 *
 * A socket that was made with `onread` is read without a stream and without a buffer for each read, which makes an
 * answer come a tenth sooner, and large frames go straight to where they belong; any other one is read by its `data` events.
 */
export class SocketInput {
  #reader: SocketReader | undefined
  #early: Uint8Array[] = []
  /** What is read now goes to the place that the reader named. */
  #aimed = false

  /** The input of a socket that is there already. */
  static of(socket: Socket): SocketInput {
    const input = new SocketInput()
    socket.on('data', (chunk: Uint8Array) => input.#take(chunk))
    return input
  }

  /** What a socket is made with, to be read by this input. */
  get onread(): { buffer: () => Uint8Array; callback: (bytes: number, buffer: Uint8Array) => boolean } {
    return {
      buffer: () => {
        const target = this.#reader?.readTarget?.()
        this.#aimed = target !== undefined
        if (target !== undefined) return target
        shared ??= Buffer.allocUnsafeSlow(READ_BYTES)
        const ahead = this.#reader?.readAhead ?? READ_BYTES
        if (ahead >= READ_BYTES) return shared
        // The same length each time, as a rule; to make a view takes as long as to read what comes into it.
        if (sharedHead?.length !== ahead) sharedHead = shared.subarray(0, ahead)
        return sharedHead
      },
      callback: (bytes, buffer) => {
        const came = bytes === buffer.length ? buffer : buffer.subarray(0, bytes)
        this.#take(this.#aimed ? came : new Uint8Array(came))
        return true
      },
    }
  }

  /** From now on everything goes to this reader, what came before it first; undefined keeps what comes. */
  set reader(reader: SocketReader | undefined) {
    this.#reader = reader
    if (reader === undefined) return
    for (const chunk of this.#early.splice(0)) reader.receive(chunk)
  }

  #take(chunk: Uint8Array): void {
    if (this.#reader === undefined) this.#early.push(chunk)
    else this.#reader.receive(chunk)
  }
}
