import { connect } from 'node:net'
import { ResolverError } from './error.ts'
import type { ServerAddress } from './server-address.ts'

/**
 * Asks over a TCP connection of its own.
 *
 * @throws what `accept` throws; {ResolverError} `DNS_UNREACHABLE` or `DNS_MALFORMED`; the signal's reason
 * @see RFC 7766
 */
export function tcpExchange<T>(
  { host, port, text }: ServerAddress,
  query: Uint8Array,
  accept: (message: Uint8Array) => T | undefined,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted()
  const socket = connect({ host, port, noDelay: true })
  return new Promise<T>((resolve, reject) => {
    const end = () => {
      signal.removeEventListener('abort', abort)
      socket.destroy()
    }
    const fail = (reason: unknown) => {
      end()
      reject(reason)
    }
    const abort = () => fail(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    socket.once('error', (cause) => {
      fail(
        new ResolverError('DNS_UNREACHABLE', `${text} cannot be reached over TCP: ${cause.message}`, {
          cause,
          server: text,
        }),
      )
    })
    socket.once('close', () => {
      fail(
        new ResolverError('DNS_MALFORMED', `${text} closed the TCP connection without a whole answer`, {
          server: text,
        }),
      )
    })
    let pending = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      // A message is at most 65 535 bytes, so this cannot grow far: each whole one is taken out.
      pending = Buffer.concat([pending, chunk])
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const length = pending.readUInt16BE(0)
        const message = pending.subarray(2, 2 + length)
        pending = pending.subarray(2 + length)
        try {
          const accepted = accept(message)
          if (accepted === undefined) continue
          end()
          resolve(accepted)
          return
        } catch (error) {
          fail(error)
          return
        }
      }
    })
    const length = Buffer.alloc(2)
    length.writeUInt16BE(query.length)
    socket.write(Buffer.concat([length, query]))
  })
}
