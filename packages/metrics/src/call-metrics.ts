import { tracingChannel } from 'node:diagnostics_channel'
import { type Clock, isCoded } from '@dynsrv/kit'
import type { CallMessage, CHANNELS } from '@dynsrv/node'
import { METRICS } from './metric.ts'
import type { PeerLabels } from './peer-labels.ts'
import type { Labels, MetricsSink } from './sink.ts'

const NODE_CALL: (typeof CHANNELS)['call'] = 'dynsrv:node:call'

/** Calls, from their start to their answer, by the node that is called. @returns what ends it */
export function callMetrics(sink: MetricsSink, clock: Clock, names: PeerLabels): () => void {
  const durations = sink.record(METRICS.callDuration)
  const failures = sink.record(METRICS.callFailures)
  /** By node, peer and kind; they stay at 0 when nothing waits. */
  const active = new Map<string, { readonly labels: Labels; value: number }>()
  sink.observe(METRICS.callsActive, () => active.values())
  const started = new WeakMap<object, number>()
  const count = ({ self: node, peer: name, kind }: CallMessage, by: number): void => {
    const peer = names.label(name)
    const key = `${kind} ${node} ${peer}`
    const entry = active.get(key) ?? { labels: { node, peer, kind }, value: 0 }
    entry.value += by
    active.set(key, entry)
  }
  const listeners = {
    start(message: CallMessage): void {
      started.set(message, clock.monotonic())
      count(message, 1)
    },
    asyncEnd(message: CallMessage & { error?: unknown }): void {
      const startedAt = started.get(message)
      // One that began before we listened.
      if (startedAt === undefined) return
      started.delete(message)
      count(message, -1)
      const { self: node, kind } = message
      const peer = names.label(message.peer)
      const failed = 'error' in message
      durations((clock.monotonic() - startedAt) / 1_000, { node, peer, kind, outcome: failed ? 'failed' : 'ok' })
      if (failed) failures(1, { node, peer, kind, code: failureOf(message.error) })
    },
  }
  const channel = tracingChannel<CallMessage, CallMessage>(NODE_CALL)
  channel.start.subscribe(listeners.start as (message: unknown) => void)
  channel.asyncEnd.subscribe(listeners.asyncEnd as (message: unknown) => void)
  return () => {
    channel.start.unsubscribe(listeners.start as (message: unknown) => void)
    channel.asyncEnd.unsubscribe(listeners.asyncEnd as (message: unknown) => void)
  }
}

/** The code of one of our errors; anything else that a call rejects with is the reason of the caller's own signal. */
function failureOf(error: unknown): string {
  return isCoded(error) ? error.code : 'aborted'
}
