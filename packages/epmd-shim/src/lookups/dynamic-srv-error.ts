import { given, isConsulName, messageOf, sameDomainName } from '@dynsrv/kit'
import type { SrvAnswer, SrvRecord } from '@dynsrv/srv-resolver'
import type { AddressFamily, CallOptions } from '../epmd-module.ts'
import { EpmdError } from '../error.ts'
import { offerOf } from './offer.ts'

/** What is looked up, for the text of an error. */
export interface Lookup extends CallOptions {
  readonly alive: string
  /** The name that was asked for the SRV records of all. */
  readonly host: string
  /** `alive.host`, the name of the node in DNS. */
  readonly instance: string
  readonly family: AddressFamily
  /** A name to ask for an address when a target has none. */
  readonly lastResort?: string
}

export function notAService(host: string): EpmdError {
  const hint = 'Name nodes after their service (web-1@my-service.internal), or use another module for fixed addresses.'
  const message = `the host ${host} is an IP address, which has no SRV records`
  return new EpmdError('EPMD_NOT_FOUND', message, { hint, retryable: false, fault: 'local' })
}

export function notFound({ host, instance }: Lookup, service: SrvAnswer, tagged: SrvAnswer): EpmdError {
  const { records, ignored } = offerOf(service)
  const targets = records.map(({ target }) => target).slice(0, 5)
  const unusable = [...ignored, ...offerOf(tagged).ignored]
  const own = unusable.find(({ target }) => sameDomainName(target, instance)) ?? offerOf(tagged).ignored[0]
  if (own !== undefined) {
    return new EpmdError(
      'EPMD_NOT_FOUND',
      `the SRV record with the target ${own.target} cannot be used: ${own.reason}`,
      {
        hint: 'Correct the record where it is registered.',
      },
    )
  }
  const seen =
    targets.length === 0 ? `${host} has none (${service.empty ?? 'nodata'})` : `${host} has ${targets.join(', ')}`
  const cut = isCut(service) || isCut(tagged) ? ' The server cut the answer, so that it may be there all the same.' : ''
  return new EpmdError('EPMD_NOT_FOUND', `no SRV record has the target ${instance}`, {
    hint: `Register the node with the target ${instance}; ${seen}, and ${instance} has no SRV record of its own.${cut}`,
  })
}

function isCut({ truncated, trimmed }: SrvAnswer): boolean {
  return truncated || trimmed !== undefined
}

export function noAddress({ alive, instance, family }: Lookup, records: readonly SrvRecord[]): EpmdError {
  const kind = { inet: 'A', inet6: 'AAAA', any: 'A or AAAA' }[family]
  const targets = records.map(({ target }) => target).join(', ')
  // Consul makes the addresses of such a name itself, of a tag; nobody can add records there.
  const isTag = isConsulName(instance) && records.some(({ target }) => sameDomainName(target, instance))
  return new EpmdError('EPMD_NO_ADDRESS', `the SRV target ${targets} has no address`, {
    hint: isTag ? `Register the instance in Consul with the tag ${alive}.` : `Add ${kind} records for ${targets}.`,
  })
}

export function lookupFailed(what: string, cause: unknown): EpmdError {
  // A resolver of the caller's own may say less than ours.
  const { hint, retryable } = given(cause as { hint?: unknown; retryable?: unknown })
  return new EpmdError('EPMD_LOOKUP_FAILED', `could not look up ${what}: ${messageOf(cause)}`, {
    cause,
    hint: typeof hint === 'string' ? hint : 'Ask again when DNS answers.',
    retryable: typeof retryable === 'boolean' ? retryable : undefined,
  })
}
