import { isIP } from 'node:net'
import { DynsrvError } from '@dynsrv/cluster'
import { messageOf } from '@dynsrv/kit'
import type { ZoneRecord } from '@dynsrv/srv-resolver'

type Check = readonly [test: (value: unknown) => boolean, what: string]

const NAME: Check = [(value) => typeof value === 'string' && value !== '', 'a DNS name']
const U16: Check = [
  (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 65_535,
  'a number up to 65535',
]
const SECONDS: Check = [(value) => Number.isInteger(value) && Number(value) >= 0, 'a whole number of seconds']
const COMMON: Readonly<Record<string, Check>> = { type: NAME, name: NAME, ttlSeconds: SECONDS }

/** The fields of each record type; those of `REQUIRED` must be there. */
const FIELDS: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  SRV: { target: NAME, port: U16, priority: U16, weight: U16 },
  A: { address: [(value) => isIP(String(value)) === 4, 'an IPv4 address'] },
  AAAA: { address: [(value) => isIP(String(value)) === 6, 'an IPv6 address'] },
}
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  SRV: ['name', 'target', 'port'],
  A: ['name', 'address'],
  AAAA: ['name', 'address'],
}

/**
 * Reads a file of records: a JSON list of SRV, A and AAAA records.
 *
 * @param file its name, for messages
 * @throws {DynsrvError} `DYNSRV_BAD_OPTION`, naming the record and the field that is wrong
 */
export function parseRecords(text: string, file: string): ZoneRecord[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw bad(`${file} is not JSON: ${messageOf(cause)}`)
  }
  if (!Array.isArray(parsed)) throw bad(`${file} holds no list`)
  return parsed.map((record: unknown, index) => checked(record, `record ${index + 1} of ${file}`))
}

function checked(record: unknown, where: string): ZoneRecord {
  if (typeof record !== 'object' || record === null) throw bad(`${where} is not an object`)
  const given = record as Readonly<Record<string, unknown>>
  const type = String(given.type)
  const fields = FIELDS[type]
  if (fields === undefined) throw bad(`${where} has the type ${type}, not one of ${Object.keys(FIELDS).join(', ')}`)
  const missing = REQUIRED[type]?.find((field) => given[field] === undefined)
  if (missing !== undefined) throw bad(`${where} has no ${missing}`)
  for (const [field, value] of Object.entries(given)) {
    const [test, what] = { ...COMMON, ...fields }[field] ?? []
    if (test === undefined) throw bad(`${where} has an unknown field ${field}`)
    if (!test(value)) throw bad(`${where}: ${field} is not ${what}`)
  }
  return given as unknown as ZoneRecord
}

function bad(message: string): DynsrvError {
  return new DynsrvError('DYNSRV_BAD_OPTION', message, { hint: 'Look at dynsrv dns --help for how such a file looks.' })
}
