/** How a term is written down: as `io:format("~0tp")` does, or as Elixir's `inspect/1`. */
export type TermSyntax = 'erlang' | 'elixir'

/** A piece of a term's text: words, or a term that is still to be written. */
export type Piece = { readonly text: string } | { readonly term: unknown }

/** The method that gives the text of a term class. A symbol keeps it out of the way. */
export const TERM_PIECES = Symbol('@dynsrv/etf pieces')

/** What {@link TERM_PIECES} looks like on a class. */
export interface HasPieces {
  [TERM_PIECES](syntax: TermSyntax): readonly Piece[]
}

/** Pieces of a bracketed sequence: `open a,b,c close`, with the syntax's own comma. */
export function sequence(open: string, items: Iterable<unknown>, close: string, syntax: TermSyntax): Piece[] {
  const comma = { text: syntax === 'erlang' ? ',' : ', ' }
  const pieces: Piece[] = [{ text: open }]
  for (const term of items) {
    if (pieces.length > 1) pieces.push(comma)
    pieces.push({ term })
  }
  pieces.push({ text: close })
  return pieces
}
