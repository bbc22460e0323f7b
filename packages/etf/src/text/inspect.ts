import type { Term } from '../term.ts'
import { termText } from './term-text.ts'
import type { TermSyntax } from './text-pieces.ts'

/**
 * A term as people write it, on one line: like `io_lib:format("~0tp", [Term])`, or Elixir's `inspect/1` with no limit.
 *
 * Pids, ports and references name their node, where BEAM prints the number of a table of its own. Maps keep the order
 * they have here. The same text, as Erlang, is what `util.inspect` and so `console.log` show of the term classes.
 */
export function inspect(term: Term, { syntax = 'erlang' }: { readonly syntax?: TermSyntax } = {}): string {
  return termText(term, syntax)
}
