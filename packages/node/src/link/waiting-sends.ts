import { NodeError } from '../error.ts'
import type { NodeDownReason } from '../node-event.ts'
import type { Connection } from './connection.ts'

export interface WaitingSendsParts {
  readonly connection: (node: string) => Connection | undefined
  /** Connects unless that is so already. */
  readonly connect: (node: string, signal: AbortSignal | undefined) => Promise<void>
  /** Why there is no link any more. */
  readonly whyDown: (node: string) => NodeDownReason | undefined
}

/** Sends that wait until their peer takes them, one after the other for each peer, so that they stay in order. */
export class WaitingSends {
  readonly #parts: WaitingSendsParts
  /** By node: settles when the last one that waits has had its turn. */
  readonly #last = new Map<string, Promise<void>>()

  constructor(parts: WaitingSendsParts) {
    this.#parts = parts
  }

  /**
   * Calls `send` as soon as the peer is connected and takes what it is sent.
   *
   * @throws {NodeError} that says why the peer cannot be connected, or why its link was lost before the turn of this one
   * @throws the signal's reason when it aborts first; the message is not sent then
   */
  async send(node: string, send: () => void, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    const before = this.#last.get(node)
    if (before === undefined && this.#parts.connection(node)?.busy === false) {
      send()
      return
    }
    const turn = this.#take(node, before, send, signal)
    // The next send waits for this turn to be over, however it ends, and for those before it.
    const over = Promise.allSettled([before, turn]).then(() => undefined)
    this.#last.set(node, over)
    try {
      await turn
    } finally {
      if (this.#last.get(node) === over) this.#last.delete(node)
    }
  }

  async #take(
    node: string,
    before: Promise<void> | undefined,
    send: () => void,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { connection, connect, whyDown } = this.#parts
    // A send that waited for a link fails when that is lost, rather than going on over the next one.
    const first = connection(node)
    if (before !== undefined) await unlessAborted(before, signal)
    if (first === undefined && connection(node) === undefined) await connect(node, signal)
    const link = first ?? connection(node)
    while (link?.busy === true && link.open) await unlessAborted(link.drained(), signal)
    if (link === undefined || !link.open) {
      const { code = 'NODE_CONNECTION_LOST', message = 'the link is gone', cause } = whyDown(node) ?? {}
      throw new NodeError(code, `${node} was lost before it took the message: ${message}`, { peer: node, cause })
    }
    send()
  }
}

/** Waits for a promise that does not reject. @throws the signal's reason when it aborts first */
function unlessAborted(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    void promise.then(() => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    })
  })
}
