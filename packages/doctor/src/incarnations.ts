/** One life of a peer's node, from start to end, as its peers see it. */
export interface Incarnation {
  /** The number that makes pids of this life differ from those of another. */
  readonly creation: number
  /** Where it listens. */
  readonly port: number
  /** When it started, on our clock that only goes forward; known only of BEAM nodes that took our cookie. Unit: milliseconds. */
  readonly startedMs?: number
  /** Whether its port refused us since it answered last. */
  readonly refused?: boolean
  /** How it showed that it had been restarted with the creation that it has; kept for as long as it has it. */
  readonly repeated?: string
}

/** How exact the start of a node is found: a call takes its time. Unit: milliseconds. */
const SAME_START_MS = 1_000

/** How the second of two sightings shows a new life; undefined when it may be the same. */
export function restartSeen(before: Incarnation, now: Incarnation): string | undefined {
  if (before.startedMs !== undefined && now.startedMs !== undefined) {
    const laterMs = now.startedMs - before.startedMs
    return laterMs <= SAME_START_MS ? undefined : `it started ${Math.round(laterMs / 1_000)} s after the one before`
  }
  if (before.port !== now.port) return `it listened on port ${before.port}, and now on ${now.port}`
  return before.refused === true ? `its port ${now.port} refused, and answers again` : undefined
}

/**
 * What is known after another look.
 *
 * @param before what was known, by name
 * @param answered those that answered now
 * @param refused those whose ports all refused
 */
export function lookAgain(
  before: ReadonlyMap<string, Incarnation>,
  answered: ReadonlyMap<string, Incarnation>,
  refused: ReadonlySet<string>,
): ReadonlyMap<string, Incarnation> {
  const known = new Map(before)
  for (const [name, now] of answered) {
    const last = before.get(name)
    const same = last !== undefined && last.creation === now.creation
    const repeated = same ? (restartSeen(last, now) ?? last.repeated) : undefined
    known.set(name, { ...now, ...(repeated !== undefined && { repeated }) })
  }
  for (const name of refused) {
    const last = before.get(name)
    if (last !== undefined) known.set(name, { ...last, refused: true })
  }
  return known
}
