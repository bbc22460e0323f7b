import { isIP } from 'node:net'
import { ResolverError } from '../error.ts'
import { checkedName, isWithin } from '../records/dns-name.ts'

/** What a name in Consul's DNS asks for. */
export type ConsulName =
  | { readonly kind: 'service'; readonly service: string; readonly tag?: string; readonly datacenter?: string }
  | { readonly kind: 'node'; readonly node: string; readonly datacenter?: string }
  | { readonly kind: 'address'; readonly address: string; readonly family: 4 | 6 }

/**
 * Reads a name as Consul's DNS does: `[tag.]service.service[.dc].domain`, `_service._tag.service[.dc].domain`,
 * `node.node[.dc].domain` and `hex.addr.dc.domain`.
 *
 * @throws {ResolverError} `DNS_BAD_NAME`; `DNS_WRONG_SOURCE` for a name outside the domain or of another kind
 * @see Consul documentation, "DNS Interface"
 */
export function parseConsulName(name: string, domain: string): ConsulName {
  const bare = checkedName(name)
  if (!isWithin(bare, domain) || bare.length === domain.length) throw foreign(name, `it lies outside ${domain}`)
  const labels = bare.slice(0, -domain.length - 1).split('.')
  const at = labels.findLastIndex((label) => /^(service|node|addr)$/i.test(label))
  const [before, [kind = '', datacenter, ...more]] = [labels.slice(0, Math.max(at, 0)), labels.slice(Math.max(at, 0))]
  const last = before.at(-1)
  if (at < 1 || more.length > 0 || last === undefined) throw foreign(name, 'Consul has no names of this form')
  const where = datacenter === undefined ? {} : { datacenter }
  switch (kind.toLowerCase()) {
    case 'node':
      return { kind: 'node', node: before.join('.'), ...where }
    case 'addr':
      return { kind: 'address', ...addressOf(last, name) }
    default:
      return { kind: 'service', ...serviceOf(before), ...where }
  }
}

function serviceOf(labels: readonly string[]): { service: string; tag?: string } {
  const [first = '', second] = labels
  // RFC 2782 style: _service._tag, in which _tcp stands for any tag.
  if (labels.length === 2 && first.startsWith('_') && second?.startsWith('_') === true) {
    const tag = second.slice(1)
    return { service: first.slice(1), ...(tag.toLowerCase() !== 'tcp' && { tag }) }
  }
  const service = labels.at(-1)!
  return labels.length === 1 ? { service } : { service, tag: labels.slice(0, -1).join('.') }
}

/** The label under `addr` that stands for an address. */
export function addressLabel(address: string): string {
  if (isIP(address) === 4)
    return address
      .split('.')
      .map((part) => hex(Number(part), 2))
      .join('')
  // URL writes an IPv6 address in its one canonical form.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const words = (part: string | undefined) => (part ? part.split(':').map((word) => word.padStart(4, '0')) : [])
  const [front, back] = [words(head), words(tail)]
  return [...front, ...new Array<string>(8 - front.length - back.length).fill('0000'), ...back].join('')
}

function addressOf(label: string, name: string): { address: string; family: 4 | 6 } {
  if (/^[0-9a-f]{8}$/i.test(label)) {
    return {
      address: label
        .match(/../g)!
        .map((part) => Number.parseInt(part, 16))
        .join('.'),
      family: 4,
    }
  }
  if (/^[0-9a-f]{32}$/i.test(label)) {
    const address = new URL(`http://[${label.match(/..../g)!.join(':')}]`).hostname.slice(1, -1)
    return { address, family: 6 }
  }
  throw foreign(name, `${label} stands for no address`)
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}

function foreign(name: string, why: string): ResolverError {
  return new ResolverError('DNS_WRONG_SOURCE', `Consul cannot be asked for ${name}: ${why}`, {
    hint: 'Ask for a name such as my-service.service.consul.',
  })
}
