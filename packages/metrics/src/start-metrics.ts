import { having, listOf, realWorld, type World, whole, worldShape } from '@dynsrv/kit'
import { callMetrics } from './call-metrics.ts'
import { checks } from './checks.ts'
import { dnsMetrics } from './dns-metrics.ts'
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
  /** Where time comes from; default: the machine. */
  readonly world?: World
}

const check = checks.options<MetricsOptions>('startMetrics', {
  nodes: listOf(having('peers', 'inspect')),
  strategies: listOf(having('gauges')),
  maxPeers: whole(),
  world: worldShape,
})
const sinkRule = having('record', 'observe', 'close')

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
export function startMetrics(sink: MetricsSink, options: MetricsOptions = {}): Metrics {
  checks.argument('startMetrics', 'sink', sinkRule, sink)
  check(options)
  const { nodes = [], strategies = [], maxPeers = MAX_PEERS, world = realWorld } = options
  const parts: (() => void)[] = []
  const close = (): void => {
    for (const end of parts.splice(0)) end()
  }
  try {
    parts.push(() => sink.close())
    const labels = new PeerLabels(maxPeers)
    parts.push(nodeMetrics(sink, nodes, labels))
    processMetrics(sink, nodes)
    parts.push(callMetrics(sink, world.clock, labels))
    parts.push(membershipMetrics(sink, strategies))
    parts.push(dnsMetrics(sink))
  } catch (error) {
    close()
    throw error
  }
  return { close, stop: close, [Symbol.dispose]: close, [Symbol.asyncDispose]: async () => close() }
}
