import { isIP } from 'node:net'
import { text as anyText, filledText, shown } from '@dynsrv/kit'
import { checks } from '../checks.ts'
import { ResolverError } from '../error.ts'
import type { IgnoredRecord } from '../resolver.ts'
import { type ZoneRecord, zoneRecordFault } from './zone-record.ts'

/** A record of a list or a text that cannot be served. */
export interface RecordFault extends IgnoredRecord {
  /** Whose record it would have been, and of which type; undefined when the text does not say. */
  readonly name: string | undefined
  readonly type: string | undefined
}

/**
 * Reads records from text, one per line: lines of a hosts file (`10.0.0.5 api-1.my-service.test other-name`) and of a
 * zone file (`my-service.test 5 IN SRV 0 0 4370 api-1.my-service.test`; TTL and `IN` may be left out; types SRV, A,
 * AAAA, TXT and CNAME). `#` and `;` start comments. Names are always whole, with or without the trailing dot.
 *
 * @param source named in messages
 * @throws {ResolverError} `DNS_BAD_RECORD`, with the first line that is wrong; `DNS_BAD_OPTION` for what is not a string
 * @see hosts(5), RFC 1035 §5.1
 */
export function parseZoneText(text: string, source = 'the zone text'): ZoneRecord[] {
  checks.argument('parseZoneText', 'text', anyText, text)
  checks.argument('parseZoneText', 'source', filledText, source)
  const { records, faults } = readZoneText(text, source)
  const [fault] = faults
  if (fault === undefined) return records
  throw new ResolverError('DNS_BAD_RECORD', `${fault.target}: ${fault.reason}`, {
    hint: 'Write "10.0.0.5 name" or "name SRV priority weight port target".',
  })
}

/** The same, but a line that is wrong costs itself and no other. */
export function readZoneText(text: string, source: string): { records: ZoneRecord[]; faults: RecordFault[] } {
  const records: ZoneRecord[] = []
  const faults: RecordFault[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const words = wordsOf(line)
    const [first] = words
    if (first === undefined) continue
    const read = recordsOf(words)
    const reason = typeof read === 'string' ? read : firstFault(read)
    if (typeof read !== 'string' && reason === undefined) records.push(...read)
    else {
      const name = isIP(first) === 0 ? first : undefined
      const type = words.slice(1, 4).find((word) => TYPES.has(word.toUpperCase()))
      faults.push({ name, type: type?.toUpperCase(), target: `line ${index + 1} of ${source}`, reason: reason! })
    }
  }
  return { records, faults }
}

function firstFault(records: readonly ZoneRecord[]): string | undefined {
  for (const record of records) {
    const fault = zoneRecordFault(record)
    if (fault !== undefined) return fault
  }
  return undefined
}

/** Words of a line; a quoted one may hold spaces and comment signs. */
function wordsOf(line: string): string[] {
  const words: string[] = []
  for (const [word, quoted] of line.matchAll(/"((?:[^"\\]|\\.)*)"|[#;].*|[^\s"#;]+/g)) {
    if (/^[#;]/.test(word)) break
    words.push(quoted === undefined ? word : quoted.replace(/\\(.)/g, '$1'))
  }
  return words
}

/** The records of a line, or what is wrong with it as a whole. */
function recordsOf(words: readonly string[]): ZoneRecord[] | string {
  const [first = '', ...rest] = words
  const version = isIP(first)
  if (version !== 0) {
    if (rest.length === 0) return `${first} has no name behind it`
    return rest.map((name) => ({ type: version === 4 ? 'A' : 'AAAA', name, address: first }))
  }
  const ttl = /^\d+$/.test(rest[0] ?? '') ? Number(rest.shift()) : undefined
  if (rest[0]?.toUpperCase() === 'IN') rest.shift()
  const [type = '', ...data] = rest
  const record = zoneRecord({ name: first, ...(ttl !== undefined && { ttlSeconds: ttl }) }, type.toUpperCase(), data)
  return typeof record === 'string' ? record : [record]
}

const TYPES: ReadonlySet<string> = new Set(['SRV', 'A', 'AAAA', 'TXT', 'CNAME'])
/** How many values stand behind a type; TXT takes any number. */
const VALUES: Readonly<Record<string, number>> = { SRV: 4, A: 1, AAAA: 1, CNAME: 1 }

function zoneRecord(
  common: { name: string; ttlSeconds?: number },
  type: string,
  data: readonly string[],
): ZoneRecord | string {
  const count = VALUES[type]
  if (count !== undefined && data.length !== count)
    return `${type} has ${data.length} values behind it instead of ${count}`
  const [value = ''] = data
  switch (type) {
    case 'SRV': {
      const [priority, weight, port] = data.slice(0, 3).map(numberIn) as [number, number, number]
      return { ...common, type, priority, weight, port, target: data[3]! }
    }
    case 'A':
    case 'AAAA':
      return { ...common, type, address: value }
    case 'CNAME':
      return { ...common, type, target: value }
    case 'TXT':
      return { ...common, type, text: data.join('') }
    default:
      return `the type ${shown(type)} is not one of SRV, A, AAAA, TXT, CNAME`
  }
}

/** Other text stays as it is, so that the check of the record can show it. */
function numberIn(word: string): number | string {
  return /^-?\d+$/.test(word) ? Number(word) : word
}
