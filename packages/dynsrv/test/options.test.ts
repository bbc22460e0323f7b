import { existsSync, readFileSync } from 'node:fs'
import { testSoundOptions } from '@dynsrv/tools/options'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import * as api from '../src/index.ts'
import { callables, ownerOf, partsOf, publicApi, ROOT } from './public-api.ts'

/** An object with parts that may be left out, where a public function, class or method takes one. */
interface Taken {
  /** The name of its type; the place when it has none. */
  readonly type: string
  /** The package that declares it. */
  readonly owner: string
  /** One of the places: `startNode(options)`. */
  readonly place: string
}

/** What such an object is when it is no options. */
const OTHERS: Readonly<Record<string, string>> = {
  'Channel.send(control)': 'a control message',
  Contract: 'what `contract` makes, and checks',
  Candidate: 'what a mapping of the program is given',
  CodedErrorOptions: 'details of an error: making one never throws',
  Dial: 'what a membership of the program is given',
  MembersTarget: 'what is called: tried in @dynsrv/cluster',
  NamedTarget: 'what is called: tried in @dynsrv/cluster',
  PgTarget: 'what is called: tried in @dynsrv/cluster',
  DynsrvConfig: 'what a file holds: reading the file checks it',
  EpmdModuleTraits: 'what a test says about the module under test',
  'Node.send(options)': 'the sender beside SendOptions, which are tried',
  Partial: 'a record, or a part of one',
  ProgramRun: 'what a world of the program is given',
  ResolverAbilities: 'what a test says about the resolver under test',
  SendableObject: 'what can be sent, which is found out when it is encoded',
  ServerHandlers: 'functions of a server, which the node checks as such',
  SrvResolver: 'an object with methods',
  SrvSource: 'an object with methods',
  'System.warn(options)': 'what a world of the program is given',
  StatusMessage: 'a message of the protocol',
  World: 'the parts of a machine, which are checked as such',
  TlsFiles: 'a part of DoctorOptions and of ProbeOptions, which are tried',
}

/** Walks the whole API: each parameter of each exported function, constructor and public method. */
function walk(): Taken[] {
  const api = publicApi()
  const { checker } = api
  const found = new Map<string, Taken>()
  const note = (place: string, type: ts.Type): void => {
    const isPlain = (type.flags & ts.TypeFlags.Object) !== 0 && type.getCallSignatures().length === 0
    if (!isPlain || checker.isTupleType(type) || (type.symbol?.flags ?? 0) & ts.SymbolFlags.Class) return
    if (!type.getProperties().some(({ flags }) => flags & ts.SymbolFlags.Optional)) return
    const symbol: ts.Symbol | undefined = type.aliasSymbol ?? type.symbol
    const nameless = symbol === undefined || symbol.name === '__type'
    const owner = symbol && ownerOf(symbol)
    if (owner === undefined && !nameless) return
    const name = nameless ? place : symbol.name
    found.set(`${owner} ${name}`, { type: name, owner: owner ?? '', place })
  }
  for (const { name, signature, source } of callables(api)) {
    for (const parameter of signature.parameters) {
      const type = checker.getTypeOfSymbolAtLocation(parameter, source)
      for (const one of partsOf(type)) note(`${name}(${parameter.name})`, one)
    }
  }
  return [...found.values()]
}

/** Whether the tests of a package misspell each name of a type of options, or say why not. */
function isTried(owner: string, type: string): boolean {
  const file = `${ROOT}packages/${owner}/test/exported.test.ts`
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  return /test(?:Sound)?Options\(/.test(text) && new RegExp(`^\\s*(?:\\{ )?${type}: `, 'm').test(text)
}

describe('the whole API', () => {
  // Slow: the compiler reads all packages, and every type that a program can pass to one of them.
  it('refuses a misspelled name in every type of options', { timeout: 300_000 }, () => {
    const taken = walk()
    expect(taken.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['CallOptions', 'DnsClientOptions', 'HealthOptions', 'NodeOptions', 'StartOptions']),
    )
    const untried = taken.filter(({ type, owner }) => !Object.hasOwn(OTHERS, type) && !isTried(owner, type))
    expect(untried).toEqual([])
  })
})

const NAME = 'api-1@shop.test'
const STARTED = {
  service: 'shop.test',
  name: NAME,
  cookie: 'c',
  host: '127.0.0.1',
  port: 0,
  dns: '127.0.0.1:1',
  env: {},
}

const NODE = { name: NAME, cookie: 'c', epmd: new api.DynamicSrv({ resolver: api.dnsClient(), listenPort: 0 }) }

async function withCluster(ask: (cluster: api.Cluster) => unknown): Promise<void> {
  await using cluster = await api.start(STARTED)
  await ask(cluster)
}

testSoundOptions(
  new URL('../src/index.ts', import.meta.url),
  {
    DrainOptions: { take: (options) => withCluster((cluster) => cluster.drain(options)) },
    HealthOptions: {
      take: (options) => withCluster((cluster) => api.startHealthServer(cluster, { port: 0, ...options })),
    },
    NodeOptions: {
      take: (options) => api.startNode({ ...NODE, ...options }),
      nested: { limits: {}, decode: {}, listen: {} },
    },
    PageOptions: { take: (options) => withCluster((cluster) => api.pageRoutes(cluster, options)) },
    ModuleOptions: { take: (options) => withCluster((cluster) => cluster.module(api.contract('lists', {}), options)) },
    ReadyOptions: { take: (options) => withCluster((cluster) => cluster.ready(options)) },
    ServiceCallOptions: { take: (options) => withCluster((cluster) => cluster.service('stock').call(1, options)) },
    TypedServiceCallOptions: { take: (options) => withCluster((cluster) => cluster.service('stock').call(1, options)) },
    ServiceOptions: { take: (options) => withCluster((cluster) => cluster.service('stock', options)) },
    StartOptions: { take: (options) => api.start({ ...STARTED, ...options }) },
  },
  { FindCookieOptions: 'tried in @dynsrv/cluster', MailboxOptions: 'tried in @dynsrv/node' },
)
