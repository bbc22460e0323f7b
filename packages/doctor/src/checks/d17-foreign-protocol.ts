import { codeOf } from '../attempt.ts'
import { check } from '../check.ts'
import { type Finding, finding, findingOf } from '../finding.ts'
import { addressText } from '../host.ts'
import { type Knock, type KnockedPeer, knocked } from '../probes/peers.ts'
import type { Speaker } from '../probes/who-speaks.ts'

/** What another protocol, or silence, looks like; refusals of flags, names and cookies are told by others. */
const NO_HANDSHAKE = /^DIST_(?!NOT_ALLOWED|FLAGS_MISSING|NAME_MISMATCH|COOKIE)/

/** D17: ports where something else speaks, or nobody. */
export function judgeForeignProtocol(peers: readonly KnockedPeer[]): Finding[] {
  return peers.flatMap(({ name, knocks }) => {
    if (knocks.some(({ answer }) => answer.ok)) return []
    const at = knocks.find(
      ({ answer, tls }) => !answer.ok && NO_HANDSHAKE.test(codeOf(answer.error)) && tls?.certificate.ok !== true,
    )
    return at === undefined || at.answer.ok ? [] : [told(name, at, at.answer.error)]
  })
}

function told(name: string, at: Knock, error: unknown): Finding {
  const where = `${name} at ${addressText(at)}`
  if (at.speaker !== undefined) return foreign(name, where, at.speaker)
  const code = codeOf(error)
  if (code === 'DIST_TIMEOUT') {
    return finding('error', code, `${where} takes the connection and says nothing`, { node: name, hint: SILENT })
  }
  if (code === 'DIST_CLOSED_BY_PEER') {
    return finding('error', code, `${where} takes the connection and closes it at once`, { node: name, hint: CLOSES })
  }
  if (code === 'DIST_FRAME_TOO_LARGE' || code === 'DIST_MALFORMED') {
    const message = `${where} answers, but not in the Erlang distribution protocol`
    return finding('error', 'DIST_NOT_DISTRIBUTION', message, { node: name })
  }
  const { message, ...found } = findingOf(error, 'error', { node: name })
  return { ...found, message: `${where}: ${message}` }
}

const SILENT =
  'If this is the right port, the node hangs: look whether its process is stopped, out of memory or overloaded, and start it again. If not, give its SRV record the port that the node listens on.'

const CLOSES =
  'Something else than an Erlang node listens there, or a proxy in front of it: give its SRV record the port that the node listens on (ERL_DIST_PORT).'

function foreign(node: string, where: string, speaker: Speaker): Finding {
  if (speaker.protocol === 'HTTP') {
    const evidence = speaker.server === undefined ? [] : [`it calls itself ${speaker.server}`]
    const message = `${where}: the other end speaks HTTP, not the Erlang distribution protocol`
    return finding('error', 'DIST_NOT_DISTRIBUTION', message, { node, evidence, hint: WEB })
  }
  const evidence = speaker.nodes.length === 0 ? ['it knows no node'] : speaker.nodes.map((one) => `it knows ${one}`)
  const message = `${where}: epmd listens there, not the node itself`
  return finding('error', 'DIST_NOT_DISTRIBUTION', message, { node, evidence, hint: EPMD })
}

const WEB =
  "A web server listens there: the SRV record names its port in place of the node's. Give the record the port that the node listens on (ERL_DIST_PORT)."

const EPMD =
  'epmd only tells the ports of nodes: give the SRV record the port of the node, fixed by ERL_DIST_PORT or inet_dist_listen_min and _max.'

export const D17 = check({
  id: 'D17',
  group: 'handshake',
  place: 1,
  title: 'Erlang distribution speaks there',
  look: (context) => context.get(knocked),
  judge: judgeForeignProtocol,
})
