import { once } from 'node:events'
import { isIP } from 'node:net'
import type { PeerCertificate } from 'node:tls'
import { timeLimit, type World } from '@dynsrv/kit'
import { type Attempt, attempt } from '../attempt.ts'
import type { TlsFiles } from '../context.ts'

/** The certificate that a peer shows. */
export interface ShownCertificate {
  readonly subject: string
  readonly issuer: string
  /** `DNS:*.svc, IP Address:10.0.0.5`; empty when there is none. */
  readonly alternativeNames: string
  readonly validFrom: string
  readonly validTo: string
  /** Object identifiers of what it may be used for; empty when nothing is said. */
  readonly usages: readonly string[]
  /** What a client that checks everything says; undefined when nothing is wrong. */
  readonly refusal?: { readonly code: string; readonly message: string }
}

/** What a TLS hello finds at an address. */
export interface TlsLook {
  /** The host of the node's name, which the certificate must name. */
  readonly host: string
  /** Whether our side wants TLS. */
  readonly wanted: boolean
  /** Fails when the other side does not speak TLS, or refuses ours. */
  readonly certificate: Attempt<ShownCertificate>
  /** Whether distribution without TLS is answered there; only looked at when TLS is wanted and fails. */
  readonly plainAnswers?: boolean
}

/** Says a TLS hello and reads the certificate; nothing else is sent. */
export async function lookThroughTls(to: {
  readonly ip: string
  readonly port: number
  readonly host: string
  readonly timeoutMs: number
  readonly tls: TlsFiles | undefined
  readonly world: World
}): Promise<TlsLook> {
  const { host, tls } = to
  return { host, wanted: tls !== undefined, certificate: await attempt(certificate(to)) }
}

async function certificate({
  ip,
  port,
  host,
  timeoutMs,
  tls,
  world,
}: Parameters<typeof lookThroughTls>[0]): Promise<ShownCertificate> {
  const servername = isIP(host) === 0 ? host : ''
  const socket = world.network.connectTls({ ...tls, host: ip, port, servername, rejectUnauthorized: false })
  try {
    await once(socket, 'secureConnect', { signal: timeLimit(world.clock, timeoutMs) })
    const shown = socket.getPeerCertificate()
    return { ...facts(shown), ...(tls?.ca !== undefined && refusal(socket.authorizationError)) }
  } finally {
    socket.on('error', () => socket.destroy()).destroy()
  }
}

function facts(shown: PeerCertificate): ShownCertificate {
  return {
    subject: nameOf(shown.subject),
    issuer: nameOf(shown.issuer),
    alternativeNames: shown.subjectaltname ?? '',
    validFrom: shown.valid_from,
    validTo: shown.valid_to,
    usages: shown.ext_key_usage ?? [],
  }
}

function nameOf(name: PeerCertificate['subject'] | undefined): string {
  return String(name?.CN ?? name?.O ?? 'no name')
}

function refusal(error: Error | string | null | undefined): Pick<ShownCertificate, 'refusal'> {
  if (error === null || error === undefined) return {}
  const text = typeof error === 'string' ? error : error.message
  return { refusal: { code: text, message: text } }
}
