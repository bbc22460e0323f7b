import { domainKey, flag, given, iterable, sameDomainName } from '@dynsrv/kit'
import { literalAddress, mergeFamilies } from '../both-families.ts'
import { checks } from '../checks.ts'
import { closable } from '../closable.ts'
import { grouped } from '../grouped.ts'
import { checkedName } from '../records/dns-name.ts'
import { MAX_TTL_SECONDS } from '../records/dns-numbers.ts'
import { answeredSrvRecords, noneUsable } from '../records/usable-srv-records.ts'
import type { AddressRecord, ClosableResolver, DnsAnswer, SrvAnswer } from '../resolver.ts'
import { Zone } from '../zone/zone.ts'
import { DEFAULT_TTL_SECONDS, type ZoneRecord, zoneRecordFault } from '../zone/zone-record.ts'
import type { RecordFault } from '../zone/zone-text.ts'

/** Options of {@link staticResolver}. */
export interface StaticResolverOptions {
  /**
   * Refuse the whole list for one record that cannot be served; default true. With false, for a list that a registry
   * wrote, such a record is left out: answers about its name list it as `ignored`, and reject when nothing else is left.
   */
  readonly strict?: boolean
}

const check = checks.options<StaticResolverOptions>('staticResolver', { strict: flag })

/** A resolver whose records can be replaced. */
export interface StaticResolver extends ClosableResolver {
  /** @throws {ResolverError} `DNS_BAD_RECORD` when strict, `DNS_BAD_OPTION`; the records then stay as they were */
  replace(records: Iterable<ZoneRecord>): void
}

/**
 * A resolver that answers from a list, for tests, for members that never change, and as the inner half of a resolver over
 * a registry of your own.
 *
 * @param records as a zone has them; aliases are followed
 * @throws {ResolverError} `DNS_BAD_RECORD`, `DNS_BAD_OPTION`
 */
export function staticResolver(records: Iterable<ZoneRecord>, options: StaticResolverOptions = {}): StaticResolver {
  check(options)
  const load = (list: Iterable<ZoneRecord>) => {
    checks.argument('staticResolver', 'records', iterable, list)
    return options.strict === false ? tolerantZone(list) : new LoadedZone(list)
  }
  let zone = load(records)
  const resolver = zoneResolver('static', async () => zone)
  return {
    ...resolver,
    replace(next) {
      zone = load(next)
    },
  }
}

/** A zone, and what else its source held. */
export class LoadedZone {
  readonly zone: Zone
  readonly faults: readonly RecordFault[]

  /** @throws {ResolverError} `DNS_BAD_RECORD` */
  constructor(records: Iterable<ZoneRecord> = [], faults: readonly RecordFault[] = []) {
    this.zone = new Zone(records)
    this.faults = faults
  }
}

function tolerantZone(list: Iterable<ZoneRecord>): LoadedZone {
  const records: ZoneRecord[] = []
  const faults: RecordFault[] = []
  for (const record of list) {
    const reason = zoneRecordFault(record)
    if (reason === undefined) records.push(record)
    else faults.push({ ...whatItSays(record), reason })
  }
  return new LoadedZone(records, faults)
}

function whatItSays(record: unknown): Omit<RecordFault, 'reason'> {
  const { name, type, target } = given(record as Readonly<Record<string, unknown>>)
  const owner = typeof name === 'string' ? name : undefined
  return {
    name: owner,
    type: typeof type === 'string' ? type : undefined,
    target: typeof target === 'string' ? target : (owner ?? 'a record without a name'),
  }
}

/** A resolver over a zone that `load` brings for each lookup. */
export function zoneResolver(server: string, load: () => Promise<LoadedZone>): ClosableResolver {
  const look = async (name: string, type: string, signal: AbortSignal | undefined) => {
    const bare = checkedName(name)
    const { zone, faults } = await load()
    signal?.throwIfAborted()
    const { answers, additionals, empty } = zone.answer(bare, type)
    const owners = [bare, ...answers.flatMap((record) => (record.type === 'CNAME' ? [record.target] : []))]
    const ignored = faults.filter(
      (fault) =>
        (fault.type === undefined || fault.type === type) &&
        (fault.name === undefined || owners.some((owner) => sameDomainName(owner, fault.name!))),
    )
    // What the source meant to say about this name is unknown, so the name is not empty.
    const about = ignored.filter((fault) => fault.name !== undefined)
    if (empty !== undefined && about.length > 0) throw noneUsable(name, server, about)
    const ttlSeconds = answers.reduce((least, record) => Math.min(least, ttlOf(record)), MAX_TTL_SECONDS)
    const answer = {
      ...(empty !== undefined && { empty }),
      ttlSeconds: answers.length === 0 ? 0 : ttlSeconds,
      server,
      transport: 'none' as const,
      authoritative: true,
      truncated: false,
      stale: false,
    }
    return { answers, additionals, answer, ignored }
  }
  return closable({
    async resolveSrv(name, { signal } = {}): Promise<SrvAnswer> {
      const { answers, additionals, answer, ignored } = await look(name, 'SRV', signal)
      const all = answers.filter((record) => record.type === 'SRV')
      const offered = all.filter(({ target }) => target !== '.')
      const usable = answeredSrvRecords(
        offered.map((record) => ({ ...record, ttlSeconds: ttlOf(record) })),
        { name, server },
      )
      const absent = all.length > 0 && offered.length === 0
      const left = [...(usable.ignored ?? []), ...ignored.map(({ target, reason }) => ({ target, reason }))]
      const addresses = grouped(additionals, ({ name: owner }) => domainKey(owner))
      return {
        ...answer,
        ...(absent && { empty: 'absent' as const }),
        records: usable.records,
        ...(left.length > 0 && { ignored: left }),
        addresses: new Map([...addresses].map(([target, found]) => [target, addressesOf(found)])),
      }
    },
    async resolveAddresses(name, { family: wanted, signal } = {}): Promise<DnsAnswer<AddressRecord>> {
      const literal = literalAddress(name, wanted)
      if (literal !== undefined) return literal
      const ask = async (family: 4 | 6) => {
        const { answers, answer } = await look(name, family === 4 ? 'A' : 'AAAA', signal)
        return { family, answer: { ...answer, records: addressesOf(answers) } }
      }
      if (wanted !== undefined) return (await ask(wanted)).answer
      const outcomes = ([4, 6] as const).map((family) => ask(family).catch((error: unknown) => ({ family, error })))
      return mergeFamilies(await Promise.all(outcomes))
    },
    async resolveTxt(name, { signal } = {}): Promise<DnsAnswer<string>> {
      const { answers, answer } = await look(name, 'TXT', signal)
      return { ...answer, records: answers.flatMap((record) => (record.type === 'TXT' ? [record.text] : [])) }
    },
  })
}

function ttlOf({ ttlSeconds = DEFAULT_TTL_SECONDS }: ZoneRecord): number {
  return ttlSeconds
}

function addressesOf(records: readonly ZoneRecord[]): AddressRecord[] {
  return records.flatMap((record) =>
    record.type === 'A' || record.type === 'AAAA'
      ? [{ address: record.address, family: record.type === 'A' ? 4 : 6, ttlSeconds: ttlOf(record) }]
      : [],
  )
}
