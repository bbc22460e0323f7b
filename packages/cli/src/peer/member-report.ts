import { explain, reasonText } from '@dynsrv/cluster'
import type { TlsFiles } from '@dynsrv/doctor'
import { judgeIntroduction, overTls, probeHandshake, visibility } from '@dynsrv/doctor'
import type { EpmdModule } from '@dynsrv/epmd-shim'
import { atom, inspect, type Term } from '@dynsrv/etf'
import { codeOf, identifier, timeLimit } from '@dynsrv/kit'
import type { Node } from '@dynsrv/node'
import { milliseconds } from '../terminal/output.ts'
import type { Span } from '../terminal/paint.ts'
import { clock } from '../world.ts'
import type { Member } from './members.ts'

/** What is known of a member after it was dialled. */
export interface NodeReport extends Member {
  readonly up: boolean
  readonly visibility?: 'visible' | 'hidden'
  /** `OTP 25`, or `dynsrv` for a node that is not BEAM. */
  readonly runs?: string
  readonly latencyMs?: number
  /** Why it was not reached. */
  readonly reason?: { readonly code?: string; readonly message: string; readonly hint?: string }
}

/** The heads of the columns. */
export const REPORT_HEADER: readonly Span[] = ['node', 'kind', 'runs', 'latency', ''].map(
  (text): Span => [text, 'quiet'],
)

/** A line of the table of members. */
export function reportRow({ name, up, visibility: kind, runs = '–', latencyMs, reason }: NodeReport): Span[] {
  return [
    [identifier(name), 'name'],
    kind ?? '–',
    runs,
    latencyMs === undefined ? '–' : milliseconds(latencyMs),
    up ? ['up', 'good'] : [reasonText(reason), 'bad'],
  ]
}

interface Around {
  readonly directory: { readonly epmd: EpmdModule }
  readonly timeoutMs: number
  readonly tls?: TlsFiles | undefined
}

/**
 * Dials a member and looks at it; one that is already connected is only measured.
 *
 * @param before what was known of it
 */
export async function reportOn(
  us: Node,
  member: Member,
  { directory, timeoutMs, tls }: Around,
  before?: NodeReport,
): Promise<NodeReport> {
  const [alive = '', host = ''] = member.name.split('@')
  try {
    if (before?.up === true && before.port === member.port && us.connected().some((peer) => peer === member.name)) {
      return { ...before, latencyMs: await latency(us, member.name, timeoutMs) }
    }
    const signal = timeLimit(clock, timeoutMs)
    const { candidates } = await directory.epmd.addressPlease(alive, host, 'any', { signal })
    const address = candidates.find(({ port }) => port === member.port) ?? candidates[0]
    const at = { ip: address?.ip ?? '', port: member.port }
    const peer = await probeHandshake({ ...at, self: us.self, timeoutMs, ...overTls(tls, member.name) })
    const wrong = judgeIntroduction(member.name, peer).find(({ severity }) => severity === 'error')
    if (wrong !== undefined) return { ...member, up: false, reason: explain(wrong) }
    await us.connect(member.name, { signal })
    const latencyMs = await latency(us, member.name, timeoutMs)
    const runs = await runsOn(us, member.name, timeoutMs)
    return { ...member, up: true, visibility: visibility(peer.flags), runs, latencyMs }
  } catch (error) {
    return { ...member, up: false, reason: explain(error) }
  }
}

/** How long an answer takes; rejects when none comes. */
async function latency(us: Node, name: string, timeoutMs: number): Promise<number> {
  const began = clock.monotonic()
  await us.ping(name, { timeoutMs })
  return Number((clock.monotonic() - began).toFixed(3))
}

/** The OTP release, asked for; every BEAM has the function that says it. */
async function runsOn(us: Node, name: string, timeoutMs: number): Promise<string> {
  try {
    const release = await us.erpc(name, 'erlang', 'system_info', [atom('otp_release')], { timeoutMs })
    return `OTP ${identifier(releaseText(release))}`
  } catch (error) {
    if (codeOf(error) === 'NODE_REMOTE_ERROR') return 'dynsrv'
    throw error
  }
}

/** A BEAM node answers `"25"`; whatever else comes is cut to a few characters. */
function releaseText(term: Term): string {
  const codes = Array.isArray(term) ? (term as readonly Term[]).slice(0, MAX_RELEASE) : []
  const isText = codes.length > 0 && codes.every((code) => typeof code === 'number' && code >= 0 && code <= 0xff_ff)
  return (isText ? String.fromCharCode(...(codes as number[])) : inspect(term)).slice(0, MAX_RELEASE)
}

const MAX_RELEASE = 20
