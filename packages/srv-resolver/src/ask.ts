import { isIP } from 'node:net'
import { filledText, having, shown } from '@dynsrv/kit'
import { checks } from './checks.ts'
import { ResolverError } from './error.ts'
import type {
  AddressRecord,
  DnsAnswer,
  ResolveAddressesOptions,
  ResolveOptions,
  ResolveSrvOptions,
  SrvAnswer,
  SrvResolver,
} from './resolver.ts'

/**
 * Asks a resolver for SRV records, and says so when what it gives is no answer: it may be anybody's object.
 *
 * Single records that cannot be used are left to {@link usableSrvRecords}. Addresses that are not told count as unknown.
 *
 * @throws {ResolverError} `DNS_BAD_ANSWER`, `DNS_BAD_OPTION`
 * @throws what the resolver rejects with
 */
export async function askSrv(
  resolver: Pick<SrvResolver, 'resolveSrv'>,
  name: string,
  options?: ResolveSrvOptions,
): Promise<SrvAnswer> {
  checkAsked('askSrv', 'resolveSrv', resolver, name)
  const answer: SrvAnswer = sound(await resolver.resolveSrv(name, options), 'resolveSrv', name)
  return typeof answer.addresses?.get === 'function' ? answer : { ...answer, addresses: new Map() }
}

/**
 * The same for addresses; what is none is left out.
 *
 * @throws {ResolverError} `DNS_BAD_ANSWER`, `DNS_BAD_OPTION`
 * @throws what the resolver rejects with
 */
export async function askAddresses(
  resolver: Pick<SrvResolver, 'resolveAddresses'>,
  name: string,
  options?: ResolveAddressesOptions,
): Promise<DnsAnswer<AddressRecord>> {
  checkAsked('askAddresses', 'resolveAddresses', resolver, name)
  const answer = sound(await resolver.resolveAddresses(name, options), 'resolveAddresses', name)
  return usable(answer, (record) => isIP(record?.address ?? '') === record?.family)
}

/**
 * The same for texts.
 *
 * @throws {ResolverError} `DNS_BAD_ANSWER`, `DNS_BAD_OPTION`
 * @throws what the resolver rejects with
 */
export async function askTxt(
  resolver: Pick<SrvResolver, 'resolveTxt'>,
  name: string,
  options?: ResolveOptions,
): Promise<DnsAnswer<string>> {
  checkAsked('askTxt', 'resolveTxt', resolver, name)
  return usable(sound(await resolver.resolveTxt(name, options), 'resolveTxt', name), (text) => typeof text === 'string')
}

function checkAsked(owner: string, method: keyof typeof ASKED, resolver: unknown, name: unknown): void {
  checks.argument(owner, 'resolver', ASKED[method], resolver)
  checks.argument(owner, 'name', filledText, name)
}

const ASKED = {
  resolveSrv: having('resolveSrv'),
  resolveAddresses: having('resolveAddresses'),
  resolveTxt: having('resolveTxt'),
}

function sound<A extends DnsAnswer<unknown>>(answer: A | null | undefined, method: string, name: string): A {
  if (typeof answer === 'object' && answer !== null && Array.isArray(answer.records)) return answer
  throw new ResolverError(
    'DNS_BAD_ANSWER',
    `${method} of the resolver gave ${shown(answer)} for ${name}, not an answer`,
  )
}

function usable<R>(answer: DnsAnswer<R>, isUsable: (record: R | undefined) => boolean): DnsAnswer<R> {
  return answer.records.every(isUsable) ? answer : { ...answer, records: answer.records.filter(isUsable) }
}
