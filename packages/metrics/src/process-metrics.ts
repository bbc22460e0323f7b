import type { ObservedNode } from './link-traffic.ts'
import { METRICS } from './metric.ts'
import type { MetricsSink, Reading } from './sink.ts'

interface Queues {
  count: number
  waiting: number
  longest: number
}

/** Processes of nodes and what waits in their queues, read when numbers are collected. */
export function processMetrics(sink: MetricsSink, nodes: readonly ObservedNode[]): void {
  sink.observe(METRICS.processes, () => read(nodes, 'count'))
  sink.observe(METRICS.waiting, () => read(nodes, 'waiting'))
  sink.observe(METRICS.longest, () => read(nodes, 'longest'))
  sink.observe(METRICS.monitors, () =>
    nodes.map((node) => ({ labels: { node: node.self }, value: node.inspect({ maxProcesses: 0 }).monitors })),
  )
}

function* read(nodes: readonly ObservedNode[], key: keyof Queues): Generator<Reading> {
  for (const node of nodes) {
    // These kinds are always reported, so that a graph falls to 0 with the last of them.
    const kinds = new Map<string, Queues>([
      ['mailbox', { count: 0, waiting: 0, longest: 0 }],
      ['server', { count: 0, waiting: 0, longest: 0 }],
    ])
    for (const { kind, queued } of node.inspect({ maxProcesses: Number.POSITIVE_INFINITY }).processes) {
      const queues = kinds.get(kind) ?? { count: 0, waiting: 0, longest: 0 }
      kinds.set(kind, queues)
      queues.count++
      queues.waiting += queued
      queues.longest = Math.max(queues.longest, queued)
    }
    for (const [kind, queues] of kinds) yield { labels: { node: node.self, kind }, value: queues[key] }
  }
}
