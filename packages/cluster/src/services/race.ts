import type { Term } from '@dynsrv/etf'
import type { Clock } from '@dynsrv/kit'

/** How an attempt ended. With `isFinal`, another member would say the same. */
export type AttemptEnd = { readonly value: Term } | { readonly error: unknown; readonly isFinal: boolean }

/** A member that was asked, and the error that it ended with. */
export interface Failure<Seat> {
  readonly seat: Seat
  readonly error: unknown
}

export interface RaceParts<Seat> {
  readonly clock: Clock
  /** Whom to ask next; undefined when nobody is left. */
  readonly pick: (asked: readonly Seat[]) => Seat | undefined
  /** Asks. Never rejects. */
  readonly attempt: (seat: Seat, timeoutMs: number) => Promise<AttemptEnd>
  /** What to throw when nobody is left. */
  readonly nobody: (failures: readonly Failure<Seat>[]) => unknown
}

export interface RaceOptions {
  /** For all attempts together. Unit: milliseconds. */
  readonly timeoutMs: number
  readonly attempts: number
  /** Unit: milliseconds; default: half of what is left. */
  readonly nextAfterMs?: number
}

/**
 * Makes a call that may happen twice: on the next member when one fails, and also when one takes long. That one is not given up:
 * a function that takes its time has as long as without this. The first answer counts.
 */
export function race<Seat>(parts: RaceParts<Seat>, { timeoutMs, attempts, nextAfterMs }: RaceOptions): Promise<Term> {
  const { clock, pick, attempt, nobody } = parts
  const until = clock.monotonic() + timeoutMs
  return new Promise((resolve, reject) => {
    const asked: Seat[] = []
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
      const leftMs = asked.length === 0 ? timeoutMs : until - clock.monotonic()
      const isInTime = asked.length === 0 || leftMs > 0
      const seat = isInTime && asked.length < attempts ? pick(asked) : undefined
      if (seat === undefined) {
        if (underWay > 0) return
        over()
        reject(isInTime ? nobody(failures) : failures.at(-1)!.error)
        return
      }
      asked.push(seat)
      underWay += 1
      const patienceMs = nextAfterMs ?? leftMs / 2
      if (patienceMs < leftMs) timer = clock.setTimeout(next, patienceMs)
      void attempt(seat, leftMs).then((end) => {
        underWay -= 1
        if (isOver) return
        if ('value' in end) {
          over()
          resolve(end.value)
        } else if (end.isFinal) {
          over()
          reject(end.error)
        } else {
          failures.push({ seat, error: end.error })
          next()
        }
      })
    }
    next()
  })
}
