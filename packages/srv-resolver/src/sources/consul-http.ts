import { isIP } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { literalAddress } from '../both-families.ts'
import { aBoolean, aText, checkOptions, whole } from '../check-options.ts'
import { checkedName, nameKey } from '../dns-name.ts'
import { ResolverError } from '../error.ts'
import type {
  AddressRecord,
  DnsAnswer,
  ResolveAddressesOptions,
  ResolveOptions,
  SrvAnswer,
  SrvRecord,
  SrvResolver,
  SrvWatchEvent,
  SrvWatcher,
} from '../resolver.ts'
import {
  askConsul,
  type ConsulAccess,
  type ConsulInstance,
  type ConsulReply,
  instancesOf,
  nodeOf,
} from './consul-api.ts'
import { addressLabel, type ConsulName, parseConsulName } from './consul-name.ts'

/** Options of {@link consulHttp}. */
export interface ConsulHttpOptions {
  /** Default `http://127.0.0.1:8500`, the local agent. */
  readonly url?: string
  /** ACL token. */
  readonly token?: string
  /** Datacenter of names that say none; the agent's own when left out. */
  readonly datacenter?: string
  /** Only instances with this tag, besides the tag in a name. */
  readonly tag?: string
  /** Only instances whose checks all pass; default false, which leaves out only critical ones, as Consul's DNS does. */
  readonly passing?: boolean
  /** Any server may answer, which is faster and may be a little old. Default true, as in Consul's DNS. */
  readonly stale?: boolean
  /** Consul's DNS domain; default `consul`. */
  readonly domain?: string
  /** Milliseconds; default 10000, since a server without leader takes about seven seconds to say so. */
  readonly timeoutMs?: number
  /** How long one blocking query of `watchSrv` waits for a change, milliseconds; default 300000. */
  readonly waitMs?: number
}

const RULES = {
  url: aText,
  token: aText,
  datacenter: aText,
  tag: aText,
  passing: aBoolean,
  stale: aBoolean,
  domain: aText,
  timeoutMs: whole(1, 600_000),
  waitMs: whole(1000, 600_000),
}

type Signals = readonly (AbortSignal | undefined)[]
type ServiceName = Extract<ConsulName, { kind: 'service' }>

const RETRY_MIN_MS = 250
const RETRY_MAX_MS = 30_000
const PRIORITY = 1

/**
 * A resolver over Consul's HTTP API that gives what Consul's DNS would say, whole and at once.
 *
 * Names, targets, priority 1, weights and addresses are those of Consul's DNS, so it can stand in for `dnsClient`;
 * nothing is cut at any size, and `watchSrv` tells of a change within milliseconds (blocking queries).
 *
 * @throws {ResolverError} `DNS_BAD_OPTION`
 * @see Consul documentation, "Health HTTP API" and "Blocking Queries"
 */
export function consulHttp(options: ConsulHttpOptions = {}): ConsulHttp {
  return new ConsulHttp(options)
}

/** What {@link consulHttp} makes. */
export class ConsulHttp implements SrvResolver, SrvWatcher {
  readonly #options: ConsulHttpOptions
  readonly #access: ConsulAccess
  readonly #domain: string
  readonly #closing = new AbortController()

  /** @throws {ResolverError} `DNS_BAD_OPTION`, naming the option */
  constructor(options: ConsulHttpOptions = {}) {
    checkOptions('consulHttp', options, RULES)
    const { url = 'http://127.0.0.1:8500', token, timeoutMs = 10_000, domain = 'consul' } = options
    if (!URL.canParse(url) || !/^https?:/.test(url)) {
      throw new ResolverError('DNS_BAD_OPTION', `consulHttp: url is ${JSON.stringify(url)}, not an HTTP address`, {
        hint: 'Write it like http://127.0.0.1:8500.',
      })
    }
    this.#options = options
    this.#access = { url: new URL(url.endsWith('/') ? url : `${url}/`), token, timeoutMs }
    this.#domain = checkedName(domain)
  }

  async resolveSrv(name: string, { signal }: ResolveOptions = {}): Promise<SrvAnswer> {
    const asked = parseConsulName(name, this.#domain)
    if (asked.kind !== 'service') return { ...(await this.#nothing(asked, signal)), records: [], addresses: new Map() }
    return this.#srvAnswer(await this.#ask(asked, this.#signals(signal)))
  }

  async resolveAddresses(name: string, options: ResolveAddressesOptions = {}): Promise<DnsAnswer<AddressRecord>> {
    const { family, signal } = options
    const literal = literalAddress(name, family)
    if (literal !== undefined) return literal
    const asked = parseConsulName(name, this.#domain)
    const addresses = await this.#addresses(asked, this.#signals(signal))
    const all = [...new Set(addresses)].flatMap((address) => addressRecord(address))
    const records = all.filter((record) => family === undefined || record.family === family)
    if (records.length > 0) return { ...this.#common(), records }
    return { ...this.#common(), records, empty: all.length > 0 ? 'nodata' : 'nxdomain' }
  }

  async resolveTxt(name: string, { signal }: ResolveOptions = {}): Promise<DnsAnswer<string>> {
    const asked = parseConsulName(name, this.#domain)
    if (asked.kind !== 'node') {
      const { empty } =
        asked.kind === 'service' ? await this.resolveSrv(name, signal === undefined ? {} : { signal }) : {}
      return { ...this.#common(), records: [], empty: empty ?? 'nodata' }
    }
    const node = await this.#node(asked, this.#signals(signal))
    const records = Object.entries(node?.meta ?? {}).map(([key, value]) => (key === '' ? value : `${key}=${value}`))
    if (records.length > 0) return { ...this.#common(), records }
    return { ...this.#common(), records, empty: node === undefined ? 'nxdomain' : 'nodata' }
  }

  async *watchSrv(name: string, { signal }: ResolveOptions = {}): AsyncGenerator<SrvWatchEvent, never> {
    const asked = parseConsulName(name, this.#domain)
    if (asked.kind !== 'service') {
      throw new ResolverError('DNS_WRONG_SOURCE', `${name} is no service that could be watched`)
    }
    const closing = this.#closing.signal
    const either = signal === undefined ? closing : AbortSignal.any([signal, closing])
    let index = 0
    let told: string | undefined
    for (let failures = 0; ; ) {
      either.throwIfAborted()
      try {
        const reply = await this.#ask(asked, [either], index)
        failures = 0
        // An index that goes back means that the servers were restored or restarted: begin anew.
        index = reply.index < index ? 0 : reply.index
        const answer = this.#srvAnswer(reply)
        const text = JSON.stringify([answer.records, [...answer.addresses]])
        if (text !== told) yield { type: 'answer', answer }
        told = text
        // Without an index the next query would not block.
        if (index === 0) await pause(RETRY_MIN_MS, undefined, { signal: either })
      } catch (error) {
        either.throwIfAborted()
        index = 0
        const retryInMs = Math.min(RETRY_MIN_MS * 2 ** failures++, RETRY_MAX_MS)
        yield { type: 'failed', error, retryInMs }
        await pause(retryInMs, undefined, { signal: either }).catch(() => either.throwIfAborted())
      }
    }
  }

  close(): void {
    this.#closing.abort(new ResolverError('DNS_CLOSED', 'the resolver has been closed'))
  }

  #signals(signal: AbortSignal | undefined): Signals {
    return [signal, this.#closing.signal]
  }

  #common() {
    const { host } = this.#access.url
    return {
      ttlSeconds: 0,
      server: host,
      transport: 'http',
      authoritative: true,
      truncated: false,
      stale: false,
    } as const
  }

  #ask(
    { service, tag, datacenter = this.#options.datacenter }: ServiceName,
    signals: Signals,
    index = 0,
  ): Promise<ConsulReply> {
    const { waitMs = 300_000, stale = true, passing = false } = this.#options
    const parameters = new URLSearchParams()
    for (const one of [tag, this.#options.tag]) if (one !== undefined) parameters.append('tag', one)
    if (datacenter !== undefined) parameters.set('dc', datacenter)
    if (passing) parameters.set('passing', '1')
    if (stale) parameters.set('stale', '')
    if (index > 0) {
      parameters.set('index', String(index))
      parameters.set('wait', `${waitMs}ms`)
    }
    // Consul adds up to a sixteenth to the wait, so that its clients do not all come at once.
    const blockedMs = index > 0 ? Math.ceil((waitMs * 17) / 16) : 0
    return askConsul(this.#access, `v1/health/service/${encodeURIComponent(service)}`, parameters, signals, blockedMs)
  }

  /** Consul's DNS leaves out what is critical even where everything else is taken. */
  #filtered(reply: ConsulReply): ConsulInstance[] {
    const instances = instancesOf(reply, this.#access.url.host)
    return instances.filter(({ Checks }) => !Checks.some(({ Status }) => Status === 'critical'))
  }

  async #instances(asked: ServiceName, signals: Signals): Promise<ConsulInstance[]> {
    return this.#filtered(await this.#ask(asked, signals))
  }

  async #node(
    { node, datacenter = this.#options.datacenter }: Extract<ConsulName, { kind: 'node' }>,
    signals: Signals,
  ) {
    const parameters = new URLSearchParams(datacenter === undefined ? {} : { dc: datacenter })
    const reply = await askConsul(this.#access, `v1/catalog/node/${encodeURIComponent(node)}`, parameters, signals)
    return nodeOf(reply, this.#access.url.host)
  }

  async #addresses(asked: ConsulName, signals: Signals): Promise<string[]> {
    if (asked.kind === 'address') return [asked.address]
    if (asked.kind === 'node') {
      const node = await this.#node(asked, signals)
      return node === undefined ? [] : [node.address]
    }
    return (await this.#instances(asked, signals)).map(addressOfInstance)
  }

  async #nothing(asked: ConsulName, signal: AbortSignal | undefined) {
    const exists = (await this.#addresses(asked, this.#signals(signal))).length > 0
    return { ...this.#common(), empty: exists ? ('nodata' as const) : ('nxdomain' as const) }
  }

  #srvAnswer(reply: ConsulReply): SrvAnswer {
    const addresses = new Map<string, readonly AddressRecord[]>()
    const records = new Map<string, SrvRecord>()
    for (const instance of this.#filtered(reply)) {
      const target = this.#targetOf(instance)
      const { Passing, Warning } = instance.Service.Weights
      const weight = instance.Checks.some(({ Status }) => Status === 'warning') ? Warning : Passing
      const { Port: port } = instance.Service
      records.set(`${nameKey(target)}:${port}`, { target, port, priority: PRIORITY, weight, ttlSeconds: 0 })
      const known = addressRecord(addressOfInstance(instance))
      if (known.length > 0) addresses.set(nameKey(target), known)
    }
    const empty = records.size === 0 ? { empty: 'nxdomain' as const } : {}
    return { ...this.#common(), stale: !reply.hasLeader, records: [...records.values()], ...empty, addresses }
  }

  /** The target that Consul's DNS would give. */
  #targetOf({ Node: node, Service: { Address } }: ConsulInstance): string {
    const where = `${node.Datacenter}.${this.#domain}`
    if (Address === '') return `${node.Node}.node.${where}`
    return isIP(Address) === 0 ? Address.replace(/\.$/, '') : `${addressLabel(Address)}.addr.${where}`
  }
}

/** The address of the service where it has one, else that of its node. */
function addressOfInstance({ Node: node, Service: { Address } }: ConsulInstance): string {
  return isIP(Address) === 0 ? node.Address : Address
}

function addressRecord(address: string): AddressRecord[] {
  const family = isIP(address)
  return family === 4 || family === 6 ? [{ address, family, ttlSeconds: 0 }] : []
}
