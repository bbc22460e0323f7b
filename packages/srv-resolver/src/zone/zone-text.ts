import { isIP } from 'node:net'
import { ResolverError } from '../error.ts'
import { checkZoneRecord, type ZoneRecord } from './zone-record.ts'

/**
 * Reads records from text, one per line: lines of a hosts file (`10.0.0.5 api-1.my-service.test other-name`) and of a
 * zone file (`my-service.test 5 IN SRV 0 0 4370 api-1.my-service.test`; TTL and `IN` may be left out; types SRV, A,
 * AAAA, TXT and CNAME). `#` and `;` start comments. Names are always whole, with or without the trailing dot.
 *
 * @param source named in messages
 * @throws {ResolverError} `DNS_BAD_RECORD`, with the line
 * @see hosts(5), RFC 1035 §5.1
 */
export function parseZoneText(text: string, source = 'the zone text'): ZoneRecord[] {
  return text.split('\n').flatMap((line, index) => {
    const words = wordsOf(line)
    if (words.length === 0) return []
    try {
      return recordsOf(words).map(checkZoneRecord)
    } catch (cause) {
      if (!(cause instanceof ResolverError)) throw cause
      throw new ResolverError('DNS_BAD_RECORD', `line ${index + 1} of ${source}: ${cause.message}`, {
        hint: 'Write "10.0.0.5 name" or "name SRV priority weight port target".',
        cause,
      })
    }
  })
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

function recordsOf(words: readonly string[]): ZoneRecord[] {
  const [first = '', ...rest] = words
  const version = isIP(first)
  if (version !== 0) {
    if (rest.length === 0) throw new ResolverError('DNS_BAD_RECORD', `${first} has no name behind it`)
    return rest.map((name) => ({ type: version === 4 ? 'A' : 'AAAA', name, address: first }))
  }
  const ttl = /^\d+$/.test(rest[0] ?? '') ? Number(rest.shift()) : undefined
  if (rest[0]?.toUpperCase() === 'IN') rest.shift()
  const [type = '', ...data] = rest
  return [zoneRecord({ name: first, ...(ttl !== undefined && { ttlSeconds: ttl }) }, type.toUpperCase(), data)]
}

function zoneRecord(common: { name: string; ttlSeconds?: number }, type: string, data: readonly string[]): ZoneRecord {
  const [value = ''] = data
  switch (type) {
    case 'SRV': {
      expect(type, data, 4)
      const [priority, weight, port] = data.slice(0, 3).map(Number) as [number, number, number]
      return { ...common, type, priority, weight, port, target: data[3]! }
    }
    case 'A':
    case 'AAAA':
      expect(type, data, 1)
      return { ...common, type, address: value }
    case 'CNAME':
      expect(type, data, 1)
      return { ...common, type, target: value }
    case 'TXT':
      return { ...common, type, text: data.join('') }
    default:
      throw new ResolverError(
        'DNS_BAD_RECORD',
        `the type ${JSON.stringify(type)} is not one of SRV, A, AAAA, TXT, CNAME`,
      )
  }
}

function expect(type: string, data: readonly string[], count: number): void {
  if (data.length !== count) {
    throw new ResolverError('DNS_BAD_RECORD', `${type} has ${data.length} values behind it instead of ${count}`)
  }
}
