import { text as anyText, codeOf, type Files, messageOf, withoutFinalDot } from '@dynsrv/kit'
import { ChangingFile } from '../changing-file.ts'
import { checks } from '../checks.ts'
import { isResolverError, ResolverError } from '../error.ts'
import { parseServerAddress, type ServerAddress } from '../server-address.ts'

/** What a stub resolver takes from `resolv.conf`. */
export interface ResolverConfig {
  readonly servers: readonly ServerAddress[]
  readonly search: readonly string[]
  readonly ndots: number
  readonly timeoutMs: number | undefined
  readonly tries: number | undefined
}

/** In a search list: the name as it is. */
export const ROOT = '.'

const MAX_NDOTS = 15
const LOCAL = parseServerAddress('127.0.0.1')

/**
 * Reads the text of a `resolv.conf`: `nameserver` (also with a port), `search` or `domain` (the last one counts), and
 * `options` ndots, timeout and attempts. It passes over other lines, as libc does.
 *
 * @throws {ResolverError} `DNS_BAD_OPTION` for what is not a string
 * @see resolv.conf(5)
 */
export function parseResolvConf(text: string): ResolverConfig {
  checks.argument('parseResolvConf', 'text', anyText, text)
  const servers: ServerAddress[] = []
  let search: readonly string[] = []
  const options = new Map<string, number>()
  for (const line of text.split('\n')) {
    const [keyword, ...words] = line
      .replace(/[#;].*$/, commentOnly)
      .trim()
      .split(/\s+/)
    if (keyword === 'nameserver' && words[0] !== undefined) {
      const server = serverOrNone(words[0])
      if (server !== undefined) servers.push(server)
    } else if (keyword === 'search' || keyword === 'domain') {
      search = words.map((word) => (word === ROOT ? word : withoutFinalDot(word))).filter((word) => word !== '')
    } else if (keyword === 'options') {
      for (const word of words) {
        const [, option, value] = /^(ndots|timeout|attempts):(\d+)$/.exec(word) ?? []
        if (option !== undefined) options.set(option, Number(value))
      }
    }
  }
  const timeout = options.get('timeout')
  return {
    servers: servers.length === 0 ? [LOCAL] : servers,
    search,
    ndots: Math.min(options.get('ndots') ?? 1, MAX_NDOTS),
    timeoutMs: timeout === undefined ? undefined : Math.max(timeout, 1) * 1000,
    tries: options.get('attempts') || undefined,
  }
}

/** `127.0.0.1#5353` is a server with a port, not a comment. */
function commentOnly(match: string, offset: number, line: string): string {
  return offset === 0 || /\s/.test(line[offset - 1]!) ? '' : match
}

function serverOrNone(text: string): ServerAddress | undefined {
  try {
    return parseServerAddress(text)
  } catch (error) {
    if (isResolverError(error)) return undefined
    throw error
  }
}

/** A `resolv.conf` that is read at the first use and again whenever it has changed. */
export class ResolvConf {
  readonly #file: ChangingFile<ResolverConfig>

  constructor(files: Files, path: string) {
    this.#file = new ChangingFile(files, path, parseResolvConf)
  }

  /** @throws {ResolverError} `DNS_SOURCE_FAILED` when the file cannot be read; one that does not exist names 127.0.0.1 */
  async current(): Promise<ResolverConfig> {
    try {
      return await this.#file.current()
    } catch (cause) {
      // While the file is being replaced the last good one counts.
      if (codeOf(cause) === 'ENOENT') return this.#file.last ?? parseResolvConf('')
      throw new ResolverError('DNS_SOURCE_FAILED', `cannot read ${this.#file.path}: ${messageOf(cause)}`, { cause })
    }
  }
}
