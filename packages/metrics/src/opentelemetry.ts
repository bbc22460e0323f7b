import { having } from '@dynsrv/kit'
import type { Meter, ObservableCallback, ObservableCounter, ObservableGauge } from '@opentelemetry/api'
import { checkMetric, checkObserved, checks } from './checks.ts'
import { type Metric, SECONDS_BUCKETS } from './metric.ts'
import type { MetricsSink, Reading, RecordValue } from './sink.ts'

const meterRule = having('createCounter', 'createHistogram', 'createObservableCounter', 'createObservableGauge')

/**
 * Keeps the numbers in an OpenTelemetry meter.
 *
 * @param meter from `metrics.getMeter('my-app')` of `@opentelemetry/api`
 * @throws {MetricsError} `METRICS_BAD_OPTION`
 */
export function openTelemetry(meter: Meter): MetricsSink {
  checks.argument('openTelemetry', 'meter', meterRule, meter)
  const observed: {
    readonly instrument: ObservableCounter | ObservableGauge
    readonly callback: ObservableCallback
  }[] = []
  let open = true
  const options = ({ description, unit }: Metric) => ({ description, ...(unit !== '' && { unit }) })
  return {
    record(metric): RecordValue {
      checkMetric('record', metric)
      if (metric.kind === 'histogram') {
        const advice = { explicitBucketBoundaries: [...SECONDS_BUCKETS] }
        const histogram = meter.createHistogram(metric.name, { ...options(metric), advice })
        return (value, labels) => {
          if (open) histogram.record(value, labels)
        }
      }
      const counter = meter.createCounter(metric.name, options(metric))
      return (value, labels) => {
        if (open) counter.add(value, labels)
      }
    },
    observe(metric, read: () => Iterable<Reading>) {
      checkObserved(metric, read)
      const make = metric.kind === 'counter' ? 'createObservableCounter' : 'createObservableGauge'
      const instrument = meter[make](metric.name, options(metric))
      const callback: ObservableCallback = (result) => {
        for (const { labels, value } of read()) result.observe(value, labels)
      }
      instrument.addCallback(callback)
      observed.push({ instrument, callback })
    },
    close() {
      open = false
      for (const { instrument, callback } of observed.splice(0)) instrument.removeCallback(callback)
    },
  }
}
