import { performance } from 'node:perf_hooks'
import { explain, reasonText } from '@dynsrv/cluster'
import type { TlsFiles } from '@dynsrv/doctor'
import { judgeIntroduction, overTls, probeHandshake, visibility } from '@dynsrv/doctor'
import type { EpmdModule } from '@dynsrv/epmd-shim'
import { atom, inspect } from '@dynsrv/etf'
import { type Node, RemoteError } from '@dynsrv/node'
import type { Span } from '../terminal/paint.ts'
import { milliseconds } from '../terminal/printer.ts'
import type { Member } from './members.ts'

/** What is known of a member after it was dialled. */
export interface NodeReport extends Member {
  readonly up: boolean
  readonly visibility?: 'visible' | 'hidden'
  /** `OTP 25`, or `dynsrv` for a node that is no BEAM. */
  readonly runs?: string
  readonly latencyMs?: number
  /** Why it was not reached. */
  readonly reason?: { readonly code?: string; readonly message: string; readonly hint?: string }
}

/** What stands above them. */
export const REPORT_HEADER: readonly Span[] = ['node', 'kind', 'runs', 'latency', ''].map(
  (text): Span => [text, 'quiet'],
)

/** A line of the table of members. */
export function reportRow({ name, up, visibility: kind, runs = '–', latencyMs, reason }: NodeReport): Span[] {
  return [
    [name, 'name'],
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
 * Dials a member and looks at it; one that is connected already is only asked for its latency.
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
    const signal = AbortSignal.timeout(timeoutMs)
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
  const began = performance.now()
  await us.ping(name, { timeoutMs })
  return Number((performance.now() - began).toFixed(3))
}

/** The OTP release, asked for; no BEAM lacks the function that tells it. */
async function runsOn(us: Node, name: string, timeoutMs: number): Promise<string> {
  try {
    const release = await us.erpc(name, 'erlang', 'system_info', [atom('otp_release')], { timeoutMs })
    return `OTP ${typeof release === 'string' ? release : charlistText(release)}`
  } catch (error) {
    if (error instanceof RemoteError) return 'dynsrv'
    throw error
  }
}

function charlistText(term: Parameters<typeof inspect>[0]): string {
  return Array.isArray(term) ? String.fromCharCode(...(term as number[])) : inspect(term)
}
