import type { NodeName } from '@dynsrv/epmd-shim'
import { domainKey, raceFamilies, type World } from '@dynsrv/kit'
import {
  type AddressRecord,
  absoluteName,
  askAddresses,
  racingAddresses,
  type SrvAnswer,
  type SrvRecord,
  type SrvResolver,
  srvEndpoints,
} from '@dynsrv/srv-resolver'
import type { Endpoints, EndpointsByNode } from '../discover.ts'

/** What may be asked for addresses. */
type Addresses = Partial<Pick<SrvResolver, 'resolveAddresses'>>

/**
 * The addresses of a target, IPv4 first; none when the resolver cannot be asked for any. IPv6 delays nobody where there is an IPv4
 * address; that one is waited for, since names are made of the first.
 */
export async function addressesOf(
  resolver: Addresses,
  target: string,
  signal: AbortSignal,
  { clock }: World,
): Promise<readonly AddressRecord[]> {
  const { resolveAddresses } = resolver
  if (resolveAddresses === undefined) return []
  const asked = { resolveAddresses: resolveAddresses.bind(resolver) }
  const ask = async (family: 4 | 6) => (await askAddresses(asked, absoluteName(target), { signal, family })).records
  const { known, late } = await raceFamilies({
    clock,
    ask,
    hasSome: (records) => records.length > 0,
  })
  const outcomes = late === undefined || known[0]?.family === 4 ? known : [await late, ...known]
  const four = outcomes.find(({ family }) => family === 4)
  const records = outcomes.flatMap(({ answer = [] }) => answer)
  const failed = four?.answer === undefined ? four : outcomes.find(({ answer }) => answer === undefined)
  // Another name would be made of an IPv6 address where it is not known whether there is one of IPv4.
  if (failed !== undefined && (failed === four || records.length === 0)) throw failed.error
  return records
}

/** Where the nodes listen that an SRV answer names: nobody asks for these records again to dial one of them. */
export class SrvEndpoints implements EndpointsByNode {
  readonly #addresses: SrvAnswer['addresses']
  readonly #resolver: Addresses
  readonly #world: World
  readonly #records = new Map<NodeName, SrvRecord[]>()

  constructor(answer: SrvAnswer, resolver: Addresses, world: World) {
    this.#addresses = answer.addresses
    this.#resolver = resolver
    this.#world = world
  }

  add(node: NodeName, record: SrvRecord): void {
    const records = this.#records.get(node)
    if (records === undefined) this.#records.set(node, [record])
    else records.push(record)
  }

  get(node: NodeName): Endpoints | undefined {
    const records = this.#records.get(node)
    if (records === undefined) return undefined
    // Only its own part of the answer is kept, for it may be needed long after.
    const known = new Map(records.map(({ target }) => [target, this.#addresses.get(domainKey(target)) ?? []]))
    const resolver = this.#resolver
    const world = this.#world
    const locate = ({ signal }: { readonly signal: AbortSignal }) =>
      srvEndpoints(records, {
        random: world.random.number,
        addressesOf: async (target) => {
          const records = known.get(target) ?? []
          const { resolveAddresses } = resolver
          if (records.length > 0 || resolveAddresses === undefined) return { records }
          const asked = { resolveAddresses: resolveAddresses.bind(resolver) }
          return racingAddresses(asked, absoluteName(target), { signal, world })
        },
      })
    const places = records.map(({ target, port }) => {
      const addresses = (known.get(target) ?? []).map(({ address }) => address)
      return `${target.toLowerCase()}:${port} ${addresses.sort().join(' ')}`
    })
    return Object.assign(locate, { key: places.sort().join('\n') })
  }
}
