import { channel, tracingChannel } from 'node:diagnostics_channel'
import type { NodeName } from '@dynsrv/epmd-shim'
import type { NodeEvent } from './node-event.ts'

/**
 * The names of this package's diagnostics channels.
 *
 * `event` carries a {@link NodeEventMessage}; `call` is a tracing channel (`tracing:dynsrv:node:call:start`, `:asyncEnd`,
 * `:error` …) whose context is a {@link CallMessage}. Nothing is made for a channel that nobody listens to.
 *
 * @see Node.js, "Diagnostics Channel"
 */
export const CHANNELS = { event: 'dynsrv:node:event', call: 'dynsrv:node:call' } as const

/** What `dynsrv:node:event` carries: one event of one node. */
export interface NodeEventMessage {
  /** The node that tells it. */
  readonly self: NodeName
  readonly event: NodeEvent
}

/** The context of `dynsrv:node:call`, in which the tracing channel puts `result` and `error` as well. */
export interface CallMessage {
  /** The node that calls. */
  readonly self: NodeName
  readonly kind: 'call' | 'erpc' | 'ping' | 'rpc' | 'spawn'
  /** The node that is called. */
  readonly peer: string
  /** What is called: a pid, a name with its node, a function with its node, or the node that is pinged. */
  readonly to: string
}

const events = channel(CHANNELS.event)
const calls = tracingChannel<CallMessage, CallMessage>(CHANNELS.call)

/** Publishes an event, when somebody listens. */
export function publishEvent(self: NodeName, event: NodeEvent): void {
  if (events.hasSubscribers) events.publish({ self, event } satisfies NodeEventMessage)
}

/** Runs a call under the tracing channel; `describe` is asked only when somebody listens. */
export function traceCall<T>(run: () => Promise<T>, describe: () => CallMessage): Promise<T> {
  const { start, end, asyncStart, asyncEnd, error } = calls
  const heard = [start, end, asyncStart, asyncEnd, error].some(({ hasSubscribers }) => hasSubscribers)
  return heard ? calls.tracePromise(run, describe()) : run()
}
