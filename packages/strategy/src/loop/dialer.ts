import type { NodeAddressCandidate, NodeName } from '@dynsrv/epmd-shim'
import {
  answerNow,
  duration,
  endpoint,
  hostAddress,
  listOf,
  optional,
  type Timer,
  type World,
  within,
} from '@dynsrv/kit'
import type { MembershipChange } from '../change.ts'
import { checks, promised } from '../checks.ts'
import type { Endpoints, IgnoredTarget, Locate, Located } from '../discover.ts'
import { StrategyError } from '../error.ts'
import type { Membership } from '../membership.ts'
import { Places } from '../places.ts'
import type { Retry } from '../policy/interval.ts'

/** A link that held that long starts with no failures when it drops. */
const STABLE_MS = 10_000
/** When the address of a peer is not found by then, it is dialled where it was last. */
const LOCATE_MS = 500

export interface DialerOptions {
  readonly world: World
  readonly membership: Membership
  /** Dials at the same time, without those that have become slow. */
  readonly parallel: number
  readonly timeoutMs: number
  readonly retry: Retry
  /** Whether the process may end while a peer waits for its next dial. */
  readonly unref: boolean
  readonly signal: AbortSignal
  /** Where a node listens, as far as the last answers say. */
  readonly endpoints: (node: NodeName) => Endpoints | undefined
  /** The time between polls now, in milliseconds. */
  readonly pollMs: () => number
  /** A dial brought a link up, whether or not the membership reports it. Calls `up` in turn. */
  readonly connected: (node: NodeName) => void
  /** A source gave something that cannot be dialled. */
  readonly ignored: (target: IgnoredTarget) => void
  readonly report: (change: MembershipChange) => void
}

interface Peer {
  state: 'waiting' | 'queued' | 'dialling' | 'up'
  /** It waits for the next answer, not for its own time. */
  isHeld: boolean
  /** Where it was found last, and under which key. */
  endpoints: readonly NodeAddressCandidate[]
  key: string | undefined
  attempts: number
  upSince: number
  timer: Timer | undefined
  abort: AbortController | undefined
  cause: unknown
}

/**
 * Keeps dialling the peers that are wanted and not connected: so many at once, each with its own back-off. Names that were
 * never tried, and links that were lost after a long life, come before those that failed.
 */
export class Dialer {
  readonly #options: DialerOptions
  readonly #peers = new Map<NodeName, Peer>()
  // A set keeps the order of arrival and forgets in constant time.
  readonly #fresh = new Set<NodeName>()
  readonly #again = new Set<NodeName>()
  readonly #places: Places
  /** Ends when every peer that dialled us has been found where it listens. */
  #learning: Promise<unknown> = Promise.resolve()

  constructor(options: DialerOptions) {
    this.#options = options
    this.#places = new Places(options.world.clock, options.parallel, () => this.#pump())
    options.signal.addEventListener('abort', () => this.#stop(), { once: true })
  }

  /** Why a wanted peer is not connected, as far as dialling has shown. */
  causeOf(node: NodeName): unknown {
    return this.#peers.get(node)?.cause
  }

  /**
   * Sets who should be connected from now on; dials to others end. Who is named again after a while, or in another place, is
   * dialled at once.
   */
  want(
    wanted: ReadonlyMap<NodeName, unknown>,
    connected: ReadonlySet<NodeName>,
    returned: readonly NodeName[] = [],
  ): void {
    for (const node of this.#peers.keys()) if (!wanted.has(node)) this.#forget(node)
    for (const node of wanted.keys()) {
      const peer = this.#peers.get(node)
      if (connected.has(node)) this.up(node)
      else if (peer === undefined) this.#enqueue(node, this.#create(node))
      else if (peer.state === 'up') this.down(node)
      else if (peer.state === 'waiting' && this.#hasMoved(node, peer)) this.#hasten(node, peer, 0)
      else if (peer.state === 'waiting' && peer.isHeld) this.#hasten(node, peer)
    }
    for (const node of returned) {
      const peer = this.#peers.get(node)
      if (peer?.state === 'waiting') this.#hasten(node, peer, 0)
    }
    this.#pump()
  }

  /** A link is up, whichever side dialled. */
  up(node: NodeName): void {
    const peer = this.#peers.get(node) ?? this.#create(node)
    if (peer.state === 'up') return
    this.#options.world.clock.clearTimeout(peer.timer)
    this.#unqueue(node)
    // A dial under way is left to end by itself: the node sees that it is connected.
    peer.state = 'up'
    peer.upSince = this.#options.world.clock.monotonic()
    peer.cause = undefined
    if (peer.endpoints.length === 0) this.#learn(node, peer)
  }

  /** Finds where a peer listens that dialled us, one at a time, so that it can be dialled when nobody can say it any more. */
  #learn(node: NodeName, peer: Peer): void {
    const { signal } = this.#options
    const isNeeded = () => !signal.aborted && peer.endpoints.length === 0 && this.#peers.get(node) === peer
    const learn = async () => {
      if (isNeeded()) await this.#locate(node, peer, signal, signal)
    }
    // It rejects only because the loop ends, and then nothing more is to be found.
    const ended = () => undefined
    this.#learning = this.#learning.then(learn).catch(ended)
  }

  /**
   * A wanted link went down: it is dialled at once, or when `want` is called, or after `holdMs`; later when it never holds for
   * long.
   */
  down(node: NodeName, holdMs = 0): void {
    const peer = this.#peers.get(node)
    if (peer === undefined || peer.state !== 'up') return
    peer.attempts = this.#options.world.clock.monotonic() - peer.upSince >= STABLE_MS ? 0 : peer.attempts + 1
    if (peer.attempts > 1) this.#wait(node, peer, this.#retryMs(peer))
    else if (holdMs === 0) this.#enqueue(node, peer)
    else {
      this.#wait(node, peer, holdMs)
      peer.isHeld = true
    }
    this.#pump()
  }

  /** Nobody wants it any more. */
  forget(node: NodeName): void {
    this.#forget(node)
    this.#pump()
  }

  #create(node: NodeName): Peer {
    const peer: Peer = {
      state: 'waiting',
      isHeld: false,
      endpoints: [],
      key: undefined,
      attempts: 0,
      upSince: 0,
      timer: undefined,
      abort: undefined,
      cause: undefined,
    }
    this.#peers.set(node, peer)
    return peer
  }

  #enqueue(node: NodeName, peer: Peer): void {
    peer.state = 'queued'
    peer.isHeld = false
    if (peer.attempts === 0) this.#fresh.add(node)
    else this.#again.add(node)
  }

  #unqueue(node: NodeName): void {
    this.#fresh.delete(node)
    this.#again.delete(node)
  }

  #wait(node: NodeName, peer: Peer, ms: number): void {
    peer.state = 'waiting'
    peer.timer = this.#options.world.clock.setTimeout(() => {
      this.#enqueue(node, peer)
      this.#pump()
    }, ms)
    if (this.#options.unref) peer.timer.unref()
  }

  /** Ends a wait. */
  #hasten(node: NodeName, peer: Peer, attempts = peer.attempts): void {
    this.#options.world.clock.clearTimeout(peer.timer)
    peer.attempts = attempts
    this.#enqueue(node, peer)
  }

  /** Whether it is said to listen elsewhere than when it was dialled last. */
  #hasMoved(node: NodeName, { key }: Peer): boolean {
    if (key === undefined) return false
    const now = keyOf(this.#options.endpoints(node))
    return now !== undefined && now !== key
  }

  #pump(): void {
    const { signal } = this.#options
    for (const queue of [this.#fresh, this.#again]) {
      for (const node of queue) {
        if (signal.aborted || this.#places.full) return
        queue.delete(node)
        const peer = this.#peers.get(node)
        if (peer !== undefined) void this.#dial(node, peer)
      }
    }
  }

  async #dial(node: NodeName, peer: Peer): Promise<void> {
    const { world, membership, timeoutMs, unref } = this.#options
    const abort = new AbortController()
    peer.state = 'dialling'
    peer.abort = abort
    const giveUpPlace = this.#places.take()
    const over = new AbortController()
    try {
      const limit = {
        clock: world.clock,
        ms: timeoutMs,
        signal: abort.signal,
        late: () => lateDial(node, timeoutMs),
        unref,
      }
      await within(limit, async (signal) => {
        const { endpoints, later, addresses } = await this.#locate(node, peer, signal, over.signal)
        await membership.connect(node, {
          signal,
          ...(endpoints.length > 0 && { endpoints }),
          ...(endpoints.length > 0 && later !== undefined && { later }),
          ...(addresses !== undefined && { addresses }),
        })
      })
      // After its nodeup, and without a nodedown since, there is no need to search all links.
      if (!this.#isUp(peer) && !has(membership.connected(), node)) throw noLink(node)
      if (!abort.signal.aborted) this.#options.connected(node)
    } catch (cause) {
      this.#failed(node, peer, abort, cause)
    } finally {
      if (peer.abort === abort) peer.abort = undefined
      giveUpPlace()
      // What is still being looked up is not needed any more.
      over.abort()
    }
  }

  /**
   * Where a wanted peer listens, as it would be dialled now; nowhere when that is not known.
   *
   * @param signal ends the look-up, that of what may come later too
   */
  async locate(node: NodeName, signal: AbortSignal): Promise<Located> {
    const peer = this.#peers.get(node)
    return peer === undefined ? { endpoints: [] } : this.#locate(node, peer, signal, signal)
  }

  /**
   * Where it listens; nowhere when that is not known.
   *
   * @param over ends the look-up of what may come later
   */
  async #locate(node: NodeName, peer: Peer, signal: AbortSignal, over: AbortSignal): Promise<Located> {
    const { world, endpoints: of, ignored } = this.#options
    const endpoints = of(node)
    if (endpoints === undefined) return { endpoints: peer.endpoints }
    peer.key = keyOf(endpoints)
    let found: unknown
    try {
      const limit = { clock: world.clock, ms: LOCATE_MS, signal, late: lateAddress }
      const ask = (either: AbortSignal, locate: Locate) => locate({ signal: AbortSignal.any([either, over]) })
      found = typeof endpoints === 'function' ? await within(limit, (either) => ask(either, endpoints)) : endpoints
    } catch {
      signal.throwIfAborted()
      // Where it was found last may still be true; else the membership looks it up, and says why it cannot.
      return { endpoints: peer.endpoints }
    }
    const located = isLocated(found) ? found : { endpoints: found as readonly NodeAddressCandidate[] }
    const fault =
      endpointList.check(located.endpoints, 'endpoints') ?? addressList.check(located.addresses, 'addresses')
    if (fault === undefined) return this.#remember(peer, located)
    ignored({ target: node, reason: `it has no usable endpoints: ${fault.message}` })
    return { endpoints: peer.endpoints }
  }

  /** What it is found by while nobody can say where it listens; what comes late belongs to it. */
  #remember(peer: Peer, located: Located): Located {
    const { endpoints, later } = located
    peer.endpoints = endpoints
    if (later === undefined) return located
    const more = Promise.resolve(later).then((all) => (endpointList.check(all, 'later') === undefined ? all : []))
    // It is only a help: the dial goes on with what is known, and says why when it fails.
    const joined = more.catch(() => [])
    joined.then((all) => {
      if (peer.endpoints === endpoints) peer.endpoints = [...endpoints, ...all]
    })
    return { ...located, later: joined }
  }

  #isUp(peer: Peer): boolean {
    return peer.state === 'up'
  }

  #failed(node: NodeName, peer: Peer, { signal }: AbortController, cause: unknown): void {
    if (signal.aborted || peer.state !== 'dialling') return
    peer.attempts += 1
    peer.cause = cause
    const retryMs = this.#retryMs(peer)
    this.#wait(node, peer, retryMs)
    this.#options.report({ type: 'connectFailed', node, cause, attempts: peer.attempts, retryMs })
  }

  #retryMs({ attempts, cause }: Peer): number {
    try {
      const { retry, world, pollMs } = this.#options
      const asked = { attempts, cause, pollMs: pollMs(), random: world.random.number }
      const ms = answerNow(() => retry(asked), promised)
      checks.argument('the retry policy', 'what it gives', duration(), ms)
      return ms
    } catch (fault) {
      this.#options.report({ type: 'partFailed', part: 'retry', cause: fault })
      return 5_000
    }
  }

  #forget(node: NodeName): void {
    const peer = this.#peers.get(node)
    this.#options.world.clock.clearTimeout(peer?.timer)
    this.#unqueue(node)
    this.#peers.delete(node)
    peer?.abort?.abort(notWanted(node))
  }

  #stop(): void {
    for (const node of [...this.#peers.keys()]) this.#forget(node)
  }
}

const endpointList = listOf(endpoint)
const addressList = optional(listOf(hostAddress))

function isLocated(found: unknown): found is Located {
  return typeof found === 'object' && found !== null && 'endpoints' in found
}

/** What two equal places have in common; undefined when that cannot be seen. */
function keyOf(endpoints: Endpoints | undefined): string | undefined {
  if (endpoints === undefined || typeof endpoints === 'function') return endpoints?.key
  return JSON.stringify(endpoints)
}

function has(nodes: Iterable<NodeName>, wanted: NodeName): boolean {
  for (const node of nodes) if (node === wanted) return true
  return false
}

function lateAddress(): StrategyError {
  return new StrategyError('STRATEGY_DISCOVER_TIMEOUT', `no address within ${LOCATE_MS} ms`)
}

function lateDial(node: NodeName, ms: number): StrategyError {
  return new StrategyError('STRATEGY_CONNECT_TIMEOUT', `${node} was not connected within ${ms / 1_000} s`)
}

function noLink(node: NodeName): StrategyError {
  return new StrategyError('STRATEGY_NO_LINK', `connect(${node}) succeeded, and connected() does not list it`)
}

function notWanted(node: NodeName): StrategyError {
  return new StrategyError('STRATEGY_CLOSED', `${node} is not wanted any more`, {
    hint: 'It left, or the strategy was closed, during the dial.',
  })
}
