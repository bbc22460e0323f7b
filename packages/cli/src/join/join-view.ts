import type { ClusterEvent } from '@dynsrv/cluster'
import { explain, reasonText } from '@dynsrv/cluster'
import { isThrowAway } from '@dynsrv/doctor'
import { identifier, moreLikeThis } from '@dynsrv/kit'
import { jsonText } from '../terminal/output.ts'
import type { Paint, Span } from '../terminal/paint.ts'
import { TIME_OF_DAY_WIDTH, timeOfDay, timestamp } from '../terminal/wall-clock.ts'

/** What `dynsrv join` shows beside what happens to the cluster. */
export interface JoinView {
  started(facts: StartedFacts): void
  /** @param more how many events like it were not shown since the last one that was */
  show(event: ClusterEvent, members: readonly string[], more?: number): void
  /** What code on another node prints in our name. */
  printed(text: string, node: string): void
  leaving(signal: string, members: readonly string[]): void
  left(): void
}

/** What is known once the node listens. */
export interface StartedFacts {
  readonly name: string
  readonly port: number
  readonly hidden: boolean
  readonly services: readonly string[]
  /** The DNS servers that are asked; empty for those of the system. */
  readonly dns: readonly string[]
  readonly pollingIntervalMs: number
  /** Where health and metrics are served. */
  readonly http?: string
  /** Where the live page is served. */
  readonly page?: string
  /** Whether the page asks for the token of `DYNSRV_PAGE_TOKEN`. */
  readonly pageToken?: boolean
}

/** For programs: one JSON object a line, everything that happens. */
export function joinJson(write: (line: string) => void): JoinView {
  const line = (fields: Record<string, unknown>) => write(jsonText({ time: timestamp(), ...fields }))
  return {
    started: (facts) => line({ type: 'started', ...facts }),
    show: (event, members, more = 0) => line({ ...plainEvent(event), ...(more > 0 && { more }), members }),
    printed: (text, node) => line({ type: 'output', node, text }),
    leaving: (signal, members) => line({ type: 'leaving', signal, members }),
    left: () => line({ type: 'left', members: [] }),
  }
}

/** For people: one aligned line for each thing that is new to them, with the reason and what to do. */
export function joinLines(write: (line: string) => void, paint: Paint): JoinView {
  const said = new Map<string, string>()
  /** Peers that go because their record was removed. */
  const deregistered = new Set<string>()
  let width = 0
  let self = 'we'
  const line = (sign: Sign, about: string, text: readonly Span[]) => {
    const subject = identifier(about)
    width = Math.max(width, Math.min(subject.length, MAX_WIDTH))
    write(paint([[timeOfDay(), 'quiet'], '  ', SIGNS[sign], '  ', [subject.padEnd(width), 'name'], '  ', ...text]))
  }
  const advise = (hint: string) => write(paint([' '.repeat(TIME_OF_DAY_WIDTH + 5), ['→ ', 'warning'], hint]))
  /** Says something about a thing once, until something else is said about it. */
  const once = (about: string, key: string, say: () => void) => {
    if (said.get(about) === key) return
    // Strangers choose what they call themselves: what was said longest ago may be said again.
    said.delete(about)
    if (said.size >= MAX_SAID) said.delete(said.keys().next().value!)
    said.set(about, key)
    say()
  }
  const trouble = (about: string, subject: string, what: string, cause: unknown, more = 0) => {
    const { code, hint } = explain(cause)
    const say = () => line('trouble', subject, [[what, 'warning'], `: ${reasonText(cause)}${moreLikeThis(more)}`])
    if (more > 0) return say()
    once(about, `${what} ${code ?? reasonText(cause)}`, () => {
      say()
      if (hint !== undefined) advise(hint)
    })
  }
  const noMembers = ({ topology, empty }: Extract<ClusterEvent, { type: 'polled' }>) => {
    once(`${topology} empty`, empty ?? 'alone', () => {
      line('trouble', topology, [NO_MEMBERS[empty ?? 'alone']])
      if (empty !== undefined)
        advise('Check the spelling of --service, the DNS server, and that a member is registered.')
    })
  }
  const refused = (peer: string, reason: unknown, more: number) =>
    trouble(`from ${peer}`, peer, 'dialled us and was refused', reason, more)
  return {
    started({ name, port, hidden, services, dns, pollingIntervalMs, http, page, pageToken }) {
      self = name
      width = name.length
      const servers = dns.length === 0 ? "the system's DNS servers" : dns.join(', ')
      write(paint([[name, 'title'], ` listens on port ${port}, ${hidden ? 'hidden' : 'visible'}`]))
      write(
        paint([`looks for members in SRV ${services.join(', ')} at ${servers} every ${pollingIntervalMs / 1_000} s`]),
      )
      if (http !== undefined) write(paint([`health and metrics at ${http}: /livez /readyz /metrics`]))
      const asks = pageToken === true ? '; the first time with ?token= and DYNSRV_PAGE_TOKEN' : ''
      if (page !== undefined) write(paint(['live page at ', [page, 'title'], asks]))
      write(paint([['Ctrl-C leaves', 'quiet']]))
    },
    show(event, members, more = 0) {
      switch (event.type) {
        case 'nodeup':
          said.delete(event.node)
          line('up', event.node, [
            ['joined', 'good'],
            [`   ${count(members)}${moreLikeThis(more)}`, 'quiet'],
          ])
          break
        case 'left':
          if (event.connected) deregistered.add(event.node)
          break
        case 'nodedown': {
          said.delete(event.node)
          const reason = deregistered.delete(event.node) ? 'its record was removed' : reasonText(event.reason)
          line('down', event.node, [
            ['gone', 'bad'],
            `: ${reason}`,
            [`   ${count(members)}${moreLikeThis(more)}`, 'quiet'],
          ])
          break
        }
        case 'connectFailed':
          trouble(event.node, event.node, 'not reached', event.cause)
          break
        case 'discoveryFailed':
          trouble(event.topology, event.topology, 'lookup failed, no member leaves', event.cause)
          break
        case 'polled':
          if (event.nodes.size > 0) said.delete(`${event.topology} empty`)
          else noMembers(event)
          break
        case 'ignored':
          trouble(`${event.topology} ${event.target}`, event.target, 'ignored', event.reason)
          break
        case 'deregistered':
          line('trouble', self, [['deregistered', 'warning'], ': DNS no longer lists us, the others drop their links'])
          break
        case 'refused':
          // A health check only connects, the doctor only asks for our name; of two dials that cross, one yields.
          if (isHarmless(event)) break
          // Without the port, which changes each time: a health check that only connects is reported once.
          refused(event.peer ?? event.address.replace(/:\d+$/, ''), event.reason, more)
          break
        case 'warning':
          trouble(event.peer ?? self, event.peer ?? self, 'look', event, more)
          break
        default:
          break
      }
    },
    printed(text, node) {
      for (const each of text.replace(/\n$/, '').split('\n')) line('printed', node, [each])
    },
    leaving(signal, members) {
      line('down', self, [`we leave (${signal}), ${count(members)} stay${members.length === 1 ? 's' : ''}`])
    },
    left: () => undefined,
  }
}

type Sign = 'up' | 'down' | 'trouble' | 'printed'
const SIGNS: Readonly<Record<Sign, Span>> = {
  up: ['+', 'good'],
  down: ['-', 'bad'],
  trouble: ['!', 'warning'],
  printed: ['>', 'quiet'],
}
/** One long name does not push the texts of all others away. */
const MAX_WIDTH = 48
/** So many things are known of which something was said. */
const MAX_SAID = 1_000
const NO_MEMBERS = {
  alone: 'lists no other member yet',
  nxdomain: 'does not exist in DNS (NXDOMAIN)',
  nodata: 'has no SRV records (NODATA)',
} as const

function isHarmless({ peer, reason: { code } }: Extract<ClusterEvent, { type: 'refused' }>): boolean {
  if (code === 'DIST_CLOSED_BY_PEER') return peer === undefined || isThrowAway(peer)
  return code === 'DIST_NOK'
}

function count(members: readonly string[]): string {
  return members.length === 1 ? '1 member' : `${members.length} members`
}

/** An event as JSON can hold it: errors as code, message and hint, sets and maps as lists and objects. */
function plainEvent(event: ClusterEvent): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(event)
      .filter(([key]) => key !== 'pid')
      .map(([key, value]) => [key, plain(key, value)]),
  )
}

function plain(key: string, value: unknown): unknown {
  if (value instanceof Set) return [...value]
  if (value instanceof Map) return Object.fromEntries(value)
  // A clock gives more digits than it measures.
  if (key === 'elapsedMs' && typeof value === 'number') return Math.round(value * 10) / 10
  return key === 'cause' || value instanceof Error ? explain(value) : value
}
