import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { codeOf, messageOf } from '@dynsrv/kit'
import type { SimLog } from './sim-log.ts'

const NODE_CHANNEL = 'dynsrv:node:event'
const MEMBERSHIP_CHANNEL = 'dynsrv:membership'

interface Said {
  readonly type: string
  readonly node?: string
  readonly reason?: unknown
  readonly cause?: unknown
  readonly [field: string]: unknown
}

export interface MemberEars {
  /** Whether what is said now comes from this simulation. */
  readonly isOurs: () => boolean
  /** The host of a node. */
  readonly hostOf: (node: string) => string | undefined
  readonly log: SimLog
}

/**
 * Writes what nodes and strategies publish on their diagnostics channels into the log.
 *
 * @returns what ends that
 */
export function hearMembers({ isOurs, hostOf, log }: MemberEars): () => void {
  const onNode = (message: unknown): void => {
    const { self, event } = message as { self: string; event: Said }
    const host = isOurs() ? hostOf(self) : undefined
    if (host === undefined) return
    const other = event.node === undefined ? undefined : (hostOf(event.node) ?? event.node)
    if (event.type === 'nodeup') log.note(host, `link up (${String(event.direction)})`, other)
    else if (event.type === 'nodedown') log.note(host, `link down: ${why(event.reason)}`, other)
    else if (event.type === 'refused')
      log.note(host, `refused ${String(event.peer ?? event.address)}: ${why(event.reason)}`)
    else log.note(host, `warning: ${String(event.message)}`)
  }
  const onChange = (message: unknown): void => {
    const { self, change } = message as { self: string; change: Said }
    const host = isOurs() ? hostOf(self) : undefined
    const text = host === undefined ? undefined : changeText(change)
    if (host === undefined || text === undefined) return
    log.note(host, text, change.node === undefined ? undefined : (hostOf(change.node) ?? change.node))
  }
  subscribe(NODE_CHANNEL, onNode)
  subscribe(MEMBERSHIP_CHANNEL, onChange)
  return () => {
    unsubscribe(NODE_CHANNEL, onNode)
    unsubscribe(MEMBERSHIP_CHANNEL, onChange)
  }
}

/** What a strategy says; undefined for what only repeats what the node says or what comes at every poll. */
function changeText(change: Said): string | undefined {
  switch (change.type) {
    case 'discoveryFailed':
      return `discovery failed (${String(change.failures)} in a row): ${why(change.cause)}`
    case 'connectFailed':
      return `dial failed: ${why(change.cause)}`
    case 'left':
      return `left after ${String(change.missingMs)} ms`
    case 'deregistered':
      return 'our own record is gone'
    case 'held':
      return `held: ${[...(change.nodes as Map<string, string>)].map((entry) => entry.join(' ')).join(', ') || 'nobody'}`
    case 'ignored':
      return `ignored ${String(change.target)}: ${String(change.reason)}`
    case 'disconnectFailed':
    case 'partFailed':
      return `${change.type}: ${why(change.cause)}`
    default:
      return undefined
  }
}

function why(error: unknown): string {
  return [codeOf(error), messageOf(error)].filter((part) => part !== undefined).join(' ')
}
