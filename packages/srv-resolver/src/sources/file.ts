import { filledText, messageOf, realWorld, type World, worldShape } from '@dynsrv/kit'
import { ChangingFile } from '../changing-file.ts'
import { checks } from '../checks.ts'
import { ResolverError } from '../error.ts'
import type { ClosableResolver } from '../resolver.ts'
import { readZoneText } from '../zone/zone-text.ts'
import { LoadedZone, zoneResolver } from './static.ts'

/** Options of {@link fileResolver}. */
export interface FileResolverOptions {
  /** Whose files are read; default: those of the machine. */
  readonly world?: World
}

const check = checks.options<FileResolverOptions>('fileResolver', { world: worldShape })

/**
 * A resolver over a file of hosts and zone lines (`parseZoneText` says how it looks), `/etc/hosts` when left out. It is
 * read at the first lookup and again whenever it has changed.
 *
 * A file that is missing or cannot be read rejects with `DNS_SOURCE_FAILED`; it is never an empty zone. A line that is
 * wrong is left out: answers about its name list it as `ignored`, and reject with `DNS_NO_USABLE_RECORD` when nothing else
 * is left. Before DNS, use it with `failover([fileResolver(), dnsClient()], { onEmpty: true })`.
 *
 * @throws {ResolverError} `DNS_BAD_OPTION`
 */
export function fileResolver(path = '/etc/hosts', options: FileResolverOptions = {}): ClosableResolver {
  checks.argument('fileResolver', 'path', filledText, path)
  check(options)
  const { files } = options.world ?? realWorld
  const file = new ChangingFile(files, path, (text) => zoneOfText(text, path))
  return zoneResolver(path, async () => {
    try {
      return await file.current()
    } catch (cause) {
      throw new ResolverError('DNS_SOURCE_FAILED', `cannot read records from ${path}: ${messageOf(cause)}`, { cause })
    }
  })
}

/** The zone that a text describes, with the lines that are wrong. */
export function zoneOfText(text: string, source: string): LoadedZone {
  const { records, faults } = readZoneText(text, source)
  return new LoadedZone(records, faults)
}
