import type { ResolverOptions } from 'node:dns'
import type { World } from '@dynsrv/kit'
import {
  type DnsAnswer,
  type DnsClient,
  dnsClient,
  isResolverError,
  type ResolverErrorCode,
} from '@dynsrv/srv-resolver'

/** How c-ares calls what goes wrong. */
const CODES: Partial<Record<ResolverErrorCode, string>> = {
  DNS_BAD_NAME: 'EBADNAME',
  DNS_FORMERR: 'EFORMERR',
  DNS_MALFORMED: 'EBADRESP',
  DNS_NOTIMP: 'ENOTIMP',
  DNS_REFUSED: 'EREFUSED',
  DNS_SERVFAIL: 'ESERVFAIL',
  DNS_TIMEOUT: 'ETIMEOUT',
  DNS_UNREACHABLE: 'ECONNREFUSED',
}

/** The DNS client of `node:dns` for a program in the simulator: the queries for addresses, SRV and TXT. */
export class SimResolver {
  readonly #world: World
  readonly #options: ResolverOptions
  #servers: readonly string[] | undefined
  #ended = new AbortController()

  constructor(world: World, options: ResolverOptions) {
    this.#world = world
    this.#options = options
  }

  getServers(): string[] {
    return [...(this.#servers ?? [])]
  }

  setServers(servers: readonly string[]): void {
    this.#servers = servers
  }

  cancel(): void {
    this.#ended.abort()
    this.#ended = new AbortController()
  }

  async resolve4(name: string, { ttl = false } = {}): Promise<unknown[]> {
    return this.#addresses(name, 4, ttl)
  }

  async resolve6(name: string, { ttl = false } = {}): Promise<unknown[]> {
    return this.#addresses(name, 6, ttl)
  }

  async resolveSrv(name: string): Promise<unknown[]> {
    const records = await this.#ask(name, (client, signal) => client.resolveSrv(name, { signal }))
    return records.map(({ target, port, priority, weight }) => ({ name: target, port, priority, weight }))
  }

  async resolveTxt(name: string): Promise<string[][]> {
    const records = await this.#ask(name, (client, signal) => client.resolveTxt(name, { signal }))
    return records.map((text) => [text])
  }

  async #addresses(name: string, family: 4 | 6, ttl: boolean): Promise<unknown[]> {
    const records = await this.#ask(name, (client, signal) => client.resolveAddresses(name, { family, signal }))
    return records.map(({ address, ttlSeconds }) => (ttl ? { address, ttl: ttlSeconds } : address))
  }

  async #ask<R>(
    name: string,
    ask: (client: DnsClient, signal: AbortSignal) => Promise<DnsAnswer<R>>,
  ): Promise<readonly R[]> {
    const { timeout, tries } = this.#options
    const client = dnsClient({
      world: this.#world,
      ...(this.#servers !== undefined && { servers: this.#servers }),
      ...(timeout !== undefined && timeout > 0 && { timeoutMs: timeout }),
      ...(tries !== undefined && { tries }),
    })
    const { signal } = this.#ended
    const failed = (code: string, cause?: unknown): Error =>
      Object.assign(new Error(`query ${code} ${name}`, { cause }), { code, hostname: name })
    try {
      const { empty, records } = await ask(client, signal)
      if (empty === 'nxdomain') throw failed('ENOTFOUND')
      if (records.length === 0) throw failed('ENODATA')
      return records
    } catch (cause) {
      if (signal.aborted) throw failed('ECANCELLED', cause)
      throw isResolverError(cause) ? failed(CODES[cause.code] ?? 'EBADRESP', cause) : cause
    } finally {
      client.close()
    }
  }
}
