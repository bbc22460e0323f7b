import { having } from '@dynsrv/kit'
import { Counter, Gauge, Histogram, type Registry, register } from 'prom-client'
import { checkMetric, checkObserved, checks } from './checks.ts'
import { MetricsError } from './error.ts'
import { type Metric, SECONDS_BUCKETS } from './metric.ts'
import { prometheusName } from './prometheus-name.ts'
import type { MetricsSink, Reading, RecordValue } from './sink.ts'

const registryRule = having('registerMetric', 'getSingleMetric', 'removeSingleMetric')

/**
 * Keeps the numbers in a registry of prom-client.
 *
 * @param registry default: prom-client's own `register`
 * @throws {MetricsError} `METRICS_BAD_OPTION`; its methods `METRICS_NAME_TAKEN` for a name that the registry has
 */
export function promClient(registry: Registry = register): MetricsSink {
  checks.argument('promClient', 'registry', registryRule, registry)
  const names: string[] = []
  const options = (metric: Metric) => {
    const name = prometheusName(metric)
    if (registry.getSingleMetric(name) !== undefined) {
      throw new MetricsError('METRICS_NAME_TAKEN', `the registry has a metric ${name} already`)
    }
    names.push(name)
    return { name, help: metric.description, labelNames: [...metric.labels], registers: [registry] }
  }
  return {
    record(metric): RecordValue {
      checkMetric('record', metric)
      if (metric.kind === 'histogram') {
        const histogram = new Histogram({ ...options(metric), buckets: [...SECONDS_BUCKETS] })
        return (value, labels) => histogram.observe(labels, value)
      }
      const counter = new Counter(options(metric))
      return (value, labels) => counter.inc(labels, value)
    },
    observe(metric, read: () => Iterable<Reading>) {
      checkObserved(metric, read)
      if (metric.kind === 'counter') {
        const counter = new Counter({
          ...options(metric),
          collect() {
            counter.reset()
            for (const { labels, value } of read()) counter.inc(labels, value)
          },
        })
        return
      }
      const gauge = new Gauge({
        ...options(metric),
        collect() {
          gauge.reset()
          for (const { labels, value } of read()) gauge.set(labels, value)
        },
      })
    },
    close() {
      for (const name of names.splice(0)) registry.removeSingleMetric(name)
    },
  }
}
