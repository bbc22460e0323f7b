import { nodeName } from '@dynsrv/epmd-shim'
import { staticResolver } from '@dynsrv/srv-resolver'
import {
  argument,
  call,
  making,
  ODD_FILLED_TEXTS,
  ODD_FUNCTIONS,
  ODD_OPTIONS,
  type Odd,
  testOddArguments,
} from '@dynsrv/tools/odd-values'
import { testSoundOptions } from '@dynsrv/tools/options'
import * as api from '../src/index.ts'
import { FakeMembership, nodes } from './fake-membership.ts'

const SERVICE = 'svc.test'
const resolver = () =>
  staticResolver([
    { type: 'SRV', name: SERVICE, target: `a.${SERVICE}`, port: 4370 },
    { type: 'A', name: SERVICE, address: '127.0.0.1' },
  ])
const source: api.Discover = async () => nodes('a')
const member = () => new FakeMembership()
const strategy = () => new api.Strategy(member(), { discover: source })
const ends = () => AbortSignal.timeout(50)

const options = (value: object = {}) => argument(() => value, ODD_OPTIONS)
const needed = (value: object) => argument(() => value)
const fn = (value: unknown, ...takes: readonly (Odd | readonly Odd[])[]) =>
  argument(() => value, ODD_FUNCTIONS, takes.flat())
const aSource = argument(() => source, 'a function', 'a class')
const membership = argument(member)
const service = argument(() => SERVICE)
const basename = argument(() => 'app')
const ms = argument(() => 1_000, 'a fraction', 'a huge number', 'Infinity')
const NO_HALVES = ODD_FILLED_TEXTS
const listener = fn(() => undefined)
const event = argument(() => 'change')

const INPUT = {
  self: nodeName('self@svc.test'),
  members: new Map(),
  discovered: nodes('a'),
  connected: nodes(),
  hold: undefined,
  leave: api.neverLeave(),
  maxLeaveShare: 0.5,
  now: 0,
}

/** What each source cannot do without. */
const SOURCES = {
  consul: { service: 'web' },
  dnsCluster: { query: SERVICE, resolver: resolver() },
  dnsPoll: { query: SERVICE, nodeBasename: 'app', resolver: resolver() },
  dynamicSrv: { service: SERVICE, resolver: resolver() },
  env: {},
  epmd: { hosts: ['a@svc.test'] },
  erlangHosts: {},
  file: { path: '/nodes' },
  gossip: {},
  kubernetes: { nodeBasename: 'app', selector: 'app=web' },
  kubernetesDns: { service: SERVICE, applicationName: 'app', resolver: resolver() },
  kubernetesDnsSrv: { service: 'web', namespace: 'prod', applicationName: 'app', resolver: resolver() },
  localEpmd: {},
  rancher: { nodeBasename: 'app' },
}
const makers = Object.entries(SOURCES).map(([name, valid]) => {
  const given =
    Object.keys(valid).length === 0
      ? argument(() => valid, 'an empty object', 'an object without prototype')
      : needed(valid)
  return [name, call(membership, given)]
})

testOddArguments(api, {
  ...Object.fromEntries(makers),
  Strategy: making([membership, needed({ discover: source })], {
    close: call(),
    drain: call(options()),
    events: call(options()),
    expected: call(),
    gauges: call(),
    members: call(),
    off: call(event, listener),
    on: call(event, listener),
    pollNow: call(),
    locate: call(
      argument(() => nodeName('a@svc.test'), ODD_FILLED_TEXTS),
      needed({ signal: ends() }),
    ),
    ready: call(argument(() => ({ signal: AbortSignal.abort() }), ODD_OPTIONS)),
    start: call(),
    stop: call(),
  }),
  addressNodes: call(
    argument(resolver),
    service,
    basename,
    argument(() => 4, 'undefined'),
  ),
  allOf: call(fn(api.neverLeave()), fn(api.neverLeave())),
  backoff: call(fn(api.every(1)), ms),
  byIp: call(basename),
  byTag: call(options()),
  byTtl: call(options()),
  byTxt: call(options()),
  consulNodes: call(needed({ service: 'web' })),
  decodeHeartbeat: call(
    argument(() => new Uint8Array(3), 'bytes'),
    argument(() => api.gossipKey('x'), 'undefined'),
  ),
  doubling: call(options()),
  every: call(ms),
  fileNodes: call(argument(() => '/nodes', NO_HALVES)),
  filter: call(
    aSource,
    fn(() => true),
  ),
  gossipKey: call(argument(() => 'secret', NO_HALVES)),
  gossipNodes: call(
    argument(() => ({}), 'an empty object', 'an object without prototype'),
    argument(() => 'self@svc.test', NO_HALVES),
  ),
  isStrategyError: call(),
  jittered: call(
    fn(api.every(1)),
    argument(() => 0.1, 'undefined', 'zero'),
    fn(Math.random, 'undefined'),
  ),
  kubernetesNodes: call(needed({ nodeBasename: 'app', selector: 'app=web' })),
  leaveAfter: call(argument(() => 3)),
  leaveAfterMs: call(argument(() => 1_000, 'zero', 'a fraction', 'a huge number', 'Infinity')),
  listedNodes: call(argument(() => ['a@svc.test'], 'an empty array', 'a sparse array', 'a map', 'bytes')),
  map: call(
    aSource,
    fn((name: unknown) => name),
  ),
  neverLeave: call(),
  onDeregister: call(),
  plan: call(needed(INPUT)),
  sample: call(aSource, needed({ count: 2, key: 'self' })),
  srvNodes: call(
    argument(resolver),
    service,
    argument(() => api.targetLabel(SERVICE), 'undefined'),
  ),
  targetLabel: call(service),
  union: call(aSource, aSource),
  watch: call(
    membership,
    argument(() => ({ discover: source, signal: ends() })),
  ),
  whenLinkDropped: call(),
  wholeTarget: call(basename),
})

const EXPORTS: Readonly<Record<string, unknown>> = { ...api }
const sourceOptions = (name: keyof typeof SOURCES) => ({
  take: (given: object) =>
    (EXPORTS[name] as (membership: api.Membership, options: object) => api.Strategy)(member(), given),
  valid: SOURCES[name],
})

testSoundOptions(
  new URL('../src/index.ts', import.meta.url),
  {
    ByTagOptions: { take: (given) => api.byTag(given) },
    ByTtlOptions: { take: (given) => api.byTtl(given) },
    ByTxtOptions: { take: (given) => api.byTxt(given) },
    ConsulOptions: { take: (given) => api.consulNodes(given as api.ConsulOptions), valid: SOURCES.consul },
    DiscoverOptions: {
      take: (given) => api.addressNodes(resolver(), SERVICE, 'app')(given as api.DiscoverOptions),
      valid: { signal: new AbortController().signal },
    },
    DnsClusterOptions: { ...sourceOptions('dnsCluster'), nested: { query: { basename: 'app', query: SERVICE } } },
    DnsPollOptions: sourceOptions('dnsPoll'),
    DoublingOptions: { take: (given) => api.doubling(given) },
    DrainOptions: { take: (given) => strategy().drain(given) },
    DynamicSrvOptions: sourceOptions('dynamicSrv'),
    EnvOptions: sourceOptions('env'),
    EpmdOptions: sourceOptions('epmd'),
    ErlangHostsOptions: sourceOptions('erlangHosts'),
    EventsOptions: {
      take: (given) =>
        strategy()
          .events({ signal: AbortSignal.abort(), ...given })
          .next(),
    },
    FileOptions: sourceOptions('file'),
    GossipOptions: { take: (given) => api.gossipNodes(given, INPUT.self) },
    KubernetesDnsOptions: sourceOptions('kubernetesDns'),
    KubernetesDnsSrvOptions: sourceOptions('kubernetesDnsSrv'),
    KubernetesOptions: {
      take: (given) => api.kubernetesNodes(given as api.KubernetesOptions),
      valid: SOURCES.kubernetes,
    },
    LocalEpmdOptions: sourceOptions('localEpmd'),
    LoopOptions: sourceOptions('gossip'),
    RancherOptions: sourceOptions('rancher'),
    LocateOptions: {
      take: (given) => strategy().locate(nodeName('a@svc.test'), given as api.LocateOptions),
      valid: { signal: ends() },
    },
    PlanInput: { take: (given) => api.plan({ ...INPUT, ...given } as unknown as api.PlanInput) },
    ReadyOptions: { take: (given) => strategy().ready(given) },
    SampleOptions: {
      take: (given) => api.sample(source, given as api.SampleOptions),
      valid: { count: 1, key: 'self' },
    },
    StrategyOptions: {
      take: (given) => new api.Strategy(member(), given as api.StrategyOptions),
      valid: { discover: source },
    },
    WatchOptions: {
      take: (given) => api.watch(member(), given as never).next(),
      valid: { discover: source, signal: AbortSignal.abort() },
    },
  },
  {
    CodedErrorOptions: 'an error is made of anything',
    StrategyErrorOptions: 'an error is made of anything',
  },
)
