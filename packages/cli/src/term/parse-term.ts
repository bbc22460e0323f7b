import type { Term } from '@dynsrv/etf'
import { ElixirParser } from './elixir-term.ts'
import { ErlangParser } from './erlang-term.ts'
import { JsonParser } from './json-term.ts'
import type { TermParser } from './term-parser.ts'
import type { WrittenSyntax } from './term-scanner.ts'

const PARSERS: Readonly<Record<WrittenSyntax, new (text: string) => TermParser>> = {
  erlang: ErlangParser,
  elixir: ElixirParser,
  json: JsonParser,
}

/**
 * Reads a term as a person writes it on a command line: what Erlang, Elixir or JSON would read. Nothing is run.
 *
 * @throws {TermSyntaxError} `DYNSRV_BAD_TERM` with the column where it goes wrong
 */
export function parseTerm(text: string, syntax: WrittenSyntax): Term {
  return new PARSERS[syntax](text).whole()
}
