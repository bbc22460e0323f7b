import { abortSignal, checksOf, having, listOf, oneOf, type Rule, shown, wrong } from '@dynsrv/kit'
import { DNS_ERRORS, ResolverError } from './error.ts'
import { nameFault } from './records/dns-name.ts'
import type { ResolveAddressesOptions, ResolveOptions, ResolveSrvOptions } from './resolver.ts'

/** The checks of this package. */
export const checks = checksOf(
  ({ message, hint, code }) => new ResolverError(code === BAD_NAME ? BAD_NAME : 'DNS_BAD_OPTION', message, { hint }),
)
const BAD_NAME = 'DNS_BAD_NAME'

/** A domain name, refused with a code of its own. */
export const domainName: Rule = {
  what: 'a domain name',
  check: (value, at) => {
    const fault = nameFault(value)
    const { hint } = DNS_ERRORS[BAD_NAME]
    return fault === undefined
      ? undefined
      : { message: `${at} ${shown(value)} is not a domain name: ${fault}`, hint, code: BAD_NAME }
  },
}

/** What can be asked for SRV records. */
export const srvSource: Rule = having('resolveSrv')
/** What can be asked for everything. */
export const resolverRule: Rule = having('resolveSrv', 'resolveAddresses', 'resolveTxt')

const checkLookup = checks.options<ResolveOptions>('a lookup', { signal: abortSignal })
const checkSrvLookup = checks.options<ResolveSrvOptions>('a lookup of SRV records', {
  signal: abortSignal,
  transport: oneOf('tcp'),
})
const checkAddressLookup = checks.options<ResolveAddressesOptions>('a lookup of addresses', {
  signal: abortSignal,
  family: oneOf(4, 6),
})

const resolverList = listOf(resolverRule)
/** At least one of these. */
export const someResolvers: Rule = {
  what: 'an array of at least one resolver',
  check: (value, at) =>
    Array.isArray(value) && value.length === 0 ? wrong(at, someResolvers.what, value) : resolverList.check(value, at),
}

/** The options of a lookup, checked. */
export function lookupOptions(options: ResolveOptions | undefined): ResolveOptions {
  if (options === undefined) return {}
  checkLookup(options)
  return options
}

/** The options of a lookup of SRV records, checked. */
export function srvOptions(options: ResolveSrvOptions | undefined): ResolveSrvOptions {
  if (options === undefined) return {}
  checkSrvLookup(options)
  return options
}

/** The options of a lookup of addresses, checked. */
export function addressOptions(options: ResolveAddressesOptions | undefined): ResolveAddressesOptions {
  if (options === undefined) return {}
  checkAddressLookup(options)
  return options
}
