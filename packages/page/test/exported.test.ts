import { type Cluster, start } from '@dynsrv/cluster'
import { argument, call, making, ODD_OPTIONS, testOddArguments } from '@dynsrv/tools/odd-values'
import { testSoundOptions } from '@dynsrv/tools/options'
import { afterAll, beforeAll } from 'vitest'
import * as api from '../src/index.ts'

let running: Cluster
beforeAll(async () => {
  const common = { service: 'shop.test', dns: '127.0.0.1:1', host: '127.0.0.1', port: 0, env: {} }
  running = await start({ ...common, name: 'api-1@shop.test', cookie: 'odd' })
})
afterAll(() => running.close())

const cluster = argument(() => running)

testOddArguments(api, {
  pageRoutes: call(
    cluster,
    argument(() => ({ token: 'a-token-of-the-page' }), ODD_OPTIONS),
  ),
  readiness: call(
    cluster,
    argument(() => 1, 'undefined', 'zero'),
  ),
  // Its default port may be free or not; options of that kind are right in both cases.
  startHealthServer: making([cluster, argument(() => ({ port: 0 }), ODD_OPTIONS)], { close: call() }),
})

testSoundOptions(new URL('../src/index.ts', import.meta.url), {
  HealthOptions: { take: (options) => api.startHealthServer(running, { port: 0, ...options }) },
  PageOptions: { take: (options) => api.pageRoutes(running, options) },
})
