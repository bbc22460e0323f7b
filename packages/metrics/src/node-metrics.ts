import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { CHANNELS, NodeEventMessage } from '@dynsrv/node'
import { LinkTraffic, type ObservedNode } from './link-traffic.ts'
import { METRICS } from './metric.ts'
import type { PeerLabels } from './peer-labels.ts'
import type { MetricsSink } from './sink.ts'

/** Only the type is imported, so that measuring loads nothing; it does not compile when the name changes. */
const NODE_EVENT: (typeof CHANNELS)['event'] = 'dynsrv:node:event'

/** Links and warnings. @returns what ends it */
export function nodeMetrics(sink: MetricsSink, nodes: readonly ObservedNode[], labels: PeerLabels): () => void {
  const traffic = new LinkTraffic(nodes, labels)
  const ups = sink.record(METRICS.linkUps)
  const downs = sink.record(METRICS.linkDowns)
  const refused = sink.record(METRICS.refused)
  const warnings = sink.record(METRICS.warnings)
  sink.observe(METRICS.links, () => traffic.states())
  sink.observe(METRICS.queued, () => traffic.queued())
  sink.observe(METRICS.sent, () => traffic.read('sentBytes'))
  sink.observe(METRICS.received, () => traffic.read('receivedBytes'))
  sink.observe(METRICS.messagesSent, () => traffic.read('sentMessages'))
  sink.observe(METRICS.messagesReceived, () => traffic.read('receivedMessages'))
  const listener = (message: unknown): void => {
    const { self: node, event } = message as NodeEventMessage
    switch (event.type) {
      case 'nodeup':
        ups(1, { node, direction: event.direction })
        return
      case 'nodedown':
        traffic.down(node, event.node, event.counters)
        downs(1, { node, code: event.reason.code })
        return
      case 'refused':
        refused(1, { node, code: event.reason.code })
        return
      case 'warning':
        warnings(1, { node, code: event.code })
        return
    }
  }
  subscribe(NODE_EVENT, listener)
  return () => void unsubscribe(NODE_EVENT, listener)
}
