import { isIP } from 'node:net'
import { type Clock, type FamilyOutcome, raceFamilies } from '@dynsrv/kit'
import { withLinkedSignal } from './linked-signal.ts'
import type { AddressRecord, DnsAnswer } from './resolver.ts'

/** An IP address is its own answer; `undefined` for a name. */
export function literalAddress(name: string, family: 4 | 6 | undefined): DnsAnswer<AddressRecord> | undefined {
  const version = isIP(name)
  if (version !== 4 && version !== 6) return undefined
  const fits = family === undefined || family === version
  return {
    records: fits ? [{ address: name, family: version, ttlSeconds: 0 }] : [],
    ...(!fits && { empty: 'nodata' as const }),
    ttlSeconds: 0,
    server: 'literal',
    transport: 'none',
    authoritative: true,
    truncated: false,
    stale: false,
  }
}

type Answer = DnsAnswer<AddressRecord>

/** How one family is asked for, or both. */
export interface FamiliesAsked {
  readonly family: 4 | 6 | undefined
  readonly clock: Clock
  readonly signal: AbortSignal | undefined
}

/**
 * Asks for one family, or for both at once. As soon as one has records, the other one has 50 ms left; it is then given up, and
 * the answer says that it is `missing`.
 */
export async function bothFamilies(
  { family, clock, signal }: FamiliesAsked,
  ask: (family: 4 | 6, signal: AbortSignal | undefined) => Promise<Answer>,
): Promise<Answer> {
  if (family !== undefined) return ask(family, signal)
  const over = new AbortController()
  const { known } = await raceFamilies({
    clock,
    ask: (one) => withLinkedSignal([signal, over.signal], (either) => ask(one, either)),
    hasSome: ({ records }) => records.length > 0,
  })
  over.abort()
  signal?.throwIfAborted()
  return mergeFamilies(known)
}

/** One that has records covers for one that failed or is late, but emptiness counts only when both say so. */
export function mergeFamilies(known: readonly FamilyOutcome<Answer>[]): Answer {
  const answers = known.flatMap(({ answer }) => (answer === undefined ? [] : [answer]))
  const [first, second] = answers.filter((answer) => answer.records.length > 0)
  if (first !== undefined) {
    const found = second === undefined ? first : merged(first, second)
    const missing = ([4, 6] as const).find((one) => !known.some(({ family, answer }) => family === one && answer))
    return missing === undefined ? found : { ...found, missing }
  }
  for (const { answer, error } of known) if (answer === undefined) throw error
  const [a, b] = answers as [Answer, Answer]
  const empty = a.empty === 'nxdomain' && b.empty === 'nxdomain' ? 'nxdomain' : 'nodata'
  return { ...merged(a, b), empty }
}

function merged(a: Answer, b: Answer): Answer {
  return {
    ...a,
    records: [...a.records, ...b.records],
    ttlSeconds: Math.min(a.ttlSeconds, b.ttlSeconds),
    authoritative: a.authoritative && b.authoritative,
    truncated: a.truncated || b.truncated,
    stale: a.stale || b.stale,
  }
}
