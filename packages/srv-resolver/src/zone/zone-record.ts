import { isIP } from 'node:net'
import { type OptionRule, whole } from '../check-options.ts'
import { nameFault } from '../dns-name.ts'
import { MAX_TTL_SECONDS } from '../dns-numbers.ts'
import { ResolverError } from '../error.ts'

interface Named {
  readonly name: string
  /** Default 5. */
  readonly ttlSeconds?: number
}

/** A record of a zone; names with or without the trailing dot. */
export type ZoneRecord =
  | (Named & {
      readonly type: 'SRV'
      /** `.` says that there is decidedly no such service. */
      readonly target: string
      readonly port: number
      /** Default 0. */
      readonly priority?: number
      /** Default 0. */
      readonly weight?: number
    })
  | (Named & { readonly type: 'A' | 'AAAA'; readonly address: string })
  | (Named & { readonly type: 'TXT'; readonly text: string })
  | (Named & { readonly type: 'CNAME'; readonly target: string })

/** TTL of a record that says nothing. */
export const DEFAULT_TTL_SECONDS = 5

const MAX_TXT = 65_000

const PORT = whole(0, 65_535)
const domain: OptionRule = { test: (value) => nameFault(value) === undefined, what: 'a domain name' }
const srvTarget: OptionRule = {
  test: (value) => value === '.' || nameFault(value) === undefined,
  what: 'a domain name, or . for none',
}
const COMMON: Readonly<Record<string, OptionRule>> = { name: domain, ttlSeconds: whole(0, MAX_TTL_SECONDS) }
const FIELDS: Readonly<Record<string, Readonly<Record<string, OptionRule>>>> = {
  SRV: { target: srvTarget, port: PORT, priority: PORT, weight: PORT },
  A: { address: { test: (value) => isIP(String(value)) === 4, what: 'an IPv4 address' } },
  AAAA: { address: { test: (value) => isIP(String(value)) === 6, what: 'an IPv6 address' } },
  TXT: {
    text: {
      test: (v) => typeof v === 'string' && Buffer.byteLength(v) <= MAX_TXT,
      what: 'a text of up to 65000 bytes',
    },
  },
  CNAME: { target: domain },
}
const OPTIONAL = new Set(['ttlSeconds', 'priority', 'weight'])

/** @throws {ResolverError} `DNS_BAD_RECORD`, naming the record and the field that is wrong */
export function checkZoneRecord(record: ZoneRecord): ZoneRecord {
  const fault = zoneRecordFault(record)
  if (fault === undefined) return record
  const shown = JSON.stringify(Object(record)).slice(0, 200)
  throw new ResolverError('DNS_BAD_RECORD', `the record ${shown} cannot be served: ${fault}`)
}

/** What is wrong with a record, in words; undefined when nothing is. */
export function zoneRecordFault(record: unknown): string | undefined {
  const given = Object(record) as Readonly<Record<string, unknown>>
  const own = FIELDS[String(given.type)]
  if (own === undefined) return `its type is not one of ${Object.keys(FIELDS).join(', ')}`
  const rules = { ...COMMON, ...own }
  for (const [field, rule] of Object.entries(rules)) {
    const value = given[field]
    if (value === undefined && OPTIONAL.has(field)) continue
    if (!rule.test(value)) return `its ${field} is ${shown(value)}, not ${rule.what}`
  }
  const unknown = Object.keys(given).find((field) => field !== 'type' && !(field in rules))
  return unknown === undefined ? undefined : `it has an unknown field ${unknown}`
}

function shown(value: unknown): string {
  if (value === undefined) return 'missing'
  return typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value)).slice(0, 80)
}
