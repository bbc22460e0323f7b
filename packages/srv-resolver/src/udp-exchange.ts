import { createSocket } from 'node:dgram'
import { ResolverError } from './error.ts'
import type { ServerAddress } from './server-address.ts'

/**
 * Sends one datagram from a fresh random port and waits for the first one that `accept` takes.
 *
 * Datagrams from another address never reach `accept`: the socket is connected to the server.
 *
 * @throws what `accept` throws; {ResolverError} `DNS_UNREACHABLE`; the signal's reason
 */
export function udpExchange<T>(
  { host, port, text }: ServerAddress,
  query: Uint8Array,
  accept: (datagram: Uint8Array) => T | undefined,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted()
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  return new Promise<T>((resolve, reject) => {
    const end = () => {
      signal.removeEventListener('abort', abort)
      socket.close()
    }
    const fail = (reason: unknown) => {
      end()
      reject(reason)
    }
    const abort = () => fail(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    socket.once('error', (cause) => {
      fail(
        new ResolverError('DNS_UNREACHABLE', `${text} cannot be reached over UDP: ${cause.message}`, {
          cause,
          server: text,
        }),
      )
    })
    socket.on('message', (datagram) => {
      try {
        const accepted = accept(datagram)
        if (accepted === undefined) return
        end()
        resolve(accepted)
      } catch (error) {
        fail(error)
      }
    })
    socket.connect(port, host, () => {
      if (!signal.aborted) socket.send(query)
    })
  })
}
