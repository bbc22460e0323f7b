import type { DnsAnswer } from '@dynsrv/srv-resolver'
import type { Discovery } from '../discover.ts'

/** What a DNS answer says beside its records, in the words of a discovery. */
export function answerFacts(answer: DnsAnswer<unknown>): Omit<Discovery, 'nodes'> {
  const { ttlSeconds, stale, truncated, trimmed, server, empty } = answer
  return {
    stale,
    trimmed: truncated || trimmed === 'rotating',
    ...(trimmed === 'size-limit' && { doubtful: true }),
    server,
    ...(ttlSeconds > 0 && { ttlMs: ttlSeconds * 1_000 }),
    ...(empty === 'absent' && { absent: true }),
    ...((empty === 'nxdomain' || empty === 'nodata') && { empty }),
  }
}
