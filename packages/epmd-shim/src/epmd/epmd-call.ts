import type { Socket } from 'node:net'
import { messageOf, type World } from '@dynsrv/kit'
import { EpmdError } from '../error.ts'
import { type EpmdRequest, encodeRequest } from './epmd-message.ts'

/** Where an epmd listens. */
export interface EpmdAddress {
  readonly ip: string
  readonly port: number
}

interface CallOptions {
  readonly world: Pick<World, 'clock' | 'network'>
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/** A name list of a machine with thousands of nodes is far below this. */
const MAX_REPLY_BYTES = 4 * 1024 * 1024

/**
 * Asks an epmd one question and reads until it closes the connection.
 *
 * @throws {EpmdError} `EPMD_UNREACHABLE`, `EPMD_TIMEOUT`, `EPMD_MALFORMED_REPLY` when it does not stop talking
 */
export async function callEpmd(address: EpmdAddress, request: EpmdRequest, options: CallOptions): Promise<Uint8Array> {
  let reply: Uint8Array = new Uint8Array()
  const { socket } = await openEpmd(address, request, options, (chunk, ended) => {
    reply = Buffer.concat([reply, chunk])
    if (reply.length > MAX_REPLY_BYTES) {
      throw new EpmdError('EPMD_MALFORMED_REPLY', `the answer has more than ${MAX_REPLY_BYTES} bytes`)
    }
    return ended ? reply : undefined
  })
  socket.destroy()
  return reply
}

/**
 * Sends a request and waits until `read` has got what it wants; the connection stays open.
 *
 * @param read is given each chunk, and at the end of the connection an empty one with `ended`; it gives `undefined`
 *   while it wants more
 */
export function openEpmd<R>(
  { ip, port }: EpmdAddress,
  request: EpmdRequest,
  { world: { clock, network }, timeoutMs, signal }: CallOptions,
  read: (chunk: Uint8Array, ended: boolean) => R | undefined,
): Promise<{ socket: Socket; reply: R }> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const bytes = encodeRequest(request)
    const socket = network.connect({ host: ip, port })
    const where = ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`
    const finish = () => {
      clock.clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      socket.removeAllListeners()
    }
    const fail = (reason: unknown) => {
      finish()
      // A socket that is given up may still report its end.
      socket.on('error', () => socket.destroy())
      socket.destroy()
      reject(reason)
    }
    const onAbort = () => fail(signal?.reason)
    const onBytes = (chunk: Uint8Array, ended: boolean) => {
      try {
        const reply = read(chunk, ended)
        if (reply !== undefined) {
          finish()
          resolve({ socket, reply })
        } else if (ended) fail(noReply(where))
      } catch (error) {
        fail(error)
      }
    }
    const timer = clock.setTimeout(() => fail(timedOut(where, timeoutMs)), timeoutMs)
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.once('connect', () => socket.write(bytes))
    socket.on('data', (chunk) => onBytes(chunk, false))
    socket.once('end', () => onBytes(new Uint8Array(), true))
    socket.once('error', (cause) => fail(unreachable(where, cause)))
  })
}

function unreachable(where: string, cause: Error): EpmdError {
  return new EpmdError('EPMD_UNREACHABLE', `no epmd at ${where}: ${messageOf(cause)}`, { cause })
}

function timedOut(where: string, timeoutMs: number): EpmdError {
  return new EpmdError('EPMD_TIMEOUT', `epmd at ${where} did not answer within ${timeoutMs} ms`)
}

function noReply(where: string): EpmdError {
  return new EpmdError('EPMD_NO_REPLY', `epmd at ${where} closed the connection without an answer`)
}
