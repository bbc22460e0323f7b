import { readFileSync } from 'node:fs'
import * as cluster from '@dynsrv/cluster'
import { expect, expectTypeOf, it } from 'vitest'
import type {
  ClusterEvent,
  ClusterState,
  Contract,
  ContractClause,
  ContractFunction,
  Deregistered,
  DistErrorCode,
  DrainOptions,
  DynsrvConfig,
  DynsrvErrorCode,
  EpmdErrorCode,
  EpmdModule,
  Explanation,
  FindCookieOptions,
  HealthOptions,
  HealthServer,
  Json,
  LastLookup,
  LoadedConfig,
  MailboxOptions,
  Membership,
  MembershipChange,
  ModuleOptions,
  NodeDownReason,
  NodeErrorCode,
  NodeEvent,
  NodeName,
  NodeOptions,
  Opaque,
  PageOptions,
  PubSubMessage,
  Readiness,
  ReadyOptions,
  ResolverErrorCode,
  Route,
  SrvResolver,
  SrvTopology,
  StartOptions,
  StrategyErrorCode,
  StrategyFactory,
  Term,
  TopologyReadiness,
  Values,
  ZoneRecord,
  ZoneServer,
} from '../src/index.ts'
import * as dynsrv from '../src/index.ts'

/** They leave no trace at run time: the compiler refuses this file when one is gone. */
type Types = [
  ...[ClusterEvent, ClusterState, Deregistered, DistErrorCode, DrainOptions, DynsrvConfig, DynsrvErrorCode],
  ...[EpmdErrorCode, EpmdModule, HealthOptions, HealthServer, LastLookup, LoadedConfig, MailboxOptions, Membership],
  ...[MembershipChange, NodeDownReason, NodeErrorCode, NodeEvent, NodeName, NodeOptions, PageOptions, PubSubMessage],
  ...[Readiness, ReadyOptions, ResolverErrorCode, Route, SrvResolver, SrvTopology, StartOptions, StrategyErrorCode],
  ...[Contract<object>, ContractClause, ContractFunction, ModuleOptions, Opaque<'a'>, Explanation, FindCookieOptions],
  ...[StrategyFactory, Json, Term, TopologyReadiness, Values, ZoneRecord, ZoneServer],
]

const NAMES = [
  ...['Atom', 'Binary', 'BitString', 'CONFIG_NAMES', 'Cluster', 'Decimal', 'DistError', 'ElixirError', 'PlainDate'],
  ...['PlainDateTime', 'PlainTime', 'Range', 'Version', 'atoms', 'fn', 'fromJson', 'struct', 'toJson'],
  ...['DynamicSrv', 'DynsrvError', 'EpmdError'],
  ...['EtfError', 'Float', 'ImproperList', 'Mailbox', 'Matcher', 'Node', 'NodeError', 'Pid', 'PubSub', 'Reference'],
  ...['ResolverError', 'Service', 'Strategy', 'StrategyError', 'Subscription', 'Tuple', 'atom', 'charlist', 'consul'],
  ...['ExternalFun', 'Fun', 'Port', 'RemoteError', 'clause', 'contract'],
  ...[
    'defineConfig',
    'dnsClient',
    'dynamicSrv',
    'equals',
    'inspect',
    'leaveAfter',
    'loadConfig',
    'mismatchText',
    'nodeName',
    'onDeregister',
  ],
  ...['pageRoutes', 'parseNodeName', 'readiness', 'staleOnError', 'start', 'startHealthServer', 'startNode'],
  ...['startZoneServer', 't', 'trimDetecting', 'tuple', 'whenLinkDropped'],
  ...[
    'DYNSRV_ERRORS',
    'advice',
    'dnsServer',
    'explain',
    'findCookie',
    'isDynsrvError',
    'isEtfError',
    'isNodeError',
    'isRemoteError',
  ],
  ...['parsePort', 'reasonText', 'serviceName'],
]

it('has these names, and keeps them', () => {
  expect(Object.keys(dynsrv).sort()).toEqual(NAMES.toSorted())
})

it('has all that the README of @dynsrv/cluster names, as its own README says', () => {
  const words = new Set(readFileSync(new URL('../../cluster/README.md', import.meta.url), 'utf8').match(/\w+/g))
  const named = Object.keys(cluster).filter((name) => words.has(name))
  expect(named).toContain('explain')
  expect(named.filter((name) => !(name in dynsrv))).toEqual([])
})

it('has these types, and keeps them', () => expectTypeOf<Types>().toBeArray())

it('has these sub-paths, and keeps them', () => {
  const { exports } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    readonly exports: object
  }
  expect(Object.keys(exports)).toEqual(['.', './config.schema.json', './package.json'])
})
