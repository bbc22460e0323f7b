import { performance } from 'node:perf_hooks'
import type { EpmdModule } from '@dynsrv/epmd-shim'
import { atom, inspect } from '@dynsrv/etf'
import { type Node, RemoteError } from '@dynsrv/node'
import { probeHandshake } from '../doctor/handshake-probe.ts'
import { judgeIntroduction } from '../doctor/judge-introduction.ts'
import { visibility } from '../doctor/kind-of-node.ts'
import { durationMs } from '../duration.ts'
import { explain, reasonText } from '../explain.ts'
import { type Member, type MembersOptions, openMembers } from '../peer/members.ts'
import { throwAwayNode } from '../peer/throw-away-node.ts'
import { EXIT_FAILED, EXIT_OK } from '../terminal/exit-code.ts'
import type { Span } from '../terminal/paint.ts'
import { milliseconds, printer } from '../terminal/printer.ts'
import { table } from '../terminal/table.ts'

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

/**
 * Dials every member and shows who is there, and why not.
 *
 * @returns the exit code: 1 when a member was not reached or there is none
 * @throws {EpmdError} when the directory cannot be asked
 */
export async function nodes(options: MembersOptions): Promise<number> {
  const timeoutMs = durationMs(options.timeout)
  using members = await openMembers(options)
  const { short, directory } = members
  await using us = await throwAwayNode(options, { epmd: directory.epmd, short, timeoutMs })
  const list = await members.list()
  const reports = await Promise.all(list.map((member) => report(us, member, { directory, timeoutMs })))
  const out = printer(options)
  if (out.json) for (const each of reports) out.object(each)
  else if (reports.length === 0) out.line([`no members in ${members.label}`])
  else {
    const header = ['node', 'kind', 'runs', 'latency', ''].map((text): Span => [text, 'quiet'])
    for (const line of table([header, ...reports.map(row)])) out.line(line)
    for (const hint of new Set(reports.flatMap(({ reason }) => reason?.hint ?? []))) {
      out.line([['→ ', 'warning'], hint])
    }
  }
  return reports.length > 0 && reports.every(({ up }) => up) ? EXIT_OK : EXIT_FAILED
}

function row({ name, up, visibility: kind, runs = '–', latencyMs, reason }: NodeReport): Span[] {
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
}

async function report(us: Node, member: Member, { directory, timeoutMs }: Around): Promise<NodeReport> {
  const [alive = '', host = ''] = member.name.split('@')
  try {
    const signal = AbortSignal.timeout(timeoutMs)
    const { candidates } = await directory.epmd.addressPlease(alive, host, 'any', { signal })
    const address = candidates.find(({ port }) => port === member.port) ?? candidates[0]
    const peer = await probeHandshake({ ip: address?.ip ?? '', port: member.port, self: us.self, timeoutMs })
    const wrong = judgeIntroduction(member.name, peer).find(({ severity }) => severity === 'error')
    if (wrong !== undefined) return { ...member, up: false, reason: explain(wrong) }
    await us.connect(member.name, { signal })
    const began = performance.now()
    await us.ping(member.name, { timeoutMs })
    const latencyMs = Number((performance.now() - began).toFixed(3))
    const runs = await runsOn(us, member.name, timeoutMs)
    return { ...member, up: true, visibility: visibility(peer.flags), runs, latencyMs }
  } catch (error) {
    return { ...member, up: false, reason: explain(error) }
  }
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
