import type { NodeName } from '@dynsrv/epmd-shim'
import { type Atom, inspect, type Sendable, type Term } from '@dynsrv/etf'
import { callable, type World, withCallersStack } from '@dynsrv/kit'
import { type CallOptions, type Destination, isRemoteError, type Node } from '@dynsrv/node'
import type { Strategy } from '@dynsrv/strategy'
import { checks, INSIDE, onlyInside } from '../checks.ts'
import type { ClusterEvent } from '../cluster-event.ts'
import { DynsrvError } from '../error.ts'
import { explain, reasonText } from '../explain.ts'
import { type Begun, Choice, type Moment, type Seat } from './choice.ts'
import { type AttemptEnd, type Failure, type RaceParts, race } from './race.ts'
import { type Member, membersOf, namedMembers } from './service-members.ts'
import { checkServiceCall, type ServiceCallOptions, type ServiceOptions } from './service-options.ts'
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

/** What calls a function of some node: a service, or a node that was chosen. */
export interface ErpcCaller {
  /** Calls a function, as `Node.erpc` does, where the caller need not name a node. */
  erpc(module: string, name: string, args?: readonly Sendable[], options?: ServiceCallOptions): Promise<Term>
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
/** A call that may happen twice. */
interface Call {
  readonly make: Make
  readonly options: CallOptions
}

const NOBODY: readonly Asked[] = []
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
export class Service implements ErpcCaller, AsyncDisposable {
  readonly #parts: ServiceParts
  readonly #target: Target
  readonly #options: Omit<ServiceOptions, keyof typeof DEFAULTS> & Required<Pick<ServiceOptions, keyof typeof DEFAULTS>>
  readonly #choice: Choice<Member>
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
    const given = Object.entries(options).filter(([, value]) => value !== undefined)
    this.#options = { ...DEFAULTS, ...(Object.fromEntries(given) as ServiceOptions) }
    this.#plain = { timeoutMs: this.#options.timeoutMs }
    this.#choice = new Choice(this.#options)
    this.#race = {
      clock: parts.world.clock,
      options: this.#options,
      pick: (asked) => this.#pick(asked),
      nobody: (failures) => this.#nobody(failures),
      attempt: (call, seat, timeoutMs) => this.#attempt(call, seat, timeoutMs),
    }
    const ends = [parts.on((event) => this.#heard(event))]
    if (target.kind === 'pg') {
      const scope = parts.node.pg(target.scope)
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
  async call(request: Sendable, options?: ServiceCallOptions): Promise<Term> {
    const { node } = this.#parts
    const name = this.#named('call')
    return await this.#run((member, rest) => node.call(placeOf(member, name), request, rest), options)
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
    const seat = this.#pick(NOBODY)
    return seat !== undefined && this.#parts.node.cast(placeOf(seat.candidate, name), message)
  }

  /**
   * Calls a function on a member, as `Node.erpc` does.
   *
   * @throws as `call`; {RemoteError} with class, reason and stack trace when the function raised
   */
  async erpc(
    module: string,
    name: string,
    args: readonly Sendable[] = [],
    options?: ServiceCallOptions,
  ): Promise<Term> {
    const { node } = this.#parts
    return await this.#run((member, rest) => node.erpc(member.node, module, name, args, rest), options)
  }

  /** Makes a client of a module, whose functions call through this service. @throws {DynsrvError} `DYNSRV_BAD_OPTION` */
  module<Client>(describe: (caller: ErpcCaller) => Client): Client {
    checks.argument('module', 'describe', callable, describe)
    return describe(this)
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

  #moment(): Moment {
    const { clock, random } = this.#parts.world
    return { now: clock.monotonic(), random: random.number }
  }

  #pick(asked: readonly Asked[]): Asked | undefined {
    this.#refresh()
    return this.#choice.pick(this.#moment(), asked)
  }

  #run(make: Make, options: ServiceCallOptions | undefined): Promise<Term> {
    this.#assertOpen()
    if (options === undefined)
      return this.#options.idempotent ? this.#twice(make, this.#plain) : this.#once(make, this.#plain)
    checkServiceCall(options)
    const { idempotent = this.#options.idempotent, ...rest } = options
    const whole = rest.timeoutMs === undefined ? { ...rest, timeoutMs: this.#options.timeoutMs } : rest
    return idempotent ? this.#twice(make, whole) : this.#once(make, whole)
  }

  /** Makes a call that must not happen twice. */
  async #once(make: Make, options: CallOptions): Promise<Term> {
    const { clock } = this.#parts.world
    const until = clock.monotonic() + options.timeoutMs!
    const failures: Failure<Asked>[] = []
    let asked = NOBODY
    for (;;) {
      const seat = asked.length < this.#options.attempts ? this.#pick(asked) : undefined
      const leftMs = asked === NOBODY ? options.timeoutMs! : until - clock.monotonic()
      if (seat === undefined || leftMs < 0) throw this.#nobody(failures)
      const begun = this.#choice.begin(seat, clock.monotonic())
      try {
        const value = await make(seat.candidate, asked === NOBODY ? options : { ...options, timeoutMs: leftMs })
        this.#choice.end(begun, 'ok', this.#moment())
        return value
      } catch (error) {
        if (this.#ended(begun, error, options).next !== 'elsewhere') throw error
        failures.push({ seat, error })
        asked = [...asked, seat]
      }
    }
  }

  /** Makes a call that may happen twice. */
  async #twice(make: Make, options: CallOptions): Promise<Term> {
    try {
      return await race(this.#race, { make, options }, options.timeoutMs!)
    } catch (error) {
      throw withCallersStack(error)
    }
  }

  async #attempt({ make, options }: Call, seat: Asked, timeoutMs?: number): Promise<AttemptEnd> {
    const begun = this.#choice.begin(seat, this.#parts.world.clock.monotonic())
    try {
      const value = await make(seat.candidate, timeoutMs === undefined ? options : { ...options, timeoutMs })
      this.#choice.end(begun, 'ok', this.#moment())
      return { value }
    } catch (error) {
      return { error, isFinal: this.#ended(begun, error, options).next === 'final' }
    }
  }

  #ended(begun: Begun<Member>, error: unknown, { signal }: CallOptions): Verdict {
    const isAborted = signal?.aborted === true && error === signal.reason
    const verdict: Verdict = isAborted ? { next: 'final', end: 'none' } : verdictOf(error)
    this.#choice.end(begun, verdict.end, this.#moment(), error)
    return verdict
  }

  /** What to throw when nobody else can be asked. */
  #nobody(failures: readonly Failure<Asked>[]): unknown {
    const last = failures.at(-1)?.error
    // A function that nobody has is the caller's to correct.
    if (failures.length > 0 && failures.every(({ error }) => isRemoteError(error))) return last
    const members = this.#reasons(failures)
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
    return this.#target.kind === 'pg' ? 'the group has no member' : 'discovery names no member'
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
