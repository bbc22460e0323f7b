import { isIP } from 'node:net'
import {
  type Clock,
  domainKey,
  duration,
  filledText,
  flag,
  headerToken,
  httpUrl,
  realWorld,
  rule,
  sleep,
  type World,
  withoutFinalDot,
  worldShape,
} from '@dynsrv/kit'
import { literalAddress } from '../both-families.ts'
import { addressOptions, checks, domainName, lookupOptions, srvOptions } from '../checks.ts'
import { Closing } from '../closable.ts'
import { ResolverError } from '../error.ts'
import { checkedName } from '../records/dns-name.ts'
import { type FoundSrvRecord, noneUsable, usableSrvRecords } from '../records/usable-srv-records.ts'
import type {
  AddressRecord,
  ClosableResolver,
  DnsAnswer,
  IgnoredRecord,
  ResolveAddressesOptions,
  ResolveOptions,
  ResolveSrvOptions,
  SrvAnswer,
  SrvWatchEvent,
  SrvWatcher,
} from '../resolver.ts'
import {
  askConsul,
  type ConsulAccess,
  type ConsulInstance,
  type ConsulReply,
  consulClient,
  instancesOf,
  nodeOf,
} from './consul-api.ts'
import { addressLabel, type ConsulName, parseConsulName } from './consul-name.ts'

/** Options of {@link consulHttp}, and of everything else that asks Consul. */
export interface ConsulHttpOptions {
  /** Default `http://127.0.0.1:8500`, the local agent. Credentials in it are sent as HTTP Basic, and never shown. */
  readonly url?: string
  /** ACL token. */
  readonly token?: string
  /** Datacenter of names that say none; the agent's own when left out. */
  readonly datacenter?: string
  /** Only instances with this tag, in addition to the tag in a name. */
  readonly tag?: string
  /** Only instances whose checks all pass; default false, which leaves out only critical ones, as Consul's DNS does. */
  readonly passing?: boolean
  /** Any server may answer, which is faster and may be a little old. Default true, as in Consul's DNS. */
  readonly stale?: boolean
  /** Consul's DNS domain; default `consul`. */
  readonly domain?: string
  /** Milliseconds; default 10000, since a server without leader takes about seven seconds to say so. */
  readonly timeoutMs?: number
  /** How long one blocking query waits for a change, milliseconds, from 1000 to 600000; default 300000. */
  readonly waitMs?: number
  /** Where connections and time come from; default: the machine. */
  readonly world?: World
}

const check = checks.options<ConsulHttpOptions>('consulHttp', {
  url: httpUrl,
  token: headerToken,
  datacenter: filledText,
  tag: filledText,
  passing: flag,
  stale: flag,
  domain: domainName,
  timeoutMs: duration({ min: 1 }),
  waitMs: duration({ min: 1_000, max: 600_000 }),
  world: worldShape,
})

/** Half a character has no form in a URL. */
const serviceName = rule(
  'the name of a service',
  (value) => typeof value === 'string' && value !== '' && !/\p{Cs}/u.test(value),
)

/** What the catalog says about a service. */
export interface ConsulInstances {
  /** Those that may be used: none is critical. */
  readonly instances: readonly ConsulInstance[]
  /** What was listed and is not an instance, each with the reason. */
  readonly ignored: readonly IgnoredRecord[]
  /** The server has no leader, so that this may be of any age. */
  readonly stale: boolean
  /** The server that was asked. */
  readonly server: string
}

type ServiceName = Extract<ConsulName, { kind: 'service' }>

const RETRY_MIN_MS = 250
const RETRY_MAX_MS = 30_000
/** A blocking query that comes back sooner, and with nothing new, did not block. */
const BLOCKED_MS = 100
/**
 * Consul's documentation, "Blocking Queries", wants a client to go without pause as long as changes are rare, and to come
 * down to a query each 15 seconds when they are not. A query that waits for so long or longer shows that they are rare.
 */
const RARE_MS = 1_000
/** How many queries in a row may answer sooner before there are pauses. */
const QUICK_QUERIES = 5
const PAUSE_MAX_MS = 15_000
const PRIORITY = 1

/**
 * A resolver over Consul's HTTP API that gives what Consul's DNS would say, whole and at once.
 *
 * Names, targets, priority 1, weights and addresses are those of Consul's DNS, so it can stand in for `dnsClient`;
 * nothing is cut at any size, and `watchSrv` reports a change within milliseconds (blocking queries).
 *
 * @throws {ResolverError} `DNS_BAD_OPTION`
 * @see Consul documentation, "Health HTTP API" and "Blocking Queries"
 */
export function consulHttp(options: ConsulHttpOptions = {}): ConsulHttp {
  return new ConsulHttp(options)
}

/** What {@link consulHttp} makes. */
export class ConsulHttp implements ClosableResolver, SrvWatcher {
  /** Consul's DNS domain. */
  readonly domain: string
  readonly #options: ConsulHttpOptions
  readonly #access: ConsulAccess
  readonly #clock: Clock
  readonly #closing = new Closing()

  /** @throws {ResolverError} `DNS_BAD_OPTION`, naming the option; `DNS_BAD_NAME` for the domain */
  constructor(options: ConsulHttpOptions = {}) {
    check(options)
    const { url = 'http://127.0.0.1:8500', token, timeoutMs = 10_000, domain = 'consul', world = realWorld } = options
    this.#options = options
    this.#clock = world.clock
    this.#access = { get: consulClient(world), url: new URL(url.endsWith('/') ? url : `${url}/`), token, timeoutMs }
    this.domain = withoutFinalDot(domain)
  }

  async resolveSrv(name: string, options?: ResolveSrvOptions): Promise<SrvAnswer> {
    const { signal } = srvOptions(options)
    const asked = parseConsulName(name, this.domain)
    return this.#closing.during(signal, async (either) =>
      asked.kind === 'service'
        ? this.#srvAnswer(name, await this.#ask(asked, either))
        : { ...(await this.#nothing(asked, either)), records: [], addresses: new Map() },
    )
  }

  async resolveAddresses(name: string, options?: ResolveAddressesOptions): Promise<DnsAnswer<AddressRecord>> {
    checkedName(name)
    const { family, signal } = addressOptions(options)
    return this.#closing.during(signal, async (either) => {
      const literal = literalAddress(name, family)
      if (literal !== undefined) return literal
      const addresses = await this.#addresses(parseConsulName(name, this.domain), either)
      const all = [...new Set(addresses)].flatMap((address) => addressRecord(address))
      const records = all.filter((record) => family === undefined || record.family === family)
      if (records.length > 0) return { ...this.#common(), records }
      return { ...this.#common(), records, empty: all.length > 0 ? 'nodata' : 'nxdomain' }
    })
  }

  async resolveTxt(name: string, options?: ResolveOptions): Promise<DnsAnswer<string>> {
    const { signal } = lookupOptions(options)
    const asked = parseConsulName(name, this.domain)
    return this.#closing.during(signal, async (either) => {
      if (asked.kind !== 'node') return { ...(await this.#nothing(asked, either)), records: [] }
      const node = await this.#node(asked, either)
      const records = Object.entries(node?.meta ?? {}).map(([key, value]) => (key === '' ? value : `${key}=${value}`))
      if (records.length > 0) return { ...this.#common(), records }
      return { ...this.#common(), records, empty: node === undefined ? 'nxdomain' : 'nodata' }
    })
  }

  /**
   * The instances of a service, by its name in the catalog: what the records of `<service>.service.<domain>` are made of,
   * with the tags and the metadata that DNS does not have.
   *
   * @throws {ResolverError} when Consul does not say
   */
  async instances(service: string, options?: ResolveOptions): Promise<ConsulInstances> {
    checks.argument('instances', 'service', serviceName, service)
    const { signal } = lookupOptions(options)
    return this.#closing.during(signal, async (either) => this.#instances(await this.#ask(named(service), either)))
  }

  async *watchSrv(name: string, options?: ResolveOptions): AsyncGenerator<SrvWatchEvent, never> {
    const { signal } = lookupOptions(options)
    const asked = parseConsulName(name, this.domain)
    if (asked.kind !== 'service') {
      throw new ResolverError('DNS_WRONG_SOURCE', `${name} is not a service, so that it cannot be watched`)
    }
    const events = this.#watch(asked, signal, (reply) => {
      const answer = this.#srvAnswer(name, reply)
      return { said: JSON.stringify([answer.records, [...answer.addresses], answer.ignored]), answer }
    })
    for await (const event of events) yield 'said' in event ? { type: 'answer', answer: event.answer } : event
    throw new ResolverError('DNS_CLOSED', 'the watch has ended')
  }

  /** Yields whenever {@link instances} may say something else, at first at once. Failures are tried again. Ends as `watchSrv` does. */
  async *watchInstances(service: string, options?: ResolveOptions): AsyncGenerator<void, never> {
    checks.argument('watchInstances', 'service', serviceName, service)
    const { signal } = lookupOptions(options)
    const events = this.#watch(named(service), signal, (reply) => ({ said: JSON.stringify(this.#instances(reply)) }))
    for await (const event of events) if ('said' in event) yield
    throw new ResolverError('DNS_CLOSED', 'the watch has ended')
  }

  close(): void {
    this.#closing.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  /** Blocking queries, one after another. `read` gives what a reply says; only a change is passed on. */
  async *#watch<T extends { readonly said: string }>(
    asked: ServiceName,
    signal: AbortSignal | undefined,
    read: (reply: ConsulReply) => T,
  ): AsyncGenerator<T | Extract<SrvWatchEvent, { type: 'failed' }>, never> {
    const closing = this.#closing.signal
    const either = signal === undefined ? closing : AbortSignal.any([signal, closing])
    let index = 0
    let said: string | undefined
    let quick = 0
    for (let failures = 0; ; ) {
      either.throwIfAborted()
      try {
        const askedAt = this.#clock.monotonic()
        const reply = await this.#ask(asked, either, index)
        const news = read(reply)
        failures = 0
        // Without an index, or behind a proxy that drops it, the next query would not block either.
        const waitedMs = this.#clock.monotonic() - askedAt
        const unblocked = reply.index === 0 || (reply.index <= index && waitedMs < BLOCKED_MS)
        // The first query asks for what is there, and waits for nothing.
        quick = index > 0 && waitedMs < RARE_MS ? quick + 1 : 0
        // An index that goes back means that the servers were restored or restarted: begin again.
        index = reply.index < index ? 0 : reply.index
        if (news.said !== said) yield news
        said = news.said
        const pauseMs = unblocked ? RETRY_MIN_MS : pauseAfter(quick)
        if (pauseMs > 0) await sleep(this.#clock, pauseMs, { signal: either })
      } catch (error) {
        either.throwIfAborted()
        index = 0
        const retryInMs = Math.min(RETRY_MIN_MS * 2 ** failures++, RETRY_MAX_MS)
        yield { type: 'failed', error, retryInMs }
        await sleep(this.#clock, retryInMs, { signal: either })
      }
    }
  }

  #common() {
    return {
      ttlSeconds: 0,
      server: this.#server,
      transport: 'http',
      authoritative: true,
      truncated: false,
      stale: false,
    } as const
  }

  get #server(): string {
    return this.#access.url.host
  }

  #ask(
    { service, tag, datacenter = this.#options.datacenter }: ServiceName,
    signal: AbortSignal,
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
    return askConsul(this.#access, `v1/health/service/${encodeURIComponent(service)}`, parameters, signal, blockedMs)
  }

  /** Consul's DNS leaves out what is critical even where everything else is taken. */
  #instances(reply: ConsulReply): ConsulInstances {
    const { instances, ignored } = instancesOf(reply, this.#server)
    const usable = instances.filter(({ status }) => status !== 'critical')
    return { instances: usable, ignored, stale: !reply.hasLeader, server: this.#server }
  }

  async #node(
    { node, datacenter = this.#options.datacenter }: Extract<ConsulName, { kind: 'node' }>,
    signal: AbortSignal,
  ) {
    const parameters = new URLSearchParams(datacenter === undefined ? {} : { dc: datacenter })
    const reply = await askConsul(this.#access, `v1/catalog/node/${encodeURIComponent(node)}`, parameters, signal)
    return nodeOf(reply, this.#server)
  }

  async #addresses(asked: ConsulName, signal: AbortSignal): Promise<string[]> {
    if (asked.kind === 'address') return [asked.address]
    if (asked.kind === 'node') {
      const node = await this.#node(asked, signal)
      return node === undefined ? [] : [node.address]
    }
    const { instances, ignored } = this.#instances(await this.#ask(asked, signal))
    if (instances.length === 0 && ignored.length > 0) throw noneUsable(asked.service, this.#server, ignored)
    return instances.map(addressOfInstance)
  }

  async #nothing(asked: ConsulName, signal: AbortSignal) {
    const exists = (await this.#addresses(asked, signal)).length > 0
    return { ...this.#common(), empty: exists ? ('nodata' as const) : ('nxdomain' as const) }
  }

  #srvAnswer(name: string, reply: ConsulReply): SrvAnswer {
    const { instances, ignored: strange, stale } = this.#instances(reply)
    const addresses = new Map<string, readonly AddressRecord[]>()
    const found = new Map<string, FoundSrvRecord>()
    for (const instance of instances) {
      const target = this.#targetOf(instance)
      const { port, weight } = instance
      // A registry may hold anything: what is no number stands for itself, and is left out later with the reason.
      const place = typeof port === 'number' ? port : `odd ${found.size}`
      found.set(`${domainKey(target)}:${place}`, { target, port, priority: PRIORITY, weight, ttlSeconds: 0 })
      const known = addressRecord(addressOfInstance(instance))
      if (known.length > 0) addresses.set(domainKey(target), known)
    }
    const { records, ignored: wrong } = usableSrvRecords(found.values())
    const ignored = [...strange, ...wrong]
    if (records.length === 0 && ignored.length > 0) throw noneUsable(name, this.#server, ignored)
    const empty = records.length === 0 ? { empty: 'nxdomain' as const } : {}
    return { ...this.#common(), stale, records, ...empty, ...(ignored.length > 0 && { ignored }), addresses }
  }

  /** The target that Consul's DNS would give. */
  #targetOf({ node, datacenter, address }: ConsulInstance): string {
    const where = `${datacenter}.${this.domain}`
    if (address === '') return `${node}.node.${where}`
    return isIP(address) === 0 ? withoutFinalDot(address) : `${addressLabel(address)}.addr.${where}`
  }
}

/** @param quick how many queries in a row did not wait */
function pauseAfter(quick: number): number {
  if (quick <= QUICK_QUERIES) return 0
  return Math.min(RETRY_MIN_MS * 2 ** Math.min(quick - QUICK_QUERIES - 1, 10), PAUSE_MAX_MS)
}

function named(service: string): ServiceName {
  return { kind: 'service', service }
}

/** The address of the service where it has one, else that of its node. */
function addressOfInstance({ nodeAddress, address }: ConsulInstance): string {
  return isIP(address) === 0 ? nodeAddress : address
}

function addressRecord(address: string): AddressRecord[] {
  const family = isIP(address)
  return family === 4 || family === 6 ? [{ address, family, ttlSeconds: 0 }] : []
}
