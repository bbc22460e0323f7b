import type { CookieFiles, StartOptions } from '@dynsrv/cluster'
import {
  duration,
  either,
  filledText,
  flag,
  listOf,
  numberFrom,
  oneOf,
  optionsOf,
  port,
  type Rule,
  type Rules,
  recordOf,
  required,
  rule,
  whole,
  wrong,
} from '@dynsrv/kit'
import { STRATEGIES } from './strategies.ts'

/** A set of members: the name of a strategy, and its own options, which the strategy checks. */
export interface ConfigTopology {
  /** Where the members come from; default `dynamicSrv`. */
  readonly strategy?: string
  /** For `dynamicSrv`: the DNS name that holds the SRV records. */
  readonly service?: string
  /** For `dynamicSrv`: the name of the port, where the service has SRV records for several. */
  readonly portName?: string
  /** Time between two polls. Unit: milliseconds. */
  readonly pollingInterval?: number
  readonly [option: string]: unknown
}

/** Certificates for the links. Files are relative to the configuration file. */
export interface ConfigTls {
  /** Our certificate, PEM. */
  readonly certFile: string
  /** Its key, PEM. */
  readonly keyFile: string
  /** Certificates that sign those of the peers, PEM. */
  readonly caFile?: string
  /** Whether a peer that dials us must show one; default true. */
  readonly requireClientCertificate?: boolean
}

/** Options of `start` that are code, or that a file has in another form. */
export type NotInFile =
  | 'allow'
  | 'cookie'
  | 'attach'
  | 'deregister'
  | 'leaveOn'
  | 'env'
  | 'epmd'
  | 'interval'
  | 'leave'
  | 'listen'
  | 'locate'
  | 'logger'
  | 'memberName'
  | 'output'
  | 'retry'
  | 'world'
  | 'cookieFile'
  | 'dns'
  | 'tls'
  | 'topologies'

/** A configuration file, as JSON holds it. What is left out comes from the environment. */
export interface DynsrvConfig extends Omit<StartOptions, NotInFile> {
  /** The schema of this file, for editors. */
  readonly $schema?: string
  /** A file that holds the cookie, relative to this one; default `RELEASE_COOKIE`, then `~/.erlang.cookie`. */
  readonly cookieFile?: string | CookieFiles
  /** Several sets of members, by a name of your choice. */
  readonly topologies?: Readonly<Record<string, ConfigTopology>>
  /** DNS servers as `host:port`; default: those of `/etc/resolv.conf`. */
  readonly dns?: string | readonly string[]
  /** TLS for the links, as `-proto_dist inet_tls`. */
  readonly tls?: ConfigTls
  /** Where `dynsrv up` serves HTTP, `host:port`; default `127.0.0.1:9464`. */
  readonly http?: string
  /** Whether `dynsrv up` serves the live page; default false. */
  readonly page?: boolean
  /** Peers before `/readyz` of `dynsrv up` says yes; default 0. */
  readonly minPeers?: number
}

/** A part of a JSON schema. */
export type Schema = Readonly<Record<string, unknown>>

/** What a setting takes: for the program a rule, for editors a schema. */
export interface Setting {
  readonly rule: Rule
  readonly schema: Schema
}

/** A setting for each of a type: one without does not compile. */
type Settings<T> = { readonly [Key in keyof T]-?: Setting }

const text: Setting = { rule: filledText, schema: { type: 'string', minLength: 1 } }
const yesOrNo: Setting = { rule: flag, schema: { type: 'boolean' } }
const milliseconds: Setting = { rule: duration({ min: 1 }), schema: { type: 'number', minimum: 1 } }
const number = (minimum: number, maximum?: number): Setting => ({
  rule: numberFrom(minimum, maximum),
  schema: { type: 'number', minimum, ...(maximum !== undefined && { maximum }) },
})
const wholeNumber = (minimum: number, maximum?: number): Setting => ({
  rule: whole(minimum, maximum),
  schema: { type: 'integer', minimum, ...(maximum !== undefined && { maximum }) },
})
const choice = (...values: readonly string[]): Setting => ({ rule: oneOf(...values), schema: { enum: values } })
const someTexts: Setting = {
  rule: {
    what: 'an array of at least one string',
    check: (value, at) =>
      Array.isArray(value) && value.length === 0
        ? wrong(at, 'an array of at least one string', value)
        : listOf(filledText).check(value, at),
  },
  schema: { type: 'array', minItems: 1, items: text.schema },
}
const oneOfThese = (...settings: readonly Setting[]): Setting => ({
  rule: either(...settings.map((each) => each.rule)),
  schema: { anyOf: settings.map((each) => each.schema) },
})
const needed = (setting: Setting): Setting => ({ ...setting, rule: required(setting.rule) })

/** An object of settings. */
function group<T extends object>(settings: Settings<T>): Setting {
  const all = Object.entries<Setting>(settings)
  const names = all.filter(([, { rule: each }]) => each.required).map(([name]) => name)
  return {
    rule: optionsOf<T>(rulesOf(settings)),
    schema: {
      type: 'object',
      properties: Object.fromEntries(all.map(([name, { schema }]) => [name, schema])),
      ...(names.length > 0 && { required: names }),
      additionalProperties: false,
    },
  }
}

/** An object that another part of the program checks. */
const object: Setting = {
  rule: rule('an object', (value) => typeof value === 'object' && value !== null && !Array.isArray(value)),
  schema: { type: 'object' },
}

/** A topology has the options of its strategy beside these. */
function topologySetting(): Setting {
  const known: Readonly<Record<string, Setting>> = {
    strategy: describe(choice(...STRATEGIES.keys()), 'Where the members come from; default dynamicSrv.'),
    service: describe(text, 'For dynamicSrv: the DNS name that holds the SRV records.'),
    portName: describe(text, 'For dynamicSrv: the name of the port, where the service has SRV records for several.'),
    pollingInterval: describe(milliseconds, 'Time between two polls, in milliseconds.'),
  }
  const check: Rule['check'] = (value, at) => {
    const fault = object.rule.check(value, at)
    if (fault !== undefined) return fault
    for (const [name, setting] of Object.entries(known)) {
      const each = (value as Readonly<Record<string, unknown>>)[name]
      const wrongOne = each === undefined ? undefined : setting.rule.check(each, `${at}.${name}`)
      if (wrongOne !== undefined) return wrongOne
    }
    return undefined
  }
  const properties = Object.fromEntries(Object.entries(known).map(([name, { schema }]) => [name, schema]))
  return {
    rule: { what: 'an object with the options of a strategy', check },
    schema: {
      description: "A set of members: the strategy's name, and its own options (docs/membership.md).",
      type: 'object',
      properties,
    },
  }
}

function describe(setting: Setting, description: string): Setting {
  return { ...setting, schema: { description, ...setting.schema } }
}

const topology = topologySetting()
const cookieFiles = group<CookieFiles>({ offered: needed(text), accepted: needed(someTexts) })

/** Every setting of a configuration file. */
export const SETTINGS: Settings<DynsrvConfig> = {
  $schema: describe({ rule: filledText, schema: { type: 'string' } }, 'The schema of this file, for editors.'),
  name: describe(text, "The node's name, alive@host with a long host; default RELEASE_NODE."),
  cookieFile: describe(
    oneOfThese(text, cookieFiles),
    'A file that holds the cookie, relative to this one, or { offered, accepted } while it is being changed; default RELEASE_COOKIE, then ~/.erlang.cookie.',
  ),
  service: describe(text, 'The SRV name of the members: short for one topology.'),
  portName: describe(text, 'The name of the port of the members, where service has SRV records for several.'),
  topologies: describe(
    { rule: recordOf(topology.rule), schema: { type: 'object', additionalProperties: topology.schema } },
    'Several sets of members, by a name of your choice.',
  ),
  dns: describe(oneOfThese(text, someTexts), 'DNS servers as host:port; default those of /etc/resolv.conf.'),
  port: describe(
    { rule: port, schema: wholeNumber(0, 65_535).schema },
    'The distribution port, 0 for any free one; default ERL_DIST_PORT.',
  ),
  host: describe(text, 'The address to listen on; default all.'),
  hidden: describe(yesOrNo, 'Whether BEAM nodes leave us out of nodes(); default true.'),
  shortNames: describe(yesOrNo, 'Whether the host of the name has no dot, as with -sname; default false.'),
  preventOverlappingPartitions: describe(
    yesOrNo,
    'As prevent_overlapping_partitions, for a visible node; default true.',
  ),
  autoConnect: describe(yesOrNo, 'Whether sending to a node that is not connected connects to it; default true.'),
  assignNames: describe(yesOrNo, 'Whether peers without a name get one, as with -name undefined; default true.'),
  setupTimeMs: describe(milliseconds, 'How long each stage of the set-up of a link may take; default 7000.'),
  netTickTimeMs: describe(milliseconds, 'How long a peer may stay silent; default 60000.'),
  netTickIntensity: describe(wholeNumber(4, 1_000), 'As net_tickintensity; default 4.'),
  busyWaitMs: describe(number(0, 10), 'How long the event loop polls before it sleeps; default 0.2.'),
  decode: describe(object, 'What is too much of a term: the option decode of start.'),
  values: describe(
    oneOfThese(choice('exact', 'plain'), object),
    'Which JavaScript values terms become: the option values of start.',
  ),
  limits: describe(object, 'What peers and programs can make the node hold: the option limits of start.'),
  tls: describe(
    group<ConfigTls>({
      certFile: needed(describe(text, 'Our certificate, PEM.')),
      keyFile: needed(describe(text, 'Its key, PEM.')),
      caFile: describe(text, 'Certificates that sign those of the peers, PEM.'),
      requireClientCertificate: describe(yesOrNo, 'Whether a peer that dials us must show one; default true.'),
    }),
    'TLS for the links, as -proto_dist inet_tls. Files are relative to this one.',
  ),
  topology: describe(text, 'The name of the topology that service stands for; default: the service.'),
  pollingInterval: describe(milliseconds, 'Time between two polls of service; default 5000.'),
  disconnectOnDeregister: describe(
    yesOrNo,
    'Whether the link to a member of service goes down when its record is removed; default true.',
  ),
  maxLeaveShare: describe(number(0, 1), 'The share of the members that may leave in one poll; default 0.5.'),
  confirmEmpty: describe(wholeNumber(1), 'Empty answers in a row before one is believed; default 3.'),
  confirmEmptyMs: describe(milliseconds, 'How long answers must be empty before live links go; default 600 000.'),
  confirmLeave: describe(wholeNumber(0), 'Extra lookups before a member leaves; default 2.'),
  confirmDelayMs: describe(milliseconds, 'Time between these; default 25.'),
  doubtPolls: describe(
    wholeNumber(0),
    'For how many polls a member is kept because nothing shows whether answers are whole; default 10.',
  ),
  rotationPolls: describe(
    wholeNumber(0),
    'Polls without a leave after answers that show only part of the members; default 10.',
  ),
  discoverTimeoutMs: describe(milliseconds, 'How long one answer may take; default 30000.'),
  maxMembers: describe(wholeNumber(1), 'Members that are taken from one answer at most; default 10000.'),
  connectTimeoutMs: describe(milliseconds, 'How long one dial may take; default 10000.'),
  parallel: describe(wholeNumber(1), 'Dials that begin at the same time; default 16.'),
  unref: describe(yesOrNo, 'Whether the timers of discovery let the process end; default false.'),
  http: describe(text, 'Where `dynsrv up` serves HTTP, host:port; default 127.0.0.1:9464.'),
  page: describe(yesOrNo, 'Whether `dynsrv up` serves the live page; default false.'),
  minPeers: describe(wholeNumber(0), 'Peers before /readyz of `dynsrv up` says yes; default 0.'),
}

/** The rules of settings. */
export function rulesOf<T>(settings: Settings<T>): Rules<T> {
  return Object.fromEntries(Object.entries<Setting>(settings).map(([name, each]) => [name, each.rule])) as Rules<T>
}

/** The JSON schema of a configuration file, for editors. */
export function configSchema(): Schema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'dynsrv',
    description: 'A node of dynsrv in a cluster of Erlang and Elixir nodes.',
    ...group(SETTINGS).schema,
  }
}
