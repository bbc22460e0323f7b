import { AnswerTimes, slowLimit } from './answer-times.ts'
import { type CallEnd, Health, type HealthOptions } from './health.ts'

/** Somebody who can be called. */
export interface Candidate {
  /** What tells it from the others. */
  readonly key: string
  /** 0 to 65535; the lowest first. */
  readonly priority: number
  /** 0 to 65535; the share within one priority. */
  readonly weight: number
}

/** What the choice depends on besides the candidates. */
export interface ChoiceOptions extends HealthOptions {
  /** A member is left out when its answers take so many times as long as those of the others; `Infinity`: never. */
  readonly slowFactor: number
}

/** A moment and a bit of chance. */
export interface Moment {
  /** Of a clock that never goes back. Unit: milliseconds. */
  readonly now: number
  /** From 0 to 1, without 1. */
  readonly random: () => number
}

/** One candidate, with what is known of it. */
export class Seat<C extends Candidate = Candidate> {
  candidate: C
  readonly health: Health
  readonly times = new AnswerTimes()
  /** Calls to it that have not ended. */
  outstanding = 0

  constructor(candidate: C, options: HealthOptions) {
    this.candidate = candidate
    this.health = new Health(options)
  }
}

/** A call that has begun. */
export interface Begun<C extends Candidate> {
  readonly seat: Seat<C>
  readonly isTrial: boolean
  readonly at: number
}

/** Those of one priority, by weight. */
type Tier<C extends Candidate> = readonly { readonly weight: number; readonly seats: readonly Seat<C>[] }[]

/**
 * Chooses whom to call: without I/O, clock or chance of its own.
 *
 * Those of the lowest priority come first, as long as one of them may be called. Among members of the same weight, one with the
 * fewest calls out is taken. Between weights it is drawn as RFC 2782 says, where each call that is out counts against a
 * member: by the least of `(outstanding + e) / weight`, with `e` drawn from the exponential distribution. When nobody has a
 * call out, the chances are in proportion to the weights; when there are many, the calls out are. Without the draw, a
 * member of weight 1 beside one of 100 would get every second one of two calls at a time.
 *
 * @see RFC 2782, "Weight", for members of weight 0 beside others: together they have the chance of a weight of 1
 */
export class Choice<C extends Candidate> {
  readonly #options: ChoiceOptions
  #seats = new Map<string, Seat<C>>()
  #tiers: readonly Tier<C>[] = []

  constructor(options: ChoiceOptions) {
    this.#options = options
  }

  /** All candidates, those that are left out too. */
  get seats(): Iterable<Seat<C>> {
    return this.#seats.values()
  }

  /** Whether there is nobody, left out or not. */
  get isEmpty(): boolean {
    return this.#seats.size === 0
  }

  /** Who there is now. Those that stay keep what is known of them. */
  update(candidates: Iterable<C>): void {
    const seats = new Map<string, Seat<C>>()
    for (const candidate of candidates) {
      const seat = this.#seats.get(candidate.key) ?? new Seat(candidate, this.#options)
      seat.candidate = candidate
      seats.set(candidate.key, seat)
    }
    this.#seats = seats
    this.#tiers = tiersOf(seats.values())
  }

  /** Somebody began anew: what was known of it counts no more. */
  forget(keep: (candidate: C) => boolean): void {
    for (const [key, { candidate }] of this.#seats) if (!keep(candidate)) this.#seats.delete(key)
    this.#tiers = tiersOf(this.#seats.values())
  }

  /** Whom to call; undefined when nobody is left. @param not whom not: they were asked already */
  pick(moment: Moment, not: ReadonlySet<Seat<C>> = new Set()): Seat<C> | undefined {
    const isAsked = (seat: Seat<C>) => not.size > 0 && not.has(seat)
    for (const tier of this.#tiers) {
      const seat = pickIn(tier, moment, (each) => each.health.at(moment.now) !== 'out' && !isAsked(each))
      if (seat !== undefined) return seat
    }
    // All are left out. One call at a time tries each of them before its time: to fail at once would be worse.
    for (const tier of this.#tiers) {
      const seat = pickIn(tier, moment, (each) => !each.health.isOnTrial && !isAsked(each))
      if (seat !== undefined) return seat
    }
    return undefined
  }

  /** A call to it begins. */
  begin(seat: Seat<C>, now: number): Begun<C> {
    seat.outstanding += 1
    return { seat, isTrial: seat.health.begin(), at: now }
  }

  /** A call has ended. */
  end({ seat, isTrial, at }: Begun<C>, how: CallEnd, { now, random }: Moment, reason?: unknown): void {
    seat.outstanding -= 1
    const { health, times } = seat
    if (how !== 'ok') {
      health.end(isTrial, how, { now, random: random(), reason })
      return
    }
    const ms = now - at
    times.add(ms)
    const limit = isTrial || times.isWorthALook ? this.#slowLimit(seat) : Number.POSITIVE_INFINITY
    const isSlow = (isTrial ? ms : times.averageMs) > limit
    if (isSlow) {
      times.forget()
      health.end(isTrial, 'slow', { now, random: random(), reason: new SlowAnswers(ms, limit) })
    } else health.end(isTrial, 'ok', { now, random: 0 })
  }

  #slowLimit(seat: Seat<C>): number {
    const { slowFactor } = this.#options
    if (slowFactor === Number.POSITIVE_INFINITY) return slowFactor
    const others: number[] = []
    for (const { times, health } of this.#seats.values()) {
      if (times !== seat.times && times.isKnown && health.reason === undefined) others.push(times.averageMs)
    }
    return slowLimit(others, slowFactor)
  }
}

/** Why a member is left out though it answers. */
export class SlowAnswers {
  readonly message: string

  constructor(ms: number, limitMs: number) {
    this.message = `it takes ${Math.round(ms)} ms to answer, where ${Math.round(limitMs)} ms would be far more than the others take`
  }
}

function tiersOf<C extends Candidate>(seats: Iterable<Seat<C>>): Tier<C>[] {
  const tiers = new Map<number, Map<number, Seat<C>[]>>()
  for (const seat of seats) {
    const { priority, weight } = seat.candidate
    const tier = tiers.get(priority) ?? new Map<number, Seat<C>[]>()
    tiers.set(priority, tier)
    const alike = tier.get(weight)
    if (alike === undefined) tier.set(weight, [seat])
    else alike.push(seat)
  }
  const sorted = [...tiers].sort(([a], [b]) => a - b)
  return sorted.map(([, tier]) => [...tier].map(([weight, alike]) => ({ weight, seats: alike })))
}

function pickIn<C extends Candidate>(
  tier: Tier<C>,
  { random }: Moment,
  mayBeCalled: (seat: Seat<C>) => boolean,
): Seat<C> | undefined {
  let chosen: Seat<C> | undefined
  let least = Number.POSITIVE_INFINITY
  for (const { weight, seats } of tier) {
    let best: Seat<C> | undefined
    let ties = 0
    for (const seat of seats) {
      if (!mayBeCalled(seat)) continue
      if (best === undefined || seat.outstanding < best.outstanding) {
        best = seat
        ties = 1
      } else if (seat.outstanding === best.outstanding) {
        ties += 1
        if (random() * ties < 1) best = seat
      }
    }
    if (best === undefined) continue
    if (tier.length === 1) return best
    // Of so many exponential draws, the least is one draw divided by their number.
    const draw = -Math.log(1 - random()) / ties
    const score = (best.outstanding + draw) / (weight === 0 ? 1 / seats.length : weight)
    if (score < least) [chosen, least] = [best, score]
  }
  return chosen
}
