/** How a term is written down: as `io:format("~0tp")` does, or as Elixir's `inspect/1`. */
export type TermSyntax = 'erlang' | 'elixir'

/** A piece of a term's text: words, or a term that is still to be written. */
export type Piece = { readonly text: string } | { readonly term: unknown }

/** The method that gives the text of a term class. A symbol keeps it out of the way. */
export const TERM_PIECES = Symbol('@dynsrv/etf pieces')

/** What {@link TERM_PIECES} looks like on a class. */
export interface HasPieces {
  /** @param most so many characters are wanted of the whole text: what comes behind them may be left out */
  [TERM_PIECES](syntax: TermSyntax, most: number): readonly Piece[]
}

/**
 * Pieces of a bracketed sequence: `open a,b,c close`, with the syntax's own comma.
 *
 * @param most so many items are enough: each is at least a character
 */
export function sequence(
  open: string,
  items: Iterable<unknown>,
  close: string,
  syntax: TermSyntax,
  most: number = Number.POSITIVE_INFINITY,
): Piece[] {
  const comma = { text: syntax === 'erlang' ? ',' : ', ' }
  const pieces: Piece[] = [{ text: open }]
  let left = most
  for (const term of items) {
    if (left-- <= 0) break
    if (pieces.length > 1) pieces.push(comma)
    pieces.push({ term })
  }
  pieces.push({ text: close })
  return pieces
}
