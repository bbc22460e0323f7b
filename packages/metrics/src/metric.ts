/** How a metric behaves: what only grows, what goes up and down, and what is counted into buckets. */
export type MetricKind = 'counter' | 'gauge' | 'histogram'

/** Units by their UCUM codes, as OpenTelemetry has them: nothing, bytes, seconds. */
export type MetricUnit = '' | 'By' | 's'

/** One metric, whatever the system that keeps it. */
export interface Metric {
  /** With dots, as OpenTelemetry has it; {@link prometheusName} is the other form. */
  readonly name: string
  readonly kind: MetricKind
  readonly unit: MetricUnit
  readonly description: string
  /** Each has few values: `peer` is bounded by an option, the others by their own list. */
  readonly labels: readonly string[]
}

/** From a call inside the process to one that waits for its timeout of 5 seconds. Unit: seconds. */
export const SECONDS_BUCKETS: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
]

const counter = (name: string, description: string, labels: readonly string[], unit: MetricUnit = ''): Metric => ({
  name,
  kind: 'counter',
  unit,
  description,
  labels,
})
const gauge = (name: string, description: string, labels: readonly string[], unit: MetricUnit = ''): Metric => ({
  name,
  kind: 'gauge',
  unit,
  description,
  labels,
})
const seconds = (name: string, description: string, labels: readonly string[]): Metric => ({
  name,
  kind: 'histogram',
  unit: 's',
  description,
  labels,
})

/** Every metric of this package. */
export const METRICS = {
  links: gauge('dynsrv.links', 'Peers by the state of their link', ['node', 'state']),
  linkUps: counter('dynsrv.link.ups', 'Links that came up, by the side that dialled', ['node', 'direction']),
  linkDowns: counter('dynsrv.link.downs', 'Links that went down, by the code of the reason', ['node', 'code']),
  refused: counter('dynsrv.link.refused', 'Peers that dialled us and were refused, by the code of the reason', [
    'node',
    'code',
  ]),
  sent: counter('dynsrv.link.sent', 'Bytes written to links', ['node', 'peer'], 'By'),
  received: counter('dynsrv.link.received', 'Bytes read from links', ['node', 'peer'], 'By'),
  messagesSent: counter('dynsrv.link.messages.sent', 'Signals and messages sent', ['node', 'peer']),
  messagesReceived: counter('dynsrv.link.messages.received', 'Signals and messages received', ['node', 'peer']),
  queued: gauge('dynsrv.link.queued', 'Bytes that the peer has not taken yet', ['node', 'peer'], 'By'),
  processes: gauge('dynsrv.processes', 'Live processes: mailboxes, servers and others', ['node', 'kind']),
  waiting: gauge('dynsrv.process.waiting', 'Messages that wait in queues of processes', ['node', 'kind']),
  longest: gauge('dynsrv.process.waiting.longest', 'Messages in the longest queue of a process', ['node', 'kind']),
  monitors: gauge('dynsrv.monitors', 'Our monitors that wait for the end of a process', ['node']),
  warnings: counter('dynsrv.warnings', 'Warnings of the node, by code', ['node', 'code']),
  callDuration: seconds('dynsrv.call.duration', 'How long calls to other processes took', [
    'node',
    'peer',
    'kind',
    'outcome',
  ]),
  callFailures: counter('dynsrv.call.failures', 'Calls that failed, by code', ['node', 'peer', 'kind', 'code']),
  callsActive: gauge('dynsrv.calls.active', 'Calls that wait for their answer', ['node', 'peer', 'kind']),
  expected: gauge('dynsrv.membership.expected', 'Members that should be connected', ['topology']),
  connected: gauge('dynsrv.membership.connected', 'Expected members that are connected', ['topology']),
  failures: gauge('dynsrv.membership.failures', 'Failed polls in a row', ['topology']),
  lastGoodAge: gauge('dynsrv.membership.last_good.age', 'Age of the last good answer', ['topology'], 's'),
  polls: counter('dynsrv.membership.polls', 'Polls by what they gave', ['node', 'topology', 'outcome']),
  changes: counter('dynsrv.membership.changes', 'Changes of the membership by type', ['node', 'topology', 'type']),
  queryDuration: seconds('dynsrv.dns.query.duration', 'How long lookups took', ['kind', 'outcome']),
  queriesStale: counter('dynsrv.dns.stale', 'Answers from before, since the source failed', ['kind']),
  queriesTrimmed: counter('dynsrv.dns.trimmed', 'Answers that lack records', ['kind', 'reason']),
} as const satisfies Readonly<Record<string, Metric>>
