import { abortSignal, having, type Rule, raceFamilies, realWorld, type World, worldShape } from '@dynsrv/kit'
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
 * Looks both address families of a host up for a dialler: as soon as one has addresses, the other one has 50 ms left. A server
 * that never answers for one of them, as some do for AAAA, delays no dial by its own time-outs.
 *
 * `resolveAddresses` gives the other one up instead; for a list of members ask for each family by itself.
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
  const { known, late } = await raceFamilies<readonly AddressRecord[]>({
    clock: world.clock,
    ask: async (family) => {
      const { records } = await askAddresses(resolver, name, { family, signal })
      return records.filter((record) => record.family === family)
    },
    hasSome: (records) => records.length > 0,
  })
  signal?.throwIfAborted()
  const records = known.flatMap(({ answer = [] }) => answer)
  if (late !== undefined) return { records, later: late.then(({ answer = [] }) => answer) }
  const failed = known.find(({ answer }) => answer === undefined)
  if (records.length === 0 && failed !== undefined) throw failed.error
  return { records }
}
