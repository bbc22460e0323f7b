import {
  duration,
  either,
  filledText,
  listOf,
  messageOf,
  oneOf,
  type Rule,
  realWorld,
  sameDomainName,
  secretInteger,
  visible,
  type World,
  whole,
  worldShape,
  wrong,
} from '@dynsrv/kit'
import { allFailed } from '../all-failed.ts'
import { bothFamilies, literalAddress } from '../both-families.ts'
import { addressOptions, checks, lookupOptions, srvOptions } from '../checks.ts'
import { Closing } from '../closable.ts'
import { isResolverError, ResolverError } from '../error.ts'
import { checkedName, sizeFault } from '../records/dns-name.ts'
import { MAX_ALIASES } from '../records/dns-numbers.ts'
import { answeredSrvRecords } from '../records/usable-srv-records.ts'
import type {
  AddressRecord,
  ClosableResolver,
  DnsAnswer,
  ResolveAddressesOptions,
  ResolveOptions,
  ResolveSrvOptions,
  SrvAnswer,
} from '../resolver.ts'
import { parseServerAddress, type ServerAddress } from '../server-address.ts'
import { encodeQuery, type Message, type QuestionType } from './dns-message.ts'
import { type Exchange, exchangeTcp, exchangeUdp } from './exchange.ts'
import { additionalAddresses, addressRecords, type Reading, readAnswer, srvRecords } from './read-answer.ts'
import { ResolvConf, type ResolverConfig, ROOT } from './resolv-conf.ts'
import { checkRcode, isAboutName, mayRejectEdns } from './response-code.ts'

/** Options of {@link dnsClient}. */
export interface DnsClientOptions {
  /** Servers as `127.0.0.1:8600` or `[::1]:8600`, asked in this order; those of `resolv.conf` when left out. */
  readonly servers?: readonly string[]
  /**
   * `auto`: UDP, and TCP when the server says that the answer is cut. `tcp`: always TCP, the choice for Consul, which
   * cuts UDP answers without saying so. Default `auto`.
   */
  readonly transport?: 'auto' | 'tcp'
  /** How long one server may take for one try, milliseconds; 2000, or what `resolv.conf` says. */
  readonly timeoutMs?: number
  /** How often the list of servers is gone through; 2, or what `resolv.conf` says. */
  readonly tries?: number
  /** The UDP size announced with EDNS(0); 0 sends no EDNS. Default 1232, which passes every network unfragmented. */
  readonly ednsBytes?: number
  /**
   * Domains tried behind a name without a trailing dot, `.` for the root; default: as `resolv.conf`, `LOCALDOMAIN` and the host's own
   * name say when the servers come from there, else none.
   */
  readonly search?: readonly string[]
  /** A name with as many dots is tried as it is first, and with the search domains after that. Default 1. */
  readonly ndots?: number
  /** Where servers and search domains come from when they are not given; read again when it changes. */
  readonly resolvConf?: string
  /** Where sockets, time, chance and files come from; default: the machine. */
  readonly world?: World
}

const DEFAULT_TIMEOUT_MS = 2000
const DEFAULT_TRIES = 2
/** @see DNS flag day 2020 */
const DEFAULT_EDNS_BYTES = 1232

const serverTexts = listOf(filledText)
const servers: Rule = {
  what: 'an array of at least one server',
  // Left out, those of resolv.conf are asked; an empty list would ask nobody.
  check: (value, at) =>
    Array.isArray(value) && value.length === 0 ? wrong(at, servers.what, value) : serverTexts.check(value, at),
}

const check = checks.options<DnsClientOptions>('dnsClient', {
  servers,
  transport: oneOf('auto', 'tcp'),
  timeoutMs: duration({ min: 1 }),
  tries: whole(1, 100),
  ednsBytes: either(oneOf(0), whole(512, 65_535)),
  search: listOf(filledText),
  ndots: whole(0, 15),
  resolvConf: filledText,
  world: worldShape,
})

/**
 * A stub resolver of our own. It opens nothing before the first lookup; each lookup has a random id and a fresh socket,
 * so a random source port.
 *
 * @throws {ResolverError} `DNS_BAD_OPTION`, naming the option
 * @see RFC 1035, RFC 2782 (SRV), RFC 6891 (EDNS), RFC 7766 (TCP), RFC 5452 (which answers to believe)
 */
export function dnsClient(options: DnsClientOptions = {}): DnsClient {
  return new DnsClient(options)
}

/** Whom one lookup asks, and how. */
interface Asking extends ResolverConfig {
  readonly transport: 'auto' | 'tcp'
}

/** An answer together with the question that led to it. */
interface Found {
  readonly message: Message
  readonly reading: Reading
  readonly server: ServerAddress
  readonly transport: 'udp' | 'tcp'
}

/** What {@link dnsClient} makes. */
export class DnsClient implements ClosableResolver {
  readonly #options: DnsClientOptions
  readonly #servers: readonly ServerAddress[] | undefined
  readonly #domains: readonly string[] | undefined
  readonly #resolvConf: ResolvConf
  readonly #world: World
  readonly #closing = new Closing()
  #turn = 0

  /** @throws {ResolverError} `DNS_BAD_OPTION`, naming the option */
  constructor(options: DnsClientOptions = {}) {
    check(options)
    this.#options = options
    this.#world = options.world ?? realWorld
    this.#servers = options.servers?.map(parseServerAddress)
    this.#domains = options.search?.map((domain) => (domain === ROOT ? domain : checkedName(domain)))
    this.#resolvConf = new ResolvConf(this.#world, options.resolvConf ?? '/etc/resolv.conf')
  }

  async resolveSrv(name: string, options?: ResolveSrvOptions): Promise<SrvAnswer> {
    const { signal, transport } = srvOptions(options)
    const found = await this.#lookUp(name, 'SRV', signal, transport)
    const offered = srvRecords(found.reading.records)
    const { records, ignored } = answeredSrvRecords(offered, { name, server: found.server.text })
    const absent = offered.length === 0 && found.reading.records.length > 0
    return {
      ...answer(found, records, absent ? 'absent' : undefined),
      ...(ignored !== undefined && { ignored }),
      addresses: additionalAddresses(found.message, records),
    }
  }

  async resolveAddresses(name: string, options?: ResolveAddressesOptions): Promise<DnsAnswer<AddressRecord>> {
    checkedName(name)
    const { family, signal } = addressOptions(options)
    const literal = literalAddress(name, family)
    if (literal !== undefined) return literal
    const { clock } = this.#world
    return bothFamilies({ family, clock, signal }, async (one, either) => {
      const found = await this.#lookUp(name, one === 4 ? 'A' : 'AAAA', either)
      return answer(found, addressRecords(found.reading.records))
    })
  }

  async resolveTxt(name: string, options?: ResolveOptions): Promise<DnsAnswer<string>> {
    const found = await this.#lookUp(name, 'TXT', lookupOptions(options).signal)
    return answer(
      found,
      found.reading.records.flatMap((record) => (record.type === 'TXT' ? [record.text] : [])),
    )
  }

  close(): void {
    this.#closing.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  async #lookUp(
    name: string,
    type: QuestionType,
    signal: AbortSignal | undefined,
    transport: 'tcp' | undefined = undefined,
  ): Promise<Found> {
    const bare = checkedName(name)
    return this.#closing.during(signal, async (either) => {
      const config = await this.#config()
      const over = transport ?? this.#options.transport ?? (config.tcp ? 'tcp' : 'auto')
      return this.#search(name, bare, type, { ...config, transport: over }, either)
    })
  }

  /**
   * Goes through the search list as glibc does, so that a name leads to where the programs beside this one find it.
   *
   * A name with enough dots is asked as it is first, and what it meets then is the verdict when no search domain has it. Else it is
   * asked as it is last: also when a search domain failed. SERVFAIL leads on to the next domain; a domain that is silent or refuses
   * ends the list, and so does one that makes the name too long.
   *
   * @see resolv.conf(5), ndots; `res_nsearch` of glibc
   */
  async #search(name: string, bare: string, type: QuestionType, config: Asking, either: AbortSignal): Promise<Found> {
    const ask = (asked: string) => outcome(this.#follow(asked, type, config, either), either)
    const domains = name.endsWith('.') ? [] : config.search
    const isFirst = domains.length === 0 || bare.split('.').length - 1 >= config.ndots
    const first = isFirst ? await ask(bare) : undefined
    /** The root in the list is the place of the name as it is. */
    let asRoot: Found | ResolverError | undefined
    if (first !== undefined && !isResolverError(first) && isFound(first)) return first
    let nodata: Found | undefined
    let failed: ResolverError | undefined
    let last: Found | ResolverError | undefined
    for (const domain of domains) {
      const long = domain === ROOT ? bare : `${bare}.${domain}`
      // Any characters: a line that ends as Windows has it gives its last domain a carriage return, which glibc asks for.
      if (sizeFault(long) !== undefined) break
      const one = await ask(long)
      last = one
      if (domain === ROOT) asRoot = one
      if (isResolverError(one)) {
        // Such a server has given up on one domain; another failure shows that it answers nobody, or not us.
        if (one.code !== 'DNS_SERVFAIL') break
        failed ??= one
      } else if (isFound(one)) return one
      else if (one.reading.empty === 'nodata') nodata ??= one
    }
    const isAsked = !config.noTldQuery || last === undefined || bare.includes('.')
    const asIs = first ?? asRoot ?? (isAsked ? await ask(bare) : undefined)
    if (isResolverError(asIs)) throw asIs
    if (asIs !== undefined && (first !== undefined || isFound(asIs) || asIs.reading.empty === 'nodata')) return asIs
    if (nodata !== undefined) return nodata
    const verdict = failed ?? asIs ?? last!
    if (isResolverError(verdict)) throw verdict
    return verdict
  }

  async #config(): Promise<ResolverConfig> {
    const { timeoutMs, tries, ndots = 1 } = this.#options
    const given = { search: this.#domains ?? [], ndots, timeoutMs, tries, rotate: false, tcp: false, noTldQuery: false }
    if (this.#servers !== undefined) return { ...given, servers: this.#servers }
    const file = await this.#resolvConf.current()
    return {
      ...file,
      servers: file.rotate ? this.#inTurn(file.servers) : file.servers,
      search: this.#domains ?? file.search,
      ndots: this.#options.ndots ?? file.ndots,
      timeoutMs: timeoutMs ?? file.timeoutMs,
      tries: tries ?? file.tries,
    }
  }

  /** The same servers, of which another one is the first each time. */
  #inTurn(servers: readonly ServerAddress[]): readonly ServerAddress[] {
    const at = this.#turn++ % servers.length
    return [...servers.slice(at), ...servers.slice(0, at)]
  }

  /** Asks on where an alias leads out of the message, as servers that do not recurse leave it to us. */
  async #follow(name: string, type: QuestionType, config: Asking, signal: AbortSignal): Promise<Found> {
    let owner = name
    let chainTtl = Number.POSITIVE_INFINITY
    for (let hops = 0; hops <= MAX_ALIASES; hops++) {
      const found = await this.#ask(owner, type, config, signal)
      chainTtl = Math.min(chainTtl, found.reading.ttlSeconds)
      const reading = { ...found.reading, ttlSeconds: chainTtl }
      if (reading.alias === undefined) return { ...found, reading }
      owner = reading.alias
    }
    throw new ResolverError('DNS_CNAME_LOOP', `${visible(name)} leads through more than ${MAX_ALIASES} aliases`)
  }

  /** Goes through the servers until one gives an answer. */
  async #ask(name: string, type: QuestionType, config: Asking, signal: AbortSignal): Promise<Found> {
    const failures: ResolverError[] = []
    const { tries = DEFAULT_TRIES, timeoutMs = DEFAULT_TIMEOUT_MS } = config
    for (let round = 0; round < tries; round++) {
      for (const server of config.servers) {
        try {
          return await this.#askServer(server, name, type, { timeoutMs, transport: config.transport }, signal)
        } catch (error) {
          signal.throwIfAborted()
          if (!isResolverError(error)) throw error
          if (error.code === 'DNS_CNAME_LOOP') throw error
          failures.push(error)
        }
      }
    }
    const times = tries > 1 ? ` (${tries} tries)` : ''
    throw allFailed(failures, (each) => `no answer for ${type} ${visible(name)}: ${each}${times}`)
  }

  async #askServer(
    server: ServerAddress,
    name: string,
    type: QuestionType,
    { timeoutMs, transport }: Pick<Asking, 'transport'> & { readonly timeoutMs: number },
    signal: AbortSignal,
  ): Promise<Found> {
    const { ednsBytes = DEFAULT_EDNS_BYTES } = this.#options
    const ask = (over: 'udp' | 'tcp', edns: number) => {
      const exchange: Exchange = {
        world: this.#world,
        server,
        query: encodeQuery(secretInteger(this.#world.random, 0, 0x1_0000), name, type, edns),
        timeoutMs,
        signal,
        accepts: (message) => answers(message, name, type),
      }
      return over === 'tcp' ? exchangeTcp(exchange) : exchangeUdp(exchange)
    }
    let over: 'udp' | 'tcp' = transport === 'tcp' ? 'tcp' : 'udp'
    let edns = ednsBytes
    let message = await ask(over, edns)
    if (edns > 0 && mayRejectEdns(message.rcode)) {
      edns = 0
      message = await ask(over, edns)
    }
    if (message.truncated && over === 'udp') {
      over = 'tcp'
      message = await ask(over, edns).catch((cause) => {
        signal.throwIfAborted()
        throw new ResolverError(
          'DNS_TRUNCATED',
          `${server.text} cut its UDP answer and TCP failed: ${messageOf(cause)}`,
          {
            cause,
            server: server.text,
          },
        )
      })
    }
    checkRcode(message, server)
    const reading = readAnswer(message, name, type)
    // Nothing is left of it, which says nothing about the zone.
    if (message.truncated && reading.records.length === 0) {
      throw new ResolverError('DNS_TRUNCATED', `${server.text} cut its answer even over TCP, and no record is left`, {
        server: server.text,
        hint: 'The answer is larger than a DNS message; ask for fewer records, or use the HTTP API of the registry.',
      })
    }
    return { message, reading, server, transport: over }
  }
}

/** What a lookup ends with: failures of servers are outcomes here, others are not. */
async function outcome(lookup: Promise<Found>, signal: AbortSignal): Promise<Found | ResolverError> {
  try {
    return await lookup
  } catch (error) {
    signal.throwIfAborted()
    if (isResolverError(error)) return error
    throw error
  }
}

function isFound({ reading }: Found): boolean {
  return reading.empty === undefined
}

/** Whether a message belongs to the question; names are compared without case, as servers may change it. */
function answers(message: Message, name: string, type: QuestionType): boolean {
  if (!message.isResponse || message.opcode !== 0) return false
  // A server that refuses or does not understand may leave the question out.
  if (message.questions.length === 0) return !isAboutName(message.rcode)
  const [question] = message.questions
  return (
    message.questions.length === 1 &&
    question!.isInternet &&
    question!.type === type &&
    sameDomainName(question!.name, name)
  )
}

function answer<R>(
  { message, reading, server, transport }: Found,
  records: readonly R[],
  absent?: 'absent',
): DnsAnswer<R> {
  const empty = reading.empty ?? absent
  return {
    records,
    ...(empty !== undefined && { empty }),
    ttlSeconds: reading.ttlSeconds,
    server: server.text,
    transport,
    authoritative: message.authoritative,
    truncated: message.truncated,
    stale: false,
    messageBytes: message.bytes,
  }
}
