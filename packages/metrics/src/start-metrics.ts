import { callMetrics } from './call-metrics.ts'
import { dnsMetrics } from './dns-metrics.ts'
import { MetricsError } from './error.ts'
import type { ObservedNode } from './link-traffic.ts'
import { membershipMetrics, type ObservedStrategy } from './membership-metrics.ts'
import { nodeMetrics } from './node-metrics.ts'
import { PeerLabels } from './peer-labels.ts'
import { processMetrics } from './process-metrics.ts'
import type { MetricsSink } from './sink.ts'

/** Peers that get a value of their own in the label `peer`. */
export const MAX_PEERS = 100

/** What is measured besides the events of this process. */
export interface MetricsOptions {
  /** Nodes whose links are read when numbers are collected. Their events, and those of all other nodes, come anyway. */
  readonly nodes?: readonly ObservedNode[]
  /** Strategies whose gauges are read when numbers are collected. Their changes come anyway. */
  readonly strategies?: readonly ObservedStrategy[]
  /**
   * How many peers have a value of their own in the label `peer`, for as long as the process measures; all further ones
   * are `other`. Default 100; 0 counts all peers as one.
   */
  readonly maxPeers?: number
}

/** Numbers are kept until it is closed. */
export interface Metrics extends Disposable, AsyncDisposable {
  /** Ends it, and takes every metric out of the sink. May be called again. */
  close(): void
  /** Another name of {@link Metrics.close}. */
  stop(): void
}

/**
 * Begins to count what nodes, strategies and metered resolvers of this process report. Before, nothing is counted and
 * nothing is made.
 *
 * @throws {MetricsError} `METRICS_NAME_TAKEN` when the registry has metrics of these names, `METRICS_BAD_OPTION`
 */
export function startMetrics(
  sink: MetricsSink,
  { nodes = [], strategies = [], maxPeers = MAX_PEERS }: MetricsOptions = {},
): Metrics {
  if (!(Number.isInteger(maxPeers) && maxPeers >= 0)) {
    throw new MetricsError('METRICS_BAD_OPTION', `maxPeers must be an integer of at least 0, not ${maxPeers}`)
  }
  const parts: (() => void)[] = []
  const close = (): void => {
    for (const end of parts.splice(0)) end()
  }
  try {
    parts.push(() => sink.close())
    parts.push(nodeMetrics(sink, nodes, new PeerLabels(maxPeers)))
    processMetrics(sink, nodes)
    parts.push(callMetrics(sink))
    parts.push(membershipMetrics(sink, strategies))
    parts.push(dnsMetrics(sink))
  } catch (error) {
    close()
    throw error
  }
  return { close, stop: close, [Symbol.dispose]: close, [Symbol.asyncDispose]: async () => close() }
}
