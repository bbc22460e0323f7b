import type { Metric } from './metric.ts'

/** Values of a metric's labels; all of them are given each time. */
export type Labels = Readonly<Record<string, string>>

/** One value of a metric that is read when numbers are collected. */
export interface Reading {
  readonly labels: Labels
  readonly value: number
}

/** Adds to a counter, or an observation to a histogram. */
export type RecordValue = (value: number, labels: Labels) => void

/** The system that keeps the numbers; made by `promClient` and `openTelemetry`, or by you. */
export interface MetricsSink {
  /** For a counter or a histogram that gets each value. */
  record(metric: Metric): RecordValue
  /** For a gauge or a counter that is read when the numbers are collected; a counter's readings never fall. */
  observe(metric: Metric, read: () => Iterable<Reading>): void
  /** Takes back all of it, and nothing else of the system. */
  close(): void
}
