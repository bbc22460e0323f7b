import { decodeRequestBody, MAX_REQUEST_BYTES, type ReceivedRequest } from './epmd-message.ts'

/** `close` is how epmd answers everything that it does not understand. */
export type RequestReaderOutput =
  | { readonly type: 'request'; readonly request: ReceivedRequest }
  | { readonly type: 'close' }

const LENGTH_BYTES = 2

/** Puts the one request of a connection together from its chunks. No I/O. */
export class EpmdRequestReader {
  #received: Uint8Array = new Uint8Array()

  /** @returns `undefined` while bytes are missing */
  receive(chunk: Uint8Array): RequestReaderOutput | undefined {
    this.#received = Buffer.concat([this.#received, chunk])
    const [high, low] = this.#received
    if (high === undefined || low === undefined) return
    const length = high * 256 + low
    // Bytes beyond the request mean that the peer takes this for another protocol.
    if (length === 0 || length > MAX_REQUEST_BYTES || this.#received.length > LENGTH_BYTES + length) {
      return { type: 'close' }
    }
    if (this.#received.length < LENGTH_BYTES + length) return
    const request = decodeRequestBody(this.#received.subarray(LENGTH_BYTES))
    return request === undefined ? { type: 'close' } : { type: 'request', request }
  }
}
