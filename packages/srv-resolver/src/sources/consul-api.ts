import { type HttpGet, httpClient, type World } from '@dynsrv/kit'
import { ResolverError, type ResolverErrorCode } from '../error.ts'
import type { IgnoredRecord } from '../resolver.ts'

/** One instance of a service, as Consul's catalog has it. */
export interface ConsulInstance {
  /** Its id, unique on its agent. */
  readonly id: string
  /** The name of the machine, and its address. */
  readonly node: string
  readonly nodeAddress: string
  readonly datacenter: string
  /** The address of the instance itself: an IP address, a host name, or empty for that of its machine. */
  readonly address: string
  /** As it was registered: 0 when there was no port, and anything else that a registry may hold. */
  readonly port: unknown
  readonly tags: readonly string[]
  /** The metadata of the instance. */
  readonly meta: ConsulMeta
  /** The worst of its checks; `passing` without any. */
  readonly status: 'passing' | 'warning' | 'critical'
  /** The weight that its status gives it in SRV records, as it was registered. */
  readonly weight: unknown
}

/** Metadata, as texts. */
export type ConsulMeta = Readonly<Record<string, string>>

/** A reply with the index that a blocking query goes on from. */
export interface ConsulReply {
  readonly body: unknown
  readonly index: number
  /** Without a leader an answer may be of any age. */
  readonly hasLeader: boolean
}

/** How to reach Consul. */
export interface ConsulAccess {
  readonly get: HttpGet
  readonly url: URL
  readonly token: string | undefined
  readonly timeoutMs: number
}

/** The HTTP client of Consul's API, whose faults are this package's errors. */
export function consulClient(world: Pick<World, 'clock' | 'network'>): HttpGet {
  return httpClient(world, ({ kind, what, cause }, { host: server }) => {
    const code = { late: 'DNS_TIMEOUT', unreachable: 'DNS_UNREACHABLE', malformed: 'DNS_MALFORMED' } as const
    return new ResolverError(code[kind], `Consul at ${server} ${what}`, { server, cause })
  })
}

const HTTP_CODES: Readonly<Record<number, ResolverErrorCode>> = {
  400: 'DNS_FORMERR',
  401: 'DNS_REFUSED',
  403: 'DNS_REFUSED',
  404: 'DNS_SERVER_ERROR',
  429: 'DNS_REFUSED',
}
const HTTP_HINTS: Readonly<Record<number, string>> = {
  403: 'Give a token whose policy may read this service and its nodes.',
  404: 'Check the url: a server that is not Consul answers there.',
}
const REDIRECTED = {
  code: 'DNS_SERVER_ERROR',
  hint: 'Give the address that it leads to: redirects are not followed.',
} as const

/**
 * Asks Consul's HTTP API.
 *
 * @param waitMs how long a blocking query may wait besides `timeoutMs`
 * @throws {ResolverError}
 */
export async function askConsul(
  { get, url, token, timeoutMs }: ConsulAccess,
  path: string,
  parameters: URLSearchParams,
  signal: AbortSignal,
  waitMs = 0,
): Promise<ConsulReply> {
  const target = new URL(path.replace(/^\//, ''), url)
  target.search = parameters.toString()
  const headers = token === undefined ? {} : { 'x-consul-token': token }
  const answer = await get({ url: target, headers, signal, timeoutMs: timeoutMs + waitMs })
  if (answer.status !== 200) throw refusal(answer.status, await answer.text(), url.host)
  return {
    body: await answer.json(),
    index: Number(answer.header('x-consul-index') ?? 0) || 0,
    hasLeader: answer.header('x-consul-knownleader') !== 'false',
  }
}

function refusal(status: number, text: string, server: string): ResolverError {
  const redirected = status >= 300 && status < 400 ? REDIRECTED : undefined
  const code = redirected?.code ?? HTTP_CODES[status] ?? 'DNS_SERVFAIL'
  const hint = redirected?.hint ?? HTTP_HINTS[status]
  const said = text.trim().slice(0, 200)
  // Quoted, so that control characters of another server reach no terminal.
  const quoted = /^[\x20-\x7e]*$/.test(said) ? said : JSON.stringify(said)
  return new ResolverError(code, `Consul at ${server} answered HTTP ${status}${said === '' ? '' : `: ${quoted}`}`, {
    server,
    hint,
  })
}

/**
 * The instances of a `/v1/health/service` reply. Anything else is left out, with the reason.
 *
 * @throws {ResolverError} `DNS_MALFORMED` unless the reply is a list
 */
export function instancesOf(
  { body }: ConsulReply,
  server: string,
): { instances: ConsulInstance[]; ignored: IgnoredRecord[] } {
  if (!Array.isArray(body)) throw malformed(server, 'no list of instances')
  const instances: ConsulInstance[] = []
  const ignored: IgnoredRecord[] = []
  for (const [index, item] of body.entries()) {
    const instance = instanceOf(item)
    if (typeof instance !== 'string') instances.push(instance)
    else ignored.push({ target: text(field(field(item, 'Service'), 'ID')) || `instance ${index}`, reason: instance })
  }
  return { instances, ignored }
}

/** An instance, or why it is none. */
function instanceOf(item: unknown): ConsulInstance | string {
  const [node, service] = [field(item, 'Node'), field(item, 'Service')]
  const [name, nodeAddress] = [field(node, 'Node'), field(node, 'Address')]
  if (typeof name !== 'string' || typeof nodeAddress !== 'string') return 'it has no node with a name and an address'
  if (typeof service !== 'object' || service === null) return 'it has no service'
  const status = worst(field(item, 'Checks'))
  const weights = field(service, 'Weights')
  const tags = field(service, 'Tags')
  return {
    id: text(field(service, 'ID')),
    node: name,
    nodeAddress,
    datacenter: text(field(node, 'Datacenter')),
    address: text(field(service, 'Address')),
    port: field(service, 'Port'),
    tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [],
    meta: metaOf(field(service, 'Meta')),
    status,
    weight: weightOf(field(weights, status === 'warning' ? 'Warning' : 'Passing')),
  }
}

function worst(checks: unknown): ConsulInstance['status'] {
  const all = Array.isArray(checks) ? checks.map((check) => field(check, 'Status')) : []
  if (all.includes('critical')) return 'critical'
  return all.includes('warning') ? 'warning' : 'passing'
}

/** The node of a `/v1/catalog/node` reply; `undefined` when there is none. */
export function nodeOf({ body }: ConsulReply, server: string): { address: string; meta: ConsulMeta } | undefined {
  if (body === null) return undefined
  const node = field(body, 'Node')
  if (node === null) return undefined
  const address = field(node, 'Address')
  if (typeof address !== 'string') throw malformed(server, 'a node without address')
  return { address, meta: metaOf(field(node, 'Meta')) }
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** Consul's own default is 1, and its DNS cuts what does not fit into 16 bits. */
function weightOf(value: unknown): unknown {
  return typeof value === 'number' ? Math.min(value, 65_535) : (value ?? 1)
}

function metaOf(value: unknown): ConsulMeta {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : []
  return Object.fromEntries(entries.flatMap(([key, one]) => (typeof one === 'string' ? [[key, one]] : [])))
}

function malformed(server: string, why: string): ResolverError {
  return new ResolverError('DNS_MALFORMED', `Consul at ${server} gave an answer of an unknown form: ${why}`, { server })
}
