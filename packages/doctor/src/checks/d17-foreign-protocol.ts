import type { DistErrorCode } from '@dynsrv/dist-protocol'
import { identifier, isCoded } from '@dynsrv/kit'
import { codeOf } from '../attempt.ts'
import { check } from '../check.ts'
import { type Finding, finding, findingOf } from '../finding.ts'
import { addressText } from '../host.ts'
import { type Knock, type KnockedPeer, knocked } from '../probes/peers.ts'
import type { Speaker } from '../probes/who-speaks.ts'

/** Refusals of a node, which other checks report. */
const REFUSALS: ReadonlySet<string> = new Set<DistErrorCode>([
  'DIST_NOT_ALLOWED',
  'DIST_FLAGS_MISSING',
  'DIST_NAME_MISMATCH',
  'DIST_COOKIE_MISMATCH',
  'DIST_COOKIE_REJECTED',
])

/** Whether this is how another protocol, or silence, looks. */
function isNoHandshake(error: unknown): boolean {
  return isCoded(error) && error.category !== 'connect' && !REFUSALS.has(error.code)
}

/** D17: ports where another program speaks, or none. */
export function judgeForeignProtocol(peers: readonly KnockedPeer[]): Finding[] {
  return peers.flatMap(({ name, knocks }) => {
    if (knocks.some(({ answer }) => answer.ok)) return []
    const at = knocks.find(
      ({ answer, tls }) => !answer.ok && isNoHandshake(answer.error) && tls?.certificate.ok !== true,
    )
    return at === undefined || at.answer.ok ? [] : [described(name, at, at.answer.error)]
  })
}

function described(name: string, at: Knock, error: unknown): Finding {
  const where = `${identifier(name)} at ${addressText(at)}`
  if (at.speaker !== undefined) return foreign(name, where, at.speaker)
  const code = codeOf(error)
  if (code === 'DIST_TIMEOUT') {
    return finding('error', code, `${where} accepts the connection and sends nothing`, { node: name, hint: SILENT })
  }
  if (code === 'DIST_CLOSED_BY_PEER') {
    return finding('error', code, `${where} accepts the connection and closes it at once`, { node: name, hint: CLOSES })
  }
  if (code === 'DIST_FRAME_TOO_LARGE' || code === 'DIST_MALFORMED') {
    const message = `${where} answers, but not in the Erlang distribution protocol`
    return finding('error', 'DIST_NOT_DISTRIBUTION', message, { node: name })
  }
  const { message, ...found } = findingOf(error, 'error', { node: name })
  return { ...found, message: `${where}: ${message}` }
}

const SILENT =
  'If this is the right port, the node hangs: check whether its process is stopped, out of memory or overloaded, and restart it. If not, set the port of its SRV record to the one that the node listens on.'

const CLOSES =
  'Something other than an Erlang node listens there, or a proxy in front of it. Set the port of its SRV record to the one that the node listens on (ERL_DIST_PORT).'

function foreign(node: string, where: string, speaker: Speaker): Finding {
  if (speaker.protocol === 'HTTP') {
    const evidence = speaker.server === undefined ? [] : [`it calls itself ${identifier(speaker.server)}`]
    const message = `${where}: the other end speaks HTTP, not the Erlang distribution protocol`
    return finding('error', 'DIST_NOT_DISTRIBUTION', message, { node, evidence, hint: WEB })
  }
  const evidence = speaker.nodes.length === 0 ? ['it knows no node'] : speaker.nodes.map((one) => `it knows ${one}`)
  const message = `${where}: epmd listens there, not the node itself`
  return finding('error', 'DIST_NOT_DISTRIBUTION', message, { node, evidence, hint: EPMD })
}

const WEB =
  "A web server listens there: the SRV record has its port instead of the node's. Set it to the port that the node listens on (ERL_DIST_PORT)."

const EPMD =
  'epmd only knows the ports of nodes. Set the SRV record to the port of the node, which ERL_DIST_PORT or inet_dist_listen_min and _max fix.'

export const D17 = check({
  id: 'D17',
  group: 'handshake',
  place: 1,
  title: 'an Erlang node answers there',
  look: (context) => context.get(knocked),
  judge: judgeForeignProtocol,
})
