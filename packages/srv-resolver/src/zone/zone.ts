import { domainKey, withoutFinalDot } from '@dynsrv/kit'
import { MAX_ALIASES } from '../records/dns-numbers.ts'
import type { EmptyReason } from '../resolver.ts'
import { checkZoneRecord, type ZoneRecord } from './zone-record.ts'

/** What a zone says to a question. */
export interface ZoneAnswer {
  /** Aliases first, in order, then the records of the type that was asked for. */
  readonly answers: readonly ZoneRecord[]
  /** Addresses of the SRV targets among the answers. */
  readonly additionals: readonly ZoneRecord[]
  readonly empty?: Exclude<EmptyReason, 'absent'>
}

/** Records by name, changed at run time. */
export class Zone {
  readonly #records = new Map<string, Map<string, ZoneRecord>>()
  /** How many names with records lie at or below a name, so that names between them exist. */
  readonly #below = new Map<string, number>()

  constructor(records: Iterable<ZoneRecord> = []) {
    for (const record of records) this.add(record)
  }

  /**
   * Adds a record, or replaces the one that differs only in TTL, priority or weight.
   *
   * @throws {ResolverError} `DNS_BAD_RECORD`
   */
  add(record: ZoneRecord): void {
    const key = domainKey(checkZoneRecord(record).name)
    const here = this.#records.get(key)
    // Maps keep the order of insertion, so a replaced record stays where it was in an answer.
    const identity = identityOf(record)
    if (here === undefined) this.#records.set(key, new Map([[identity, record]]))
    else here.set(identity, record)
    if (here === undefined) this.#count(key, 1)
  }

  /** @returns how many records matched and are gone */
  remove(matches: (record: ZoneRecord) => boolean): number {
    let removed = 0
    for (const [key, here] of this.#records) {
      for (const [identity, record] of here) if (matches(record) && here.delete(identity)) removed++
      if (here.size > 0) continue
      this.#records.delete(key)
      this.#count(key, -1)
    }
    return removed
  }

  records(): ZoneRecord[] {
    return [...this.#records.values()].flatMap((here) => [...here.values()])
  }

  answer(name: string, type: string): ZoneAnswer {
    const answers: ZoneRecord[] = []
    let key = domainKey(name)
    for (let aliases = 0; aliases <= MAX_ALIASES; aliases++) {
      const here = [...(this.#records.get(key)?.values() ?? [])]
      const found = here.filter((record) => record.type === type)
      if (found.length > 0) return { answers: [...answers, ...found], additionals: this.#addresses(found) }
      const alias = here.find((record) => record.type === 'CNAME')
      if (alias?.type !== 'CNAME') break
      answers.push(alias)
      key = domainKey(alias.target)
    }
    return { answers, additionals: [], empty: this.#below.has(key) ? 'nodata' : 'nxdomain' }
  }

  #addresses(found: readonly ZoneRecord[]): ZoneRecord[] {
    const targets = new Set(found.flatMap((record) => (record.type === 'SRV' ? [domainKey(record.target)] : [])))
    return [...targets].flatMap((target) =>
      [...(this.#records.get(target)?.values() ?? [])].filter(({ type }) => type === 'A' || type === 'AAAA'),
    )
  }

  #count(key: string, change: number): void {
    for (let at = withoutFinalDot(key); ; at = at.slice(at.indexOf('.') + 1)) {
      const count = (this.#below.get(at) ?? 0) + change
      if (count === 0) this.#below.delete(at)
      else this.#below.set(at, count)
      if (!at.includes('.')) break
    }
  }
}

/** What tells a record from its neighbours. */
function identityOf(record: ZoneRecord): string {
  switch (record.type) {
    case 'SRV':
      return `SRV ${record.port} ${domainKey(record.target)}`
    case 'TXT':
      return `TXT ${record.text}`
    case 'CNAME':
      return `CNAME ${domainKey(record.target)}`
    default:
      return `${record.type} ${record.address.toLowerCase()}`
  }
}
