import { codeOf, messageOf, type World } from '@dynsrv/kit'
import { isResolverError, ResolverError } from '../error.ts'
import type { ServerAddress } from '../server-address.ts'
import { decodeMessage, type Message } from './dns-message.ts'

/** One question to one server. */
export interface Exchange {
  readonly world: Pick<World, 'clock' | 'network'>
  readonly server: ServerAddress
  readonly query: Uint8Array
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Whether a message answers the question. One that does not is passed over. */
  readonly accepts: (message: Message) => boolean
}

/** So many datagrams that answer nothing are a flood, not an accident. */
const MAX_STRAYS = 64
const LENGTH_BYTES = 2

/**
 * Asks over UDP from a new socket, so the source port is the system's random choice; the socket is connected, so the
 * kernel drops what other addresses send and reports a closed port at once.
 *
 * Datagrams that do not belong to the question (another id, another name) are passed over until the time is up.
 */
export function exchangeUdp({ world, server, query, timeoutMs, signal, accepts }: Exchange): Promise<Message> {
  return settle({ world, server, timeoutMs, signal, over: 'UDP' }, (resolve, reject, strays) => {
    const socket = world.network.createUdpSocket({ type: server.family === 6 ? 'udp6' : 'udp4' })
    socket.on('error', (cause) => reject(unreachable(server, 'UDP', cause)))
    socket.on('message', (bytes) => {
      if (!sameId(bytes, query)) return strays.add()
      try {
        const message = decodeMessage(bytes)
        if (accepts(message)) resolve(message)
        else strays.add()
      } catch (error) {
        reject(error)
      }
    })
    socket.connect(server.port, server.host, (cause?: Error) => {
      if (cause !== undefined) return reject(unreachable(server, 'UDP', cause))
      socket.send(query, (failed) => {
        if (failed !== null && failed !== undefined) reject(unreachable(server, 'UDP', failed))
      })
    })
    return () => socket.close()
  })
}

/** Asks over a TCP connection of its own. */
export function exchangeTcp({ world, server, query, timeoutMs, signal, accepts }: Exchange): Promise<Message> {
  return settle({ world, server, timeoutMs, signal, over: 'TCP' }, (resolve, reject) => {
    const chunks: Buffer[] = []
    let received = 0
    const socket = world.network.connect({ host: server.host, port: server.port, noDelay: true })
    socket.on('error', (cause) => reject(unreachable(server, 'TCP', cause)))
    const closed = (): void => {
      reject(new ResolverError('DNS_MALFORMED', `${server.text} closed the connection within or before its answer`))
    }
    socket.on('close', closed)
    socket.on('connect', () => {
      const length = Buffer.alloc(LENGTH_BYTES)
      length.writeUInt16BE(query.length)
      socket.write(Buffer.concat([length, query]))
    })
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      received += chunk.length
      if (received < LENGTH_BYTES) return
      if (chunks[0]!.length < LENGTH_BYTES) chunks.splice(0, chunks.length, Buffer.concat(chunks))
      const end = LENGTH_BYTES + chunks[0]!.readUInt16BE(0)
      if (received < end) return
      try {
        const bytes = Buffer.concat(chunks).subarray(LENGTH_BYTES, end)
        const message = sameId(bytes, query) ? decodeMessage(bytes) : undefined
        if (message !== undefined && accepts(message)) return resolve(message)
        reject(new ResolverError('DNS_MALFORMED', `${server.text} answered a question that we did not ask`))
      } catch (error) {
        reject(error)
      }
    })
    return () => {
      socket.off('close', closed)
      socket.destroy()
    }
  })
}

interface Race extends Pick<Exchange, 'world' | 'server' | 'timeoutMs' | 'signal'> {
  readonly over: 'UDP' | 'TCP'
}

type Start = (
  resolve: (message: Message) => void,
  reject: (error: unknown) => void,
  strays: { add(): void },
) => () => void

/** Runs one attempt against the clock and the signal; `start` returns how to give back what it opened. */
function settle({ world: { clock }, server, timeoutMs, signal, over }: Race, start: Start): Promise<Message> {
  signal.throwIfAborted()
  return new Promise((resolve, reject) => {
    let strays = 0
    let done = false
    const finish = (act: () => void) => {
      if (done) return
      done = true
      clock.clearTimeout(timer)
      signal.removeEventListener('abort', aborted)
      release()
      act()
    }
    const fail = (error: unknown) => finish(() => reject(withServer(error, server)))
    const aborted = () => fail(signal.reason)
    const ended = () => fail(strays === 0 ? silence(server, over, timeoutMs) : astray(server, strays))
    const timer = clock.setTimeout(ended, timeoutMs)
    signal.addEventListener('abort', aborted)
    const counter = {
      add() {
        if (++strays >= MAX_STRAYS) ended()
      },
    }
    const release = start((message) => finish(() => resolve(message)), fail, counter)
  })
}

function silence(server: ServerAddress, over: string, timeoutMs: number): ResolverError {
  return new ResolverError('DNS_TIMEOUT', `${server.text} did not answer over ${over} within ${timeoutMs} ms`)
}

/** A server is there and speaks, so that neither a firewall nor too short a time can be the reason. */
function astray(server: ServerAddress, strays: number): ResolverError {
  const what = strays === 1 ? '1 datagram, which does not answer' : `${strays} datagrams, none of which answers`
  return new ResolverError('DNS_MALFORMED', `${server.text} sent ${what} the question (wrong id or name)`)
}

function sameId(bytes: Uint8Array, query: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === query[0] && bytes[1] === query[1]
}

function unreachable(server: ServerAddress, over: string, cause: Error): ResolverError {
  const why = codeOf(cause) ?? messageOf(cause)
  return new ResolverError('DNS_UNREACHABLE', `cannot ask ${server.text} over ${over}: ${why}`, { cause })
}

function withServer(error: unknown, server: ServerAddress): unknown {
  if (!isResolverError(error) || error.server !== undefined) return error
  const { code, message, hint, retryable, cause } = error
  const shown = message.includes(server.text) ? message : `${server.text}: ${message}`
  return new ResolverError(code, shown, { hint, retryable, server: server.text, ...(cause !== undefined && { cause }) })
}
