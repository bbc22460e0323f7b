import { oneOf } from '@dynsrv/kit'
import { checks } from '../checks.ts'
import type { Term } from '../term.ts'
import { termText } from './term-text.ts'
import type { TermSyntax } from './text-pieces.ts'

/** How {@link inspect} writes. */
export interface InspectOptions {
  /** Default: `erlang`. */
  readonly syntax?: TermSyntax
}

const checkOptions = checks.options<InspectOptions>('inspect', { syntax: oneOf('erlang', 'elixir') })

/**
 * A term as people write it, on one line: like `io_lib:format("~0tp", [Term])`, or Elixir's `inspect/1` with no limit.
 *
 * Pids, ports and references name their node, where BEAM prints the number of a table of its own. Maps keep the order
 * they have here. The same text, as Erlang, is what `util.inspect` and so `console.log` show of the term classes. A value
 * that is no term is shown as `#JavaScript<…>`.
 *
 * @throws {EtfError} `ETF_BAD_OPTION`; `ETF_LIMIT_SIZE` for a text that JavaScript has no room for
 */
export function inspect(term: Term, options?: InspectOptions): string {
  if (options !== undefined) checkOptions(options)
  return termText(term, options?.syntax ?? 'erlang')
}
