import type { ConnectionCounters, Node } from '@dynsrv/node'
import type { PeerLabels } from './peer-labels.ts'
import type { Reading } from './sink.ts'

/** The part of a node that the gauges read. */
export type ObservedNode = Pick<Node, 'self' | 'peers' | 'inspect'>

type Total = { -readonly [Key in keyof ConnectionCounters]: number }

/** What went over the links of some nodes: those that are up now, and those that went down since we listen. */
export class LinkTraffic {
  readonly #nodes: readonly ObservedNode[]
  readonly #labels: PeerLabels
  /** By node, then by label of the peer. */
  readonly #ended = new Map<string, Map<string, Total>>()

  constructor(nodes: readonly ObservedNode[], labels: PeerLabels) {
    this.#nodes = nodes
    this.#labels = labels
    for (const { self } of nodes) this.#ended.set(self, new Map())
  }

  /** A link is down: what went over it counts on. */
  down(self: string, peer: string, counters: ConnectionCounters): void {
    const totals = this.#ended.get(self)
    if (totals !== undefined) add(totals, this.#labels.label(peer), counters)
  }

  *read(key: keyof ConnectionCounters): Generator<Reading> {
    for (const node of this.#nodes) {
      const totals = new Map<string, Total>()
      for (const [peer, total] of this.#ended.get(node.self) ?? []) add(totals, peer, total)
      for (const state of node.peers()) {
        if (state.state === 'connected') add(totals, this.#labels.label(state.peer), state)
      }
      for (const [peer, total] of totals) yield { labels: { node: node.self, peer }, value: total[key] }
    }
  }

  /** What waits in each link's queue. */
  *queued(): Generator<Reading> {
    for (const node of this.#nodes) {
      const queues = new Map<string, number>()
      for (const state of node.peers()) {
        if (state.state !== 'connected') continue
        const peer = this.#labels.label(state.peer)
        queues.set(peer, (queues.get(peer) ?? 0) + state.queuedBytes)
      }
      for (const [peer, value] of queues) yield { labels: { node: node.self, peer }, value }
    }
  }

  /** How many peers are in each state. */
  *states(): Generator<Reading> {
    for (const node of this.#nodes) {
      const counts = { connected: 0, connecting: 0, down: 0 }
      for (const { state } of node.peers()) counts[state]++
      for (const [state, value] of Object.entries(counts)) yield { labels: { node: node.self, state }, value }
    }
  }
}

function add(totals: Map<string, Total>, peer: string, counters: ConnectionCounters): void {
  const total = totals.get(peer)
  if (total === undefined) {
    const { sentMessages, receivedMessages, sentBytes, receivedBytes } = counters
    totals.set(peer, { sentMessages, receivedMessages, sentBytes, receivedBytes })
    return
  }
  total.sentMessages += counters.sentMessages
  total.receivedMessages += counters.receivedMessages
  total.sentBytes += counters.sentBytes
  total.receivedBytes += counters.receivedBytes
}
