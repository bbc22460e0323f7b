import { text as anyText, codeOf, messageOf, variables, type World, withoutFinalDot } from '@dynsrv/kit'
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
  /** Lookups begin with each server in turn, instead of always with the first one. */
  readonly rotate: boolean
  /** Servers are asked over TCP only. */
  readonly tcp: boolean
  /** A name without a dot is never asked as it is, but where no search domain stands before it. */
  readonly noTldQuery: boolean
}

/** What counts beside the file: what the process was started with, and its host. */
export interface ResolverSurroundings {
  /** `LOCALDOMAIN` replaces the search list, `RES_OPTIONS` comes after the options of the file. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Where nothing says which domains are searched, it is the part behind the first dot of this name. */
  readonly hostName?: string
}

/** In a search list: the name as it is. */
export const ROOT = '.'

/** More than these are not asked. @see `MAXNS` of glibc */
const MAX_SERVERS = 3
const LOCAL = parseServerAddress('127.0.0.1')

const check = checks.options<ResolverSurroundings>('parseResolvConf', { env: variables, hostName: anyText })

/**
 * Reads the text of a `resolv.conf` as glibc does. A keyword begins its line, and a blank or a tab stands behind it:
 *
 * - `nameserver`: the first three. An IPv6 address may have its zone (`fe80::1%eth0`); a port, `127.0.0.1#5353`, is our own
 * - `search`, and `domain` with its first word: the last line with anything in it counts. `LOCALDOMAIN` wins over both; without any
 *   of them it is the domain of the host's own name
 * - `options`: `ndots`, `timeout` (30 s at most), `attempts` (5 at most), `rotate`, `use-vc`, `no-tld-query`; those of `RES_OPTIONS`
 *   win. Others are passed over
 *
 * @throws {ResolverError} `DNS_BAD_OPTION` for what is not a string
 * @see resolv.conf(5), `res_init.c` of glibc
 */
export function parseResolvConf(text: string, surroundings: ResolverSurroundings = {}): ResolverConfig {
  checks.argument('parseResolvConf', 'text', anyText, text)
  check(surroundings)
  const { env = {}, hostName = '' } = surroundings
  const servers: ServerAddress[] = []
  const options = new Options()
  const fromEnv = env.LOCALDOMAIN?.replace(/\n.*/s, '')
  let search =
    fromEnv === undefined ? undefined : [fromEnv.trim() === '' ? ROOT : '', ...wordsIn(fromEnv)].filter(Boolean)
  for (const line of text.split('\n')) {
    // A carriage return at the end is part of the last word, as for glibc: it is no server, and a domain that nobody has.
    const [, keyword, rest = ''] = /^(nameserver|search|domain|options)[ \t](.*)$/s.exec(line) ?? []
    const words = wordsIn(rest)
    const [first] = words
    if (first === undefined) continue
    if (keyword === 'nameserver') {
      const server = serverOrNone(first)
      if (server !== undefined) servers.push(server)
    } else if (keyword === 'options') options.take(words)
    else if (fromEnv === undefined) search = keyword === 'domain' ? [first] : words
  }
  options.take(wordsIn(env.RES_OPTIONS ?? ''))
  const dot = hostName.indexOf('.')
  const domains = search ?? (dot === -1 ? [] : [hostName.slice(dot + 1)])
  return {
    servers: servers.length === 0 ? [LOCAL] : servers.slice(0, MAX_SERVERS),
    search: domains.map((domain) => withoutFinalDot(domain.replace(/^\./, '')) || ROOT),
    ...options.result,
  }
}

/** The options of a stub resolver, the last of each name. */
class Options {
  #numbers = new Map<string, number>()
  #flags = new Set<string>()

  take(words: readonly string[]): void {
    for (const [at, word] of words.entries()) {
      // As `atoi` reads numbers, which may stand behind a blank, and as names are compared: by their beginning.
      const [, name, value] = /^(ndots|timeout|attempts):(.*)$/s.exec(word) ?? []
      const digits = value?.trim() === '' ? words[at + 1] : value
      if (name !== undefined) this.#numbers.set(name, Number.parseInt(digits ?? '', 10) || 0)
      const flag = Object.keys(FLAGS).find((known) => word.startsWith(known))
      if (flag !== undefined) this.#flags.add(FLAGS[flag as keyof typeof FLAGS])
    }
  }

  get result(): Omit<ResolverConfig, 'servers' | 'search'> {
    const ndots = this.#numbers.get('ndots') ?? 1
    const timeout = this.#numbers.get('timeout')
    const attempts = this.#numbers.get('attempts')
    return {
      ndots: ndots < 0 ? MAX_NDOTS : Math.min(ndots, MAX_NDOTS),
      timeoutMs: timeout === undefined ? undefined : Math.min(Math.max(timeout, 1), MAX_TIMEOUT_SECONDS) * 1_000,
      // With none, glibc asks nobody; that can only be meant otherwise.
      tries: attempts === undefined || attempts < 1 ? undefined : Math.min(attempts, MAX_ATTEMPTS),
      rotate: this.#flags.has('rotate'),
      tcp: this.#flags.has('tcp'),
      noTldQuery: this.#flags.has('noTldQuery'),
    }
  }
}

const FLAGS = { rotate: 'rotate', 'use-vc': 'tcp', 'no-tld-query': 'noTldQuery', no_tld_query: 'noTldQuery' } as const
/** @see `RES_MAXNDOTS`, `RES_MAXRETRANS` and `RES_MAXRETRY` of glibc */
const MAX_NDOTS = 15
const MAX_TIMEOUT_SECONDS = 30
const MAX_ATTEMPTS = 5

function wordsIn(text: string): string[] {
  return text.split(/[ \t]+/).filter((word) => word !== '')
}

function serverOrNone(text: string): ServerAddress | undefined {
  try {
    return parseServerAddress(/^[\da-fx.]+$/i.test(text) ? numbersAndDots(text) : text)
  } catch (error) {
    if (isResolverError(error)) return undefined
    throw error
  }
}

/** `127.1` and `0x7f000001` are 127.0.0.1, as `inet_aton` reads addresses; the text itself where it is none of these. */
function numbersAndDots(text: string): string {
  const url = `http://${text}/`
  return text.endsWith('.') || !URL.canParse(url) ? text : new URL(url).hostname
}

/** A `resolv.conf` that is read at the first use and again whenever it has changed. */
export class ResolvConf {
  readonly #file: ChangingFile<ResolverConfig>

  readonly #parse: (text: string) => ResolverConfig

  constructor({ files, system }: Pick<World, 'files' | 'system'>, path: string) {
    this.#parse = (text) => parseResolvConf(text, { env: system.env, hostName: system.hostName() })
    this.#file = new ChangingFile(files, path, this.#parse)
  }

  /** @throws {ResolverError} `DNS_SOURCE_FAILED` when the file cannot be read; one that does not exist names 127.0.0.1 */
  async current(): Promise<ResolverConfig> {
    try {
      return await this.#file.current()
    } catch (cause) {
      // While the file is being replaced the last good one counts.
      if (codeOf(cause) === 'ENOENT') return this.#file.last ?? this.#parse('')
      throw new ResolverError('DNS_SOURCE_FAILED', `cannot read ${this.#file.path}: ${messageOf(cause)}`, { cause })
    }
  }
}
