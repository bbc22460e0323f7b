import type { NodeName } from '@dynsrv/epmd-shim'
import type { Contract } from '@dynsrv/etf'
import {
  abortSignal,
  callable,
  callProgram,
  duration,
  eventStream,
  type MissedEvents,
  messageOf,
  oneOf,
  textOf,
  type World,
  whole,
  within,
} from '@dynsrv/kit'
import { type DrainOptions, type Node, NodeError } from '@dynsrv/node'
import type { Strategy } from '@dynsrv/strategy'
import { type Attached, closeAttached, startAttached } from './attached.ts'
import { checks, INSIDE, onlyInside } from './checks.ts'
import type { ClusterEvent } from './cluster-event.ts'
import { DynsrvError } from './error.ts'
import type { LastLookup, RememberingResolver } from './last-lookup.ts'
import { type LeaveSignal, leaveOn } from './leave-on.ts'
import { notReady, type TopologyFacts } from './not-ready.ts'
import { type MemberService, makeService, type Service } from './services/service.ts'
import { checkModule, checkService, type ModuleOptions, type ServiceOptions } from './services/service-options.ts'
import { type MembersTarget, type ProcessTarget, type Target, targetOf } from './services/service-target.ts'

const READY_TIMEOUT_MS = 30_000
/** As the node has it. @see DrainOptions.timeoutMs */
const DRAIN_TIMEOUT_MS = 30_000
/** Records that name no node and are remembered, to say why nobody is there. */
const MOST_IGNORED = 10

/** What a cluster is made of. */
export interface ClusterParts {
  readonly node: Node
  readonly strategies: ReadonlyMap<string, Strategy>
  /** What was answered last, by topology. */
  readonly resolvers: ReadonlyMap<string, RememberingResolver>
  readonly world: Pick<World, 'clock' | 'random' | 'system'>
  readonly deregister?: (() => Promise<void> | void) | undefined
  readonly leaveOn?: readonly LeaveSignal[] | undefined
  readonly closeResolver?: (() => void) | undefined
}

/** Starts something beside a cluster; `startHealthServer` of `@dynsrv/page` is one. */
export type Attach = (cluster: Cluster) => Attached | Promise<Attached>

/** Whether a cluster runs, is on its way out, or is closed. */
export type ClusterState = 'running' | 'leaving' | 'closed'

/** What `ready` waits for. */
export interface ReadyOptions {
  /** Peers that must be connected; default 1. */
  readonly minPeers?: number
  /** How long. Unit: milliseconds; default 30 000; `Infinity` waits until the signal aborts. */
  readonly timeoutMs?: number
  /** Ends the wait early. */
  readonly signal?: AbortSignal
}

/** What ends a stream of events. */
export interface EventsOptions {
  /** Ends the stream without an error. */
  readonly signal?: AbortSignal
}

const checkReady = checks.options<ReadyOptions>('ready', {
  minPeers: whole(),
  timeoutMs: duration(),
  signal: abortSignal,
})
const checkEvents = checks.options<EventsOptions>('events', { signal: abortSignal })
const checkDrain = checks.options<DrainOptions>('drain', { timeoutMs: duration() })

/** Makes a cluster; programs get theirs from `start`. */
export let makeCluster: (parts: ClusterParts) => Cluster
/** Starts what runs beside a cluster, once. @throws what one of them throws */
export let attachAll: (cluster: Cluster, all: readonly Attach[]) => Promise<void>

/** Our node in a cluster: the node itself, and the strategies that keep it connected. Made by `start`. */
export class Cluster implements AsyncDisposable {
  /** The live node: mailboxes, messages, links. */
  readonly node: Node
  readonly #parts: ClusterParts
  readonly #listeners = new Set<{ readonly listener: (event: ClusterEvent) => void }>()
  /** Aborts when the cluster is closed. */
  readonly #closed = new AbortController()
  /** Why a peer that was found is not connected. */
  readonly #unreachable = new Map<string, unknown>()
  /** What discovery said last, by topology. */
  readonly #seen = new Map<string, TopologyFacts>()
  #attached: readonly Attached[] = []
  readonly #forgetSignals: () => void
  readonly #services = new Set<Service>()
  /** All members, for `module`. */
  #everybody: MemberService | undefined
  #draining: Promise<void> | undefined
  #closing: Promise<void> | undefined
  #state: ClusterState = 'running'

  static {
    makeCluster = (parts) => new Cluster(INSIDE, parts)
    attachAll = async (cluster, all) => {
      const attached = await startAttached(cluster, all)
      // Somebody may have closed the cluster meanwhile.
      if (cluster.#closing !== undefined) await closeAttached(attached)
      else cluster.#attached = attached
    }
  }

  private constructor(key: typeof INSIDE, parts: ClusterParts) {
    onlyInside(key)
    const { node, strategies } = parts
    this.#parts = parts
    this.node = node
    this.#forgetSignals = leaveOn(parts.leaveOn ?? [], parts.world.system, () => this.drain())
    node.on('event', (event) => this.#publish(event))
    for (const [topology, strategy] of strategies) {
      strategy.on('change', (change) => this.#publish({ ...change, topology }))
      strategy.start()
    }
  }

  /** Our own name. */
  get self(): NodeName {
    return this.node.self
  }

  /** Whether it runs, is on its way out, or is closed. */
  get state(): ClusterState {
    return this.#state
  }

  /** What keeps us connected, by topology. */
  get strategies(): ReadonlyMap<string, Strategy> {
    return this.#parts.strategies
  }

  /** Members that discovery names and that are not connected, each with the error of the last dial, if there was one. */
  missing(): Map<NodeName, unknown> {
    const connected = new Set(this.members())
    const expected = [...this.#parts.strategies.values()].flatMap((strategy) => strategy.expected())
    return new Map(expected.filter((node) => !connected.has(node)).map((node) => [node, this.#unreachable.get(node)]))
  }

  /** The last DNS answer about each topology that is found through SRV records, and why none came since. */
  lookups(): Map<string, LastLookup> {
    return new Map([...this.#parts.resolvers].map(([topology, { last }]) => [topology, last]))
  }

  /** The port that we listen on; 0 with `listen: false`. */
  get port(): number {
    return this.node.port ?? 0
  }

  /** The peers that are connected now, visible or hidden, whichever side dialled. */
  members(): NodeName[] {
    return [...this.node.connected()]
  }

  /**
   * Several members that can do the same, called as one: no caller chooses a node.
   *
   * The target is a name that a process has on each member (`'MyApp.Stock'`, or the exact atom), a process group
   * (`{ pg: atom('stock') }`), or members themselves, all of them or those of one topology, whose functions are called.
   *
   * @throws {DynsrvError} `DYNSRV_BAD_OPTION`; `DYNSRV_CLOSED` when the cluster is on its way out
   */
  service(target: ProcessTarget, options?: ServiceOptions): Service
  service(target?: MembersTarget, options?: ServiceOptions): MemberService
  service(target: ProcessTarget | MembersTarget = {}, options: ServiceOptions = {}): Service {
    const read = targetOf(target)
    checkService(options)
    const { strategies } = this.#parts
    if ('topology' in read && read.topology !== undefined) {
      checks.argument('service', 'target.topology', oneOf(...strategies.keys()), read.topology)
    }
    if (this.#state !== 'running') throw new DynsrvError('DYNSRV_CLOSED', 'the cluster is on its way out')
    return this.#makeService(read, options)
  }

  #makeService(target: Target, options: ServiceOptions): Service {
    const { node, world, strategies } = this.#parts
    const service = makeService(
      {
        ...{ node, strategies, world },
        on: (listener) => this.on(listener),
        missing: () => this.missing(),
        discoveryFailure: () => [...this.#seen.values()].find(({ failure }) => failure !== undefined)?.failure,
        closed: (ended) => this.#services.delete(ended),
      },
      target,
      options,
    )
    this.#services.add(service)
    return service
  }

  /**
   * Calls back for each event from now on; returns a function that ends that. What a listener throws, or rejects with, becomes
   * a process warning `DYNSRV_LISTENER_THREW`.
   */
  on(listener: (event: ClusterEvent) => void): () => void {
    checks.argument('on', 'listener', callable, listener)
    const entry = { listener }
    this.#listeners.add(entry)
    return () => void this.#listeners.delete(entry)
  }

  /**
   * Everything that happens from now on; ends when the cluster is closed or the signal aborts.
   *
   * No more than 10 000 events wait for a slow reader, and no more than 1000 refusals and warnings among them, which
   * strangers can cause. Newer ones are left out, and an event `missed` counts them.
   */
  events(options: EventsOptions = {}): AsyncGenerator<ClusterEvent | MissedEvents, void> {
    checkEvents(options)
    const { signal } = options
    const closed = this.#closed.signal
    const ended = signal === undefined ? closed : AbortSignal.any([signal, closed])
    return eventStream<ClusterEvent>((listener) => this.on(listener), ended)
  }

  /**
   * The functions of a module as methods, typed as its specs say: `await cluster.module(Stock).reserve('apple', 3)`. Each is an
   * `erpc`: to the node that is named, or as `cluster.service().module(contract)` makes it, to any member that has the function.
   * `dynsrv types` writes the contract.
   *
   * @param options of each call; they stand here, since a last argument might be one of the function's
   * @throws {DynsrvError} `DYNSRV_BAD_OPTION`, also for `idempotent` beside `node`; `DYNSRV_CLOSED`; {NodeError} `NODE_NAME_*`;
   * {EtfError} `ETF_BAD_OPTION`. Methods reject as `Node.module`, or `Service.module` without `node`
   */
  module<Client extends object>(contract: Contract<Client>, options: ModuleOptions = {}): Client {
    checkModule(options)
    const { node, ...rest } = options
    if (node !== undefined) return this.node.module(node, contract, rest)
    if (this.#closing !== undefined) throw new DynsrvError('DYNSRV_CLOSED', 'the cluster is closed')
    // While the cluster drains, the calls that it still serves may need it.
    this.#everybody ??= this.#makeService(targetOf({}), {})
    return this.#everybody.module(contract, rest)
  }

  /**
   * Waits until enough peers are connected.
   *
   * @returns the members that are connected then: `const [shop] = await cluster.ready()`
   * @throws {DynsrvError} `DYNSRV_NOT_READY` when that takes too long, naming each missing peer and why; `DYNSRV_CLOSED`
   * @throws the signal's reason when it aborts
   */
  async ready(options?: Omit<ReadyOptions, 'minPeers'>): Promise<[NodeName, ...NodeName[]]>
  async ready(options: ReadyOptions): Promise<NodeName[]>
  async ready(options: ReadyOptions = {}): Promise<NodeName[]> {
    checkReady(options)
    const { minPeers = 1, timeoutMs = READY_TIMEOUT_MS, signal } = options
    const { clock } = this.#parts.world
    const enough = () => this.members().length >= minPeers
    signal?.throwIfAborted()
    if (enough()) return this.members()
    const timeout = new AbortController()
    const patience = clock.setTimeout(() => timeout.abort(), timeoutMs)
    try {
      const ended = signal === undefined ? timeout.signal : AbortSignal.any([signal, timeout.signal])
      for await (const _ of this.events({ signal: ended })) if (enough()) return this.members()
    } finally {
      clock.clearTimeout(patience)
    }
    signal?.throwIfAborted()
    if (!timeout.signal.aborted) throw closedError()
    throw this.#notReady(minPeers, timeoutMs)
  }

  /**
   * Leaves in order: stops discovery and dials, lets `deregister` take our record away, finishes the calls of others
   * (`Node.drain`), and closes.
   *
   * @throws what `deregister` throws, or `NODE_TIMEOUT` when that or calls took too long, after everything is closed
   */
  async drain(options: DrainOptions = {}): Promise<void> {
    checkDrain(options)
    this.#draining ??= this.#closing ?? this.#drain(options)
    await this.#draining
  }

  /** Leaves at once: discovery, links and sockets end. May be called again. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #drain(options: DrainOptions): Promise<void> {
    this.#state = 'leaving'
    await this.#stopStrategies()
    try {
      await this.#deregister(options)
    } finally {
      try {
        await this.node.drain(options)
      } finally {
        await this.close()
      }
    }
  }

  /** A registry that never answers must not keep us from leaving. */
  async #deregister({ timeoutMs = DRAIN_TIMEOUT_MS }: DrainOptions): Promise<void> {
    const { deregister, world } = this.#parts
    if (deregister === undefined) return
    const late = () =>
      new NodeError('NODE_TIMEOUT', `deregister did not end within ${timeoutMs} ms`, {
        hint: 'The cluster is closed all the same. Take the record away by hand, or give drain more time.',
      })
    await within({ clock: world.clock, ms: timeoutMs, late }, async () => deregister())
  }

  async #close(): Promise<void> {
    this.#state = 'leaving'
    try {
      await this.#stopStrategies()
    } finally {
      try {
        for (const service of this.#services) await service.close()
        await this.node.close()
      } finally {
        this.#parts.closeResolver?.()
        this.#forgetSignals()
        this.#state = 'closed'
        this.#closed.abort()
        await closeAttached(this.#attached)
      }
    }
  }

  async #stopStrategies(): Promise<void> {
    await Promise.all([...this.#parts.strategies.values()].map((strategy) => strategy.close()))
  }

  #publish(event: ClusterEvent): void {
    if (event.type === 'connectFailed') this.#unreachable.set(event.node, event.cause)
    else if (event.type === 'nodeup') this.#unreachable.delete(event.node)
    else if (event.type === 'discoveryFailed') this.#note(event.topology, { failure: event.cause })
    else if (event.type === 'polled') this.#note(event.topology, { failure: undefined, polled: event })
    else if (event.type === 'ignored') {
      const { ignored } = this.#seen.get(event.topology) ?? {}
      const all = [...(ignored ?? []), [event.target, event.reason] as const]
      this.#note(event.topology, { ignored: new Map(all.slice(-MOST_IGNORED)) })
    }
    for (const { listener } of [...this.#listeners]) {
      callProgram(
        () => listener(event),
        (error) => {
          const detail = textOf(error, 'stack') ?? ''
          const message = `a listener of the cluster threw: ${messageOf(error)}`
          this.#parts.world.system.warn(message, { code: 'DYNSRV_LISTENER_THREW', detail })
        },
      )
    }
  }

  #note(topology: string, facts: Partial<TopologyFacts>): void {
    this.#seen.set(topology, { ...this.#seen.get(topology), ...facts })
  }

  #notReady(minPeers: number, timeoutMs: number): DynsrvError {
    const lookups = this.lookups()
    const topologies = [...this.#parts.strategies.keys()].map(
      (name) => [name, { ...this.#seen.get(name), lookup: lookups.get(name) }] as const,
    )
    const { message, ...rest } = notReady({
      ...{ self: this.self, minPeers, timeoutMs, connected: this.members() },
      missing: new Map<string, unknown>([...this.missing(), ...this.#unreachable]),
      topologies: new Map(topologies),
    })
    return new DynsrvError('DYNSRV_NOT_READY', message, rest)
  }
}

function closedError(): DynsrvError {
  return new DynsrvError('DYNSRV_CLOSED', 'the cluster was closed while it waited for peers')
}
