import { abortSignal, having, type Rule, realWorld, sleep, type World, worldShape } from '@dynsrv/kit'
import { askAddresses } from '../ask.ts'
import { checks, domainName } from '../checks.ts'
import type { AddressRecord, ResolveOptions, SrvResolver } from '../resolver.ts'

/** Addresses of a host to dial. */
export interface RacingAddresses {
  readonly records: readonly AddressRecord[]
  /** Those of the other family, of which no answer had come in time. Empty when none comes; it never rejects. */
  readonly later?: Promise<readonly AddressRecord[]>
}

/** What {@link racingAddresses} takes. */
export interface RacingAddressesOptions extends ResolveOptions {
  /** Whose clock counts; default: that of the machine. */
  readonly world?: World
}

const source: Rule = having('resolveAddresses')
const check = checks.options<RacingAddressesOptions>('racingAddresses', { signal: abortSignal, world: worldShape })

/**
 * How long the answer for one address family waits for that for the other one, in milliseconds.
 *
 * @see RFC 8305 §3, "Resolution Delay"
 */
const RESOLUTION_DELAY_MS = 50

/**
 * Looks both address families of a host up for a dialler: as soon as one has addresses, the other one has 50 ms left. A server
 * that never answers for one of them, as some do for AAAA, delays no dial by its own time-outs.
 *
 * For a list of members ask `resolveAddresses`, which waits until both are known.
 *
 * @throws {ResolverError} `DNS_BAD_OPTION`, `DNS_BAD_NAME`
 * @throws what the resolver rejects with when one family cannot be looked up and the other one has no addresses
 * @see RFC 8305
 */
export async function racingAddresses(
  resolver: Pick<SrvResolver, 'resolveAddresses'>,
  name: string,
  options: RacingAddressesOptions = {},
): Promise<RacingAddresses> {
  checks.argument('racingAddresses', 'resolver', source, resolver)
  checks.argument('racingAddresses', 'name', domainName, name)
  check(options)
  const { signal, world = realWorld } = options
  const ask = async (family: 4 | 6): Promise<Family> => {
    try {
      const { records } = await askAddresses(resolver, name, { family, signal })
      return { family, records: records.filter((record) => record.family === family) }
    } catch (error) {
      return { family, records: [], error }
    }
  }
  const families = [ask(4), ask(6)] as const
  const first = await Promise.race(families)
  const other = families[first.family === 4 ? 1 : 0]
  const second = first.records.length === 0 ? await other : await inTime(other, world.clock)
  signal?.throwIfAborted()
  if (second === undefined) return { records: first.records, later: other.then(({ records }) => records) }
  const records = [first, second].sort((a, b) => a.family - b.family).flatMap((each) => each.records)
  const failed = [first, second].find(({ error }) => error !== undefined)
  if (records.length === 0 && failed !== undefined) throw failed.error
  return { records }
}

interface Family {
  readonly family: 4 | 6
  readonly records: readonly AddressRecord[]
  readonly error?: unknown
}

/** Undefined when it takes longer. */
async function inTime(other: Promise<Family>, clock: World['clock']): Promise<Family | undefined> {
  const over = new AbortController()
  const late = sleep(clock, RESOLUTION_DELAY_MS, { signal: over.signal }).catch(() => undefined)
  try {
    return (await Promise.race([other, late])) ?? undefined
  } finally {
    over.abort()
  }
}
