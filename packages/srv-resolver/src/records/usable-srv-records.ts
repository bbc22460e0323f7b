import { iterable, shown, withoutFinalDot } from '@dynsrv/kit'
import { checks } from '../checks.ts'
import { ResolverError } from '../error.ts'
import type { IgnoredRecord, SrvRecord } from '../resolver.ts'
import { nameFault } from './dns-name.ts'
import { MAX_TTL_SECONDS } from './dns-numbers.ts'
import { fieldFault } from './field-fault.ts'

/** An SRV record as a registry wrote it: every field may be anything. */
export type FoundSrvRecord = { readonly [Field in keyof SrvRecord]?: unknown }

/** SRV records that can be used, and those that cannot, each with the reason. */
export interface UsableSrvRecords {
  readonly records: readonly SrvRecord[]
  readonly ignored: readonly IgnoredRecord[]
}

const MAX_PORT = 65_535
/** Priority and weight have 16 bits. @see RFC 2782 */
const MAX_ORDER = 65_535
const A_PORT = `a whole number from 1 to ${MAX_PORT}`
const SIXTEEN_BITS = `a whole number from 0 to ${MAX_ORDER}`

/**
 * Splits SRV records as a registry wrote them into those that can be used and those that cannot: a target that is not a
 * domain name, a port that nobody can dial (0 is none), a priority or a weight that is not a number from 0 to 65535.
 *
 * Every resolver of this package passes its records through it, so that a wrong record costs itself and no other. A
 * resolver of your own should do the same. The root as target (`.`) says that there is no such service; do not pass it in.
 *
 * @throws {ResolverError} `DNS_BAD_OPTION` for what cannot be iterated
 */
export function usableSrvRecords(found: Iterable<FoundSrvRecord>): UsableSrvRecords {
  checks.argument('usableSrvRecords', 'found', iterable, found)
  const records: SrvRecord[] = []
  const ignored: IgnoredRecord[] = []
  for (const one of found) {
    if (typeof one !== 'object' || one === null) {
      ignored.push({ target: shown(one), reason: 'it is not an object' })
      continue
    }
    const { target, port, priority = 0, weight = 0, ttlSeconds = 0 } = one
    const reason = faultOf(target, port, priority, weight)
    if (reason !== undefined) {
      ignored.push({ target: typeof target === 'string' ? plain(withoutFinalDot(target)) : shown(target), reason })
      continue
    }
    records.push({
      target: withoutFinalDot(target as string),
      port: port as number,
      priority: priority as number,
      weight: weight as number,
      ttlSeconds: isWhole(ttlSeconds, 0, MAX_TTL_SECONDS) ? ttlSeconds : 0,
    })
  }
  return { records, ignored }
}

/**
 * The same for an answer: when something was found and nothing of it can be used, the answer is not empty.
 *
 * @throws {ResolverError} `DNS_NO_USABLE_RECORD` when something was found, and nothing of it can be used
 */
export function answeredSrvRecords(
  found: readonly FoundSrvRecord[],
  { name, server }: { readonly name: string; readonly server: string },
): { readonly records: readonly SrvRecord[]; readonly ignored?: readonly IgnoredRecord[] } {
  const { records, ignored } = usableSrvRecords(found)
  if (ignored.length === 0) return { records }
  if (records.length === 0) throw noneUsable(name, server, ignored)
  return { records, ignored }
}

const SHOWN = 3

/** Records were found, and what they were meant to say is unknown. */
export function noneUsable(name: string, server: string, ignored: readonly IgnoredRecord[]): ResolverError {
  const first = ignored.slice(0, SHOWN).map(({ target, reason }) => `${target || 'one'}: ${reason}`)
  const more = ignored.length > SHOWN ? `; and ${ignored.length - SHOWN} more` : ''
  return new ResolverError(
    'DNS_NO_USABLE_RECORD',
    `no record of ${withoutFinalDot(name)} can be used: ${first.join('; ')}${more}`,
    {
      server,
    },
  )
}

function faultOf(target: unknown, port: unknown, priority: unknown, weight: unknown): string | undefined {
  if (!isWhole(port, 1, MAX_PORT)) return fieldFault('port', port, A_PORT)
  const name = nameFault(target)
  if (name !== undefined) return `its target is not a domain name: ${name}`
  if (!isWhole(priority, 0, MAX_ORDER)) return fieldFault('priority', priority, SIXTEEN_BITS)
  if (!isWhole(weight, 0, MAX_ORDER)) return fieldFault('weight', weight, SIXTEEN_BITS)
  return undefined
}

/** A text as it is, or quoted when it could do something to a terminal or hide in a log. */
function plain(text: string): string {
  return /^[\x21-\x7e]{0,300}$/.test(text) ? text : shown(text)
}

function isWhole(value: unknown, min: number, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
}
