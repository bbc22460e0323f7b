import { checkMetric } from './checks.ts'
import type { Metric, MetricUnit } from './metric.ts'

const UNIT_SUFFIX: Readonly<Record<MetricUnit, string>> = { '': '', By: '_bytes', s: '_seconds' }

/**
 * The name in Prometheus: underscores, the unit, and `_total` behind a counter.
 *
 * @throws {MetricsError} `METRICS_BAD_OPTION`
 * @see OpenTelemetry, "Prometheus and OpenMetrics Compatibility"
 */
export function prometheusName(metric: Metric): string {
  checkMetric('prometheusName', metric)
  const { name, kind, unit } = metric
  return `${name.replaceAll('.', '_')}${UNIT_SUFFIX[unit]}${kind === 'counter' ? '_total' : ''}`
}
