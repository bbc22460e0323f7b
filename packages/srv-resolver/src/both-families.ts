import { isIP } from 'node:net'
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

/**
 * Asks for one family, or for both at once: one that has records covers for one that failed, but emptiness counts only
 * when both say so.
 */
export async function mergeFamilies(
  family: 4 | 6 | undefined,
  ask: (family: 4 | 6) => Promise<DnsAnswer<AddressRecord>>,
): Promise<DnsAnswer<AddressRecord>> {
  if (family !== undefined) return ask(family)
  const [four, six] = await Promise.allSettled([ask(4), ask(6)])
  const answers = [four, six].flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const withRecords = answers.filter((answer) => answer.records.length > 0)
  const [first, second] = withRecords
  if (first !== undefined) return second === undefined ? first : merged(first, second)
  for (const result of [four, six]) if (result.status === 'rejected') throw result.reason
  const [a, b] = answers as [DnsAnswer<AddressRecord>, DnsAnswer<AddressRecord>]
  const empty = a.empty === 'nxdomain' && b.empty === 'nxdomain' ? 'nxdomain' : 'nodata'
  return { ...merged(a, b), empty }
}

function merged(a: DnsAnswer<AddressRecord>, b: DnsAnswer<AddressRecord>): DnsAnswer<AddressRecord> {
  return {
    ...a,
    records: [...a.records, ...b.records],
    ttlSeconds: Math.min(a.ttlSeconds, b.ttlSeconds),
    authoritative: a.authoritative && b.authoritative,
    truncated: a.truncated || b.truncated,
    stale: a.stale || b.stale,
  }
}
