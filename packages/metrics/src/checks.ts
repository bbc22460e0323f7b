import { callable, checksOf, filledText, listOf, oneOf, optionsOf, type Rule, required, text } from '@dynsrv/kit'
import { MetricsError } from './error.ts'
import type { Metric } from './metric.ts'

/** The checks of this package. */
export const checks = checksOf(({ message, hint }) => new MetricsError('METRICS_BAD_OPTION', message, { hint }))

/** What describes a metric. */
const metricRule: Rule = optionsOf<Metric>({
  name: required(filledText),
  kind: required(oneOf('counter', 'gauge', 'histogram')),
  unit: required(oneOf('', 'By', 's')),
  description: required(text),
  labels: required(listOf(filledText)),
})

/** Checks what a sink is to keep. */
export function checkMetric(owner: string, metric: Metric): void {
  checks.argument(owner, 'metric', metricRule, metric)
}

/** Checks what a sink is to read. */
export function checkObserved(metric: Metric, read: unknown): void {
  checkMetric('observe', metric)
  checks.argument('observe', 'read', callable, read)
}
