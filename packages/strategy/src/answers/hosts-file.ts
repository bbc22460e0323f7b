import { shown } from '@dynsrv/kit'
import { StrategyError } from '../error.ts'

/** Blanks and comments. Of Latin-1, Erlang takes the upper control characters for blanks. */
const GAP = /(?:[\0- \x80-\xa0]|%[^\n]*)*/y
/** An atom without quotes. */
const BARE = /[a-zß-öø-ÿ][0-9A-Z_a-z@À-ÖØ-öø-ÿ]*/y
const QUOTED = /'((?:[^'\\]|\\[\s\S])*)'/y
const TEXT = /"((?:[^"\\]|\\[\s\S])*)"/y
/** The dot that ends a term: a blank, a comment or the end follows. */
const FULL_STOP = /\.(?=[\0- \x80-\xa0%]|$)/y
/** Words that are no atoms. */
const RESERVED = new Set(
  (
    'after and andalso band begin bnot bor bsl bsr bxor case catch cond div end fun if let not of or orelse receive rem try ' +
    'when xor'
  ).split(' '),
)
const ESCAPED: Readonly<Record<string, string>> = {
  b: '\b',
  d: '\x7f',
  e: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  s: ' ',
  t: '\t',
  v: '\v',
}

/**
 * The hosts of a `.hosts.erlang`, as `net_adm:host_file/0` reads them: atoms or texts, each with the dot that ends a term, over
 * as many lines as you like.
 *
 * @throws {StrategyError} `STRATEGY_SOURCE_MALFORMED` for what Erlang does not read, and for terms that are no host
 * @see OTP `net_adm:host_file/0`, `file:consult/1`, `erl_scan`
 */
export function hostsIn(file: string, path: string): string[] {
  const hosts: string[] = []
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at
    const found = pattern.exec(file)
    if (found === null) return undefined
    at = pattern.lastIndex
    return found
  }
  const refuse = (what: string) => malformed(path, file.slice(0, at).split('\n').length, what)
  for (take(GAP); at < file.length; take(GAP)) {
    const host = oneHost(take)
    if (host === undefined) throw refuse(`${shown(/^\S{0,40}/.exec(file.slice(at))![0])} is not a host`)
    hosts.push(host)
    take(GAP)
    if (take(FULL_STOP) === undefined) throw refuse(`no dot ends the host ${shown(host)}`)
  }
  return hosts
}

function oneHost(take: (pattern: RegExp) => RegExpExecArray | undefined): string | undefined {
  const bare = take(BARE)?.[0]
  if (bare !== undefined) return RESERVED.has(bare) ? undefined : bare
  const quoted = take(QUOTED)?.[1]
  if (quoted !== undefined) return unescaped(quoted)
  let text: string | undefined
  // Texts side by side are one.
  for (let part = take(TEXT)?.[1]; part !== undefined; take(GAP), part = take(TEXT)?.[1]) {
    text = `${text ?? ''}${unescaped(part)}`
  }
  return text
}

function unescaped(text: string): string {
  return text.replaceAll(
    /\\(?:([0-7]{1,3})|x([0-9a-fA-F]{2})|x\{([0-9a-fA-F]{1,6})\}|([\s\S]))/g,
    (all, octal: string | undefined, two: string | undefined, hex: string | undefined, one: string) => {
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8))
      const code = Number.parseInt(two ?? hex ?? '', 16)
      if (!Number.isNaN(code)) return code <= 0x10_ff_ff ? String.fromCodePoint(code) : all
      return ESCAPED[one] ?? one
    },
  )
}

function malformed(path: string, line: number, what: string): StrategyError {
  return new StrategyError('STRATEGY_SOURCE_MALFORMED', `${path}, line ${line}: ${what}`, {
    hint: "Write each host in single quotes with a dot behind it, such as 'host.example'.",
    fault: 'local',
  })
}
