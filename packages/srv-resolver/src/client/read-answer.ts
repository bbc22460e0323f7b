import { domainKey, visible } from '@dynsrv/kit'
import { ResolverError } from '../error.ts'
import { grouped } from '../grouped.ts'
import { MAX_ALIASES, RCODE } from '../records/dns-numbers.ts'
import type { AddressRecord, EmptyReason, SrvRecord } from '../resolver.ts'
import type { Message, MessageRecord, QuestionType } from './dns-message.ts'

/** What a message says about a name: records, or why there are none, or under which name to ask on. */
export interface Reading {
  readonly records: readonly MessageRecord[]
  readonly ttlSeconds: number
  readonly empty?: EmptyReason
  /** The chain of aliases leaves the message here. */
  readonly alias?: string
}

/**
 * Follows the aliases within a message and picks the records of the question's type.
 *
 * @throws {ResolverError} `DNS_CNAME_LOOP`; `DNS_REFERRAL` when the message only names other servers;
 *   `DNS_MALFORMED` when it brings such records, all of them of names that nobody asked for
 * @see RFC 1034 §3.6.2 (aliases), RFC 2308 §2 (the difference between NODATA, NXDOMAIN and referrals)
 */
export function readAnswer(message: Message, name: string, type: QuestionType): Reading {
  let owner = name
  let ttlSeconds = Number.POSITIVE_INFINITY
  const byOwner = grouped(message.answers, (record) => domainKey(record.name))
  for (let aliases = 0; ; aliases++) {
    const here = byOwner.get(domainKey(owner)) ?? []
    const records = here.filter((record) => record.type === type)
    if (records.length > 0) {
      return { records, ttlSeconds: records.reduce((least, record) => Math.min(least, record.ttlSeconds), ttlSeconds) }
    }
    const alias = here.find((record) => record.type === 'CNAME')
    if (alias === undefined) break
    if (aliases >= MAX_ALIASES)
      throw new ResolverError('DNS_CNAME_LOOP', `${visible(name)} leads through more than ${MAX_ALIASES} aliases`)
    ttlSeconds = Math.min(ttlSeconds, alias.ttlSeconds)
    owner = alias.target
  }
  return readEmpty(message, { name, owner, type }, ttlSeconds)
}

interface Asked {
  readonly name: string
  /** Where the chain of aliases within the message ends. */
  readonly owner: string
  readonly type: QuestionType
}

function readEmpty(message: Message, { name, owner, type }: Asked, chainTtl: number): Reading {
  const soa = message.authorities.find((record) => record.type === 'SOA')
  const ttlSeconds = Math.min(chainTtl, soa === undefined ? 0 : Math.min(soa.ttlSeconds, soa.minimumSeconds))
  const nothing = { records: [], ttlSeconds }
  if (message.rcode === RCODE.NXDOMAIN) return { ...nothing, empty: 'nxdomain' }
  if (soa === undefined && domainKey(owner) !== domainKey(name)) {
    return { records: [], ttlSeconds: chainTtl, alias: owner }
  }
  // Records of another name say nothing about ours, not even that it has none.
  if (message.answers.some((record) => record.type === type)) {
    throw new ResolverError(
      'DNS_MALFORMED',
      `all ${type} records in the answer for ${visible(name)} are of other names`,
    )
  }
  if (soa === undefined && !message.authoritative) {
    // A server that neither holds the zone nor asks others has no say in what is there.
    const refers = message.authorities.some((record) => record.type === 'NS')
    if (refers)
      throw new ResolverError(
        'DNS_REFERRAL',
        `instead of an answer for ${visible(name)} came the names of other servers`,
      )
    if (!message.recursionAvailable) {
      throw new ResolverError(
        'DNS_REFERRAL',
        `an empty answer for ${visible(name)} came from a server that does not hold its zone`,
      )
    }
  }
  return { ...nothing, empty: 'nodata' }
}

/** The SRV records; the root as target says that there is no such service, and is not a member. */
export function srvRecords(records: readonly MessageRecord[]): SrvRecord[] {
  return records.filter((record) => record.type === 'SRV').filter(({ target }) => target !== '')
}

export function addressRecords(records: readonly MessageRecord[]): AddressRecord[] {
  return records.flatMap((record) =>
    record.type === 'A' || record.type === 'AAAA'
      ? [{ address: record.address, family: record.type === 'A' ? 4 : 6, ttlSeconds: record.ttlSeconds }]
      : [],
  )
}

/** The addresses in a message for the targets that it names; what else it brings is not believed. */
export function additionalAddresses(message: Message, records: readonly SrvRecord[]): Map<string, AddressRecord[]> {
  const addresses = new Map<string, AddressRecord[]>()
  if (message.additionals.length === 0) return addresses
  const targets = new Set(records.map((record) => domainKey(record.target)))
  for (const record of message.additionals) {
    const key = domainKey(record.name)
    if (!targets.has(key)) continue
    const [found] = addressRecords([record])
    if (found === undefined) continue
    const known = addresses.get(key)
    if (known === undefined) addresses.set(key, [found])
    else known.push(found)
  }
  return addresses
}
