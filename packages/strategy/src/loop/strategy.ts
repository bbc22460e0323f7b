import type { NodeName } from '@dynsrv/epmd-shim'
import type { MembershipChange } from '../change.ts'
import { type MissingPeer, StrategyError } from '../error.ts'
import type { Membership } from '../membership.ts'
import { anyNumber, badOption, checkOptions, text } from '../options.ts'
import { type Gauges, publish } from './telemetry.ts'
import { SIGNAL_CHECK, WATCH_CHECKS, type WatchOptions, withDefaults } from './watch-options.ts'
import { Watcher } from './watcher.ts'

/** The parts of a strategy; only `discover` is needed. */
export interface StrategyOptions extends WatchOptions {
  /** Its name in telemetry; default `default`. */
  readonly topology?: string
}

/** How each option of a strategy is checked. */
export const STRATEGY_CHECKS = { ...WATCH_CHECKS, topology: text }

/** What `ready` waits for. */
export interface ReadyOptions {
  /** Members that must be connected; default 1. */
  readonly minPeers?: number
  /** Ends the wait: usually `AbortSignal.timeout(…)`. */
  readonly signal?: AbortSignal
}

/** What `drain` does after discovery has ended. */
export interface DrainOptions {
  /** Takes our own record away, so that nobody finds us any more. */
  readonly deregister?: () => Promise<void> | void
  /** Waits for work under way. */
  readonly finish?: () => Promise<void> | void
}

type Listener = (change: MembershipChange) => void

/** A loop with a start and an end: keeps a membership connected to whom its discovery names. */
export class Strategy implements AsyncDisposable {
  readonly topology: string
  readonly #membership: Membership
  readonly #options: WatchOptions
  readonly #listeners = new Set<Listener>()
  #watcher: Watcher | undefined
  #ended = new AbortController()
  #running: Promise<void> | undefined

  /** @throws {StrategyError} `STRATEGY_BAD_OPTION`, `STRATEGY_UNKNOWN_OPTION` */
  constructor(membership: Membership, options: StrategyOptions) {
    checkOptions('strategy', options, STRATEGY_CHECKS, ['discover'])
    checkMembership(membership)
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

  /** Starts polling and dialling; nothing when it runs already. The first poll begins at once. */
  start(): void {
    if (this.#running !== undefined) return
    this.#ended = new AbortController()
    this.#watcher = new Watcher(this.#membership, withDefaults(this.#options), (change) => this.#tell(change))
    this.#running = this.#watcher.run(this.#ended.signal)
  }

  /** Ends polls and dials, those under way too. Links stay as they are. May be called again; `start` begins anew. */
  async close(): Promise<void> {
    this.#ended.abort(stopped(this.topology))
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
   * Leaves in order: ends discovery first, so that nobody is dialled again by a node that is going; then `deregister`, then
   * `finish`, then the links to the members are taken down.
   *
   * @throws what `deregister` or `finish` throws, after the links are down; then what `disconnect` rejects with
   */
  async drain({ deregister, finish }: DrainOptions = {}): Promise<void> {
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
  on(_event: 'change', listener: Listener): this {
    this.#listeners.add(listener)
    return this
  }

  off(_event: 'change', listener: Listener): this {
    this.#listeners.delete(listener)
    return this
  }

  /** Every change from now on, until the signal aborts, which ends it without an error. */
  async *events({ signal }: { readonly signal?: AbortSignal } = {}): AsyncGenerator<MembershipChange, void> {
    const unread: MembershipChange[] = []
    let more: (() => void) | undefined
    const listener = (change: MembershipChange) => {
      unread.push(change)
      more?.()
    }
    const end = () => more?.()
    this.on('change', listener)
    signal?.addEventListener('abort', end, { once: true })
    try {
      while (signal?.aborted !== true) {
        const change = unread.shift()
        if (change !== undefined) yield change
        else
          await new Promise<void>((resolve) => {
            more = resolve
          })
      }
    } finally {
      this.off('change', listener)
      signal?.removeEventListener('abort', end)
    }
  }

  /**
   * Waits until enough members are connected. An answer of `minPeers: 0` is: discovery has answered once.
   *
   * @throws {StrategyError} `STRATEGY_NOT_READY` when the signal aborts or the strategy is not running: who is missing and
   * why, in words and as `missing`; `cause` is the signal's reason or the last failure of discovery
   */
  async ready(options: ReadyOptions = {}): Promise<void> {
    checkOptions('ready', options, { minPeers: anyNumber({ min: 0, integer: true }), signal: SIGNAL_CHECK })
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
    if (failure !== undefined) parts.unshift(`discovery failed: ${messageOf(failure)}`)
    else if (this.#running === undefined) parts.unshift('the strategy is not running')
    else if (this.#watcher?.lastGoodAgeMs === undefined) parts.unshift('discovery has not answered yet')
    else if (missing.length === 0) parts.unshift('discovery names no other member')
    const there = this.gauges().connected
    return new StrategyError('STRATEGY_NOT_READY', `${there} of ${minPeers} peers connected: ${parts.join('; ')}`, {
      hint: 'Look at the reason of each missing peer, and at whom the service names.',
      retryable: true,
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
    return cause === undefined ? { node, why: 'not dialled to the end yet' } : { node, why: messageOf(cause), cause }
  }

  #tell(change: MembershipChange): void {
    publish(this.topology, this.#membership.self, change)
    for (const listener of [...this.#listeners]) {
      try {
        listener(change)
      } catch (error) {
        process.emitWarning(`a listener of strategy ${this.topology} threw: ${messageOf(error)}`, {
          code: 'STRATEGY_LISTENER_THREW',
          detail: error instanceof Error ? (error.stack ?? '') : '',
        })
      }
    }
  }
}

function checkMembership(membership: Membership): void {
  for (const method of ['connected', 'connect', 'disconnect', 'on', 'off'] as const) {
    if (typeof membership?.[method] !== 'function') {
      throw badOption('strategy', 'membership', `something with ${method}()`, membership)
    }
  }
}

function stopped(topology: string): StrategyError {
  return new StrategyError('STRATEGY_STOPPED', `strategy ${topology} was closed`, { hint: 'Start it again to go on.' })
}

/** The code and the text of whatever was thrown. */
function messageOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  return 'code' in cause && typeof cause.code === 'string' ? `${cause.code}: ${cause.message}` : cause.message
}
