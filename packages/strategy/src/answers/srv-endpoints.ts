import type { NodeName } from '@dynsrv/epmd-shim'
import { domainKey, type World } from '@dynsrv/kit'
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
 * The addresses of a target; none when the resolver cannot be asked for any. An IPv6 address that is late delays nobody; one of IPv4
 * is waited for, since names are made of the first.
 */
export async function addressesOf(
  resolver: Addresses,
  target: string,
  signal: AbortSignal,
): Promise<readonly AddressRecord[]> {
  const { resolveAddresses } = resolver
  if (resolveAddresses === undefined) return []
  const asked = { resolveAddresses: resolveAddresses.bind(resolver) }
  const name = absoluteName(target)
  const { records, missing } = await askAddresses(asked, name, { signal })
  if (missing !== 4) return records
  return [...(await askAddresses(asked, name, { signal, family: 4 })).records, ...records]
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
