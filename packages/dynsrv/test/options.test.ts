import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { testOptions } from '@dynsrv/tools/options'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import * as api from '../src/index.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

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
  CodedErrorOptions: 'details of an error: making one never throws',
  DynsrvConfig: 'what a file holds: reading the file checks it',
  EpmdModuleTraits: 'what a test says about the module under test',
  'Node.send(options)': 'the sender beside SendOptions, which are tried',
  Partial: 'a record, or a part of one',
  ResolverAbilities: 'what a test says about the resolver under test',
  ServerHandlers: 'functions of a server, which the node checks as such',
  SourceOptions: 'a part of DynamicSrvOptions, which is tried',
  SrvResolver: 'an object with methods',
  SrvSource: 'an object with methods',
  StatusMessage: 'a message of the protocol',
  TlsFiles: 'a part of DoctorOptions and of ProbeOptions, which are tried',
}

/** The source file of everything that a package exports. */
function entriesOf(name: string): string[] {
  const { exports, private: secret } = JSON.parse(readFileSync(`${ROOT}packages/${name}/package.json`, 'utf8'))
  const paths = secret === true ? [] : Object.keys(exports as object)
  return paths
    .map((path) => `${ROOT}packages/${name}/src/${path === '.' ? 'index' : path.slice(2)}.ts`)
    .filter((file) => existsSync(file))
}

/** Walks the whole API: each parameter of each exported function, constructor and public method. */
function walk(entries: readonly string[]): Taken[] {
  const config = ts.readConfigFile(`${ROOT}tools/tsconfig.base.json`, ts.sys.readFile).config
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, `${ROOT}tools`)
  const program = ts.createProgram(entries, options)
  const checker = program.getTypeChecker()
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
  const look = (owner: string, signatures: readonly ts.Signature[], at: ts.SourceFile): void => {
    for (const { parameters, declaration } of signatures) {
      if (declaration !== undefined && isPrivate(declaration)) continue
      for (const parameter of parameters) {
        const type = checker.getTypeOfSymbolAtLocation(parameter, at)
        for (const one of parts(type)) note(`${owner}(${parameter.name})`, one)
      }
    }
  }
  for (const file of entries) {
    const source = program.getSourceFile(file)!
    for (const exported of checker.getExportsOfModule(checker.getSymbolAtLocation(source)!)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
      if ((symbol.flags & ts.SymbolFlags.Value) === 0) continue
      const type = checker.getTypeOfSymbolAtLocation(symbol, source)
      look(symbol.name, type.getCallSignatures(), source)
      look(`new ${symbol.name}`, type.getConstructSignatures(), source)
      if ((symbol.flags & ts.SymbolFlags.Class) === 0) continue
      for (const method of checker.getDeclaredTypeOfSymbol(symbol).getProperties()) {
        if (method.name.startsWith('#') || ownerOf(method) === undefined) continue
        const signatures = checker.getTypeOfSymbolAtLocation(method, source).getCallSignatures()
        look(`${symbol.name}.${method.name}`, signatures, source)
      }
    }
  }
  return [...found.values()]
}

/** What a type is made of: `A | (B & C)` of A, B and C. */
function parts(type: ts.Type): ts.Type[] {
  return type.isUnionOrIntersection() ? type.types.flatMap(parts) : [type]
}

/** The package of ours in whose sources something is declared. */
function ownerOf(symbol: ts.Symbol): string | undefined {
  const file = symbol.declarations?.[0]?.getSourceFile().fileName ?? ''
  return /\/packages\/([^/]+)\/src\//.exec(file)?.[1]
}

function isPrivate(declaration: ts.Node): boolean {
  return ts.canHaveModifiers(declaration)
    ? (ts.getModifiers(declaration) ?? []).some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword)
    : false
}

/** Whether the tests of a package misspell each name of a type of options, or say why not. */
function isTried(owner: string, type: string): boolean {
  const file = `${ROOT}packages/${owner}/test/exported.test.ts`
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  return text.includes('testOptions(') && new RegExp(`^\\s*(?:\\{ )?${type}: `, 'm').test(text)
}

describe('the whole API', () => {
  it('refuses a misspelled name in every type of options', { timeout: 300_000 }, () => {
    const packages = readdirSync(`${ROOT}packages`)
    const taken = walk(packages.flatMap(entriesOf))
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

testOptions(
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
    ReadyOptions: { take: (options) => withCluster((cluster) => cluster.ready(options)) },
    StartOptions: { take: (options) => api.start({ ...STARTED, ...options }) },
  },
  { MailboxOptions: 'tried in @dynsrv/node' },
)
