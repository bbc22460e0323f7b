import { ChangingFile } from '../changing-file.ts'
import { ResolverError } from '../error.ts'
import type { ClosableResolver } from '../resolver.ts'
import { readZoneText } from '../zone/zone-text.ts'
import { LoadedZone, zoneResolver } from './static.ts'

/**
 * A resolver over a file of hosts and zone lines (`parseZoneText` says how it looks), `/etc/hosts` when left out. It is
 * read at the first lookup and again whenever it has changed.
 *
 * A file that is missing or cannot be read rejects with `DNS_SOURCE_FAILED`; it is never an empty zone. A line that is
 * wrong is left out: answers about its name list it as `ignored`, and reject with `DNS_BAD_RECORD` when nothing else is
 * left. Before DNS, use it with `failover([fileResolver(), dnsClient()], { onEmpty: true })`.
 */
export function fileResolver(path = '/etc/hosts'): ClosableResolver {
  const file = new ChangingFile(path, (text) => zoneOfText(text, path))
  return zoneResolver(path, async () => {
    try {
      return await file.current()
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new ResolverError('DNS_SOURCE_FAILED', `the records cannot be read from ${path}: ${why}`, { cause })
    }
  })
}

/** The zone that a text describes, with the lines that are wrong. */
export function zoneOfText(text: string, source: string): LoadedZone {
  const { records, faults } = readZoneText(text, source)
  return new LoadedZone(records, faults)
}
