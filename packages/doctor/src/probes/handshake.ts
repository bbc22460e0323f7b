import { once } from 'node:events'
import { isIP, type Socket } from 'node:net'
import { reasonText } from '@dynsrv/cluster'
import { HIDDEN_FLAGS, InitiatorHandshake, type NodeIdentity } from '@dynsrv/dist-protocol'
import { newCreation } from '@dynsrv/epmd-shim'
import {
  codeOf,
  duration,
  filledText,
  optional,
  optionsOf,
  port,
  realWorld,
  required,
  secretInteger,
  text,
  textOf,
  timeLimit,
  type World,
  worldShape,
} from '@dynsrv/kit'
import { NodeError, type NodeErrorCode } from '@dynsrv/node'
import { checks } from '../argument-checks.ts'
import { TLS_FILES, type TlsFiles } from '../context.ts'
import { addressText, hostOf } from '../host.ts'

/** What a peer says to anyone who knocks, before a cookie is proved. */
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
  readonly tls?: ProbeTls
  /** The clock, chance and sockets; default: the real ones. */
  readonly world?: World
}

/** What TLS needs, and the name that the certificate must have. */
export interface ProbeTls extends TlsFiles {
  readonly servername?: string
}

const checkProbe = checks.options<ProbeOptions>('probeHandshake', {
  ip: required(filledText),
  port: required(port),
  self: required(filledText),
  timeoutMs: required(duration({ min: 1 })),
  tls: optionsOf<ProbeTls>({ ...TLS_FILES, servername: text }),
  world: worldShape,
})

/**
 * Knocks at a port, learns who is there and leaves: no cookie is shown, and an Erlang node logs nothing.
 *
 * @throws {NodeError} `NODE_REFUSED`, `NODE_CONNECT_TIMEOUT`, `NODE_UNREACHABLE`, `NODE_TLS`, or what the handshake says:
 *   that it is not an Erlang node but HTTP or TLS (`DIST_NOT_DISTRIBUTION`), or that it refuses our name (`DIST_NOT_ALLOWED`)
 * @throws {DynsrvError} `DYNSRV_BAD_OPTION`
 * @see OTP `erl_dist_protocol`, "Distribution Handshake"
 */
export async function probeHandshake(options: ProbeOptions): Promise<Introduction> {
  checkProbe(options)
  const { ip, port: at, self, timeoutMs, tls, world = realWorld } = options
  const { clock, network } = world
  const began = clock.monotonic()
  const signal = timeLimit(world.clock, timeoutMs)
  const to = { host: ip, port: at }
  const socket = tls === undefined ? network.connect(to) : overTlsTo(network, tls, to)
  const address = addressText({ ip, port: at })
  try {
    await once(socket, 'connect', { signal }).catch((cause) => {
      throw connectError(cause, address, timeoutMs)
    })
    if (tls !== undefined) {
      await once(socket, 'secureConnect', { signal }).catch((cause) => {
        throw new NodeError('NODE_TLS', `TLS with ${address} failed: ${reasonText(cause)}`, { cause })
      })
    }
    const connected = clock.monotonic()
    const peer = await introduction(socket, self, { signal, world, headerBytes: tls === undefined ? 2 : 4 })
    return { ...peer, connectMs: connected - began, handshakeMs: clock.monotonic() - connected }
  } finally {
    socket.on('error', () => socket.destroy()).destroy()
  }
}

function overTlsTo(network: World['network'], tls: ProbeTls, to: { readonly host: string; readonly port: number }) {
  try {
    return network.connectTls({ ...tls, ...to, rejectUnauthorized: false })
  } catch (cause) {
    throw new NodeError('NODE_TLS', `the certificate or the key for TLS cannot be used: ${reasonText(cause)}`, {
      cause,
    })
  }
}

/**
 * The TLS options to knock at a node with, which name it as its certificate does; none when TLS is not wanted.
 *
 * @throws {DynsrvError} `DYNSRV_BAD_OPTION`
 */
export function overTls(tls: TlsFiles | undefined, node: string): Pick<ProbeOptions, 'tls'> {
  checks.argument('overTls', 'tls', optional(optionsOf(TLS_FILES)), tls)
  const host = hostOf(node)
  return tls === undefined ? {} : { tls: { ...tls, servername: isIP(host) === 0 ? host : '' } }
}

interface Knocking {
  readonly signal: AbortSignal
  readonly world: World
  readonly headerBytes: 2 | 4
}

function introduction(socket: Socket, self: string, { signal, world, headerBytes }: Knocking): Promise<NodeIdentity> {
  const machine = new InitiatorHandshake({
    self: { name: self, flags: HIDDEN_FLAGS, creation: newCreation(world) },
    // Never shown: the probe leaves before the challenge is answered.
    cookie: 'a probe has no cookie',
    challenge: secretInteger(world.random, 0, 2 ** 32),
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
const CONNECT_CODES: ReadonlySet<string> = new Set<NodeErrorCode>([
  'NODE_REFUSED',
  'NODE_CONNECT_TIMEOUT',
  'NODE_UNREACHABLE',
])

/** Whether a knock failed before a connection was up. */
export function isUnconnected(error: unknown): boolean {
  return CONNECT_CODES.has(codeOf(error) ?? '')
}

const CONNECT_ERRORS: Readonly<Record<string, readonly ['NODE_REFUSED' | 'NODE_CONNECT_TIMEOUT', string]>> = {
  ECONNREFUSED: ['NODE_REFUSED', 'refused the connection: nothing listens there'],
  ETIMEDOUT: ['NODE_CONNECT_TIMEOUT', 'did not answer'],
}

function connectError(cause: unknown, address: string, timeoutMs: number): NodeError {
  // `once` rejects with an error of its own when the time is over.
  if (textOf(cause, 'name') === 'AbortError') {
    return new NodeError('NODE_CONNECT_TIMEOUT', `${address} did not answer within ${timeoutMs} ms`, { cause })
  }
  const known = CONNECT_ERRORS[codeOf(cause) ?? '']
  const [code, what] = known ?? ['NODE_UNREACHABLE', `cannot be reached: ${reasonText(cause)}`]
  return new NodeError(code, `${address} ${what}`, { cause })
}
