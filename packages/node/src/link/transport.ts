import { isIP, type Server, type Socket } from 'node:net'
import type { ConnectionOptions, Server as TlsServer } from 'node:tls'
import { codeOf, messageOf, type Network } from '@dynsrv/kit'
import { checks } from '../checks.ts'
import { NodeError } from '../error.ts'
import { type TlsOptions, tlsOptions } from '../node-options.ts'
import { SocketInput } from './socket-input.ts'

/** How bytes get from node to node: plain TCP, or TLS as BEAM's `-proto_dist inet_tls` speaks it. */
export interface Transport {
  /** Bytes of a handshake packet's length: TLS has 4 where TCP has 2. */
  readonly headerBytes: 2 | 4
  /** The event with which a dialled socket is ready. */
  readonly readyEvent: 'connect' | 'secureConnect'
  connect(address: { readonly ip: string; readonly port: number; readonly family: 4 | 6; readonly host: string }): {
    readonly socket: Socket
    readonly input: SocketInput
  }
  createServer(on: ServerEvents): Server
  /** Reads certificates anew, where there are any. */
  reload?(): void
}

/** What becomes of each socket that comes in. */
export interface ServerEvents {
  /** The TCP connection is there; the peer has taken it when it still lives afterwards. */
  readonly arrived: (arrived: Socket) => void
  /** It can be spoken over: the same socket, or TLS on top of it. */
  readonly ready: (socket: Socket, arrived: Socket) => void
  /** It never will be; 'close' of the socket follows. */
  readonly failed: (error: Error, arrived: Socket) => void
}

export function tcpTransport(network: Network): Transport {
  return {
    headerBytes: 2,
    readyEvent: 'connect',
    connect({ ip, port, family }) {
      const input = new SocketInput()
      const { onread } = input
      return { socket: network.connect({ host: ip, port, family, noDelay: true, keepAlive: true, onread }), input }
    },
    createServer: ({ arrived, ready }) =>
      network.createServer({ noDelay: true, keepAlive: true }, (socket) => {
        arrived(socket)
        if (!socket.destroyed) ready(socket, socket)
      }),
  }
}

/**
 * TLS for both roles.
 *
 * @param read gives the options; it is asked again for each dial, and by `reload` for the listener, so that new
 * certificates come into use without a restart
 */
export function tlsTransport(network: Network, read: () => TlsOptions): Transport {
  const servers = new Set<TlsServer>()
  const asked = (): TlsOptions => {
    const options = accepted(read)
    checks.argument('startNode', 'tls', tlsOptions, options)
    return options
  }
  return {
    headerBytes: 4,
    readyEvent: 'secureConnect',
    connect({ ip, port, family, host }) {
      const options = asked()
      // A server name must not be an address; the name of the node is what the certificate is checked against.
      const servername = options.servername ?? (isIP(host) === 0 ? host : '')
      const all = { ...options, host: ip, port, family, servername } as ConnectionOptions
      const socket = accepted(() => network.connectTls(all))
      socket.setNoDelay(true)
      return { socket, input: SocketInput.of(socket) }
    },
    createServer({ arrived, ready, failed }) {
      // A socket of TLS does not tell on which one it stands, but both have the same two ends.
      const waiting = new Map<string, Socket>()
      const options = asked()
      const taken = (socket: Socket): void => {
        const under = waiting.get(endsOf(socket))
        if (under === undefined) return void socket.destroy()
        socket.setNoDelay(true)
        ready(socket, under)
      }
      const server = accepted(() => network.createTlsServer(options, taken))
      server.on('connection', (socket) => {
        const ends = endsOf(socket)
        waiting.set(ends, socket)
        socket.once('close', () => void waiting.delete(ends))
        arrived(socket)
      })
      server.on('tlsClientError', (error, socket) => {
        const under = waiting.get(endsOf(socket))
        if (under !== undefined) failed(error, under)
      })
      servers.add(server)
      server.once('close', () => servers.delete(server))
      return server
    },
    reload() {
      const options = asked()
      accepted(() => {
        for (const server of servers) server.setSecureContext(options)
      })
    },
  }
}

/** Does something with the options of TLS. @throws {NodeError} `NODE_TLS` when they are no good */
function accepted<T>(run: () => T): T {
  try {
    return run()
  } catch (cause) {
    throw new NodeError('NODE_TLS', `the option tls cannot be used: ${messageOf(cause)}`, {
      cause,
      hint: 'Correct the certificates and keys of the option tls, or the function that gives them.',
    })
  }
}

/** Both ends of a connection, as text. */
function endsOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): string {
  return [localAddress, localPort, remoteAddress, remotePort].join()
}

const UNREACHABLE = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EHOSTDOWN', 'ENETDOWN'])

/** What to do when a TLS handshake fails, by the code of Node.js or OpenSSL. */
const TLS_HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /SELF_SIGNED|UNABLE_TO_/,
    "The peer's certificate is of an authority that tls.ca does not hold: compare both sides.",
  ],
  [/ALTNAME/, "The peer's certificate is for another name: its subjectAltName must have the host of the node's name."],
  [/^CERT_(HAS_EXPIRED|NOT_YET_VALID)/, "Renew the peer's certificate, and look at the clocks."],
  [/ALERT_UNKNOWN_CA/, 'The peer does not know who signed our certificate: compare its authorities with ours.'],
  [
    /ALERT_(HANDSHAKE_FAILURE|CERTIFICATE_REQUIRED)/,
    'The peer wants a certificate of ours: give tls.cert and tls.key.',
  ],
  [/WRONG_VERSION|EPROTO/, 'The peer does not speak TLS, it seems: use it on both sides or on none.'],
]

/** What a failed dial means. */
export function dialError(cause: unknown, address: string, peer: string): NodeError {
  const code = codeOf(cause) ?? ''
  if (code === 'ECONNREFUSED') {
    return new NodeError('NODE_REFUSED', `nobody listens on ${address} for ${peer}`, { peer, cause })
  }
  if (code === 'ETIMEDOUT') {
    return new NodeError('NODE_CONNECT_TIMEOUT', `${address} of ${peer} does not answer`, { peer, cause })
  }
  if (UNREACHABLE.has(code)) {
    return new NodeError('NODE_UNREACHABLE', `there is no way to ${address} of ${peer}`, { peer, cause })
  }
  if (/^(ERR_(SSL|TLS)|CERT_|DEPTH_|SELF_|UNABLE_|HOSTNAME_|EPROTO)/.test(code)) {
    const hint = TLS_HINTS.find(([codes]) => codes.test(code))?.[1]
    const message = `TLS with ${address} of ${peer} failed (${code})`
    return new NodeError('NODE_TLS', message, { peer, cause, ...(hint !== undefined && { hint }) })
  }
  return new NodeError('NODE_CONNECTION_LOST', `the dial to ${address} of ${peer} failed (${code || String(cause)})`, {
    peer,
    cause,
  })
}
