import type { NodeName } from '@dynsrv/epmd-shim'
import { type Atom, type Contract, contractClient, inspect, type MakeCall, type Sendable, type Term } from '@dynsrv/etf'
import { type World, withCallersStack } from '@dynsrv/kit'
import {
  type CallOptions,
  type Destination,
  isRemoteError,
  type Node,
  type PgScope,
  type Read,
  type Schema,
} from '@dynsrv/node'
import type { Strategy } from '@dynsrv/strategy'
import { INSIDE, onlyInside } from '../checks.ts'
import type { ClusterEvent } from '../cluster-event.ts'
import { DynsrvError } from '../error.ts'
import { explain, reasonText } from '../explain.ts'
import { type Begun, Choice, type Moment, type Seat } from './choice.ts'
import { Lacking } from './lacking.ts'
import { type AttemptEnd, type Failure, type RaceParts, race } from './race.ts'
import { type Member, membersOf, namedMembers } from './service-members.ts'
import {
  checkServiceCall,
  checkServiceModule,
  type ServiceCallOptions,
  type ServiceOptions,
  type TypedServiceCallOptions,
} from './service-options.ts'
import type { Target } from './service-target.ts'
import { type Verdict, verdictOf } from './verdict.ts'

/** What a service is made of. */
export interface ServiceParts {
  readonly node: Node
  readonly strategies: ReadonlyMap<string, Strategy>
  readonly world: Pick<World, 'clock' | 'random'>
  /** Calls back for each event of the cluster; returns what ends that. */
  readonly on: (listener: (event: ClusterEvent) => void) => () => void
  /** Members that are not connected, and why. */
  readonly missing: () => ReadonlyMap<NodeName, unknown>
  /** Why discovery does not answer; undefined when it does. */
  readonly discoveryFailure: () => unknown
  readonly closed: (service: Service) => void
}

/** A service of members whose functions are called: it has no process to call. */
export type MemberService = Omit<Service, 'call' | 'cast'>

/** A member of a service as it is seen now. */
export interface ServiceCandidate {
  readonly node: NodeName
  /** With a process group, the process. */
  readonly process?: string
  readonly priority: number
  readonly weight: number
  /** Calls to it that have not ended. */
  readonly outstanding: number
  /** `in`: it gets calls. `out`: it is left out. `due`: it will get one call, on trial. `trial`: that is under way. */
  readonly state: 'in' | 'out' | 'due' | 'trial'
  /** How long it is still left out. Unit: milliseconds. */
  readonly outMs: number
  /** Failures since the last call that ended well. */
  readonly failures: number
  /** Why it is left out. */
  readonly reason?: string
  /** How long its answers take, where the last ones count most. Unit: milliseconds; undefined before there are some. */
  readonly answerMs?: number
}

/** All that a service knows, as plain data for a log or a page. */
export interface ServiceSnapshot {
  /** What is called, in words. */
  readonly service: string
  readonly state: 'open' | 'closed'
  readonly candidates: readonly ServiceCandidate[]
  /** Members that cannot be called now, each with the reason. */
  readonly others: Readonly<Record<string, string>>
}

type Make = (member: Member, options: CallOptions) => Promise<Term>
type Asked = Seat<Member>
type NameOf = () => string
/** A call that is made of whichever member. */
interface Call {
  readonly make: Make
  readonly options: CallOptions
  readonly idempotent: boolean
  /** Gives the function that is called, as `module:name/arity`, if it is one. */
  readonly name: NameOf | undefined
}

const NOBODY: ReadonlySet<Asked> = new Set()
const DEFAULTS = {
  ...{ idempotent: false, timeoutMs: 5_000, attempts: 5, failures: 3, outMs: 1_000, maxOutMs: 30_000, slowFactor: 5 },
} satisfies ServiceOptions
/** Members that the message of an error names; the error has all. */
const MAX_NAMED = 10

/** Makes a service; programs get theirs from `Cluster.service`. */
export let makeService: (parts: ServiceParts, target: Target, options: ServiceOptions) => Service

/**
 * Several members that can do the same, called as one. Made by `cluster.service`.
 *
 * Each call goes to the member that is best just now: of the lowest SRV priority, with the fewest calls out for its
 * weight, connected, and not left out because it failed. Another member is asked when the call surely did not run, or when
 * it is idempotent.
 */
export class Service implements AsyncDisposable {
  readonly #parts: ServiceParts
  readonly #target: Target
  readonly #options: Omit<ServiceOptions, keyof typeof DEFAULTS> & Required<Pick<ServiceOptions, keyof typeof DEFAULTS>>
  readonly #choice: Choice<Member>
  readonly #lacking: Lacking<Asked>
  /** With a process group, where its members are told. */
  readonly #scope: PgScope | undefined
  readonly #random: () => number
  readonly #race: RaceParts<Asked, Call>
  readonly #unsubscribe: () => void
  /** What a call is made with whose caller says nothing. */
  readonly #plain: CallOptions
  /** Whether somebody may have come or gone since the members were read. */
  #isStale = true
  #isOpen = true

  static {
    makeService = (parts, target, options) => new Service(INSIDE, parts, target, options)
  }

  private constructor(key: typeof INSIDE, parts: ServiceParts, target: Target, options: ServiceOptions) {
    onlyInside(key)
    this.#parts = parts
    this.#target = target
    this.#random = parts.world.random.number
    const given = Object.entries(options).filter(([, value]) => value !== undefined)
    this.#options = { ...DEFAULTS, ...(Object.fromEntries(given) as ServiceOptions) }
    this.#plain = { timeoutMs: this.#options.timeoutMs }
    this.#choice = new Choice(this.#options)
    this.#lacking = new Lacking(this.#options.maxOutMs)
    this.#race = {
      clock: parts.world.clock,
      options: this.#options,
      pick: (asked, { name }, now) => this.#pick(asked, name, now),
      nobody: (failures) => this.#nobody(failures),
      attempt: (call, seat, timeoutMs, now, ended) => void this.#attempt(call, seat, timeoutMs, now, ended),
    }
    const ends = [parts.on((event) => this.#heard(event))]
    if (target.kind === 'pg') {
      const scope = parts.node.pg(target.scope)
      this.#scope = scope
      const changed = () => this.#changed()
      scope.on('join', changed).on('leave', changed)
      ends.push(() => scope.off('join', changed).off('leave', changed))
    }
    this.#unsubscribe = () => {
      for (const end of ends) end()
    }
  }

  /**
   * Calls the process, as `Node.call` does.
   *
   * @throws {DynsrvError} `DYNSRV_NO_MEMBER` when nobody can answer, with `members`; `DYNSRV_BAD_OPTION`; `DYNSRV_CLOSED`
   * @throws {NodeError} as `Node.call`, when the call may have run and is not idempotent
   * @throws the signal's reason when it aborts
   */
  call<S extends Schema>(request: Sendable, options: TypedServiceCallOptions<S>): Promise<Read<S>>
  call(request: Sendable, options?: ServiceCallOptions): Promise<Term>
  call(request: Sendable, options?: ServiceCallOptions | TypedServiceCallOptions): Promise<unknown> {
    const { node } = this.#parts
    const begin = (): Promise<unknown> => {
      const name = this.#named('call')
      return this.#run((member, rest) => node.call(placeOf(member, name), request, rest), options)
    }
    return rejecting(begin)
  }

  /**
   * Casts to the process: no answer, and no word whether it exists.
   *
   * @returns false when nobody can be sent to, or the peer takes less than is sent
   * @throws {DynsrvError} `DYNSRV_BAD_OPTION`, `DYNSRV_CLOSED`; {NodeError} as `Node.cast`
   */
  cast(message: Sendable): boolean {
    const name = this.#named('cast')
    this.#assertOpen()
    const seat = this.#pick(NOBODY, undefined)
    return seat !== undefined && this.#parts.node.cast(placeOf(seat.candidate, name), message)
  }

  /**
   * Calls a function on a member, as `Node.erpc` does.
   *
   * @throws as `call`; {RemoteError} with class, reason and stack trace when the function raised
   */
  erpc<S extends Schema>(
    module: string,
    name: string,
    args: readonly Sendable[],
    options: TypedServiceCallOptions<S>,
  ): Promise<Read<S>>
  erpc(module: string, name: string, args?: readonly Sendable[], options?: ServiceCallOptions): Promise<Term>
  erpc(
    module: string,
    name: string,
    args: readonly Sendable[] = [],
    options?: ServiceCallOptions | TypedServiceCallOptions,
  ): Promise<unknown> {
    const { node } = this.#parts
    const called = () => `${module}:${name}/${args.length}`
    const make: Make = (member, rest) => node.erpc(member.node, module, name, args, rest)
    return rejecting(() => this.#run(make, options, called))
  }

  /**
   * The functions of a module as methods, typed as its specs say, each an `erpc` to a member: `await stock.reserve('apple', 3)`.
   * `dynsrv types` writes the contract.
   *
   * @param options of each call; they stand here, since a last argument might be one of the function's
   * @throws {DynsrvError} `DYNSRV_BAD_OPTION`, {EtfError} `ETF_BAD_OPTION`. Methods reject as `erpc` and `Node.module`
   */
  module<Client extends object>(contract: Contract<Client>, options: ServiceCallOptions = {}): Client {
    checkServiceModule(options)
    const call: MakeCall = (name, args) => this.erpc(contract.module, name, args as readonly Sendable[], options)
    return contractClient(contract, call)
  }

  /** The members that are connected, and how each stands: which get calls, which are left out and why. */
  candidates(): ServiceCandidate[] {
    this.#refresh()
    const now = this.#parts.world.clock.monotonic()
    return [...this.#choice.seats].map((seat) => shownSeat(seat, now))
  }

  /** All that the service knows, as plain data for a log or a page. */
  inspect(): ServiceSnapshot {
    const candidates = this.candidates()
    const others = Object.fromEntries(this.#notLinked())
    return { service: this.#target.label, state: this.#isOpen ? 'open' : 'closed', candidates, others }
  }

  /** Refuses calls from now on; those under way go on to their end. May be called again. */
  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#unsubscribe()
    this.#parts.closed(this)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #named(owner: string) {
    const target = this.#target
    if (target.kind === 'pg') return undefined
    if (target.name !== undefined) return target.name
    throw new DynsrvError('DYNSRV_BAD_OPTION', `${owner}: ${target.label} are nodes, and no process is named`, {
      hint: 'Give the service a name: cluster.service({ name, topology }). Functions are called with erpc.',
    })
  }

  #assertOpen(): void {
    if (!this.#isOpen) throw new DynsrvError('DYNSRV_CLOSED', `the service of ${this.#target.label} is closed`)
  }

  #changed(): void {
    this.#isStale = true
  }

  #heard(event: ClusterEvent): void {
    if (event.type === 'refused' || event.type === 'warning') return
    // What is back is another incarnation, or has had a link of its own at least.
    if (event.type === 'nodeup') this.#choice.forget(({ node }) => node !== event.node)
    this.#changed()
  }

  #refresh(): void {
    if (!this.#isStale || !this.#isOpen) return
    this.#choice.update(membersOf(this.#parts, this.#target))
    this.#isStale = false
  }

  #moment(now = this.#parts.world.clock.monotonic()): Moment {
    return { now, random: this.#random }
  }

  /** Whom to ask. Those that lack the function come last: somebody else may have forgotten it too. */
  #pick(asked: ReadonlySet<Asked>, name: NameOf | undefined, now?: number): Asked | undefined {
    this.#refresh()
    const moment = this.#moment(now)
    const lacking = name === undefined || this.#lacking.isEmpty ? undefined : this.#lacking.of(name(), moment.now)
    if (lacking === undefined) return this.#choice.pick(moment, asked)
    return this.#choice.pick(moment, new Set([...lacking, ...asked])) ?? this.#choice.pick(moment, asked)
  }

  #run(make: Make, options: ServiceCallOptions | TypedServiceCallOptions | undefined, name?: NameOf): Promise<Term> {
    this.#assertOpen()
    if (options === undefined) {
      const { idempotent } = this.#options
      return this.#make({ make, options: this.#plain, idempotent, name })
    }
    checkServiceCall(options)
    const { idempotent = this.#options.idempotent, timeoutMs, signal } = options
    const reply = 'reply' in options ? options.reply : undefined
    signal?.throwIfAborted()
    const isPlain = timeoutMs === undefined && signal === undefined && reply === undefined
    const whole: CallOptions = isPlain
      ? this.#plain
      : {
          timeoutMs: timeoutMs ?? this.#options.timeoutMs,
          ...(signal !== undefined && { signal }),
          ...(reply !== undefined && { reply }),
        }
    return this.#make({ make, options: whole, idempotent, name })
  }

  #make(call: Call): Promise<Term> {
    const scope = this.#scope
    if (scope?.isSynced === false && !this.#hasMember()) return this.#whenTold(scope, call)
    return call.idempotent ? this.#twice(call) : this.#once(call)
  }

  #hasMember(): boolean {
    this.#refresh()
    return !this.#choice.isEmpty
  }

  /** Makes a call as soon as a member is known, or all nodes have told theirs: a scope has just been joined, or a link is new. */
  async #whenTold(scope: PgScope, call: Call): Promise<Term> {
    const { clock } = this.#parts.world
    const { signal, timeoutMs } = call.options
    const until = clock.monotonic() + timeoutMs!
    const over = new AbortController()
    const look = () => this.#hasMember() && over.abort()
    const timer = clock.setTimeout(() => over.abort(), timeoutMs!)
    scope.on('join', look)
    try {
      await scope.synced({ signal: signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]) })
    } catch (error) {
      if (!over.signal.aborted) throw error
    } finally {
      clock.clearTimeout(timer)
      scope.off('join', look)
    }
    this.#assertOpen()
    const leftMs = until - clock.monotonic()
    if (leftMs <= 0) throw this.#nobody([])
    const whole = { ...call, options: { ...call.options, timeoutMs: leftMs } }
    return call.idempotent ? this.#twice(whole) : this.#once(whole)
  }

  /** Makes a call that must not happen twice. */
  async #once({ make, options, name }: Call): Promise<Term> {
    const { clock } = this.#parts.world
    let now = clock.monotonic()
    const until = now + options.timeoutMs!
    const failures: Failure<Asked>[] = []
    const asked = new Set<Asked>()
    let lacking = 0
    for (;;) {
      const seat = asked.size - lacking < this.#options.attempts ? this.#pick(asked, name, now) : undefined
      const isLate = asked.size > 0 && now >= until
      if (seat === undefined || isLate) throw this.#nobody(failures)
      const begun = this.#choice.begin(seat, now)
      try {
        const value = await make(seat.candidate, asked.size === 0 ? options : { ...options, timeoutMs: until - now })
        this.#choice.end(begun, 'ok', this.#moment())
        return value
      } catch (error) {
        const { next } = this.#ended(begun, error, options, name)
        if (next !== 'elsewhere' && next !== 'lacking') throw error
        if (next === 'lacking') lacking += 1
        failures.push({ seat, error })
        asked.add(seat)
        now = clock.monotonic()
      }
    }
  }

  /** Makes a call that may happen twice. */
  async #twice(call: Call): Promise<Term> {
    try {
      return await race(this.#race, call, call.options.timeoutMs!)
    } catch (error) {
      throw withCallersStack(error)
    }
  }

  async #attempt(
    { make, options, name }: Call,
    seat: Asked,
    timeoutMs: number | undefined,
    now: number,
    ended: (end: AttemptEnd) => void,
  ): Promise<void> {
    const begun = this.#choice.begin(seat, now)
    let value: Term
    try {
      value = await make(seat.candidate, timeoutMs === undefined ? options : { ...options, timeoutMs })
    } catch (error) {
      const { next } = this.#ended(begun, error, options, name)
      ended({ error, isFinal: next === 'final', isLacking: next === 'lacking' })
      return
    }
    this.#choice.end(begun, 'ok', this.#moment())
    ended({ value })
  }

  #ended(begun: Begun<Member>, error: unknown, { signal, timeoutMs }: CallOptions, name: NameOf | undefined): Verdict {
    const isAborted = signal?.aborted === true && error === signal.reason
    const judged: Verdict = isAborted ? { next: 'final', end: 'none' } : verdictOf(error)
    // In no time at all, nobody can answer.
    const verdict: Verdict = timeoutMs === 0 ? { ...judged, end: 'none' } : judged
    const moment = this.#moment()
    this.#choice.end(begun, verdict.end, moment, error)
    if (verdict.next === 'lacking' && name !== undefined) this.#lacking.add(begun.seat, name(), moment.now)
    return verdict
  }

  /** What to throw when nobody else can be asked. */
  #nobody(failures: readonly Failure<Asked>[]): unknown {
    const last = failures.at(-1)?.error
    const members = this.#reasons(failures)
    // A function that nobody has is the caller's to correct. While one was not asked, that one may have it.
    const isEverybody = members.size === failures.length && [...this.#choice.seats].length === failures.length
    if (failures.length > 0 && isEverybody && failures.every(({ error }) => isRemoteError(error))) return last
    const named = [...members].slice(0, MAX_NAMED).map(([member, reason]) => `${member}: ${reason}`)
    if (members.size > MAX_NAMED) named.push(`and ${members.size - MAX_NAMED} more`)
    const failure = this.#parts.discoveryFailure()
    if (failure !== undefined) named.unshift(`discovery failed: ${explain(failure).message}`)
    const why = named.length > 0 ? named.join('; ') : this.#emptyReason()
    const { hint } = last === undefined ? {} : explain(last)
    return new DynsrvError('DYNSRV_NO_MEMBER', `no member can answer for ${this.#target.label} (${why})`, {
      members,
      cause: last ?? failure,
      ...(hint !== undefined && { hint }),
    })
  }

  #emptyReason(): string {
    if (this.#scope === undefined) return 'discovery names no member'
    return this.#scope.isSynced
      ? 'the group has no member'
      : 'no connected node has told the members of the group in time'
  }

  /** Why each member does not answer. */
  #reasons(failures: readonly Failure<Asked>[]): Map<string, string> {
    const { clock } = this.#parts.world
    const reasons = this.#notLinked()
    for (const seat of this.#choice.seats) {
      const { reason } = seat.health
      if (reason === undefined) continue
      const seconds = (seat.health.outMs(clock.monotonic()) / 1_000).toFixed(1)
      reasons.set(seat.candidate.key, `left out for ${seconds} s more, since ${reasonText(reason)}`)
    }
    for (const { seat, error } of failures) reasons.set(seat.candidate.key, reasonText(error))
    return reasons
  }

  /** Members that cannot be called, since there is no link or they are on their way out. */
  #notLinked(): Map<string, string> {
    const reasons = new Map<string, string>()
    const target = this.#target
    if (target.kind === 'pg') return reasons
    const missing = this.#parts.missing()
    for (const [node, { deregistered }] of namedMembers(this.#parts, target.topology)) {
      const cause = missing.get(node)
      if (missing.has(node)) reasons.set(node, cause === undefined ? 'it is not connected yet' : reasonText(cause))
      else if (deregistered) reasons.set(node, 'it is deregistered')
    }
    return reasons
  }
}

/** What is wrong with a call before it is made rejects it, too. An `async` function would cost each call a promise more. */
function rejecting<T>(begin: () => Promise<T>): Promise<T> {
  try {
    return begin()
  } catch (error) {
    return Promise.reject(error)
  }
}

/** Where a call goes. */
function placeOf({ node, pid }: Member, name: Atom | undefined): Destination {
  return pid ?? { name: name!, node }
}

function shownSeat({ candidate, health, times, outstanding }: Asked, now: number): ServiceCandidate {
  const { node, pid, priority, weight } = candidate
  const { failures, reason } = health
  return {
    node,
    ...(pid !== undefined && { process: inspect(pid) }),
    ...{ priority, weight, outstanding },
    state: health.isOnTrial ? 'trial' : health.at(now),
    outMs: health.outMs(now),
    failures,
    ...(reason !== undefined && { reason: reasonText(reason) }),
    ...(times.isKnown && { answerMs: times.averageMs }),
  }
}
