import { DynsrvError } from '@dynsrv/cluster'

/** What a person can write a term in. */
export type WrittenSyntax = 'erlang' | 'elixir' | 'json'

/** A text that is no term, and where it goes wrong. */
export class TermSyntaxError extends DynsrvError {
  /** Counted from 1, in characters as a person sees them. */
  readonly column: number

  constructor(text: string, at: number, what: string, syntax: WrittenSyntax) {
    const column = [...text.slice(0, at)].length + 1
    super('DYNSRV_BAD_TERM', `${around(text, at)} is no ${NAMES[syntax]} term: ${what} at column ${column}`, {
      hint: `${EXAMPLES[syntax]} Choose the syntax with --syntax erlang, elixir or json.`,
    })
    this.column = column
  }
}

const SHOWN_BEFORE = 50
const SHOWN_BEHIND = 20

/** The text, or of a long one what stands around the place where it goes wrong. */
function around(text: string, at: number): string {
  const [from, to] = [at - SHOWN_BEFORE, at + SHOWN_BEHIND]
  const shown = text.slice(Math.max(from, 0), to)
  return `${from > 0 ? '… ' : ''}${JSON.stringify(shown)}${to < text.length ? ' …' : ''}`
}

const NAMES = { erlang: 'Erlang', elixir: 'Elixir', json: 'JSON' } as const
const EXAMPLES = {
  erlang: 'Write it like {put, <<"key">>, [1, 2.5]}.',
  elixir: 'Write it like {:put, "key", [1, 2.5]}.',
  json: 'Write it like ["key", 1, null].',
} as const

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  d: '\u007f',
  e: '\u001b',
  f: '\f',
  n: '\n',
  r: '\r',
  s: ' ',
  t: '\t',
  v: '\v',
  '0': '\0',
}

/** A place in the text of a term, with what Erlang and Elixir have in common. */
export class TermScanner {
  at = 0
  readonly text: string
  readonly #syntax: WrittenSyntax

  constructor(text: string, syntax: WrittenSyntax) {
    this.text = text
    this.#syntax = syntax
  }

  fail(what: string, at = this.at): never {
    throw new TermSyntaxError(this.text, at, what, this.#syntax)
  }

  /** What stands here, for a message. */
  found(): string {
    const character = String.fromCodePoint(this.text.codePointAt(this.at) ?? 0)
    return this.at >= this.text.length ? 'it ends' : `unexpected ${JSON.stringify(character)}`
  }

  skipBlanks(): void {
    this.match(/\s*/y)
  }

  /** Takes what matches the sticky pattern here. */
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at
    const [found] = pattern.exec(this.text) ?? []
    if (found !== undefined) this.at += found.length
    return found
  }

  /** Takes these characters, after blanks, if they are here. */
  take(token: string): boolean {
    this.skipBlanks()
    if (!this.text.startsWith(token, this.at)) return false
    this.at += token.length
    return true
  }

  expect(...tokens: readonly string[]): string {
    const token = tokens.find((each) => this.take(each))
    return token ?? this.fail(`${this.found()}, expected ${tokens.join(' or ')}`)
  }

  /** Items with commas between them, up to one of the ends; which one is returned. */
  items(item: () => void, ...ends: readonly string[]): string {
    for (const end of ends) if (this.take(end)) return end
    for (;;) {
      item()
      const token = this.expect(',', ...ends)
      if (token !== ',') return token
    }
  }

  /** The text up to the closing quotation mark, escapes undone; the opening one was taken. */
  quoted(mark: string): string {
    const opened = this.at - 1
    let text = ''
    for (;;) {
      if (this.at >= this.text.length) this.fail(`the quotation mark ${mark} is never closed`, opened)
      const character = this.text[this.at++]!
      if (character === mark) return text
      text += character === '\\' ? this.#escape() : character
    }
  }

  /** The character behind `$` or `?`. */
  character(): number {
    if (this.at >= this.text.length) this.fail('a character is missing')
    const code = this.text.codePointAt(this.at)!
    this.at += String.fromCodePoint(code).length
    return code === 0x5c ? this.#escape().codePointAt(0)! : code
  }

  #escape(): string {
    const began = this.at - 1
    const hex = this.match(/x\{([0-9a-f]{1,6})\}|x[0-9a-f]{2}|u\{[0-9a-f]{1,6}\}|u[0-9a-f]{4}/iy)
    if (hex !== undefined) {
      const code = Number.parseInt(hex.replace(/[xu{}]/g, ''), 16)
      return code <= 0x10_ff_ff ? String.fromCodePoint(code) : this.fail('no such character', began)
    }
    if (this.at >= this.text.length) this.fail('it ends in an escape', began)
    const character = this.text[this.at++]!
    return ESCAPES[character] ?? character
  }
}
