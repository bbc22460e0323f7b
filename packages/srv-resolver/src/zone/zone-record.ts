import { isIP } from 'node:net'
import { anything, messageOf, nearest, oneOf, optionsOf, type Rule, rule, shown, whole } from '@dynsrv/kit'
import { ResolverError } from '../error.ts'
import { nameFault } from '../records/dns-name.ts'
import { MAX_TTL_SECONDS } from '../records/dns-numbers.ts'
import { fieldFault } from '../records/field-fault.ts'

/** A record of a zone; names with or without the trailing dot. */
export type ZoneRecord = {
  readonly name: string
  /** Default 5. */
  readonly ttlSeconds?: number
} & (
  | {
      readonly type: 'SRV'
      /** `.` says that there is decidedly no such service. */
      readonly target: string
      readonly port: number
      /** Default 0. */
      readonly priority?: number
      /** Default 0. */
      readonly weight?: number
    }
  | { readonly type: 'A' | 'AAAA'; readonly address: string }
  | { readonly type: 'TXT'; readonly text: string }
  | { readonly type: 'CNAME'; readonly target: string }
)

/** TTL of a record that says nothing. */
export const DEFAULT_TTL_SECONDS = 5

const MAX_TXT = 65_000

const domain = rule('a domain name', (value) => nameFault(value) === undefined)
const sixteenBits = whole(0, 65_535)
const COMMON: Readonly<Record<string, Rule>> = { name: domain, ttlSeconds: whole(0, MAX_TTL_SECONDS) }
const FIELDS: Readonly<Record<ZoneRecord['type'], Readonly<Record<string, Rule>>>> = {
  SRV: {
    target: rule('a domain name, or . for none', (value) => value === '.' || nameFault(value) === undefined),
    port: sixteenBits,
    priority: sixteenBits,
    weight: sixteenBits,
  },
  A: { address: rule('an IPv4 address', (value) => typeof value === 'string' && isIP(value) === 4) },
  AAAA: { address: rule('an IPv6 address', (value) => typeof value === 'string' && isIP(value) === 6) },
  TXT: {
    text: rule('a text of up to 65000 bytes', (v) => typeof v === 'string' && Buffer.byteLength(v) <= MAX_TXT),
  },
  CNAME: { target: domain },
}
const TYPES = Object.keys(FIELDS)
const OPTIONAL = new Set(['ttlSeconds', 'priority', 'weight'])

/** @throws {ResolverError} `DNS_BAD_RECORD`, naming the record and the field that is wrong */
export function checkZoneRecord(record: ZoneRecord): ZoneRecord {
  const fault = zoneRecordFault(record)
  if (fault === undefined) return record
  throw new ResolverError('DNS_BAD_RECORD', `cannot serve the record ${shown(record)}: ${fault}`)
}

/** What is wrong with a record, in words; undefined when nothing is. */
export function zoneRecordFault(record: unknown): string | undefined {
  try {
    return typeof record === 'object' && record !== null
      ? faultOf(record as Readonly<Record<string, unknown>>)
      : 'it is not an object'
  } catch (cause) {
    // A getter or a proxy of the caller's threw.
    return `it cannot be read: ${messageOf(cause)}`
  }
}

function faultOf(record: Readonly<Record<string, unknown>>): string | undefined {
  const { type } = record
  if (typeof type !== 'string' || !Object.hasOwn(FIELDS, type))
    return fieldFault('type', type, `one of ${TYPES.join(', ')}`)
  const rules: Readonly<Record<string, Rule>> = { ...COMMON, ...FIELDS[type as ZoneRecord['type']] }
  for (const [field, { what, check }] of Object.entries(rules)) {
    const value = record[field]
    if (value === undefined && OPTIONAL.has(field)) continue
    if (check(value, field) !== undefined) return fieldFault(field, value, what)
  }
  const unknown = Object.keys(record).find((field) => field !== 'type' && !Object.hasOwn(rules, field))
  if (unknown === undefined) return undefined
  const near = nearest(unknown, Object.keys(rules))
  return `it has an unknown field ${unknown}${near === undefined ? '' : `; did you mean ${near}?`}`
}

/** Fields of a record of any type, each with any value: what a search for records is made of. */
export const recordFields: Rule = optionsOf<Record<string, unknown>>({
  type: oneOf(...TYPES),
  ...Object.fromEntries(
    Object.values({ COMMON, ...FIELDS })
      .flatMap(Object.keys)
      .map((field) => [field, anything]),
  ),
})
