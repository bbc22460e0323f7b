import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { contract } from '@dynsrv/etf'
import { realWorld } from '@dynsrv/kit'
import {
  argument,
  call,
  EVERY_ODD_VALUE,
  making,
  ODD_FUNCTIONS,
  ODD_OPTIONS,
  ODD_TEXTS,
  ODD_VALUES,
  type Odd,
  testOddArguments,
} from '@dynsrv/tools/odd-values'
import { testSoundOptions } from '@dynsrv/tools/options'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { expect, it, vi } from 'vitest'
import * as api from '../src/index.ts'

// What is found when no option says where the cookie is, whatever the home of the tester has.
vi.stubEnv('RELEASE_COOKIE', 'c')
const home = temporaryFolder('home')
writeFileSync(join(home, '.erlang.cookie'), 'c', { mode: 0o400 })
const AT_HOME = { ...realWorld, system: { ...realWorld.system, homeFolder: () => home } }

const SERVICE = 'my-service.test'
const STARTED = {
  service: SERVICE,
  name: `api-1@${SERVICE}`,
  cookie: 'c',
  host: '127.0.0.1',
  port: 0,
  dns: '127.0.0.1:1',
  env: {},
}

const options = (value: object = {}) => argument(() => value, ODD_OPTIONS)
const text = (value: string, ...takes: readonly (Odd | readonly Odd[])[]) => argument(() => value, takes.flat())
const anything = argument(() => new Error('one'), EVERY_ODD_VALUE)
const { Cluster: _made, Service: _called, ...functions } = api

testOddArguments(functions, {
  advice: call(anything),
  checkCookie: call(text('secret', 'a text'), text('it', ODD_TEXTS)),
  dnsServer: call(text('127.0.0.1:53')),
  explain: call(anything),
  findCookie: call(options()),
  isDynsrvError: call(anything),
  oneLine: call(text('a', ODD_TEXTS)),
  parsePort: call(
    text('4370'),
    text('it', ODD_TEXTS),
    argument(() => 1, 'undefined', 'zero'),
  ),
  reasonText: call(anything),
  serviceName: call(text(SERVICE)),
  start: making(
    [argument(() => STARTED)],
    {
      close: call(),
      drain: call(options()),
      events: call(options()),
      lookups: call(),
      members: call(),
      module: call(
        argument(() => contract('lists', {})),
        options(),
      ),
      missing: call(),
      on: call(argument(() => () => undefined, ODD_FUNCTIONS)),
      service: call(
        argument(() => 'MyApp.Stock', ODD_OPTIONS, 'a text', 'a control character'),
        options(),
      ),
    },
    ['ready'],
  ),
})

// Without options it waits for a peer, so it cannot be one of those above.
it.each(EVERY_ODD_VALUE.filter((odd) => !ODD_OPTIONS.includes(odd)))('ready refuses %s', (odd) =>
  withCluster((cluster) =>
    expect(cluster.ready(ODD_VALUES[odd]() as api.ReadyOptions)).rejects.toMatchObject({ category: 'option' }),
  ))

async function withCluster(ask: (cluster: api.Cluster) => unknown): Promise<void> {
  await using cluster = await api.start(STARTED)
  await ask(cluster)
}

testSoundOptions(
  new URL('../src/index.ts', import.meta.url),
  {
    FindCookieOptions: { take: (given) => api.findCookie({ world: AT_HOME, ...given }) },
    StartOptions: { take: (given) => api.start({ ...STARTED, ...given }) },
    ReadyOptions: { take: (given) => withCluster((cluster) => cluster.ready(given)) },
    ModuleOptions: { take: (given) => withCluster((cluster) => cluster.module(contract('lists', {}), given)) },
    EventsOptions: { take: (given) => withCluster((cluster) => cluster.events(given)) },
    TypedServiceCallOptions: { take: (given) => withCluster((cluster) => cluster.service('stock').call(1, given)) },
    ServiceOptions: { take: (given) => withCluster((cluster) => cluster.service('stock', given)) },
    ServiceCallOptions: { take: (given) => withCluster((cluster) => cluster.service('stock').call(1, given)) },
  },
  {
    CodedErrorOptions: 'an error is made of whatever it is given',
    DynsrvErrorOptions: 'an error is made of whatever it is given',
  },
)

it.each(EVERY_ODD_VALUE)('no program makes a cluster with new: %s', (odd) => {
  expect(() => Reflect.construct(api.Cluster, [ODD_VALUES[odd](), ODD_VALUES[odd]()])).toThrow(
    expect.objectContaining({ code: 'DYNSRV_BAD_OPTION' }),
  )
})
