import type { ClusterEvent } from '@dynsrv/cluster'
import type { NodeName } from '@dynsrv/epmd-shim'
import { describe, expect, it } from 'vitest'
import { joinJson, joinLines } from '../src/join/join-view.ts'
import { painter } from '../src/terminal/paint.ts'

function shown(...events: readonly ClusterEvent[]): string[] {
  const lines: string[] = []
  const view = joinLines((line) => lines.push(line), painter(false))
  for (const event of events) view.show(event, [])
  return lines
}

function polled(empty?: 'nxdomain' | 'nodata'): ClusterEvent {
  const facts = { nodes: new Set<NodeName>(), expected: 0, connected: 0, elapsedMs: 1, stale: false, trimmed: false }
  return { type: 'polled', topology: 'svc.example.org', ...facts, ...(empty !== undefined && { empty }) }
}

describe('the lines of join', () => {
  it('tell a service that does not exist from one without members, once, and what to do', () => {
    const lines = shown(polled('nxdomain'), polled('nxdomain'), polled('nodata'), polled())
    expect(lines).toHaveLength(5)
    expect(lines[0]).toMatch(/svc\.example\.org\s+does not exist in DNS \(NXDOMAIN\)$/)
    expect(lines[1]).toMatch(/Check the spelling/)
    expect(lines[2]).toMatch(/has no SRV records \(NODATA\)$/)
    expect(lines[4]).toMatch(/lists no other member yet$/)
  })

  it('say nothing of a health check and of the doctor, who look in and go', () => {
    const lookedIn = (peer: string | undefined, code: string) =>
      ({
        type: 'refused',
        address: '127.0.0.1:1',
        peer,
        reason: Object.assign(new Error('gone'), { code }),
      }) as unknown as ClusterEvent
    const closed = 'DIST_CLOSED_BY_PEER'
    expect(shown(lookedIn(undefined, closed), lookedIn('dynsrv-1281c797@127.0.0.1', closed))).toEqual([])
    expect(shown(lookedIn('api-2@svc.example.org', closed))).not.toEqual([])
    expect(shown(lookedIn('dynsrv-1281c797@127.0.0.1', 'DIST_COOKIE_MISMATCH'))).not.toEqual([])
  })

  it('say how often a stranger came, and not each time', () => {
    const lines: string[] = []
    const view = joinLines((line) => lines.push(line), painter(false))
    const reason = Object.assign(new Error('the cookie differs'), { code: 'DIST_COOKIE_MISMATCH' })
    const event = { type: 'refused', address: '192.0.2.1:5', reason } as unknown as ClusterEvent
    for (let at = 0; at < 5; at++) view.show(event, [])
    view.show(event, [], 37)
    expect(lines.filter((line) => line.includes('was refused'))).toHaveLength(2)
    expect(lines.at(-1)).toMatch(/192\.0\.2\.1 .* the cookie differs.* \(37 more like this\)$/)
  })

  it('never carry what a stranger could use against the terminal', () => {
    const peer = `z\u001b[31m\u001b[2J\n12:00:00  +  fake@host${'x'.repeat(200)}` as NodeName
    const reason = Object.assign(new Error('bad\u001b[2J name'), { code: 'DIST_NAME_INVALID' })
    const lines = shown({ type: 'refused', address: '127.0.0.1:1', peer, reason } as unknown as ClusterEvent, polled())
    for (const line of lines) expect(line).toMatch(/^[ -~→]*$/)
    expect(lines.at(-1)!.length).toBeLessThan(110)
  })
})

describe('the JSON of join', () => {
  it('has times to a tenth of a millisecond', () => {
    const lines: string[] = []
    const view = joinJson((line) => lines.push(line))
    view.show({ ...polled(), elapsedMs: 12.345678 } as ClusterEvent, [])
    expect(JSON.parse(lines[0]!)).toMatchObject({ type: 'polled', elapsedMs: 12.3, nodes: [], members: [] })
  })
})
