import { ResolverError, type ResolverErrorCode } from '../error.ts'
import { withLinkedSignal } from '../linked-signal.ts'

/** One instance, as `/v1/health/service` tells it; reduced to what is used here. */
export interface ConsulInstance {
  readonly Node: {
    readonly Node: string
    readonly Address: string
    readonly Datacenter: string
    readonly Meta: ConsulMeta
  }
  readonly Service: {
    readonly Address: string
    readonly Port: number
    readonly Weights: { readonly Passing: number; readonly Warning: number }
  }
  readonly Checks: readonly { readonly Status: string }[]
}

export type ConsulMeta = Readonly<Record<string, string>>

/** A reply with the index that a blocking query goes on from. */
export interface ConsulReply {
  readonly body: unknown
  readonly index: number
  /** Without a leader an answer may be old, and nobody can say how old. */
  readonly hasLeader: boolean
}

/** How to reach Consul. */
export interface ConsulAccess {
  readonly url: URL
  readonly token: string | undefined
  readonly timeoutMs: number
}

const MAX_BODY_BYTES = 64 * 1024 * 1024
const HTTP_CODES: Readonly<Record<number, ResolverErrorCode>> = {
  400: 'DNS_FORMERR',
  401: 'DNS_REFUSED',
  403: 'DNS_REFUSED',
  404: 'DNS_SERVER_ERROR',
  429: 'DNS_REFUSED',
}
const HTTP_HINTS: Readonly<Record<number, string>> = {
  403: 'Give a token whose policy may read this service and its nodes.',
  404: 'Something else than Consul answers there; check the url.',
}

/**
 * Asks Consul's HTTP API.
 *
 * @param waitMs how long a blocking query may wait besides `timeoutMs`
 * @throws {ResolverError}
 */
export async function askConsul(
  { url, token, timeoutMs }: ConsulAccess,
  path: string,
  parameters: URLSearchParams,
  signals: readonly (AbortSignal | undefined)[],
  waitMs = 0,
): Promise<ConsulReply> {
  const target = new URL(path.replace(/^\//, ''), url)
  target.search = parameters.toString()
  const server = url.host
  const timeout = new AbortController()
  const timer = setTimeout(() => timeout.abort(), timeoutMs + waitMs)
  try {
    return await withLinkedSignal([...signals, timeout.signal], async (either) => {
      const headers = token === undefined ? {} : { 'x-consul-token': token }
      const response = await fetch(target, { headers, signal: either, redirect: 'error' })
      const text = await boundedText(response, server)
      if (!response.ok) throw refusal(response.status, text, server)
      return {
        body: parsed(text, server),
        index: Number(response.headers.get('x-consul-index') ?? 0) || 0,
        hasLeader: response.headers.get('x-consul-knownleader') !== 'false',
      }
    })
  } catch (cause) {
    for (const signal of signals) signal?.throwIfAborted()
    if (cause instanceof ResolverError) throw cause
    if (timeout.signal.aborted) {
      throw new ResolverError('DNS_TIMEOUT', `Consul at ${server} did not answer within ${timeoutMs + waitMs} ms`, {
        server,
      })
    }
    const why = cause instanceof Error ? cause : new Error(String(cause))
    const reason =
      why.cause instanceof Error ? ((why.cause as NodeJS.ErrnoException).code ?? why.cause.message) : why.message
    throw new ResolverError('DNS_UNREACHABLE', `Consul at ${server} cannot be asked: ${reason}`, { cause, server })
  } finally {
    clearTimeout(timer)
  }
}

async function boundedText(response: Response, server: string): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) {
      throw new ResolverError('DNS_MALFORMED', `Consul at ${server} answered more than ${MAX_BODY_BYTES} bytes`, {
        server,
      })
    }
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

function refusal(status: number, text: string, server: string): ResolverError {
  const code = HTTP_CODES[status] ?? 'DNS_SERVFAIL'
  const hint = HTTP_HINTS[status]
  const said = text.trim().slice(0, 200)
  return new ResolverError(code, `Consul at ${server} answered HTTP ${status}${said === '' ? '' : `: ${said}`}`, {
    server,
    ...(hint !== undefined && { hint }),
  })
}

function parsed(text: string, server: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw malformed(server, 'no JSON', cause)
  }
}

/** @throws {ResolverError} `DNS_MALFORMED` unless the reply is a list of instances */
export function instancesOf({ body }: ConsulReply, server: string): ConsulInstance[] {
  if (!Array.isArray(body)) throw malformed(server, 'no list of instances')
  return body.map((item: unknown) => {
    const [node, service] = [field(item, 'Node'), field(item, 'Service')]
    const [name, nodeAddress, port] = [field(node, 'Node'), field(node, 'Address'), field(service, 'Port')]
    if (typeof name !== 'string' || typeof nodeAddress !== 'string' || !Number.isInteger(port)) {
      throw malformed(server, 'an instance without node, address or port')
    }
    const checks = field(item, 'Checks')
    const weights = field(service, 'Weights')
    return {
      Node: {
        Node: name,
        Address: nodeAddress,
        Datacenter: text(field(node, 'Datacenter')),
        Meta: metaOf(field(node, 'Meta')),
      },
      Service: {
        Address: text(field(service, 'Address')),
        Port: Number(port),
        Weights: { Passing: weight(field(weights, 'Passing')), Warning: weight(field(weights, 'Warning')) },
      },
      Checks: Array.isArray(checks) ? checks.map((check) => ({ Status: text(field(check, 'Status')) })) : [],
    }
  })
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

function weight(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? Math.min(value, 65_535) : 1
}

function metaOf(value: unknown): ConsulMeta {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : []
  return Object.fromEntries(entries.flatMap(([key, one]) => (typeof one === 'string' ? [[key, one]] : [])))
}

function malformed(server: string, why: string, cause?: unknown): ResolverError {
  return new ResolverError('DNS_MALFORMED', `Consul at ${server} answered something strange: ${why}`, { server, cause })
}
