import type { NodeName } from '@dynsrv/epmd-shim'
import { answerNow, type Clock, callProgram, duration, flag, type Timer } from '@dynsrv/kit'
import type { HoldReason, MembershipChange } from '../change.ts'
import { checks, promised } from '../checks.ts'
import type { Discovery, Endpoints, IgnoredTarget, Located, Preference } from '../discover.ts'
import type { LinkDown, LinkUp, Membership } from '../membership.ts'
import { pause, Wake } from '../pause.ts'
import type { LeavePolicy } from '../policy/leave-policy.ts'
import { Asker } from './asker.ts'
import { claim, isClaimed, release } from './claims.ts'
import { Decider, type Decision } from './decider.ts'
import { Dialer } from './dialer.ts'
import { LastKnown } from './last-known.ts'
import type { Known } from './most-members.ts'
import type { Member, Plan } from './plan.ts'
import { Unlinker } from './unlinker.ts'
import type { CompleteWatchOptions } from './watch-options.ts'

/** How long a lost member waits for an answer that may say why. */
const ASKING_MS = 500
const NOBODY: ReadonlyMap<NodeName, Member> = new Map()
/** When the interval itself fails. */
const FALLBACK_INTERVAL_MS = 5_000
/** A source that reports many changes in a row is asked once for all of them. */
const PUSH_QUIET_MS = 10
/** Remembered targets that were reported as ignored. */
const MAX_IGNORED = 10_000

/** One loop from its start to its end. Reports all that happens to one listener. */
export class Watcher {
  readonly #membership: Membership
  readonly #options: CompleteWatchOptions
  readonly #clock: Clock
  readonly #report: (change: MembershipChange) => void
  readonly #ended = new AbortController()
  readonly #dialer: Dialer
  readonly #wake = new Wake()
  readonly #decider: Decider
  readonly #ignored = new Set<string>()
  readonly #joined = new Set<NodeName>()
  readonly #unlinker: Unlinker
  readonly #asker: Asker
  readonly #places = new LastKnown<Endpoints>()
  readonly #preferences = new LastKnown<Preference>()
  /** Members that the last answer lacks, and why they are kept. */
  #kept: ReadonlyMap<NodeName, HoldReason> = new Map()
  #members: ReadonlyMap<NodeName, Member> = new Map()
  /** Our own record. */
  #own: Member | undefined
  /** The others have taken their links to us down by now: a node that went on dialling would come back at once. */
  #removed = false
  #pollMs = FALLBACK_INTERVAL_MS
  #held = ''
  #failures = 0
  #lastFailure: unknown
  #lastGoodAt: number | undefined
  #ttlMs: number | undefined

  constructor(membership: Membership, options: CompleteWatchOptions, report: (change: MembershipChange) => void) {
    this.#membership = membership
    this.#options = options
    this.#clock = options.world.clock
    this.#report = report
    this.#asker = new Asker(options, () => this.#known(), this.#ended.signal)
    this.#decider = new Decider({
      membership,
      options,
      asker: this.#asker,
      leave: this.#leave,
      members: () => this.#members,
      own: () => this.#own,
    })
    this.#unlinker = new Unlinker(membership, report)
    this.#dialer = new Dialer({
      world: options.world,
      membership,
      parallel: options.parallel,
      timeoutMs: options.connectTimeoutMs,
      retry: options.retry,
      unref: options.unref,
      signal: this.#ended.signal,
      endpoints: (node) => this.#places.of(node),
      pollMs: () => this.#pollMs,
      connected: (node) => this.#up(node),
      ignored: (target) => this.#ignore(target),
      report,
    })
  }

  /** Who should be connected, as far as is known now. */
  get members(): ReadonlyMap<NodeName, Member> {
    return this.#members
  }

  /** What the last answer that named a member says of its priority and weight. */
  preferenceOf(node: NodeName): Preference | undefined {
    return this.#preferences.of(node)
  }

  /** Whether whole answers lack a member, and only the leave policy keeps it. */
  isDeregistered(node: NodeName): boolean {
    return this.#kept.get(node) === 'policy'
  }

  /** How many members have a link, as far as events and polls have shown. */
  get joined(): number {
    return this.#joined.size
  }

  /** Milliseconds since the last good answer; undefined when there was none. */
  get lastGoodAgeMs(): number | undefined {
    return this.#lastGoodAt === undefined ? undefined : this.#clock.monotonic() - this.#lastGoodAt
  }

  /** Failed polls in a row. */
  get failures(): number {
    return this.#failures
  }

  /** The cause of the last failed poll; undefined after a good one. */
  get lastFailure(): unknown {
    return this.#lastFailure
  }

  /** Why a member is not connected. */
  causeOf(node: NodeName): unknown {
    return this.#dialer.causeOf(node)
  }

  /** Where a member listens; see `Strategy.locate`. */
  locate(node: NodeName, signal: AbortSignal): Promise<Located> {
    return this.#dialer.locate(node, AbortSignal.any([signal, this.#ended.signal]))
  }

  /** Asks now instead of after the interval. */
  pollNow(): void {
    this.#wake.call()
  }

  /** Polls until the signal aborts. Never rejects. `room` holds the next poll back while a reader is behind. */
  async run(signal: AbortSignal, room: () => Promise<void> | undefined = () => undefined): Promise<void> {
    const membership = this.#membership
    const up = ({ node }: LinkUp) => this.#up(node)
    const down = ({ node, reason }: LinkDown) => this.#down(node, reason)
    const end = () => this.#ended.abort(signal.reason)
    signal.addEventListener('abort', end, { once: true })
    if (signal.aborted) end()
    this.#guard('membership', () => membership.on('nodeup', up))
    this.#guard('membership', () => membership.on('nodedown', down))
    this.#subscribe()
    try {
      while (!signal.aborted) {
        await this.#poll()
        await room()
        await pause(this.#clock, this.#intervalMs(), { signal, wake: this.#wake, unref: this.#options.unref })
      }
    } finally {
      this.#guard('membership', () => membership.off('nodeup', up))
      this.#guard('membership', () => membership.off('nodedown', down))
      signal.removeEventListener('abort', end)
      end()
      for (const node of this.#members.keys()) release(membership, node, this)
    }
  }

  #subscribe(): void {
    const { discover, unref, world } = this.#options
    const { subscribe } = discover
    if (subscribe === undefined) return
    let quiet: Timer | undefined
    const { signal } = this.#ended
    const changed = () => {
      if (signal.aborted) return
      quiet ??= this.#clock.setTimeout(() => {
        quiet = undefined
        this.#wake.call()
      }, PUSH_QUIET_MS)
      if (unref) quiet.unref()
    }
    signal.addEventListener('abort', () => this.#clock.clearTimeout(quiet), { once: true })
    callProgram(
      () => subscribe(changed, { signal, world }),
      (cause) => this.#report({ type: 'partFailed', part: 'subscribe', cause }),
    )
  }

  async #poll(): Promise<void> {
    const { signal } = this.#ended
    const startedAt = this.#clock.monotonic()
    const discovery = await this.#ask()
    if (discovery === undefined) return
    this.#good(discovery)
    try {
      const decision = await this.#decider.decide(discovery)
      signal.throwIfAborted()
      this.#apply(decision, discovery, this.#clock.monotonic() - startedAt)
    } catch (cause) {
      // Who is connected is not known, so nothing follows from the answer this time.
      if (!signal.aborted) this.#report({ type: 'partFailed', part: 'membership', cause })
    }
  }

  /** A good answer; undefined when there is none, which is reported. */
  async #ask(): Promise<Discovery | undefined> {
    const { signal } = this.#ended
    try {
      const discovery = await this.#asker.ask()
      signal.throwIfAborted()
      return discovery
    } catch (cause) {
      if (signal.aborted) return undefined
      this.#failures += 1
      this.#lastFailure = cause
      this.#report({ type: 'discoveryFailed', failures: this.#failures, cause, lastGoodAgeMs: this.lastGoodAgeMs })
      // The answer is missing, the links are not: members are still dialled.
      this.#guard('membership', () => this.#dial(this.#connected()))
      return undefined
    }
  }

  #good({ ignored = [], failures = [], ttlMs, stale }: Discovery): void {
    this.#failures = 0
    this.#lastFailure = undefined
    this.#ttlMs = ttlMs
    if (stale !== true) this.#lastGoodAt = this.#clock.monotonic()
    for (const cause of failures) this.#report({ type: 'partFailed', part: 'source', cause })
    for (const each of ignored) this.#ignore(each)
  }

  /** Reports what is left out, once. */
  #ignore({ target, reason }: IgnoredTarget): void {
    const key = `${target}\n${reason}`
    if (this.#ignored.has(key) || this.#ignored.size >= MAX_IGNORED) return
    this.#ignored.add(key)
    this.#report({ type: 'ignored', target, reason })
  }

  /** The policy is user code: when it throws, nobody leaves. */
  readonly #leave: LeavePolicy = (missed) =>
    this.#guard('leave', () => {
      const leaves = answerNow(() => this.#options.leave(missed), promised)
      checks.argument('the leave policy', 'what it gives', flag, leaves)
      return leaves
    }) ?? false

  #apply({ plan, nodes, connected, answer }: Decision, discovery: Discovery, elapsedMs: number): void {
    const before = this.#members
    this.#members = plan.members
    this.#kept = plan.held
    this.#places.take({ nodes: answer.nodes, known: answer.endpoints }, plan.held.keys())
    this.#preferences.take({ nodes: answer.nodes, known: answer.preferences }, plan.held.keys())
    for (const node of plan.appeared) claim(this.#membership, node, this)
    const named = new Set(nodes)
    named.delete(this.#membership.self)
    this.#report({
      type: 'polled',
      nodes: named,
      expected: this.#members.size,
      connected: countIn(this.#members.keys(), connected),
      elapsedMs,
      stale: discovery.stale ?? false,
      trimmed: discovery.trimmed ?? false,
      ...(discovery.empty !== undefined && { empty: discovery.empty }),
      ...(discovery.server !== undefined && { server: discovery.server }),
    })
    this.#reportHeld(plan.held)
    this.#noticeOwn(plan)
    for (const node of plan.leave) this.#leaves(node, before.get(node), connected.has(node))
    if (before !== this.#members) {
      for (const node of before.keys()) if (!this.#members.has(node)) this.#forget(node)
    }
    const isMember = (node: NodeName) => this.#members.has(node) || isClaimed(this.#membership, node)
    const { stale, trimmed, empty, ignored = [] } = discovery
    // A record that cannot be used may be that of the node: it is not deregistered then.
    const isUsable = ignored.every(({ foreign }) => foreign === true)
    const isWhole = plan.held.size === 0 && !stale && !trimmed && empty === undefined && isUsable
    if (isWhole) this.#unlinker.again(isMember, connected)
    this.#unlinker.pump(isMember, connected)
    for (const node of this.#members.keys()) if (!this.#joined.has(node) && connected.has(node)) this.#up(node)
    for (const node of this.#joined) if (!connected.has(node)) this.#down(node, undefined)
    this.#dial(connected, plan.returned)
  }

  #noticeOwn({ own, deregistered }: Plan): void {
    const missed = this.#own
    this.#own = own
    if (own !== undefined) this.#removed = false
    if (!deregistered) return
    const { self: node } = this.#membership
    const polls = (missed?.missedPolls ?? 0) + 1
    const now = this.#clock.monotonic()
    // A policy that spares live links is everybody's: then the others keep theirs to us.
    this.#removed = this.#leave({ node, polls, ms: now - (missed?.missingSince ?? now), connected: true })
    this.#report({ type: 'deregistered' })
  }

  #dial(connected: ReadonlySet<NodeName>, returned: readonly NodeName[] = []): void {
    this.#dialer.want(this.#removed ? NOBODY : this.#members, connected, returned)
  }

  #reportHeld(held: ReadonlyMap<NodeName, HoldReason>): void {
    const key = [...held].map(([node, reason]) => `${node} ${reason}`).join('\n')
    if (key === this.#held) return
    this.#held = key
    if (held.size > 0) this.#report({ type: 'held', nodes: held })
  }

  #leaves(node: NodeName, member: Member | undefined, connected: boolean): void {
    const isUnclaimed = this.#forget(node)
    const now = this.#clock.monotonic()
    const missingMs = now - (member?.missingSince ?? now)
    this.#report({ type: 'left', node, reason: 'deregistered', connected, missingMs })
    if (isUnclaimed && connected) this.#unlinker.add(node)
  }

  /** Says whether no other topology counts it as a member either. */
  #forget(node: NodeName): boolean {
    this.#dialer.forget(node)
    this.#places.forget(node)
    this.#preferences.forget(node)
    this.#joined.delete(node)
    return release(this.#membership, node, this)
  }

  #up(node: NodeName): void {
    if (!this.#members.has(node)) return
    this.#dialer.up(node)
    if (this.#joined.has(node)) return
    this.#joined.add(node)
    this.#report({ type: 'joined', node })
  }

  #down(node: NodeName, reason: unknown): void {
    this.#unlinker.forget(node)
    if (!this.#joined.delete(node)) return
    this.#report({ type: 'lost', node, reason })
    const member = this.#members.get(node)
    if (member === undefined) return
    const { missedPolls: polls, missingSince } = member
    if (missingSince !== undefined) {
      // It was missing already, and now its link went too: the policy may have waited for just that.
      const ms = this.#clock.monotonic() - missingSince
      if (this.#leave({ node, polls, ms, connected: false })) {
        const rest = new Map(this.#members)
        rest.delete(node)
        this.#members = rest
        this.#leaves(node, member, false)
        return
      }
    }
    if (this.#removed) return
    // It may have dropped us because our record is gone. The next answer says so; without one it is dialled all the same.
    const isAsking = this.#own !== undefined
    this.#dialer.down(node, isAsking ? ASKING_MS : 0)
    if (isAsking) this.#wake.call()
  }

  #known(): Known {
    const membership = this.#membership
    return {
      self: membership.self,
      members: this.#members,
      connected: () => membership.connected(),
    }
  }

  #connected(): ReadonlySet<NodeName> {
    return new Set(this.#membership.connected())
  }

  #intervalMs(): number {
    const ms = this.#guard('interval', () => {
      const { interval, world } = this.#options
      const asked = { failures: this.#failures, ttlMs: this.#ttlMs, random: world.random.number }
      const given = answerNow(() => interval(asked), promised)
      checks.argument('the interval', 'what it gives', duration(), given)
      return given
    })
    this.#pollMs = ms ?? FALLBACK_INTERVAL_MS
    return this.#pollMs
  }

  #guard<T>(part: 'interval' | 'leave' | 'membership', call: () => T): T | undefined {
    try {
      return call()
    } catch (cause) {
      this.#report({ type: 'partFailed', part, cause })
      return undefined
    }
  }
}

function countIn(nodes: Iterable<NodeName>, set: ReadonlySet<NodeName>): number {
  let count = 0
  for (const node of nodes) if (set.has(node)) count += 1
  return count
}
