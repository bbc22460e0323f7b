import {
  argument,
  call,
  EVERY_ODD_VALUE,
  making,
  ODD_FUNCTIONS,
  ODD_OPTIONS,
  testOddArguments,
} from '@dynsrv/tools/odd-values'
import { testSoundOptions } from '@dynsrv/tools/options'
import { metrics } from '@opentelemetry/api'
import { Registry } from 'prom-client'
import * as api from '../src/index.ts'
import { openTelemetry } from '../src/opentelemetry.ts'
import { promClient } from '../src/prom-client.ts'

const sink = () => promClient(new Registry())
const metric = argument(() => api.METRICS.queued)
const counter = argument(() => api.METRICS.linkUps)
const read = argument(() => () => [], ODD_FUNCTIONS)
const methods = { record: call(counter), observe: call(metric, read), close: call() }

testOddArguments(api, {
  isMetricsError: call(argument(() => new Error('one'), EVERY_ODD_VALUE)),
  prometheusName: call(metric),
  startMetrics: making([argument(sink), argument(() => ({}), ODD_OPTIONS)], { close: call(), stop: call() }),
})

testOddArguments(
  { openTelemetry, promClient },
  {
    openTelemetry: making([argument(() => metrics.getMeter('odd'))], methods),
    promClient: making([argument(() => new Registry(), 'undefined')], methods),
  },
)

testSoundOptions(
  new URL('../src/index.ts', import.meta.url),
  { MetricsOptions: { take: (options) => api.startMetrics(sink(), options) } },
  {
    CodedErrorOptions: 'an error is made of whatever it is given',
    MetricsErrorOptions: 'an error is made of whatever it is given',
  },
)
