import { withoutTrailingDot } from './dns-name.ts'
import { ResolverError } from './error.ts'

interface OwnedRecord {
  /** The name that has this record. */
  readonly name: string
  /** In seconds; default 5. */
  readonly ttlSeconds?: number
}

/** A record as a zone holds it. */
export type ZoneRecord =
  | (OwnedRecord & {
      readonly type: 'SRV'
      readonly target: string
      readonly port: number
      /** Default 0. */
      readonly priority?: number
      /** Default 0. */
      readonly weight?: number
    })
  | (OwnedRecord & { readonly type: 'A' | 'AAAA'; readonly address: string })
  | (OwnedRecord & { readonly type: 'TXT'; readonly text: string })
  | (OwnedRecord & { readonly type: 'CNAME'; readonly target: string })

/** Which records: those that have all these values. Names and targets are compared as DNS does. */
export interface ZoneMatch {
  readonly type?: ZoneRecord['type']
  readonly name?: string
  readonly target?: string
  readonly port?: number
  readonly address?: string
}

/** Records by name, changed at run time. */
export class Zone {
  readonly #byName = new Map<string, ZoneRecord[]>()

  constructor(records: Iterable<ZoneRecord> = []) {
    for (const record of records) this.add(record)
  }

  /** A record equal to one that is there replaces it. @throws {ResolverError} `DNS_BAD_OPTION` */
  add(record: ZoneRecord): void {
    if (record.type === 'SRV' && !(Number.isInteger(record.port) && record.port >= 0 && record.port <= 65_535)) {
      throw new ResolverError('DNS_BAD_OPTION', `the SRV record of ${record.name} has the port ${record.port}`)
    }
    const key = keyOf(record.name)
    const known = (this.#byName.get(key) ?? []).filter((other) => !isSame(other, record))
    this.#byName.set(key, [...known, record])
  }

  /** Takes away what matches; tells how many records that were. */
  remove(match: ZoneMatch): number {
    let removed = 0
    for (const [key, records] of this.#byName) {
      const kept = records.filter((record) => !matches(record, match))
      removed += records.length - kept.length
      if (kept.length === 0) this.#byName.delete(key)
      else this.#byName.set(key, kept)
    }
    return removed
  }

  records(): ZoneRecord[] {
    return [...this.#byName.values()].flat()
  }

  /** The records of a name; undefined when the name does not exist, not even as the end of another. */
  lookUp(name: string): readonly ZoneRecord[] | undefined {
    const key = keyOf(name)
    const records = this.#byName.get(key)
    if (records !== undefined) return records
    // An empty non-terminal exists. RFC 8020
    for (const other of this.#byName.keys()) if (other.endsWith(`.${key}`)) return []
    return undefined
  }
}

function keyOf(name: string): string {
  return withoutTrailingDot(name).toLowerCase()
}

function isSame(a: ZoneRecord, b: ZoneRecord): boolean {
  return (
    matches(a, {
      type: b.type,
      ...('target' in b && { target: b.target }),
      ...('port' in b && { port: b.port }),
      ...('address' in b && { address: b.address }),
    }) &&
    (a.type !== 'TXT' || b.type !== 'TXT' || a.text === b.text)
  )
}

function matches(record: ZoneRecord, { type, name, target, port, address }: ZoneMatch): boolean {
  return (
    (type === undefined || record.type === type) &&
    (name === undefined || keyOf(record.name) === keyOf(name)) &&
    (target === undefined || ('target' in record && keyOf(record.target) === keyOf(target))) &&
    (port === undefined || ('port' in record && record.port === port)) &&
    (address === undefined || ('address' in record && record.address === address))
  )
}
