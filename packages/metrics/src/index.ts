export type {
  Clock,
  CodedError,
  CodedErrorOptions,
  ErrorCategory,
  ErrorTable,
  ErrorWords,
  FileFacts,
  Files,
  Network,
  ProgramRun,
  Programs,
  Ran,
  Random,
  System,
  Timer,
  World,
} from '@dynsrv/kit'
export {
  isMetricsError,
  METRICS_ERRORS,
  MetricsError,
  type MetricsErrorCode,
  type MetricsErrorOptions,
} from './error.ts'
export type { ObservedNode } from './link-traffic.ts'
export type { ObservedStrategy } from './membership-metrics.ts'
export { METRICS, type Metric, type MetricKind, type MetricUnit, SECONDS_BUCKETS } from './metric.ts'
export { prometheusName } from './prometheus-name.ts'
export type { Labels, MetricsSink, Reading, RecordValue } from './sink.ts'
export { MAX_PEERS, type Metrics, type MetricsOptions, startMetrics } from './start-metrics.ts'
