import { isIP } from 'node:net'
import { type Discover, withSubscribe } from '../discover.ts'
import { type Check, duration, flag, httpUrl, text } from '../options.ts'
import { pause } from '../pause.ts'
import { onDeregister } from '../policy/leave-policy.ts'
import { httpJson, malformed } from './http-json.ts'
import { list, textAt } from './json.ts'
import {
  byIp,
  type Candidate,
  checkBasename,
  mapNames,
  type NameMapping,
  nameMapping,
  targetLabel,
} from './name-mapping.ts'
import { sourceStrategy } from './source-strategy.ts'

/** Members from Consul's health endpoint. */
export interface ConsulOptions {
  /** The service's name in the catalog. */
  readonly service: string
  /** Default `http://127.0.0.1:8500`. */
  readonly baseUrl?: string
  /** An ACL token. */
  readonly accessToken?: string
  /** The datacenter; default: the agent's. */
  readonly dc?: string
  /** Only instances with this tag. */
  readonly tag?: string
  /** Only instances whose checks pass; default true. */
  readonly passing?: boolean
  /** With it, members are `<nodeBasename>@<ip>`. */
  readonly nodeBasename?: string
  /** How an instance becomes a node name; default: its address `<label>.<service>.service.consul`, or by `nodeBasename`. */
  readonly name?: NameMapping
  /** Learn of changes by blocking queries; default true. */
  readonly push?: boolean
  /** How long one blocking query may last, in milliseconds; default 60 000. */
  readonly waitMs?: number
  /** Default 15 000. */
  readonly requestTimeoutMs?: number
}

const CHECKS: Readonly<Record<keyof ConsulOptions, Check>> = {
  service: text,
  baseUrl: httpUrl,
  accessToken: text,
  dc: text,
  tag: text,
  passing: flag,
  nodeBasename: checkBasename,
  name: nameMapping,
  push: flag,
  waitMs: duration,
  requestTimeoutMs: duration,
}

/** The nodes that are registered in Consul. A change arrives within milliseconds by a blocking query. */
export function consulNodes(options: ConsulOptions): Discover {
  const { service, nodeBasename, push = true } = options
  const { name = nodeBasename === undefined ? targetLabel(`${service}.service.consul`) : byIp(nodeBasename) } = options
  const discover = async ({ signal }: { readonly signal: AbortSignal }) => {
    const { candidates } = await health(options, { signal })
    return mapNames(candidates, name)
  }
  const subscribe: Discover['subscribe'] = (changed, { signal }) => void follow(options, changed, signal)
  return withSubscribe(discover, push ? subscribe : undefined)
}

/** Members are the instances of a service that Consul's health endpoint lists. */
export const consul = sourceStrategy<ConsulOptions>({
  owner: 'consul',
  checks: CHECKS,
  required: ['service'],
  leave: onDeregister,
  nodes: consulNodes,
})

/** Blocking queries, one after another; failures wait longer and longer, since the poll tells of them anyway. */
async function follow(options: ConsulOptions, changed: () => void, signal: AbortSignal): Promise<void> {
  let index = '0'
  for (let failures = 0; !signal.aborted; ) {
    try {
      const answer = await health(options, { signal, index })
      // The index may go back when Consul's state is restored; then it has to start anew.
      const next = Number(answer.index) < Number(index) ? '0' : answer.index
      if (next !== index) changed()
      else if (answer.elapsedMs < 100) await pause(1_000, { signal })
      index = next
      failures = 0
    } catch {
      failures += 1
      index = '0'
      await pause(Math.min(30_000, 500 * 2 ** Math.min(failures, 10)), { signal })
    }
  }
}

async function health(
  { service, baseUrl = 'http://127.0.0.1:8500', accessToken, dc, tag, passing = true, ...rest }: ConsulOptions,
  { signal, index }: { readonly signal: AbortSignal; readonly index?: string },
): Promise<{ candidates: [string, Candidate][]; index: string; elapsedMs: number }> {
  const { waitMs = 60_000, requestTimeoutMs = 15_000 } = rest
  const url = new URL(`/v1/health/service/${encodeURIComponent(service)}`, baseUrl)
  if (passing) url.searchParams.set('passing', '1')
  if (dc !== undefined) url.searchParams.set('dc', dc)
  if (tag !== undefined) url.searchParams.set('tag', tag)
  if (index !== undefined) {
    url.searchParams.set('index', index)
    url.searchParams.set('wait', `${waitMs}ms`)
  }
  const startedAt = performance.now()
  // Consul adds up to a sixteenth of the wait so that not all clients come back at once.
  const timeoutMs = requestTimeoutMs + (index === undefined ? 0 : waitMs * (1 + 1 / 16))
  const headers = accessToken === undefined ? {} : { 'x-consul-token': accessToken }
  const { body, headers: answered } = await httpJson({ url, headers, signal, timeoutMs })
  if (!Array.isArray(body)) throw malformed(url, 'it is no list of instances')
  const elapsedMs = performance.now() - startedAt
  return { candidates: body.map(candidateOf), index: String(answered['x-consul-index'] ?? '0'), elapsedMs }
}

function candidateOf(entry: unknown): [string, Candidate] {
  const given = textAt(entry, 'Service', 'Address') ?? textAt(entry, 'Node', 'Address') ?? ''
  const address = textAt(entry, 'Node', 'Address') ?? ''
  const meta = Object.entries((entry as { Service?: { Meta?: object | null } }).Service?.Meta ?? {})
  const candidate: Candidate = {
    target: given,
    addresses: isIP(given) !== 0 ? [given] : [address],
    tags: list(entry, 'Service', 'Tags').filter((tag) => typeof tag === 'string'),
    txt: meta.map(([key, value]) => `${key}=${String(value)}`),
  }
  return [textAt(entry, 'Service', 'ID') ?? given, candidate]
}
