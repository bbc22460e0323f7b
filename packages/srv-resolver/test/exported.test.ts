import {
  argument,
  call,
  making,
  ODD_FILLED_TEXTS,
  ODD_FUNCTIONS,
  ODD_OPTIONS,
  ODD_TEXTS,
  type Odd,
  testOddArguments,
} from '@dynsrv/tools/odd-values'
import { testSoundOptions } from '@dynsrv/tools/options'
import * as contract from '../src/contract.ts'
import * as api from '../src/index.ts'

const RECORD = { type: 'SRV', name: 'svc.test', target: 'a.svc.test', port: 4370 } as const
const source = () => api.staticResolver([RECORD])
const NOBODY = { servers: ['127.0.0.1:1'], timeoutMs: 50, tries: 1 }
const CONSUL = { url: 'http://127.0.0.1:1', timeoutMs: 50 }

const options = (value: object = {}) => argument(() => value, ODD_OPTIONS)
const resolver = argument(source)
const resolvers = argument(() => [source()])
const name = argument(() => 'svc.test')
const listener = argument(() => () => undefined, 'undefined', ODD_FUNCTIONS)
const text = (value: string, ...takes: readonly (Odd | readonly Odd[])[]) => argument(() => value, takes.flat())
const records = (...takes: readonly Odd[]) => argument(() => [RECORD], 'an empty array', takes)

const SERVICE_NAMES = ODD_FILLED_TEXTS.filter((odd) => odd !== 'half a character')

/** What every resolver can be asked. */
const lookups = {
  resolveSrv: call(name, options()),
  resolveAddresses: call(name, options()),
  resolveTxt: call(name, options()),
  close: call(),
}
const consul = {
  ...lookups,
  instances: call(text('web', SERVICE_NAMES), options()),
  watchSrv: call(
    argument(() => 'web.service.consul'),
    options(),
  ),
  watchInstances: call(text('web', SERVICE_NAMES), options()),
}
const zone = {
  add: call(argument(() => RECORD)),
  remove: call(argument(() => ({ type: 'SRV' }), ODD_FUNCTIONS, 'an empty object', 'an object without prototype')),
  setFault: call(argument(() => 'servfail', 'undefined')),
  records: call(),
  pause: call(),
  resume: call(),
  close: call(),
}

testOddArguments(api, {
  ConsulHttp: making([options(CONSUL)], consul),
  DnsClient: making([options(NOBODY)], lookups),
  ZoneServer: making([argument(() => ({}), 'an empty object', 'an object without prototype')], zone),
  absoluteName: call(name),
  askAddresses: call(argument(source), text('svc.test'), options()),
  askSrv: call(argument(source), text('svc.test'), options()),
  askTxt: call(argument(source), text('svc.test'), options()),
  cached: making([resolver, options()], { ...lookups, clear: call() }),
  consulHttp: making([options(CONSUL)], consul),
  dnsClient: making([options(NOBODY)], lookups),
  envResolver: making([text('X', 'undefined', ODD_FILLED_TEXTS), options({ env: { X: '' } })], lookups),
  failover: making([resolvers, options()], lookups),
  fileResolver: making([text('/etc/hosts', 'undefined', ODD_FILLED_TEXTS), options()], lookups),
  isResolverError: call(),
  metered: making([resolver, listener, options()], lookups),
  nodeDns: making([options(NOBODY)], lookups),
  parsePortService: call(name),
  parseResolvConf: call(text('nameserver 127.0.0.1', ODD_TEXTS)),
  parseServerAddress: call(text('127.0.0.1')),
  parseZoneText: call(text('10.0.0.5 a.test', 'an empty text'), text('a file', 'undefined', ODD_FILLED_TEXTS)),
  racingAddresses: call(argument(source), name, options()),
  portService: call(
    name,
    argument(() => 'dist', 'undefined'),
  ),
  racing: making([resolvers, options()], lookups),
  sameDomain: making([resolver, options()], lookups),
  srvEndpoints: call(
    argument(() => [{ ...RECORD, priority: 0, weight: 1 }], 'an empty array'),
    argument(() => ({ addressesOf: async () => ({ records: [] }) })),
  ),
  srvOrder: call(
    argument(() => [RECORD, RECORD].map((record) => ({ ...record, priority: 0, weight: 1 })), 'an empty array'),
    argument(() => Math.random, 'undefined'),
  ),
  staleOnError: making([resolver, options()], lookups),
  startZoneServer: making([options()], zone),
  staticResolver: making([records(), options()], { ...lookups, replace: call(records()) }),
  trimDetecting: making([resolver, options()], lookups),
  usableSrvRecords: call(records('a sparse array', 'a map', 'bytes')),
  withoutSecrets: call(text('http://a.test', ODD_TEXTS)),
})

testOddArguments(contract, {
  resolverContract: call(
    argument(() => async () => undefined, ODD_FUNCTIONS),
    options(),
  ),
  testContract: call(
    argument(() => () => undefined, ODD_FUNCTIONS),
    argument(() => [], 'an empty array'),
  ),
})

testSoundOptions(
  new URL('../src/index.ts', import.meta.url),
  {
    CachedOptions: { take: (options) => api.cached(source(), options) },
    ConsulHttpOptions: { take: (options) => api.consulHttp(options) },
    DnsClientOptions: { take: (options) => api.dnsClient(options) },
    EnvResolverOptions: { take: (options) => api.envResolver('X', options) },
    FailoverOptions: { take: (options) => api.failover([source()], options) },
    FileResolverOptions: { take: (options) => api.fileResolver('/etc/hosts', options) },
    MeteredOptions: { take: (options) => api.metered(source(), undefined, options) },
    NodeDnsOptions: { take: (options) => api.nodeDns(options) },
    RacingAddressesOptions: { take: (options) => api.racingAddresses(source(), 'svc.test', options) },
    ResolverSurroundings: { take: (options) => api.parseResolvConf('', options) },
    RacingOptions: { take: (options) => api.racing([source()], options) },
    ResolveAddressesOptions: { take: (options) => source().resolveAddresses('svc.test', options) },
    ResolveOptions: { take: (options) => source().resolveTxt('svc.test', options) },
    ResolveSrvOptions: { take: (options) => source().resolveSrv('svc.test', options) },
    SameDomainOptions: { take: (options) => api.sameDomain(source(), options) },
    SrvEndpointsOptions: {
      take: (options) => api.srvEndpoints([], { addressesOf: async () => ({ records: [] }), ...options }),
    },
    StaleOnErrorOptions: { take: (options) => api.staleOnError(source(), options) },
    StaticResolverOptions: { take: (options) => api.staticResolver([], options) },
    TrimDetectingOptions: { take: (options) => api.trimDetecting(source(), options) },
    ZoneServerOptions: { take: (options) => api.startZoneServer(options) },
  },
  {
    CodedErrorOptions: 'an error is made of anything',
    ResolverErrorOptions: 'an error is made of anything',
  },
)
