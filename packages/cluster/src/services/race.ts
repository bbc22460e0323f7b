import type { Term } from '@dynsrv/etf'
import type { Clock } from '@dynsrv/kit'

/**
 * How an attempt ended. With `isFinal`, another member would say the same. With `isLacking`, the member does not have the
 * function, which counts as no attempt.
 */
export type AttemptEnd =
  | { readonly value: Term }
  | { readonly error: unknown; readonly isFinal: boolean; readonly isLacking: boolean }

/** A member that was asked, and the error that it ended with. */
export interface Failure<Seat> {
  readonly seat: Seat
  readonly error: unknown
}

/** What all calls of a service share. */
export interface RaceParts<Seat, Call> {
  readonly clock: Clock
  /** Whom to ask next; undefined when nobody is left. */
  readonly pick: (asked: ReadonlySet<Seat>, call: Call, now: number) => Seat | undefined
  /** Asks, and calls back how that ended. Never throws. @param timeoutMs undefined for the whole time of the call */
  readonly attempt: (
    call: Call,
    seat: Seat,
    timeoutMs: number | undefined,
    now: number,
    ended: (end: AttemptEnd) => void,
  ) => void
  /** What to throw when nobody is left. */
  readonly nobody: (failures: readonly Failure<Seat>[]) => unknown
  readonly options: RaceOptions
}

export interface RaceOptions {
  readonly attempts: number
  /** Unit: milliseconds; default: half of what is left. */
  readonly nextAfterMs?: number
}

/**
 * Makes a call that may happen twice: on the next member when one fails, and also when one takes long. That one is not given up:
 * a function that takes its time has as long as without this. The first answer counts.
 *
 * @param timeoutMs for all attempts together
 */
export function race<Seat, Call>(parts: RaceParts<Seat, Call>, call: Call, timeoutMs: number): Promise<Term> {
  const { clock, pick, attempt, nobody, options } = parts
  const { attempts, nextAfterMs } = options
  const begun = clock.monotonic()
  const until = begun + timeoutMs
  return new Promise((resolve, reject) => {
    const asked = new Set<Seat>()
    let lacking = 0
    const failures: Failure<Seat>[] = []
    let underWay = 0
    let isOver = false
    let timer: ReturnType<Clock['setTimeout']> | undefined
    const over = (): void => {
      isOver = true
      clock.clearTimeout(timer)
    }
    const next = (): void => {
      clock.clearTimeout(timer)
      const isFirst = asked.size === 0
      const now = isFirst ? begun : clock.monotonic()
      const leftMs = isFirst ? timeoutMs : until - now
      const isInTime = isFirst || leftMs > 0
      const seat = isInTime && asked.size - lacking < attempts ? pick(asked, call, now) : undefined
      if (seat === undefined) {
        if (underWay > 0) return
        over()
        reject(isInTime ? nobody(failures) : failures.at(-1)!.error)
        return
      }
      asked.add(seat)
      underWay += 1
      const patienceMs = nextAfterMs ?? leftMs / 2
      if (patienceMs < leftMs) timer = clock.setTimeout(next, patienceMs)
      attempt(call, seat, isFirst ? undefined : leftMs, now, (end) => {
        underWay -= 1
        if (isOver) return
        if ('value' in end) {
          over()
          resolve(end.value)
        } else if (end.isFinal) {
          over()
          reject(end.error)
        } else {
          if (end.isLacking) lacking += 1
          failures.push({ seat, error: end.error })
          next()
        }
      })
    }
    next()
  })
}
