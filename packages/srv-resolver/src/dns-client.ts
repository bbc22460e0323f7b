import { randomInt } from 'node:crypto'
import { decodeReply, encodeQuery, type QueryType, type Question, type Reply } from './dns-message.ts'
import { checkedDnsName } from './dns-name.ts'
import { ResolverError } from './error.ts'
import type {
  AddressRecord,
  DnsAnswer,
  ResolveAddressesOptions,
  ResolveOptions,
  SrvAnswer,
  SrvResolver,
} from './resolver.ts'
import { parseServerAddress, type ServerAddress, serversOfResolvConf } from './server-address.ts'
import { tcpExchange } from './tcp-exchange.ts'
import { udpExchange } from './udp-exchange.ts'

export interface DnsClientOptions {
  /** `host:port` of each server, asked in this order; default: the `nameserver` lines of `/etc/resolv.conf`. */
  readonly servers?: readonly string[]
  /** `auto` asks over UDP, and over TCP when the answer was cut; `tcp` never asks over UDP. Default `auto`. */
  readonly transport?: 'auto' | 'tcp'
  /** How long one attempt at one server may take, in milliseconds; default 2000. */
  readonly timeoutMs?: number
  /** How often the whole list of servers is asked before giving up; default 2. */
  readonly tries?: number
  /** The largest answer that we take over UDP, in bytes; default 1232, which no path fragments; 0 leaves EDNS(0) out. */
  readonly ednsBytes?: number
}

const MAX_ALIASES = 8

/**
 * Our stub resolver: asks DNS servers and says exactly what came of it.
 *
 * @throws {ResolverError} `DNS_BAD_OPTION`
 */
export function dnsClient(options: DnsClientOptions = {}): DnsClient {
  return new DnsClient(options)
}

interface Attempt {
  readonly reply: Reply
  readonly server: string
  readonly transport: 'udp' | 'tcp'
}

export class DnsClient implements SrvResolver {
  readonly #servers: readonly ServerAddress[] | undefined
  readonly #transport: 'auto' | 'tcp'
  readonly #timeoutMs: number
  readonly #tries: number
  readonly #ednsBytes: number
  readonly #closed = new AbortController()

  constructor({ servers, transport = 'auto', timeoutMs = 2_000, tries = 2, ednsBytes = 1_232 }: DnsClientOptions = {}) {
    if (servers?.length === 0) throw new ResolverError('DNS_BAD_OPTION', 'the list of servers is empty')
    checkInteger('timeoutMs', timeoutMs, 1, 600_000)
    checkInteger('tries', tries, 1, 100)
    if (ednsBytes !== 0) checkInteger('ednsBytes', ednsBytes, 512, 65_535)
    // Without a list the file is read at each lookup: it changes under a running container.
    this.#servers = servers?.map(parseServerAddress)
    this.#transport = transport
    this.#timeoutMs = timeoutMs
    this.#tries = tries
    this.#ednsBytes = ednsBytes
  }

  async resolveSrv(name: string, { signal }: ResolveOptions = {}): Promise<SrvAnswer> {
    const attempt = await this.#ask(name, 'SRV', signal)
    return { ...answerOf(attempt, attempt.reply.srv), addresses: attempt.reply.additional }
  }

  async resolveAddresses(
    name: string,
    { family, signal }: ResolveAddressesOptions = {},
  ): Promise<DnsAnswer<AddressRecord>> {
    const ask = async (type: 'A' | 'AAAA') => {
      const attempt = await this.#ask(name, type, signal)
      return answerOf(attempt, attempt.reply.addresses)
    }
    if (family !== undefined) return ask(family === 4 ? 'A' : 'AAAA')
    const outcomes = await Promise.allSettled([ask('A'), ask('AAAA')])
    const answers = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    const found = answers.filter(({ records }) => records.length > 0)
    // One family is enough to go on; without any, an error of either leaves the question open.
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (found.length === 0 && failed !== undefined) throw failed.reason
    const [first] = found.length > 0 ? found : answers
    return {
      ...first!,
      records: found.flatMap(({ records }) => records),
      ttlSeconds: Math.min(...(found.length > 0 ? found : answers).map(({ ttlSeconds }) => ttlSeconds)),
    }
  }

  async resolveTxt(name: string, { signal }: ResolveOptions = {}): Promise<DnsAnswer<string>> {
    const attempt = await this.#ask(name, 'TXT', signal)
    return answerOf(
      attempt,
      attempt.reply.texts.map(({ text }) => text),
    )
  }

  close(): void {
    this.#closed.abort(new ResolverError('DNS_CLOSED', 'the resolver was closed'))
  }

  async #ask(text: string, type: QueryType, signal: AbortSignal | undefined): Promise<Attempt> {
    this.#closed.signal.throwIfAborted()
    const ended = signal === undefined ? this.#closed.signal : AbortSignal.any([signal, this.#closed.signal])
    let name = checkedDnsName(text)
    for (let aliases = 0; aliases <= MAX_ALIASES; aliases++) {
      const attempt = await this.#askServers(name, type, ended)
      if (attempt.reply.alias === undefined) return attempt
      name = checkedDnsName(attempt.reply.alias)
    }
    throw new ResolverError('DNS_CNAME_LOOP', `${type} ${text} leads through more than ${MAX_ALIASES} aliases`)
  }

  async #askServers(name: string, type: QueryType, signal: AbortSignal): Promise<Attempt> {
    let failure: unknown
    for (let round = 0; round < this.#tries; round++) {
      for (const server of this.#servers ?? serversOfResolvConf()) {
        try {
          return await this.#askServer(server, name, type, signal)
        } catch (error) {
          signal.throwIfAborted()
          if (!(error instanceof ResolverError)) throw error
          failure = error
        }
      }
    }
    throw failure
  }

  async #askServer(server: ServerAddress, name: string, type: QueryType, signal: AbortSignal): Promise<Attempt> {
    if (this.#transport === 'tcp') return this.#exchange('tcp', server, name, type, signal)
    const overUdp = await this.#exchange('udp', server, name, type, signal)
    if (!overUdp.reply.truncated) return overUdp
    try {
      return await this.#exchange('tcp', server, name, type, signal)
    } catch (error) {
      signal.throwIfAborted()
      // Part of the answer, marked as such, serves a caller who wants any member better than none.
      if (overUdp.reply.empty === undefined) return overUdp
      throw error
    }
  }

  async #exchange(
    transport: 'udp' | 'tcp',
    server: ServerAddress,
    name: string,
    type: QueryType,
    signal: AbortSignal,
  ): Promise<Attempt> {
    const question: Question = { id: randomInt(0x1_0000), name, type }
    const timeout = AbortSignal.timeout(this.#timeoutMs)
    const exchange = transport === 'udp' ? udpExchange : tcpExchange
    const query = encodeQuery(question, transport === 'udp' ? this.#ednsBytes : 0)
    try {
      const accept = (bytes: Uint8Array) => decodeReply(bytes, question, server.text)
      const reply = await exchange(server, query, accept, AbortSignal.any([signal, timeout]))
      return { reply, server: server.text, transport }
    } catch (error) {
      if (!timeout.aborted || signal.aborted || error instanceof ResolverError) throw error
      const message = `${server.text} did not answer ${type} ${name} over ${transport.toUpperCase()} within ${this.#timeoutMs} ms`
      throw new ResolverError('DNS_TIMEOUT', message, { server: server.text, cause: error })
    }
  }
}

function answerOf<R>({ reply, server, transport }: Attempt, records: readonly R[]): DnsAnswer<R> {
  const { empty, ttlSeconds, authoritative, truncated } = reply
  return {
    records,
    ...(empty !== undefined && { empty }),
    ttlSeconds,
    server,
    transport,
    authoritative,
    truncated,
    stale: false,
  }
}

function checkInteger(option: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw new ResolverError('DNS_BAD_OPTION', `${option} must be a whole number from ${least} to ${most}, not ${value}`)
}
