import { isIP } from 'node:net'
import {
  callable,
  domainKey,
  duration,
  either,
  having,
  port,
  realWorld,
  required,
  sameDomainName,
  variables,
  type World,
  whole,
  worldShape,
} from '@dynsrv/kit'
import {
  type AddressRecord,
  absoluteName,
  askAddresses,
  type FoundAddresses,
  portNameRule,
  portService,
  racingAddresses,
  type SrvAnswer,
  type SrvRecord,
  type SrvResolver,
  srvEndpoints,
} from '@dynsrv/srv-resolver'
import { callOptions, checkedLookup, checkedNames, checkOwnName, checkRegistration, checks } from '../checks.ts'
import { newCreation } from '../creation.ts'
import { distPort, isDialable } from '../dist-port.ts'
import type {
  AddressFamily,
  CallOptions,
  EpmdModule,
  LookupOptions,
  NodeAddress,
  NodeAddressCandidate,
  RegisteredName,
} from '../epmd-module.ts'
import { EpmdError } from '../error.ts'
import { type Lookup, lookupFailed, noAddress, notAService, notFound } from './dynamic-srv-error.ts'
import { offerOf, recordsOfTarget } from './offer.ts'
import { RecentSrvAnswers } from './recent-srv-answers.ts'
import { isThrowAwayName, releaseName } from './throw-away-name.ts'

/** Where the lookup through SRV records asks, and where this node listens. */
export interface DynamicSrvOptions {
  /** Where SRV and address records come from. It stays the caller's to close. */
  readonly resolver: Pick<SrvResolver, 'resolveSrv' | 'resolveAddresses'>
  /**
   * The name of the port on which the nodes of a host listen, where its service has several: the records of
   * `_<portName>._tcp.<host>` are asked for. A function says it for each host.
   */
  readonly portName?: string | ((host: string) => string | undefined)
  /** The port to listen on; 0 lets the system choose. Default: `ERL_DIST_PORT`, read when the node starts. */
  readonly listenPort?: number
  /** Where `ERL_DIST_PORT` is read; default: the environment of the process. */
  readonly env?: NodeJS.ProcessEnv
  /**
   * How long an SRV answer serves later lookups, in milliseconds; default 1000, 0 asks each time. A node that is not in
   * a kept answer is looked up afresh, so a new member is found at once.
   */
  readonly keepMs?: number
  /**
   * How often a failed SRV lookup is tried again when that can help, beyond what the resolver does; default 1. A lookup
   * that took over a second to fail is not.
   */
  readonly retries?: number
  /** Where time, chance and the environment come from; default: the machine. */
  readonly world?: World
}

const check = checks.options<DynamicSrvOptions>('DynamicSrv', {
  resolver: required(having('resolveSrv', 'resolveAddresses')),
  portName: either(portNameRule, callable),
  listenPort: port,
  env: variables,
  keepMs: duration(),
  retries: whole(),
  world: worldShape,
})

/**
 * Finds nodes through DNS SRV records, with no epmd: `label@service` is the record of `service` whose target is
 * `label.service`.
 *
 * Lookup of `label@service`, in this order:
 * 1. the node itself (also asked by its `rpc-` and `rem-` helpers) is on 127.0.0.1;
 * 2. SRV of `service`, or of its port `portName`: the record whose target is `label.service`, in any case of letters, gives the port;
 * 3. when there is none, SRV of `label.service` (a Consul tag query), in the order of RFC 2782.
 *
 * Addresses come from the answer's additional section, else from a lookup of the target, and after step 3 at last from
 * one of `label.service` itself; IPv4 and IPv6 take turns. All these names are whole: no search domain is put behind them. A name that is not there rejects with `EPMD_NOT_FOUND` or
 * `EPMD_NO_ADDRESS`; a source that could not be asked with `EPMD_LOOKUP_FAILED`.
 *
 * @see RFC 2782
 */
export class DynamicSrv implements EpmdModule {
  readonly #resolver: DynamicSrvOptions['resolver']
  readonly #portName: DynamicSrvOptions['portName']
  readonly #listenPort: number | undefined
  readonly #env: Readonly<Record<string, string | undefined>>
  readonly #world: World
  readonly #answers: RecentSrvAnswers
  #self: { alive: string; host: string } | undefined
  #ownPort: number | undefined

  /** @throws {EpmdError} `EPMD_BAD_OPTION` */
  constructor(options: DynamicSrvOptions) {
    check(options)
    const {
      resolver,
      portName,
      listenPort,
      world = realWorld,
      env = world.system.env,
      keepMs = 1_000,
      retries = 1,
    } = options
    this.#answers = new RecentSrvAnswers(resolver, { keepMs, retries, clock: world.clock })
    this.#resolver = resolver
    this.#portName = portName
    this.#listenPort = listenPort
    this.#env = env
    this.#world = world
  }

  async startLink(options?: CallOptions): Promise<void> {
    callOptions(options).signal?.throwIfAborted()
  }

  /**
   * The port of this node: `listenPort`, else 0 for the short-lived nodes of release scripts, else `ERL_DIST_PORT`.
   *
   * @throws {EpmdError} `EPMD_DIST_PORT_MISSING`, `EPMD_DIST_PORT_NOT_A_NUMBER` or `EPMD_DIST_PORT_OUT_OF_RANGE`
   */
  listenPortPlease(alive: string, host: string): number {
    checkOwnName(alive, host)
    this.#self = { alive, host: domainKey(host) }
    if (this.#listenPort !== undefined) return this.#listenPort
    return isThrowAwayName(alive) ? 0 : distPort(this.#env)
  }

  /** Registers nowhere, since DNS names this node; gives a random creation. */
  async registerNode(alive: string, port: number, driver?: 'inet' | 'inet6'): Promise<{ creation: number }> {
    checkRegistration(alive, port, driver)
    this.#ownPort = port
    return { creation: newCreation(this.#world) }
  }

  async addressPlease(
    alive: string,
    host: string,
    family: AddressFamily = 'any',
    options?: LookupOptions,
  ): Promise<NodeAddress> {
    const { signal } = checkedLookup(alive, host, family, options)
    signal?.throwIfAborted()
    const own = this.#portOfSelf(alive, host)
    if (own !== undefined) return { candidates: [loopback(own, family)], version: 6 }
    if (isIP(host) !== 0) throw notAService(host)
    const asked = this.#serviceOf(host)
    const lookup: Lookup = { alive, host: asked, instance: `${alive}.${host}`, family, signal }
    const recordsOf = (answer: SrvAnswer) => recordsOfTarget(answer, lookup.instance)
    const service = await this.#srv(asked, lookup, (kept) => recordsOf(kept).length > 0)
    const named = recordsOf(service)
    if (named.length > 0) return this.#addressesOf(named, service, lookup)
    const tagged = await this.#srv(lookup.instance, lookup, (answer) => answer.records.length > 0)
    const { records } = offerOf(tagged)
    if (records.length === 0) throw notFound(lookup, service, tagged)
    return this.#addressesOf(records, tagged, { ...lookup, lastResort: lookup.instance })
  }

  /**
   * The members of a service, as its SRV records name them; targets that are not `label.service` are left out.
   *
   * @param host the service; default: that of this node
   * @throws {EpmdError} `EPMD_NAMES_UNKNOWN` with no host and no name of its own, `EPMD_LOOKUP_FAILED`
   */
  async names(host = this.#self?.host, options?: CallOptions): Promise<readonly RegisteredName[]> {
    const { signal } = checkedNames(host, options)
    if (host === undefined) {
      const hint = 'Pass the service whose nodes you want, or start a node with this module first.'
      throw new EpmdError('EPMD_NAMES_UNKNOWN', 'no service to list the nodes of', { hint })
    }
    const answer = await this.#srv(this.#serviceOf(host), { signal }, () => false)
    return offerOf(answer).records.flatMap(({ target, port }) => {
      const name = target.slice(0, -host.length - 1)
      return name !== '' && !name.includes('.') && sameDomainName(target, `${name}.${host}`) ? [{ name, port }] : []
    })
  }

  /** Under which name the nodes of a host have their SRV records. */
  #serviceOf(host: string): string {
    const portName = typeof this.#portName === 'function' ? this.#portName(host) : this.#portName
    if (portName === undefined) return host
    try {
      return portService(host, portName)
    } catch (cause) {
      throw lookupFailed(`the SRV records of ${host}`, cause)
    }
  }

  #portOfSelf(alive: string, host: string): number | undefined {
    if (this.#self === undefined || this.#self.host !== domainKey(host)) return
    if (alive === this.#self.alive) return this.#ownPort
    // A release script's helper runs beside the node it serves and inherits that node's environment.
    if (alive !== releaseName(this.#self.alive)) return
    const port = Number(this.#env.ERL_DIST_PORT)
    return isDialable(port) ? port : undefined
  }

  /** A kept answer does when it satisfies, else the question is asked anew. */
  async #srv(name: string, { signal }: CallOptions, satisfies: (kept: SrvAnswer) => boolean): Promise<SrvAnswer> {
    try {
      const whole = absoluteName(name)
      const { answer, recent } = await this.#answers.ask(whole, signal)
      if (!recent || satisfies(answer)) return answer
      return (await this.#answers.ask(whole, signal, { fresh: true })).answer
    } catch (cause) {
      signal?.throwIfAborted()
      throw lookupFailed(`the SRV records of ${name}`, cause)
    }
  }

  async #addressesOf(records: readonly SrvRecord[], answer: SrvAnswer, lookup: Lookup): Promise<NodeAddress> {
    const { endpoints: candidates, later } = await srvEndpoints(records, {
      addressesOf: async (target) => {
        const known = ofFamily(answer.addresses.get(domainKey(target)) ?? [], lookup.family)
        return known.length > 0 ? { records: known } : this.#resolve(target, lookup)
      },
      random: this.#world.random.number,
    })
    lookup.signal?.throwIfAborted()
    if (candidates.length > 0) return { candidates, ...(later !== undefined && { later }), version: 6 }
    throw noAddress(lookup, records)
  }

  async #resolve(target: string, lookup: Lookup): Promise<FoundAddresses> {
    const { lastResort, signal } = lookup
    for (const name of new Set([target, lastResort ?? target])) {
      try {
        const found = await this.#addresses(absoluteName(name), lookup)
        if (found.records.length > 0) return found
      } catch (cause) {
        signal?.throwIfAborted()
        throw lookupFailed(`the address of ${name}`, cause)
      }
    }
    return { records: [] }
  }

  async #addresses(name: string, { family, signal }: Lookup): Promise<FoundAddresses> {
    if (family === 'any') return racingAddresses(this.#resolver, name, { signal, world: this.#world })
    const { records } = await askAddresses(this.#resolver, name, { family: FAMILY[family], signal })
    return { records: ofFamily(records, family) }
  }
}

const FAMILY = { inet: 4, inet6: 6, any: undefined } as const

function ofFamily(records: readonly AddressRecord[], family: AddressFamily): readonly AddressRecord[] {
  const wanted = FAMILY[family]
  return wanted === undefined ? records : records.filter((record) => record.family === wanted)
}

function loopback(port: number, family: AddressFamily): NodeAddressCandidate {
  return family === 'inet6' ? { ip: '::1', family: 6, port } : { ip: '127.0.0.1', family: 4, port }
}
