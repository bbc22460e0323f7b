import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { connect, isIP, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { connect as connectTls } from 'node:tls'
import { reasonText } from '@dynsrv/cluster'
import { HIDDEN_FLAGS, InitiatorHandshake, type NodeIdentity } from '@dynsrv/dist-protocol'
import { newCreation } from '@dynsrv/epmd-shim'
import { NodeError } from '@dynsrv/node'
import type { TlsFiles } from '../context.ts'
import { addressText, hostOf } from '../host.ts'

/** What a peer tells anybody who knocks, before any cookie is proved. */
export interface Introduction extends NodeIdentity {
  /** How long the TCP connection took. Unit: milliseconds. */
  readonly connectMs: number
  /** From our name to the peer's own. Unit: milliseconds. */
  readonly handshakeMs: number
}

/** Where to knock, and as whom. */
export interface ProbeOptions {
  readonly ip: string
  readonly port: number
  /** The throw-away name that we give. */
  readonly self: string
  /** How long both stages may take together. Unit: milliseconds. */
  readonly timeoutMs: number
  /** Speaks TLS with these in place of plain TCP; the certificate is judged elsewhere. */
  readonly tls?: TlsFiles & { readonly servername?: string }
}

/**
 * Knocks at a port, learns who is there and leaves: no cookie is shown, and an Erlang node logs nothing.
 *
 * @throws {NodeError} `NODE_REFUSED`, `NODE_CONNECT_TIMEOUT`, `NODE_UNREACHABLE`, or what the handshake says: that it
 *   is no Erlang node but HTTP or TLS (`DIST_NOT_DISTRIBUTION`), or that it refuses our name (`DIST_NOT_ALLOWED`)
 * @see OTP `erl_dist_protocol`, "Distribution Handshake"
 */
export async function probeHandshake({ ip, port, self, timeoutMs, tls }: ProbeOptions): Promise<Introduction> {
  const began = performance.now()
  const signal = AbortSignal.timeout(timeoutMs)
  const socket =
    tls === undefined ? connect({ host: ip, port }) : connectTls({ ...tls, host: ip, port, rejectUnauthorized: false })
  const address = addressText({ ip, port })
  try {
    await once(socket, 'connect', { signal }).catch((cause) => {
      throw connectError(cause, address, timeoutMs)
    })
    if (tls !== undefined) {
      await once(socket, 'secureConnect', { signal }).catch((cause) => {
        throw new NodeError('NODE_TLS', `TLS with ${address} failed: ${reasonText(cause)}`, { cause })
      })
    }
    const connected = performance.now()
    const peer = await introduction(socket, self, signal, tls === undefined ? 2 : 4)
    return { ...peer, connectMs: connected - began, handshakeMs: performance.now() - connected }
  } finally {
    socket.on('error', () => socket.destroy()).destroy()
  }
}

/** The TLS options to knock at a node with, named as its certificate names it; none when TLS is not wanted. */
export function overTls(tls: TlsFiles | undefined, node: string): Pick<ProbeOptions, 'tls'> {
  const host = hostOf(node)
  return tls === undefined ? {} : { tls: { ...tls, servername: isIP(host) === 0 ? host : '' } }
}

function introduction(socket: Socket, self: string, signal: AbortSignal, headerBytes: 2 | 4): Promise<NodeIdentity> {
  const machine = new InitiatorHandshake({
    self: { name: self, flags: HIDDEN_FLAGS, creation: newCreation() },
    // Never shown: the probe leaves before the challenge is answered.
    cookie: 'a probe has no cookie',
    challenge: randomInt(2 ** 32),
    headerBytes,
  })
  return new Promise((resolve, reject) => {
    const apply = (outputs: ReturnType<typeof machine.start>) => {
      if (machine.peer !== undefined) return resolve(machine.peer)
      for (const output of outputs) {
        if (output.type === 'send') socket.write(output.bytes)
        else if (output.type === 'failed') {
          const { code, message, hint, retryable } = output.error
          reject(new NodeError(code, message, { hint, retryable, cause: output.error }))
        }
      }
    }
    const onEnd = () => apply(machine.end())
    socket.on('data', (chunk) => apply(machine.receive(chunk)))
    socket.on('end', onEnd).on('close', onEnd)
    // A reset is followed by 'close', which the machine puts into words.
    socket.on('error', () => undefined)
    signal.addEventListener('abort', () => apply(machine.timeout()), { once: true })
    apply(machine.start())
  })
}

/** The codes of an address that cannot be connected. */
export const CONNECT_FAILED = /^NODE_(REFUSED|CONNECT_TIMEOUT|UNREACHABLE)$/

const CONNECT_ERRORS: Readonly<Record<string, readonly ['NODE_REFUSED' | 'NODE_CONNECT_TIMEOUT', string]>> = {
  ECONNREFUSED: ['NODE_REFUSED', 'refused the connection: nobody listens there'],
  ETIMEDOUT: ['NODE_CONNECT_TIMEOUT', 'did not answer'],
}

function connectError(cause: unknown, address: string, timeoutMs: number): NodeError {
  const { name, code } = cause as { name?: string; code?: string }
  if (name === 'AbortError') {
    return new NodeError('NODE_CONNECT_TIMEOUT', `${address} did not answer within ${timeoutMs} ms`, { cause })
  }
  const [known, text] = CONNECT_ERRORS[code ?? ''] ?? ['NODE_UNREACHABLE', `cannot be reached: ${reasonText(cause)}`]
  return new NodeError(known, `${address} ${text}`, { cause })
}
