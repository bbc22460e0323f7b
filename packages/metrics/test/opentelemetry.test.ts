import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { expect, it } from 'vitest'
import { METRICS, startMetrics } from '../src/index.ts'
import { openTelemetry } from '../src/opentelemetry.ts'
import { startPair } from './support/pair.ts'

it('gives the same numbers to an OpenTelemetry meter', async () => {
  await using pair = await startPair()
  const { left, right } = pair
  const reader = new PeriodicExportingMetricReader({
    exporter: new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE),
    exportIntervalMillis: 3_600_000,
  })
  const provider = new MeterProvider({ readers: [reader] })
  const collect = async () => {
    const { resourceMetrics } = await reader.collect()
    const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics)
    return new Map(metrics.map((metric) => [metric.descriptor.name, metric] as const))
  }
  const metrics = startMetrics(openTelemetry(provider.getMeter('test')), { nodes: [right] })
  await right.connect(left.self)
  left.expose('js', { one: () => 1 })
  await right.erpc(left.self, 'js', 'one')

  const first = await collect()
  const node = right.self
  expect(first.get(METRICS.linkUps.name)?.dataPoints).toContainEqual(
    expect.objectContaining({ attributes: { node, direction: 'outgoing' }, value: 1 }),
  )
  expect(first.get(METRICS.links.name)?.dataPoints).toContainEqual(
    expect.objectContaining({ attributes: { node, state: 'connected' }, value: 1 }),
  )
  expect(first.get(METRICS.sent.name)).toMatchObject({
    descriptor: { unit: 'By', description: METRICS.sent.description },
    isMonotonic: true,
    dataPoints: [{ attributes: { node, peer: left.self }, value: expect.any(Number) }],
  })
  expect(first.get(METRICS.callDuration.name)).toMatchObject({
    descriptor: { unit: 's' },
    dataPoints: [{ attributes: { node, peer: left.self, kind: 'erpc', outcome: 'ok' }, value: { count: 1 } }],
  })

  metrics.close()
  await right.erpc(left.self, 'js', 'one')
  await right.disconnect(left.self)
  const last = await collect()
  expect(last.get(METRICS.callDuration.name)?.dataPoints).toMatchObject([{ value: { count: 1 } }])
  expect(last.get(METRICS.links.name)?.dataPoints).toContainEqual(
    expect.objectContaining({ attributes: { node, state: 'connected' }, value: 1 }),
  )
  await provider.shutdown()
})
