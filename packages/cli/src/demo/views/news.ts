import type { Span } from '../../terminal/paint.ts'
import type { DemoEvent } from '../demo-event.ts'

/** One line of the demo's log: the node, a sign, and what happened. */
export interface News {
  readonly who: string
  readonly sign: string
  readonly text: readonly Span[]
}

/** Says what of an event is news. */
export type Newsroom = (event: DemoEvent) => News | undefined

/**
 * Makes the log of the demo: each link once although both ends report it, each problem once until it changes.
 */
export function newsroom(): Newsroom {
  const ends = new Set<string>()
  const down = new Set<string>()
  const problems = new Map<string, string>()
  /** Nodes that report their own end of a link; a guest does not. */
  const reporters = new Set<string>()
  return (event) => {
    switch (event.type) {
      case 'node': {
        const { label, state, runs, port } = event.node
        const key = `${label} ${state}`
        reporters.add(label)
        if (problems.get(label) === key || state === 'starting') return undefined
        problems.set(label, key)
        if (state === 'left') return { who: label, sign: '-', text: ['left: ', ['its process ended', 'quiet']] }
        return { who: label, sign: '+', text: ['runs ', [`${runs}, port ${port}`, 'quiet']] }
      }
      case 'record':
        return event.change === 'added'
          ? { who: 'dns', sign: '+', text: ['record added: ', [`SRV ${event.record}`, 'quiet']] }
          : { who: 'dns', sign: '-', text: ['record removed: ', [`SRV ${event.record}`, 'quiet']] }
      case 'dns':
        return event.up
          ? { who: 'dns', sign: '+', text: [['the server answers again', 'good']] }
          : { who: 'dns', sign: '!', text: [['the server is gone, its port refuses', 'warning']] }
      case 'link': {
        const { from, to, up, reason } = event
        const pair = [from, to].sort().join(' ')
        if (up) {
          down.delete(pair)
          ends.add(`${from} ${to}`)
          if (reporters.has(to) && !ends.has(`${to} ${from}`)) return undefined
          return { who: to, sign: '+', text: ['linked with ', from] }
        }
        ends.delete(`${from} ${to}`)
        if (down.has(pair)) return undefined
        down.add(pair)
        return {
          who: from,
          sign: '-',
          text: ['not linked with ', to, [reason === undefined ? '' : `: ${reason}`, 'quiet']],
        }
      }
      case 'problem': {
        const key = `${event.from} ${event.to}`
        if (problems.get(key) === event.reason) return undefined
        problems.set(key, event.reason)
        return { who: event.from, sign: '!', text: ['cannot reach ', event.to, [`: ${event.reason}`, 'warning']] }
      }
      case 'poll':
        // The first, second, fourth, eighth: enough to see that it goes on.
        if (!Number.isInteger(Math.log2(event.failures))) return undefined
        return {
          who: event.from,
          sign: '!',
          text: [
            `poll failed ${event.failures}×, no node leaves: `,
            [(event.failures === 1 ? event.reason : event.reason?.split(':')[0]) ?? '', 'quiet'],
          ],
        }
      default:
        return undefined
    }
  }
}
