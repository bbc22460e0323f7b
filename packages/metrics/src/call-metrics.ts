import { tracingChannel } from 'node:diagnostics_channel'
import { type Clock, isCoded } from '@dynsrv/kit'
import type { CallMessage, CHANNELS } from '@dynsrv/node'
import { METRICS } from './metric.ts'
import type { MetricsSink } from './sink.ts'

const NODE_CALL: (typeof CHANNELS)['call'] = 'dynsrv:node:call'

/** Calls, from their start to their answer. @returns what ends it */
export function callMetrics(sink: MetricsSink, clock: Clock): () => void {
  const durations = sink.record(METRICS.callDuration)
  const failures = sink.record(METRICS.callFailures)
  /** By node and kind; they stay at 0 when nothing waits. */
  const active = new Map<string, { readonly labels: { node: string; kind: string }; value: number }>()
  sink.observe(METRICS.callsActive, () => active.values())
  const started = new WeakMap<object, number>()
  const count = ({ self: node, kind }: CallMessage, by: number): void => {
    const key = `${kind} ${node}`
    const entry = active.get(key) ?? { labels: { node, kind }, value: 0 }
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
      const failed = 'error' in message
      durations((clock.monotonic() - startedAt) / 1_000, { node, kind, outcome: failed ? 'failed' : 'ok' })
      if (failed) failures(1, { node, kind, code: failureOf(message.error) })
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
