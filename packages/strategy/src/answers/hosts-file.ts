import { shown } from '@dynsrv/kit'
import { StrategyError } from '../error.ts'

/** Blanks and comments. Of Latin-1, Erlang takes the upper control characters for blanks. */
const GAP = /(?:[\0- \x80-\xa0]|%[^\n]*)*/y
/** An atom without quotes. */
const BARE = /[a-zß-öø-ÿ][0-9A-Z_a-z@À-ÖØ-öø-ÿ]*/y
const QUOTED = /'((?:[^'\\]|\\(?:\^[\s\S]|[^^]))*)'/y
const TEXT = /"((?:[^"\\]|\\(?:\^[\s\S]|[^^]))*)"/y
/** A character of a list. */
const CHARACTER =
  /\$(\\(?:\^[\s\S]|x\{[^}]*\}|x[\da-fA-F]{2}|[0-7]{1,3}|[^^])|[^\\])|(?:([2-9]|[12]\d|3[0-6])#)?([\da-zA-Z]+(?:_[\da-zA-Z]+)*)/uy
/** Longer atoms are none. */
const MAX_ATOM = 255
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
 * The hosts of a `.hosts.erlang`, as `net_adm:host_file/0` reads them: atoms or texts, which may be lists of characters, each with
 * the dot that ends a term, over as many lines as you like.
 *
 * @throws {StrategyError} `STRATEGY_SOURCE_MALFORMED` for what Erlang does not read, and for terms that are no host
 * @see OTP `net_adm:host_file/0`, `file:consult/1`, `erl_scan`
 */
export function hostsIn(file: string, path: string): string[] {
  const hosts: string[] = []
  let at = 0
  const take: Take = (pattern) => {
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

/**
 * The text of such a file: UTF-8, unless a comment in its first two lines says `coding: latin-1`.
 *
 * @throws {StrategyError} `STRATEGY_SOURCE_MALFORMED` for bytes that are not UTF-8
 * @see OTP `epp:read_encoding/1`
 */
export function hostsText(bytes: Uint8Array, path: string): string {
  const latin = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  const [, coding = ''] = /^(?:[^\n]*\n)?[^\n%]*%[^\n]*coding[ \t]*[:=][ \t]*([-\da-z]+)/i.exec(latin) ?? []
  if (coding.toLowerCase() === 'latin-1') return latin
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw malformed(path, 1, 'it is not UTF-8, and no comment says coding: latin-1')
  }
}

/** A term may stand in parentheses. */
function oneHost(take: Take): string | undefined {
  let open = 0
  for (; take(/\(/y) !== undefined; take(GAP)) open += 1
  const host = bareHost(take)
  for (; open > 0; open--) {
    take(GAP)
    if (take(/\)/y) === undefined) return undefined
  }
  return host
}

function bareHost(take: Take): string | undefined {
  const bare = take(BARE)?.[0]
  if (bare !== undefined) return RESERVED.has(bare) ? undefined : atom(bare)
  const quoted = take(QUOTED)?.[1]
  if (quoted !== undefined) return atom(unescaped(quoted))
  return text(take) ?? characters(take)
}

function atom(name: string | undefined): string | undefined {
  return name === undefined || [...name].length > MAX_ATOM ? undefined : name
}

/** Texts side by side are one. */
function text(take: Take): string | undefined {
  let whole: string | undefined
  for (let part = take(TEXT)?.[1]; part !== undefined; take(GAP), part = take(TEXT)?.[1]) {
    const one = unescaped(part)
    if (one === undefined) return undefined
    whole = `${whole ?? ''}${one}`
  }
  return whole
}

/** A text is a list of numbers, and may be written as one: `[104,105]`, `[$h | "i"]`. */
function characters(take: Take): string | undefined {
  if (take(/\[/y) === undefined) return undefined
  take(GAP)
  if (take(/\]/y) !== undefined) return ''
  let whole = ''
  for (;;) {
    const [found, escaped, base = '10', digits = ''] = take(CHARACTER) ?? []
    if (found === undefined) return undefined
    const one =
      escaped === undefined ? numbered(Number.parseInt(base, 10), digits.replaceAll('_', '')) : unescaped(escaped)
    if (one === undefined) return undefined
    whole += one
    take(GAP)
    if (take(/\]/y) !== undefined) return whole
    if (take(/\|/y) !== undefined) {
      take(GAP)
      const rest = text(take) ?? characters(take)
      take(GAP)
      return rest !== undefined && take(/\]/y) !== undefined ? whole + rest : undefined
    }
    if (take(/,/y) === undefined) return undefined
    take(GAP)
  }
}

function numbered(base: number, digits: string): string | undefined {
  const values = [...digits.toLowerCase()].map((digit) => Number.parseInt(digit, 36))
  const code = values.reduce((all, value) => all * base + value, 0)
  return values.every((value) => value < base) ? character(code) : undefined
}

/** Undefined for what is no character: half of a pair, and numbers above all. */
function character(code: number): string | undefined {
  return code > 0x10_ff_ff || (code >= 0xd8_00 && code <= 0xdf_ff) ? undefined : String.fromCodePoint(code)
}

const ESCAPE = /\\(?:\^([\s\S])|([0-7]{1,3})|x([\da-fA-F]{2})|x\{([\da-fA-F]+)\}|([\s\S]))/gu

/** Undefined where an escape is none, or stands for no character. */
function unescaped(written: string): string | undefined {
  let isSound = !/[\ufffe\uffff]/.test(written)
  const found = written.replaceAll(
    ESCAPE,
    (_all, control?: string, octal?: string, two?: string, hex?: string, one = '') => {
      const code =
        control === undefined
          ? Number.parseInt(octal ?? two ?? hex ?? '', octal === undefined ? 16 : 8)
          : control.codePointAt(0)! & 31
      const plain = one === 'x' ? undefined : (ESCAPED[one] ?? one)
      const made = Number.isNaN(code) ? plain : isCharacter(code) ? String.fromCodePoint(code) : undefined
      isSound &&= made !== undefined
      return made ?? ''
    },
  )
  return isSound ? found : undefined
}

/** Texts take no character that Unicode has set apart; lists of numbers do. */
function isCharacter(code: number): boolean {
  return character(code) !== undefined && code !== 0xff_fe && code !== 0xff_ff
}

type Take = (pattern: RegExp) => RegExpExecArray | undefined

function malformed(path: string, line: number, what: string): StrategyError {
  return new StrategyError('STRATEGY_SOURCE_MALFORMED', `${path}, line ${line}: ${what}`, {
    hint: "Write each host in single quotes with a dot behind it, such as 'host.example'.",
    fault: 'local',
  })
}
