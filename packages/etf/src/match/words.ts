import type { TermSyntax } from '../text/text-pieces.ts'

/** A shape in words, its atoms and texts in the syntax of each language. Those of Elixir are made when somebody asks. */
export class Words {
  readonly erlang: string
  readonly #said: (syntax: TermSyntax) => string

  constructor(said: (syntax: TermSyntax) => string) {
    this.erlang = said('erlang')
    this.#said = said
  }

  get elixir(): string {
    return this.#said('elixir')
  }

  /** False for a proxy, too. */
  static is(value: unknown): value is Words {
    return typeof value === 'object' && value !== null && #said in value
  }
}

/** The same words in both languages, or words for each. */
export function inWords(said: string | Words | ((syntax: TermSyntax) => string)): Words {
  if (typeof said === 'string') return new Words(() => said)
  return typeof said === 'function' ? new Words(said) : said
}
