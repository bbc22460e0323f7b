import { readFile, stat } from 'node:fs/promises'
import { ResolverError } from '../error.ts'
import type { SrvResolver } from '../resolver.ts'
import { Zone } from '../zone/zone.ts'
import { parseZoneText } from '../zone/zone-text.ts'
import { zoneResolver } from './static.ts'

/**
 * A resolver over a file of hosts and zone lines (`parseZoneText` says how it looks), `/etc/hosts` when left out. It is
 * read at the first lookup and again whenever it has changed.
 *
 * A file that is missing, cannot be read or has a bad line rejects with `DNS_SOURCE_FAILED` or `DNS_BAD_RECORD`; it is
 * never an empty zone. Before DNS, use it with `failover([fileResolver(), dnsClient()], { onEmpty: true })`.
 */
export function fileResolver(path = '/etc/hosts'): SrvResolver {
  let version = ''
  let zone = new Zone()
  return zoneResolver(path, async () => {
    let text: string | undefined
    try {
      const { ino, mtimeMs, size } = await stat(path)
      const found = `${ino} ${mtimeMs} ${size}`
      if (found === version) return zone
      version = found
      text = await readFile(path, 'utf8')
    } catch (cause) {
      version = ''
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new ResolverError('DNS_SOURCE_FAILED', `the records cannot be read from ${path}: ${why}`, { cause })
    }
    try {
      zone = new Zone(parseZoneText(text, path))
      return zone
    } catch (error) {
      version = ''
      throw error
    }
  })
}
