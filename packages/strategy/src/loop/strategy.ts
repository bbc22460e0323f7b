import type { NodeName } from '@dynsrv/epmd-shim'
import {
  abortSignal,
  callable,
  callProgram,
  codeOf,
  eventStream,
  filledText,
  type MissedEvents,
  messageOf,
  oneOf,
  type Rules,
  realWorld,
  required,
  textOf,
  whole,
} from '@dynsrv/kit'
import { preferenceOr } from '../answers/preferences.ts'
import type { MembershipChange } from '../change.ts'
import { checks, membershipRule } from '../checks.ts'
import type { Located, Preference } from '../discover.ts'
import { type MissingPeer, StrategyError } from '../error.ts'
import type { Membership } from '../membership.ts'
import { type Gauges, publish } from './telemetry.ts'
import { WATCH_RULES, type WatchOptions, withDefaults } from './watch-options.ts'
import { Watcher } from './watcher.ts'

/** The parts of a strategy; only `discover` is needed. */
export interface StrategyOptions extends WatchOptions {
  /** Its name in telemetry; default `default`. */
  readonly topology?: string
}

/** How each option of a strategy is checked. */
export const STRATEGY_RULES: Rules<StrategyOptions> = { ...WATCH_RULES, topology: filledText }

const checkStrategy = checks.options<StrategyOptions>('strategy', STRATEGY_RULES)

/** What `ready` waits for. */
export interface ReadyOptions {
  /** Members that must be connected; default 1. */
  readonly minPeers?: number
  /** Ends the wait: usually `AbortSignal.timeout(…)`. */
  readonly signal?: AbortSignal
}

const checkReady = checks.options<ReadyOptions>('ready', { minPeers: whole(), signal: abortSignal })

/** What `drain` does after discovery has ended. */
export interface DrainOptions {
  /** Takes our own record away, so that nobody finds us any more. */
  readonly deregister?: () => Promise<void> | void
  /** Waits for work under way. */
  readonly finish?: () => Promise<void> | void
}

const checkDrain = checks.options<DrainOptions>('drain', { deregister: callable, finish: callable })

/** What ends the search for a member. */
export interface LocateOptions {
  readonly signal: AbortSignal
}

const checkLocate = checks.options<LocateOptions>('locate', { signal: required(abortSignal) })

/** What a strategy knows of a member. */
export interface KnownMember extends Preference {
  /**
   * Whether whole answers do not name it any more, and only the leave policy keeps it: it works, and should get nothing new
   * to do.
   */
  readonly deregistered: boolean
}

/** What ends a stream of changes. */
export interface EventsOptions {
  /** Ends it without an error. */
  readonly signal?: AbortSignal
}

const checkEvents = checks.options<EventsOptions>('events', { signal: abortSignal })

type Listener = (change: MembershipChange) => void

/** A loop with a start and an end: keeps a membership connected to the nodes that its source names. */
export class Strategy implements AsyncDisposable {
  readonly topology: string
  readonly #membership: Membership
  readonly #options: WatchOptions
  readonly #listeners = new Set<Listener>()
  #watcher: Watcher | undefined
  #ended = new AbortController()
  #running: Promise<void> | undefined

  /** @throws {StrategyError} `STRATEGY_BAD_OPTION` */
  constructor(membership: Membership, options: StrategyOptions) {
    checks.argument('strategy', 'membership', membershipRule, membership)
    checkStrategy(options)
    const { topology = 'default', ...rest } = options
    this.topology = topology
    this.#membership = membership
    this.#options = rest
  }

  /** Whether it polls and dials. */
  get running(): boolean {
    return this.#running !== undefined
  }

  /** Who should be connected, connected or not, without ourselves. */
  expected(): NodeName[] {
    return [...(this.#watcher?.members.keys() ?? [])]
  }

  /**
   * Where a member listens, by the last good answer that named it, or where it was found last: for programs that dial members
   * by their names. It has no endpoints where that is not known, and for one that is no member.
   *
   * @throws the signal's reason when it aborts
   */
  async locate(node: NodeName, options: LocateOptions): Promise<Located> {
    checks.argument('locate', 'node', filledText, node)
    checkLocate(options)
    return (await this.#watcher?.locate(node, options.signal)) ?? { endpoints: [] }
  }

  /** The same members with what is known of each; priority and weight are 0 where the source has none. */
  members(): Map<NodeName, KnownMember> {
    const watcher = this.#watcher
    const known = new Map<NodeName, KnownMember>()
    for (const node of watcher?.members.keys() ?? []) {
      const deregistered = watcher!.isDeregistered(node)
      known.set(node, { ...preferenceOr(watcher!.preferenceOf(node)), deregistered })
    }
    return known
  }

  /** Starts polling and dialling; nothing when it runs already. The first poll begins at once. */
  start(): void {
    if (this.#running !== undefined) return
    this.#ended = new AbortController()
    this.#watcher = new Watcher(this.#membership, withDefaults(this.#options), (change) => this.#report(change))
    this.#running = this.#watcher.run(this.#ended.signal)
  }

  /** Ends polls and dials, those under way too. Links stay as they are. May be called again; `start` begins again. */
  async close(): Promise<void> {
    this.#ended.abort(closed(this.topology))
    await this.#running
    this.#running = undefined
  }

  /** Another name of {@link close}. */
  stop(): Promise<void> {
    return this.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Polls now instead of after the interval. */
  pollNow(): void {
    this.#watcher?.pollNow()
  }

  /**
   * Leaves in order: ends discovery first, so that a node which is going dials nobody again; then `deregister`, then
   * `finish`, then the links to the members are taken down.
   *
   * @throws what `deregister` or `finish` throws, after the links are down; then what `disconnect` rejects with
   * @throws {StrategyError} `STRATEGY_BAD_OPTION`, before anything is done
   */
  async drain(options: DrainOptions = {}): Promise<void> {
    checkDrain(options)
    const { deregister, finish } = options
    const members = this.expected()
    await this.close()
    try {
      await deregister?.()
      await finish?.()
    } finally {
      await this.#disconnect(members)
    }
  }

  /** What is known now, as numbers. */
  gauges(): Gauges {
    const connected = new Set(this.#membership.connected())
    const expected = this.expected()
    return {
      expected: expected.length,
      connected: expected.filter((node) => connected.has(node)).length,
      lastGoodAgeMs: this.#watcher?.lastGoodAgeMs,
      failures: this.#watcher?.failures ?? 0,
    }
  }

  /** Calls back for every change from now on. What a listener throws is a process warning and stops nothing. */
  on(event: 'change', listener: (change: MembershipChange) => void): this {
    checkListener('on', event, listener)
    this.#listeners.add(listener)
    return this
  }

  off(event: 'change', listener: (change: MembershipChange) => void): this {
    checkListener('off', event, listener)
    this.#listeners.delete(listener)
    return this
  }

  /**
   * Every change from now on, until the signal aborts, which ends it without an error.
   *
   * No more than 10 000 changes wait for a slow reader. Newer ones are left out, and an event `missed` counts them.
   */
  async *events(options: EventsOptions = {}): AsyncGenerator<MembershipChange | MissedEvents, void> {
    checkEvents(options)
    yield* eventStream<MembershipChange>((listener) => {
      this.on('change', listener)
      return () => this.off('change', listener)
    }, options.signal)
  }

  /**
   * Waits until enough members are connected; with `minPeers: 0`, until discovery has answered once.
   *
   * @throws {StrategyError} `STRATEGY_NOT_READY` when the signal aborts or the strategy is not running: who is missing and
   * why, in words and as `missing`; `cause` is the signal's reason or the last failure of discovery
   */
  async ready(options: ReadyOptions = {}): Promise<void> {
    checkReady(options)
    const { minPeers = 1, signal } = options
    const enough = () => {
      const { connected, lastGoodAgeMs } = this.gauges()
      return lastGoodAgeMs !== undefined && connected >= minPeers
    }
    const ends = AbortSignal.any(signal === undefined ? [this.#ended.signal] : [signal, this.#ended.signal])
    if (enough()) return
    if (this.#running === undefined || ends.aborted) throw this.#notReady(minPeers, signal?.reason)
    await new Promise<void>((resolve, reject) => {
      const done = () => {
        this.off('change', look)
        ends.removeEventListener('abort', abort)
      }
      const look = () => {
        // The whole count takes time in proportion to the members, too much for each of thousands that join.
        if ((this.#watcher?.joined ?? 0) < minPeers || !enough()) return
        done()
        resolve()
      }
      const abort = () => {
        done()
        reject(this.#notReady(minPeers, ends.reason))
      }
      this.on('change', look)
      ends.addEventListener('abort', abort, { once: true })
    })
  }

  #notReady(minPeers: number, reason: unknown): StrategyError {
    const connected = new Set(this.#membership.connected())
    const missing = this.expected()
      .filter((node) => !connected.has(node))
      .map((node) => this.#missing(node))
    const failure = this.#watcher?.lastFailure
    const parts = missing.map(({ node, why }) => `${node}: ${why}`)
    if (failure !== undefined) parts.unshift(`discovery failed: ${said(failure)}`)
    else if (this.#running === undefined) parts.unshift('the strategy is not running')
    else if (this.#watcher?.lastGoodAgeMs === undefined) parts.unshift('discovery has not answered yet')
    else if (missing.length === 0) parts.unshift('discovery names no other member')
    const there = this.gauges().connected
    return new StrategyError('STRATEGY_NOT_READY', `${there} of ${minPeers} peers connected: ${parts.join('; ')}`, {
      missing,
      cause: reason ?? failure,
    })
  }

  async #disconnect(members: readonly NodeName[]): Promise<void> {
    const connected = new Set(this.#membership.connected())
    const disconnected = async (node: NodeName) => this.#membership.disconnect(node)
    const linked = members.filter((node) => connected.has(node))
    const ends = await Promise.allSettled(linked.map(disconnected))
    const failed = ends.find((end) => end.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  #missing(node: NodeName): MissingPeer {
    const cause = this.#watcher?.causeOf(node)
    return cause === undefined ? { node, why: 'not dialled to the end yet' } : { node, why: said(cause), cause }
  }

  #report(change: MembershipChange): void {
    publish(this.topology, this.#membership.self, change)
    for (const listener of [...this.#listeners]) {
      callProgram(
        () => listener(change),
        (error) => {
          const { system } = this.#options.world ?? realWorld
          system.warn(`a listener of strategy ${this.topology} threw: ${messageOf(error)}`, {
            code: 'STRATEGY_LISTENER_THREW',
            detail: textOf(error, 'stack') ?? '',
          })
        },
      )
    }
  }
}

const changeEvent = oneOf('change')

function checkListener(owner: string, event: string, listener: Listener): void {
  checks.argument(owner, 'event', changeEvent, event)
  checks.argument(owner, 'listener', callable, listener)
}

function closed(topology: string): StrategyError {
  return new StrategyError('STRATEGY_CLOSED', `strategy ${topology} was closed`)
}

/** What an error says, with its code. */
function said(cause: unknown): string {
  const code = codeOf(cause)
  return code === undefined ? messageOf(cause) : `${code}: ${messageOf(cause)}`
}
