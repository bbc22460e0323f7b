import { DynsrvError } from '@dynsrv/cluster'

/** What a person can write a term in. */
export type WrittenSyntax = 'erlang' | 'elixir' | 'json'

/** A text that cannot be read as a term, and the place where it goes wrong. */
export class TermSyntaxError extends DynsrvError {
  /** Counted from 1, in characters as a person sees them. */
  readonly column: number

  constructor(text: string, at: number, what: string, syntax: WrittenSyntax) {
    const column = [...text.slice(0, at)].length + 1
    super('DYNSRV_BAD_TERM', `${around(text, at)} is not ${NAMES[syntax]}: ${what} at column ${column}`, {
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

const NAMES = { erlang: 'an Erlang term', elixir: 'an Elixir term', json: 'JSON' } as const
const EXAMPLES = {
  erlang: 'Write it like {put, <<"key">>, [1, 2.5]}.',
  elixir: 'Write it like {:put, "key", [1, 2.5]}.',
  json: 'Write it like ["key", 1, null].',
} as const

const BLANKS: Readonly<Record<WrittenSyntax, RegExp>> = {
  erlang: /(?:\s|%[^\n]*)*/y,
  elixir: /(?:\s|#[^\n]*)*/y,
  json: /\s*/y,
}

/** The text of a term and a place in it. */
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

  /** Passes blanks and comments. */
  skipBlanks(): void {
    this.match(BLANKS[this.#syntax])
  }

  get atEnd(): boolean {
    return this.at >= this.text.length
  }

  /** Takes one character, whatever it is. */
  character(): number {
    const code = this.text.codePointAt(this.at) ?? this.fail('a character is missing')
    this.at += code > 0xff_ff ? 2 : 1
    return code
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

  /** Items with commas between them, up to one of the ends, which it returns; the first may come at once. Elixir allows a comma before the end. */
  items(item: () => void, ...ends: readonly string[]): string {
    if (this.take(ends[0]!)) return ends[0]!
    for (;;) {
      item()
      const token = this.expect(',', ...ends)
      if (token !== ',') return token
      if (this.#syntax === 'elixir' && this.take(ends[0]!)) return ends[0]!
    }
  }
}
