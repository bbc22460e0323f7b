import { connect, type Socket } from 'node:net'
import { EpmdError } from '../error.ts'
import { type EpmdRequest, encodeRequest } from './epmd-message.ts'

/** Where an epmd listens. */
export interface EpmdAddress {
  readonly ip: string
  readonly port: number
}

interface CallOptions {
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
      const hint = 'Something else than epmd listens on that port; check ERL_EPMD_PORT.'
      throw new EpmdError('EPMD_MALFORMED_REPLY', `more than ${MAX_REPLY_BYTES} bytes of answer`, { hint })
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
  { timeoutMs, signal }: CallOptions,
  read: (chunk: Uint8Array, ended: boolean) => R | undefined,
): Promise<{ socket: Socket; reply: R }> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const bytes = encodeRequest(request)
    const socket = connect({ host: ip, port })
    const where = ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`
    const finish = () => {
      clearTimeout(timer)
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
    const timer = setTimeout(() => fail(timedOut(where, timeoutMs)), timeoutMs)
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.once('connect', () => socket.write(bytes))
    socket.on('data', (chunk) => onBytes(chunk, false))
    socket.once('end', () => onBytes(new Uint8Array(), true))
    socket.once('error', (cause) => fail(unreachable(where, cause)))
  })
}

function unreachable(where: string, cause: Error): EpmdError {
  const hint = 'Start epmd there (epmd -daemon), and check ERL_EPMD_PORT and the firewall.'
  return new EpmdError('EPMD_UNREACHABLE', `no epmd at ${where}: ${cause.message}`, { cause, hint, retryable: true })
}

function timedOut(where: string, timeoutMs: number): EpmdError {
  const hint = 'Check that the firewall passes epmd (port 4369), and that epmd and not something else listens there.'
  return new EpmdError('EPMD_TIMEOUT', `epmd at ${where} did not answer within ${timeoutMs} ms`, {
    hint,
    retryable: true,
  })
}

function noReply(where: string): EpmdError {
  const hint =
    'Registrations are taken from the own machine only; check that epmd and not something else listens there.'
  return new EpmdError('EPMD_NO_REPLY', `epmd at ${where} closed without an answer`, { hint, retryable: true })
}
