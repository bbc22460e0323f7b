import type { Clock } from './world/clock.ts'
import { sleep } from './world/waiting.ts'

/** What became of the look-up of one address family. */
export interface FamilyOutcome<T> {
  readonly family: 4 | 6
  /** Undefined when it failed. */
  readonly answer?: T
  readonly error?: unknown
}

/** Two look-ups, one for each address family. */
export interface FamilyRace<T> {
  readonly clock: Clock
  readonly ask: (family: 4 | 6) => Promise<T>
  /** Whether an answer has addresses: others give the other family all the time that it takes. */
  readonly hasSome: (answer: T) => boolean
}

/**
 * How long the answer for one address family waits for that for the other one, in milliseconds.
 *
 * @see RFC 8305 §3, "Resolution Delay"
 */
const RESOLUTION_DELAY_MS = 50

/**
 * Looks both address families up at once: as soon as one has addresses, the other one has 50 ms left, so that a server which
 * never answers for one of them delays nobody. Never rejects.
 *
 * @returns what is known, IPv4 first; `late` is the outcome of a family that is not among it
 * @see RFC 8305
 */
export async function raceFamilies<T>({ clock, ask, hasSome }: FamilyRace<T>): Promise<{
  readonly known: readonly FamilyOutcome<T>[]
  readonly late?: Promise<FamilyOutcome<T>>
}> {
  const outcome = async (family: 4 | 6): Promise<FamilyOutcome<T>> => {
    try {
      return { family, answer: await ask(family) }
    } catch (error) {
      return { family, error }
    }
  }
  const families = [outcome(4), outcome(6)] as const
  const first = await Promise.race(families)
  const other = families[first.family === 4 ? 1 : 0]
  const isFound = first.answer !== undefined && hasSome(first.answer)
  const second = isFound ? await inTime(other, clock) : await other
  if (second === undefined) return { known: [first], late: other }
  return { known: [first, second].sort((a, b) => a.family - b.family) }
}

/** Undefined when it takes longer. */
async function inTime<T>(other: Promise<T>, clock: Clock): Promise<T | undefined> {
  const over = new AbortController()
  // Cut short, which rejects, only when the race is over.
  const late = sleep(clock, RESOLUTION_DELAY_MS, { signal: over.signal }).catch(() => undefined)
  try {
    return (await Promise.race([other, late])) ?? undefined
  } finally {
    over.abort()
  }
}
