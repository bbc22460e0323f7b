import { isIP } from 'node:net'
import { type AddressRecord, type SrvAnswer, type SrvRecord, type SrvResolver, srvOrder } from '@dynsrv/srv-resolver'
import { newCreation } from './creation.ts'
import { checkPort, distPort } from './dist-port.ts'
import type {
  AddressFamily,
  CallOptions,
  EpmdModule,
  NodeAddress,
  NodeAddressCandidate,
  RegisteredName,
} from './epmd-module.ts'
import { EpmdError } from './error.ts'
import { isThrowAwayName, releaseName } from './throw-away-name.ts'

export interface DynamicSrvOptions {
  /** Where SRV and address records come from. It stays the caller's to close. */
  readonly resolver: Pick<SrvResolver, 'resolveSrv' | 'resolveAddresses'>
  /** The port to listen on; 0 lets the system choose. Default: `ERL_DIST_PORT`, read when the node starts. */
  readonly listenPort?: number
  /** Default: `process.env`. */
  readonly env?: NodeJS.ProcessEnv
  /** A number from 0 up to but not including 1, for the order among records of one priority; default `Math.random`. */
  readonly random?: () => number
}

/**
 * Finds nodes through DNS SRV records, with no epmd: `label@service` is the record of `service` whose target is
 * `label.service`.
 *
 * Lookup of `label@service`, in this order:
 * 1. the node itself (also asked by its `rpc-` and `rem-` helpers) is on 127.0.0.1;
 * 2. SRV of `service`: the record whose target is `label.service`, in any case of letters, gives the port;
 * 3. when there is none, SRV of `label.service` (a Consul tag query), in the order of RFC 2782.
 *
 * Addresses come from the answer's additional section, else from a lookup of the target, and after step 3 at last from
 * one of `label.service` itself. A name that is not there rejects with `EPMD_NOT_FOUND` or `EPMD_NO_ADDRESS`; a source
 * that could not be asked with `EPMD_LOOKUP_FAILED`.
 *
 * @see RFC 2782
 */
export class DynamicSrv implements EpmdModule {
  readonly #resolver: DynamicSrvOptions['resolver']
  readonly #listenPort: number | undefined
  readonly #env: NodeJS.ProcessEnv
  readonly #random: () => number
  #self: { alive: string; host: string } | undefined
  #ownPort: number | undefined

  /** @throws {EpmdError} `EPMD_BAD_OPTION` when `listenPort` is no port */
  constructor({ resolver, listenPort, env = process.env, random = Math.random }: DynamicSrvOptions) {
    this.#resolver = resolver
    this.#listenPort = listenPort === undefined ? undefined : checkPort(listenPort, 'listenPort', 0)
    this.#env = env
    this.#random = random
  }

  async startLink({ signal }: CallOptions = {}): Promise<void> {
    signal?.throwIfAborted()
  }

  /**
   * The port of this node: `listenPort`, else 0 for the short-lived nodes of release scripts, else `ERL_DIST_PORT`.
   *
   * @throws {EpmdError} `EPMD_DIST_PORT_MISSING`, `EPMD_DIST_PORT_NOT_A_NUMBER` or `EPMD_DIST_PORT_OUT_OF_RANGE`
   */
  listenPortPlease(alive: string, host: string): number {
    this.#self = { alive, host: host.toLowerCase() }
    if (this.#listenPort !== undefined) return this.#listenPort
    return isThrowAwayName(alive) ? 0 : distPort(this.#env)
  }

  /** Registers nowhere, since DNS tells of this node; gives a random creation. */
  async registerNode(_alive: string, port: number): Promise<{ creation: number }> {
    this.#ownPort = checkPort(port, 'the port to register', 1)
    return { creation: newCreation() }
  }

  async addressPlease(
    alive: string,
    host: string,
    family: AddressFamily = 'any',
    { signal }: CallOptions = {},
  ): Promise<NodeAddress> {
    signal?.throwIfAborted()
    const own = this.#portOfSelf(alive, host)
    if (own !== undefined) return { candidates: [loopback(own, family)], version: 6 }
    if (isIP(host) !== 0) throw notAService(alive, host)
    const lookup: Lookup = {
      alive,
      host,
      instance: `${alive}.${host}`,
      family,
      ...(signal !== undefined && { signal }),
    }
    const service = await this.#srv(host, lookup)
    const named = usable(service.records).filter(({ target }) => sameName(target, lookup.instance))
    if (named.length > 0) return this.#addressesOf(named, service, lookup)
    const tagged = await this.#srv(lookup.instance, lookup)
    const records = usable(tagged.records)
    if (records.length === 0) throw notFound(lookup, service, tagged)
    return this.#addressesOf(records, tagged, { ...lookup, lastResort: lookup.instance })
  }

  /**
   * The members of a service, as its SRV records name them; targets that are not `label.service` are left out.
   *
   * @param host the service; default: the one of this node
   * @throws {EpmdError} `EPMD_NAMES_UNKNOWN` with no host and no name of its own, `EPMD_LOOKUP_FAILED`
   */
  async names(host = this.#self?.host): Promise<readonly RegisteredName[]> {
    if (host === undefined) {
      const hint = 'Pass the service whose nodes you want, or start a node with this module first.'
      throw new EpmdError('EPMD_NAMES_UNKNOWN', 'no service to list the nodes of', { hint })
    }
    const { records } = await this.#srv(host, { alive: '*', host, instance: host, family: 'any' })
    return usable(records).flatMap(({ target, port }) => {
      const name = target.slice(0, -host.length - 1)
      return name !== '' && !name.includes('.') && sameName(target, `${name}.${host}`) ? [{ name, port }] : []
    })
  }

  #portOfSelf(alive: string, host: string): number | undefined {
    if (this.#self === undefined || this.#self.host !== host.toLowerCase()) return
    if (alive === this.#self.alive) return this.#ownPort
    // A release script's helper runs beside the node it serves and inherits that node's environment.
    if (alive !== releaseName(this.#self.alive)) return
    const port = Number(this.#env.ERL_DIST_PORT)
    return Number.isInteger(port) && port > 0 ? port : undefined
  }

  async #srv(name: string, lookup: Lookup): Promise<SrvAnswer> {
    try {
      return await this.#resolver.resolveSrv(name, optional(lookup.signal))
    } catch (cause) {
      throw lookupFailed(lookup, `the SRV records of ${name}`, cause)
    }
  }

  async #addressesOf(records: readonly SrvRecord[], answer: SrvAnswer, lookup: Lookup): Promise<NodeAddress> {
    const candidates: NodeAddressCandidate[] = []
    const failures: unknown[] = []
    for (const { target, port } of srvOrder(records, this.#random)) {
      const known = ofFamily(answer.addresses.get(target.toLowerCase()) ?? [], lookup.family)
      try {
        const found = known.length > 0 ? known : await this.#resolve(target, lookup)
        candidates.push(...found.map(({ address, family }) => ({ ip: address, family, port })))
      } catch (cause) {
        lookup.signal?.throwIfAborted()
        failures.push(cause)
      }
    }
    if (candidates.length > 0) return { candidates, version: 6 }
    if (failures.length > 0) throw failures[0]
    throw noAddress(lookup, records)
  }

  async #resolve(target: string, lookup: Lookup): Promise<readonly AddressRecord[]> {
    const { family, lastResort, signal } = lookup
    const options = { ...FAMILY_OPTION[family], ...optional(signal) }
    for (const name of new Set([target, lastResort ?? target])) {
      try {
        const { records } = await this.#resolver.resolveAddresses(name, options)
        if (records.length > 0) return ofFamily(records, family)
      } catch (cause) {
        throw lookupFailed(lookup, `the address of ${name}`, cause)
      }
    }
    return []
  }
}

interface Lookup extends CallOptions {
  readonly alive: string
  readonly host: string
  /** `alive.host`, the name of the node in DNS. */
  readonly instance: string
  readonly family: AddressFamily
  /** A name to ask for an address when a target has none. */
  readonly lastResort?: string
}

const FAMILY_OPTION: Readonly<Record<AddressFamily, { readonly family?: 4 | 6 }>> = {
  inet: { family: 4 },
  inet6: { family: 6 },
  any: {},
}

function ofFamily(records: readonly AddressRecord[], family: AddressFamily): readonly AddressRecord[] {
  const wanted = FAMILY_OPTION[family].family
  return wanted === undefined ? records : records.filter((record) => record.family === wanted)
}

/** Without the target `.`, which says that the service is not offered, and without ports that nobody can dial. */
function usable(records: readonly SrvRecord[]): readonly SrvRecord[] {
  return records.filter(({ target, port }) => target !== '.' && target !== '' && port > 0)
}

function loopback(port: number, family: AddressFamily): NodeAddressCandidate {
  return family === 'inet6' ? { ip: '::1', family: 6, port } : { ip: '127.0.0.1', family: 4, port }
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

function optional(signal: AbortSignal | undefined): CallOptions {
  return signal === undefined ? {} : { signal }
}

function notAService(alive: string, host: string): EpmdError {
  const hint = 'Name nodes after their service (web-1@my-service.internal), or use another module for fixed addresses.'
  return new EpmdError('EPMD_NOT_FOUND', `${alive}@${host} names an IP address, which has no SRV records`, { hint })
}

function notFound({ alive, host, instance }: Lookup, service: SrvAnswer, tagged: SrvAnswer): EpmdError {
  const targets = service.records.map(({ target }) => target).slice(0, 5)
  const seen =
    targets.length === 0 ? `${host} has none (${service.empty ?? 'nodata'})` : `${host} has ${targets.join(', ')}`
  const cut = service.truncated || tagged.truncated ? ' The answer was cut short, so it may be there all the same.' : ''
  return new EpmdError('EPMD_NOT_FOUND', `${alive}@${host} is not in DNS: no SRV record with target ${instance}`, {
    hint: `Register the node with the target ${instance}; ${seen}, and ${instance} has no SRV record of its own.${cut}`,
    retryable: true,
  })
}

function noAddress({ alive, host, family }: Lookup, records: readonly SrvRecord[]): EpmdError {
  const kind = { inet: 'A', inet6: 'AAAA', any: 'A or AAAA' }[family]
  const targets = records.map(({ target }) => target).join(', ')
  return new EpmdError('EPMD_NO_ADDRESS', `${alive}@${host} has an SRV record but no address`, {
    hint: `Add ${kind} records for ${targets}.`,
    retryable: true,
  })
}

function lookupFailed({ alive, host, signal }: Lookup, what: string, cause: unknown): unknown {
  if (signal?.aborted) return signal.reason
  const { message, hint, retryable } = cause as { message?: unknown; hint?: unknown; retryable?: unknown }
  return new EpmdError(
    'EPMD_LOOKUP_FAILED',
    `could not look up ${alive}@${host}: ${what}: ${String(message ?? cause)}`,
    {
      cause,
      hint: typeof hint === 'string' ? hint : 'Nothing is known about the node; ask again when DNS answers.',
      retryable: typeof retryable === 'boolean' ? retryable : true,
    },
  )
}
